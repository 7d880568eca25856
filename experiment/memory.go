package experiment

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/memstore"
)

// MemoryStore is the [Store] in memory.
type MemoryStore struct {
	db        *flywheel.Memory
	exposures map[exposureKey]Exposure
	byID      map[ID][]exposureKey // in the order of recording

	buckets     map[[2]string]map[string]string // by attribute and value
	definitions map[[2]string]Definition        // by kind and ID
}

type exposureKey struct {
	experiment ID
	unit, arm  string
	group      string
}

func (x *Exposure) key() exposureKey { return exposureKey{x.Experiment, x.Unit, x.Arm, x.Group} }

// NewMemory returns an empty store in db, so that it shares the transactions of
// the other stores there; nil is a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &MemoryStore{
		db: db, exposures: map[exposureKey]Exposure{}, byID: map[ID][]exposureKey{},
		buckets: map[[2]string]map[string]string{}, definitions: map[[2]string]Definition{},
	}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements [flywheel.Transactor].
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Exposed implements [Store].
func (s *MemoryStore) Exposed(ctx context.Context, x Exposure) (exposed bool, err error) {
	err = s.db.View(ctx, func() error {
		_, exposed = s.exposures[x.key()]
		return nil
	})
	return exposed, err
}

// Record implements [Store].
func (s *MemoryStore) Record(ctx context.Context, x Exposure) (added bool, err error) {
	if err := x.Validate(); err != nil {
		return false, err
	}
	x.At = x.At.UTC().Truncate(time.Microsecond)
	err = s.db.Update(ctx, func(undo func(func())) error {
		key := x.key()
		if _, ok := s.exposures[key]; ok {
			return nil
		}
		undo(func() {
			delete(s.exposures, key)
			s.byID[key.experiment] = s.byID[key.experiment][:len(s.byID[key.experiment])-1]
		})
		s.exposures[key] = x
		s.byID[key.experiment] = append(s.byID[key.experiment], key)
		added = true
		return nil
	})
	return added, err
}

// Exposures implements [Store].
func (s *MemoryStore) Exposures(ctx context.Context, id ID) iter.Seq2[Exposure, error] {
	return func(yield func(Exposure, error) bool) {
		var list []Exposure
		err := s.db.View(ctx, func() error {
			for _, key := range s.byID[id] {
				list = append(list, s.exposures[key])
			}
			return nil
		})
		slices.SortFunc(list, func(a, b Exposure) int {
			return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Arm, b.Arm), cmp.Compare(a.Group, b.Group))
		})
		memstore.Yield(yield, list, err)
	}
}

// Assignments implements [Store].
func (s *MemoryStore) Assignments(ctx context.Context, attribute, value string) (buckets map[string]string, err error) {
	err = s.db.View(ctx, func() error {
		buckets = maps.Clone(s.buckets[[2]string{attribute, value}])
		return nil
	})
	return buckets, err
}

// Assign implements [Store].
func (s *MemoryStore) Assign(ctx context.Context, attribute, value, key, variation string) error {
	if err := CheckAssignment(attribute, value, key, variation); err != nil {
		return err
	}
	return s.db.Update(ctx, func(undo func(func())) error {
		identity := [2]string{attribute, value}
		if _, ok := s.buckets[identity][key]; ok {
			return nil
		}
		if s.buckets[identity] == nil {
			s.buckets[identity] = map[string]string{}
		}
		undo(func() { delete(s.buckets[identity], key) })
		s.buckets[identity][key] = variation
		return nil
	})
}

// Definition implements [Store].
func (s *MemoryStore) Definition(ctx context.Context, kind, id string) (d Definition, err error) {
	err = s.db.View(ctx, func() error {
		var ok bool
		if d, ok = s.definitions[[2]string{kind, id}]; !ok {
			return fmt.Errorf("experiment: definition %s %q: %w", kind, id, flywheel.ErrNotFound)
		}
		d.Body = bytes.Clone(d.Body)
		return nil
	})
	return d, err
}

// SaveDefinition implements [Store].
func (s *MemoryStore) SaveDefinition(ctx context.Context, d Definition) (Definition, error) {
	if err := d.Validate(); err != nil {
		return Definition{}, err
	}
	d.SavedAt = d.SavedAt.UTC().Truncate(time.Microsecond)
	err := s.db.Update(ctx, func(undo func(func())) error {
		key := [2]string{d.Kind, d.ID}
		old := s.definitions[key]
		if old.Version != d.Version {
			return fmt.Errorf("experiment: definition %s %q: version %d, stored %d: %w", d.Kind, d.ID, d.Version, old.Version, flywheel.ErrStale)
		}
		d.Version++
		kept := d
		kept.Body = bytes.Clone(d.Body)
		memstore.Set(s.definitions, key, kept, undo)
		return nil
	})
	if err != nil {
		return Definition{}, err
	}
	return d, nil
}
