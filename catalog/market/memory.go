package market

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/memstore"
)

// MemoryStore is the [Store] that a program starts with. It is safe for concurrent use.
type MemoryStore struct {
	db       *flywheel.Memory
	watches  map[string]Watched
	breaches map[breachKey]Breach
}

type breachKey struct {
	watch string
	first time.Time
}

// NewMemory returns an empty store in db, whose transactions it joins, or in a
// database of its own when db is nil.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &MemoryStore{db: db, watches: map[string]Watched{}, breaches: map[breachKey]Breach{}}
}

var _ Store = (*MemoryStore)(nil)

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the store's database.
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Watch implements [Store].
func (s *MemoryStore) Watch(ctx context.Context, id string) (w Watched, err error) {
	err = s.db.View(ctx, func() error {
		found, ok := s.watches[id]
		if !ok {
			return refuse("watch", id, ErrUnknown)
		}
		w = found.Stored()
		return nil
	})
	return w, err
}

// SaveWatch implements [Store].
func (s *MemoryStore) SaveWatch(ctx context.Context, w Watched, v *Violation) (Watched, error) {
	w = w.Stored()
	err := s.db.Update(ctx, func(undo func(func())) error {
		if s.watches[w.ID].Version != w.Version {
			return refuse("version of watch "+w.ID, w.Version, ErrStale)
		}
		w.Version++
		memstore.Set(s.watches, w.ID, w.Stored(), undo)
		if v != nil {
			b := Breach{w.ID, w.SKU, w.Seller, v.Stored()}
			memstore.Set(s.breaches, breachKey{w.ID, b.FirstSeen}, b, undo)
		}
		return nil
	})
	return w, err
}

// Watches implements [Store].
func (s *MemoryStore) Watches(ctx context.Context) iter.Seq2[Watched, error] {
	return func(yield func(Watched, error) bool) {
		var list []Watched
		err := s.db.View(ctx, func() error {
			for _, id := range slices.Sorted(maps.Keys(s.watches)) {
				list = append(list, s.watches[id].Stored())
			}
			return nil
		})
		memstore.Yield(yield, list, err)
	}
}

// Breaches implements [Store]. It looks at all incidents.
func (s *MemoryStore) Breaches(ctx context.Context, f BreachFilter) iter.Seq2[Breach, error] {
	return func(yield func(Breach, error) bool) {
		var list []Breach
		err := s.db.View(ctx, func() error {
			for _, b := range s.breaches {
				if f.Selects(&b) {
					b.Violation = b.Violation.Stored()
					list = append(list, b)
				}
			}
			return nil
		})
		slices.SortFunc(list, func(a, b Breach) int { return cmp.Or(a.Opened.Compare(b.Opened), cmp.Compare(a.Watch, b.Watch)) })
		memstore.Yield(yield, list, err)
	}
}
