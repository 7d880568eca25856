package experiment

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// MemoryStore is the [Store] in memory.
type MemoryStore struct {
	db        *flywheel.Memory
	exposures map[exposureKey]Exposure
	byID      map[ID][]exposureKey // in the order of recording
}

type exposureKey struct {
	experiment ID
	unit, arm  string
}

// NewMemory returns an empty store in db, so that it shares the transactions of
// the other stores there; nil is a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &MemoryStore{db: db, exposures: map[exposureKey]Exposure{}, byID: map[ID][]exposureKey{}}
}

// InTx implements [flywheel.Transactor].
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Exposed implements [Store].
func (s *MemoryStore) Exposed(ctx context.Context, id ID, unit, arm string) (exposed bool, err error) {
	err = s.db.View(ctx, func() error {
		_, exposed = s.exposures[exposureKey{id, unit, arm}]
		return nil
	})
	return exposed, err
}

// Record implements [Store].
func (s *MemoryStore) Record(ctx context.Context, x Exposure) error {
	if err := x.Validate(); err != nil {
		return err
	}
	x.At = x.At.UTC().Truncate(time.Microsecond)
	return s.db.Update(ctx, func(undo func(func())) error {
		key := exposureKey{x.Experiment, x.Unit, x.Arm}
		if _, ok := s.exposures[key]; ok {
			return nil
		}
		undo(func() {
			delete(s.exposures, key)
			s.byID[key.experiment] = s.byID[key.experiment][:len(s.byID[key.experiment])-1]
		})
		s.exposures[key] = x
		s.byID[key.experiment] = append(s.byID[key.experiment], key)
		return nil
	})
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
		if err != nil {
			yield(Exposure{}, err)
			return
		}
		slices.SortFunc(list, func(a, b Exposure) int {
			if c := a.At.Compare(b.At); c != 0 {
				return c
			}
			if c := strings.Compare(a.Unit, b.Unit); c != 0 {
				return c
			}
			return strings.Compare(a.Arm, b.Arm)
		})
		for _, x := range list {
			if !yield(x, nil) {
				return
			}
		}
	}
}
