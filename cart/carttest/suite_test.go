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
	due    func(ctx context.Context, at time.Time, limit int) ([]cart.Cart, error)
	forget func(ctx context.Context, customer flywheel.CustomerID) error
}

func (f *faulty) Due(ctx context.Context, at time.Time, limit int) ([]cart.Cart, error) {
	if f.due != nil {
		return f.due(ctx, at, limit)
	}
	return f.MemoryStore.Due(ctx, at, limit)
}

func (f *faulty) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if f.forget != nil {
		return f.forget(ctx, customer)
	}
	return f.MemoryStore.Forget(ctx, customer)
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
					return cart.Cart{}, cart.ErrStale
				}
				time.Sleep(time.Millisecond) // others look, too
				for range 100 {
					saved, err := m.Save(ctx, c)
					if !errors.Is(err, cart.ErrStale) {
						return saved, err
					}
					c.Version++
				}
				return cart.Cart{}, cart.ErrStale
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
		{"the canceled context is not looked at", "context/canceled", func(m *cart.MemoryStore) *faulty {
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
		{"carts are due behind their time only", "due/order", func(m *cart.MemoryStore) *faulty {
			return &faulty{due: func(ctx context.Context, at time.Time, limit int) ([]cart.Cart, error) {
				return m.Due(ctx, at.Add(-time.Microsecond), limit)
			}}
		}},
		{"the limit is ignored", "due/order", func(m *cart.MemoryStore) *faulty {
			return &faulty{due: func(ctx context.Context, at time.Time, _ int) ([]cart.Cart, error) { return m.Due(ctx, at, 99) }}
		}},
		{"the time of the first save stays", "due/moves", func(m *cart.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, c cart.Cart) (cart.Cart, error) {
				if there, err := m.Get(ctx, c.ID); err == nil {
					c.Due = there.Due
				}
				return m.Save(ctx, c)
			}}
		}},
		{"what is over the limit is lost", "due/shared", func(m *cart.MemoryStore) *faulty {
			return &faulty{due: func(ctx context.Context, at time.Time, limit int) ([]cart.Cart, error) {
				carts, err := m.Due(ctx, at, limit+1)
				if len(carts) > limit {
					lost := carts[limit]
					lost.Due = time.Time{}
					_, err = m.Save(ctx, lost)
					carts = carts[:limit]
				}
				return carts, err
			}}
		}},
		{"nobody is forgotten", "forget", func(m *cart.MemoryStore) *faulty {
			return &faulty{forget: func(context.Context, flywheel.CustomerID) error { return nil }}
		}},
		{"names are forgotten without case", "forget", func(m *cart.MemoryStore) *faulty {
			return &faulty{forget: func(ctx context.Context, customer flywheel.CustomerID) error {
				return errors.Join(m.Forget(ctx, customer), m.Forget(ctx, "Customer"))
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
		"Due":    func(s cart.Store) error { return suite.Err(s.Due(ctx, start, 1)) },
		"Forget": func(s cart.Store) error { return s.Forget(ctx, "customer") },
	}, func(s cart.Store) (any, error) { return list(s) })
}
