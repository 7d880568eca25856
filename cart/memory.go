package cart

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
)

// MemoryStore is a [Store] in memory.
type MemoryStore struct {
	db    *flywheel.Memory
	carts map[ID]*Cart // a stored cart is never changed, only replaced
	dues  due.Heap[ID]
}

// NewMemory returns an empty store in db; nil stands for a database of its own.
func NewMemory(db *flywheel.Memory) *MemoryStore {
	if db == nil {
		db = new(flywheel.Memory)
	}
	return &MemoryStore{db: db, carts: map[ID]*Cart{}}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (s *MemoryStore) Handle() flywheel.Transactor { return s.db }

// InTx implements [flywheel.Transactor] with the store's database.
func (s *MemoryStore) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Get implements [Store].
func (s *MemoryStore) Get(ctx context.Context, id ID) (c Cart, err error) {
	err = s.db.View(ctx, func() error {
		there, ok := s.carts[id]
		if !ok {
			return fmt.Errorf("cart %q: %w", id, flywheel.ErrNotFound)
		}
		c = there.Clone()
		return nil
	})
	return c, err
}

// shared is Get without a copy of its own, for those who change nothing of it.
func (s *MemoryStore) shared(ctx context.Context, id ID) (c Cart, err error) {
	err = s.db.View(ctx, func() error {
		there, ok := s.carts[id]
		if !ok {
			return fmt.Errorf("cart %q: %w", id, flywheel.ErrNotFound)
		}
		c = *there
		return nil
	})
	return c, err
}

// Save implements [Store].
func (s *MemoryStore) Save(ctx context.Context, c Cart) (Cart, error) {
	err := s.db.Update(ctx, func(undo func(func())) error {
		there, version := s.carts[c.ID], int64(0)
		if there != nil {
			version = there.Version
		}
		if c.Version != version {
			return ErrStale
		}
		c.Version++
		c = c.Normal()
		kept := c
		shared := there != nil && slices.Equal(c.Lines, there.Lines) // as when a cart is closed
		if shared {
			kept.Lines = nil
		}
		kept = kept.Clone()
		if shared {
			kept.Lines = there.Lines
		}
		undo(func() { s.put(c.ID, there) })
		s.put(c.ID, &kept)
		return nil
	})
	if err != nil {
		return Cart{}, err
	}
	return c, nil
}

// Delete implements [Store].
func (s *MemoryStore) Delete(ctx context.Context, id ID) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		there := s.carts[id]
		undo(func() { s.put(id, there) })
		s.put(id, nil)
		return nil
	})
}

// put makes the stored cart c, nil for none.
func (s *MemoryStore) put(id ID, c *Cart) {
	if c == nil {
		delete(s.carts, id)
		s.dues.Set(id, time.Time{})
		return
	}
	s.carts[id] = c
	s.dues.Set(id, c.Due)
}

// Due implements [Store].
func (s *MemoryStore) Due(ctx context.Context, at time.Time, limit int) (carts []Cart, err error) {
	err = s.db.View(ctx, func() error {
		for _, id := range s.dues.Claim(at, limit, nil) {
			carts = append(carts, s.carts[id].Clone())
		}
		return nil
	})
	return carts, err
}

// Forget implements [Store].
func (s *MemoryStore) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		for id, there := range s.carts {
			if there.Customer == customer {
				undo(func() { s.put(id, there) })
				s.put(id, nil)
			}
		}
		return nil
	})
}

// List implements [Store].
func (s *MemoryStore) List(ctx context.Context, f Filter) iter.Seq2[Cart, error] {
	return func(yield func(Cart, error) bool) {
		var found []*Cart
		err := s.db.View(ctx, func() error {
			for _, c := range s.carts {
				if f.Match(c) {
					found = append(found, c)
				}
			}
			return nil
		})
		if err != nil {
			yield(Cart{}, err)
			return
		}
		slices.SortFunc(found, func(a, b *Cart) int { return a.Position().Compare(b.Position()) })
		if f.Limit > 0 && len(found) > f.Limit {
			found = found[:f.Limit]
		}
		for _, c := range found {
			if err := ctx.Err(); err != nil {
				yield(Cart{}, err)
				return
			}
			if !yield(c.Clone(), nil) {
				return
			}
		}
	}
}
