package pricing

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/memstore"
)

// MemoryStore is a [Store] in memory.
type MemoryStore struct {
	db         *flywheel.Memory
	lists      map[string]List // a stored value is never changed, only replaced
	promotions map[string]Promotion
}

// NewMemory returns an empty store in db; nil stands for a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = new(flywheel.Memory)
	}
	return &MemoryStore{db: db, lists: map[string]List{}, promotions: map[string]Promotion{}}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements [flywheel.Transactor] with the store's database.
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Lists implements [Store].
func (s *MemoryStore) Lists(ctx context.Context) iter.Seq2[List, error] {
	return sorted(ctx, s.db, s.lists, List.Clone)
}

// SaveList implements [Store].
func (s *MemoryStore) SaveList(ctx context.Context, l List) (List, error) {
	l = l.Stored()
	if err := save(ctx, s.db, s.lists, l.ID, &l, func(l *List) *int64 { return &l.Version }); err != nil {
		return List{}, err
	}
	return l.Clone(), nil
}

// DeleteList implements [Store].
func (s *MemoryStore) DeleteList(ctx context.Context, id string, version int64) error {
	return remove(ctx, s.db, s.lists, id, version, func(l *List) *int64 { return &l.Version })
}

// Promotions implements [Store].
func (s *MemoryStore) Promotions(ctx context.Context) iter.Seq2[Promotion, error] {
	return sorted(ctx, s.db, s.promotions, Promotion.Clone)
}

// SavePromotion implements [Store].
func (s *MemoryStore) SavePromotion(ctx context.Context, p Promotion) (Promotion, error) {
	p = p.Stored()
	if err := save(ctx, s.db, s.promotions, p.ID, &p, func(p *Promotion) *int64 { return &p.Version }); err != nil {
		return Promotion{}, err
	}
	return p.Clone(), nil
}

// DeletePromotion implements [Store].
func (s *MemoryStore) DeletePromotion(ctx context.Context, id string, version int64) error {
	return remove(ctx, s.db, s.promotions, id, version, func(p *Promotion) *int64 { return &p.Version })
}

// sorted yields copies of all values by key, of one instant.
func sorted[T any](ctx context.Context, db *flywheel.Memory, all map[string]T, clone func(T) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var values []T
		err := db.View(ctx, func() error {
			for _, key := range slices.Sorted(maps.Keys(all)) {
				values = append(values, all[key])
			}
			return nil
		})
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, v := range values {
			if !yield(clone(v), nil) {
				return
			}
		}
	}
}

// save puts *v in all when its version is the one that is there, and counts it up.
func save[T any](ctx context.Context, db *flywheel.Memory, all map[string]T, id string, v *T, version func(*T) *int64) error {
	return db.Update(ctx, func(undo func(func())) error {
		if before := all[id]; *version(&before) != *version(v) {
			return fmt.Errorf("%w: %q", ErrVersion, id)
		}
		*version(v)++
		memstore.Set(all, id, *v, undo)
		return nil
	})
}

func remove[T any](ctx context.Context, db *flywheel.Memory, all map[string]T, id string, at int64, version func(*T) *int64) error {
	return db.Update(ctx, func(undo func(func())) error {
		before, there := all[id]
		switch {
		case !there:
			return fmt.Errorf("pricing: %q: %w", id, flywheel.ErrNotFound)
		case *version(&before) != at:
			return fmt.Errorf("%w: %q", ErrVersion, id)
		}
		undo(func() { all[id] = before })
		delete(all, id)
		return nil
	})
}
