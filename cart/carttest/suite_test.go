package carttest

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) cart.Store { return cart.NewMemory(nil) }, Features{Transactions: true})
}

// faulty is a memory store with one method replaced.
type faulty struct {
	*cart.MemoryStore
	get    func(ctx context.Context, id cart.ID) (cart.Cart, error)
	save   func(ctx context.Context, c cart.Cart) (cart.Cart, error)
	delete func(ctx context.Context, id cart.ID) error
	list   func(ctx context.Context, f cart.Filter) iter.Seq2[cart.Cart, error]
}

func (f *faulty) Get(ctx context.Context, id cart.ID) (cart.Cart, error) {
	if f.get != nil {
		return f.get(ctx, id)
	}
	return f.MemoryStore.Get(ctx, id)
}

func (f *faulty) Save(ctx context.Context, c cart.Cart) (cart.Cart, error) {
	if f.save != nil {
		return f.save(ctx, c)
	}
	return f.MemoryStore.Save(ctx, c)
}

func (f *faulty) Delete(ctx context.Context, id cart.ID) error {
	if f.delete != nil {
		return f.delete(ctx, id)
	}
	return f.MemoryStore.Delete(ctx, id)
}

func (f *faulty) List(ctx context.Context, filter cart.Filter) iter.Seq2[cart.Cart, error] {
	if f.list != nil {
		return f.list(ctx, filter)
	}
	return f.MemoryStore.List(ctx, filter)
}

// TestSuiteBites shows that each of these faults is caught, and by which case.
func TestSuiteBites(t *testing.T) {
	for _, c := range []struct {
		name     string
		caughtBy string
		make     func(m *cart.MemoryStore) *faulty
	}{
		{"a stale save overwrites", "save/stale-version", func(m *cart.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, c cart.Cart) (cart.Cart, error) {
				if there, err := m.Get(ctx, c.ID); err == nil {
					c.Version = there.Version
				}
				return m.Save(ctx, c)
			}}
		}},
		{"the version is looked at before the save, not with it", "save/race", func(m *cart.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, c cart.Cart) (cart.Cart, error) {
				there, err := m.Get(ctx, c.ID)
				if err == nil && there.Version != c.Version {
					return cart.Cart{}, cart.ErrVersion
				}
				time.Sleep(time.Millisecond) // others look, too
				for range 100 {
					saved, err := m.Save(ctx, c)
					if !errors.Is(err, cart.ErrVersion) {
						return saved, err
					}
					c.Version++
				}
				return cart.Cart{}, cart.ErrVersion
			}}
		}},
		{"Get hands out the stored lines", "save/copy", func(m *cart.MemoryStore) *faulty {
			var shared sync.Map
			return &faulty{get: func(ctx context.Context, id cart.ID) (cart.Cart, error) {
				c, err := m.Get(ctx, id)
				if kept, ok := shared.Load(id); ok && kept.(cart.Cart).Version == c.Version {
					return kept.(cart.Cart), err
				}
				shared.Store(id, c)
				return c, err
			}}
		}},
		{"texts are compared without case", "text/odd", func(m *cart.MemoryStore) *faulty {
			return &faulty{get: func(ctx context.Context, id cart.ID) (cart.Cart, error) {
				for c, err := range m.List(ctx, cart.Filter{}) {
					if err != nil || strings.EqualFold(string(c.ID), string(id)) {
						return c, err
					}
				}
				return m.Get(ctx, id)
			}}
		}},
		{"times are rounded", "time/microseconds", func(m *cart.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, c cart.Cart) (cart.Cart, error) {
				c.UpdatedAt = c.UpdatedAt.Round(time.Microsecond)
				return m.Save(ctx, c)
			}}
		}},
		{"the cancelled context is not looked at", "context/cancelled", func(m *cart.MemoryStore) *faulty {
			return &faulty{delete: func(ctx context.Context, id cart.ID) error {
				return m.Delete(context.WithoutCancel(ctx), id)
			}}
		}},
		{"deleting twice is an error", "delete", func(m *cart.MemoryStore) *faulty {
			return &faulty{delete: func(ctx context.Context, id cart.ID) error {
				if _, err := m.Get(ctx, id); err != nil {
					return err
				}
				return m.Delete(ctx, id)
			}}
		}},
		{"equal times are ordered by customer", "list/after", func(m *cart.MemoryStore) *faulty {
			return &faulty{list: func(ctx context.Context, f cart.Filter) iter.Seq2[cart.Cart, error] {
				if !f.After.IsZero() {
					f.After.ID = "\xff" // all of the cursor's instant count as seen
				}
				return m.List(ctx, f)
			}}
		}},
		{"the delete does not join the transaction", "transaction/rollback", func(m *cart.MemoryStore) *faulty {
			deleted := map[cart.ID]bool{}
			return &faulty{
				delete: func(ctx context.Context, id cart.ID) error {
					deleted[id] = true
					return m.Delete(ctx, id)
				},
				get: func(ctx context.Context, id cart.ID) (cart.Cart, error) {
					if deleted[id] {
						return cart.Cart{}, flywheel.ErrNotFound
					}
					return m.Get(ctx, id)
				},
				list: func(ctx context.Context, f cart.Filter) iter.Seq2[cart.Cart, error] {
					return func(yield func(cart.Cart, error) bool) {
						for c, err := range m.List(ctx, f) {
							if !deleted[c.ID] && !yield(c, err) {
								return
							}
						}
					}
				},
			}
		}},
	} {
		contract.Bites(t, c.name, c.caughtBy, func() cart.Store {
			m := cart.NewMemory(nil)
			s := c.make(m)
			s.MemoryStore = m
			return s
		})
	}
}

func TestFailing(t *testing.T) {
	fresh := func() cart.Store {
		m := cart.NewMemory(nil)
		require.NoError(t, (&world{Store: m}).save(sample("c")))
		return m
	}
	list := func(s cart.Store) ([]cart.Cart, error) { return suite.Collect(s.List(ctx, cart.Filter{})) }
	suite.Fails(t, Failing, fresh, map[string]func(s cart.Store) error{
		"Get":    func(s cart.Store) error { return suite.Err(s.Get(ctx, "c")) },
		"Save":   func(s cart.Store) error { return suite.Err(s.Save(ctx, sample("d"))) },
		"Delete": func(s cart.Store) error { return s.Delete(ctx, "c") },
		"List":   func(s cart.Store) error { return suite.Err(list(s)) },
	}, func(s cart.Store) (any, error) { return list(s) })
}
