package ordertest

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) order.Store { return order.NewMemory(nil) }, Features{Transactions: true})
}

// faulty is a memory store with one method replaced.
type faulty struct {
	*order.MemoryStore
	tx     flywheel.Transactor // its own unless set
	insert func(ctx context.Context, o order.Order) (order.Order, error)
	get    func(ctx context.Context, id order.ID) (order.Order, error)
	byKey  func(ctx context.Context, b order.Buyer, key string) (order.Order, error)
	save   func(ctx context.Context, o order.Order) (order.Order, error)
	list   func(ctx context.Context, f order.Filter) iter.Seq2[order.Order, error]
	forget func(ctx context.Context, customer flywheel.CustomerID) error
}

func (f *faulty) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if f.forget != nil {
		return f.forget(ctx, customer)
	}
	return f.MemoryStore.Forget(ctx, customer)
}

func (f *faulty) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if f.tx != nil {
		return f.tx.InTx(ctx, fn)
	}
	return f.MemoryStore.InTx(ctx, fn)
}

func (f *faulty) Insert(ctx context.Context, o order.Order) (order.Order, error) {
	if f.insert != nil {
		return f.insert(ctx, o)
	}
	return f.MemoryStore.Insert(ctx, o)
}

func (f *faulty) Get(ctx context.Context, id order.ID) (order.Order, error) {
	if f.get != nil {
		return f.get(ctx, id)
	}
	return f.MemoryStore.Get(ctx, id)
}

func (f *faulty) ByKey(ctx context.Context, b order.Buyer, key string) (order.Order, error) {
	if f.byKey != nil {
		return f.byKey(ctx, b, key)
	}
	return f.MemoryStore.ByKey(ctx, b, key)
}

func (f *faulty) Save(ctx context.Context, o order.Order) (order.Order, error) {
	if f.save != nil {
		return f.save(ctx, o)
	}
	return f.MemoryStore.Save(ctx, o)
}

func (f *faulty) List(ctx context.Context, filter order.Filter) iter.Seq2[order.Order, error] {
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
		make     func(m *order.MemoryStore) *faulty
	}{
		{"a stale save overwrites", "save/stale-version", func(m *order.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, o order.Order) (order.Order, error) {
				if there, err := m.Get(ctx, o.ID); err == nil {
					o.Version = there.Version
				}
				return m.Save(ctx, o)
			}}
		}},
		{"Get hands out the stored lines", "insert/copy", func(m *order.MemoryStore) *faulty {
			var shared sync.Map
			return &faulty{get: func(ctx context.Context, id order.ID) (order.Order, error) {
				o, err := m.Get(ctx, id)
				if kept, ok := shared.Load(id); ok && kept.(order.Order).Version == o.Version {
					return kept.(order.Order), err
				}
				shared.Store(id, o)
				return o, err
			}}
		}},
		{"the body of a repeated key is not compared", "insert/same-key-other-body", func(m *order.MemoryStore) *faulty {
			return &faulty{insert: func(ctx context.Context, o order.Order) (order.Order, error) {
				if there, err := m.ByKey(ctx, o.Buyer(), o.Key); err == nil {
					return there, nil
				}
				return m.Insert(ctx, o)
			}}
		}},
		{"keys are shared by all buyers", "insert/key-of-buyer", func(m *order.MemoryStore) *faulty {
			return &faulty{byKey: func(ctx context.Context, _ order.Buyer, key string) (order.Order, error) {
				for o, err := range m.List(ctx, order.Filter{}) {
					if err != nil || o.Key == key {
						return o, err
					}
				}
				return order.Order{}, flywheel.ErrNotFound
			}}
		}},
		{"two orders for one cart", "insert/same-cart", func(m *order.MemoryStore) *faulty {
			return &faulty{insert: func(ctx context.Context, o order.Order) (order.Order, error) {
				o.Cart += " of " + string(o.ID)
				return m.Insert(ctx, o)
			}}
		}},
		{"texts are compared without case", "text/odd", func(m *order.MemoryStore) *faulty {
			return &faulty{get: func(ctx context.Context, id order.ID) (order.Order, error) {
				for o, err := range m.List(ctx, order.Filter{}) {
					if err != nil || strings.EqualFold(string(o.ID), string(id)) {
						return o, err
					}
				}
				return m.Get(ctx, id)
			}}
		}},
		{"times keep their zone", "time/microseconds", func(m *order.MemoryStore) *faulty {
			return &faulty{get: func(ctx context.Context, id order.ID) (order.Order, error) {
				o, err := m.Get(ctx, id)
				o.PlacedAt = o.PlacedAt.In(time.FixedZone("shop", 3600))
				return o, err
			}}
		}},
		{"the cancelled context is not looked at", "context/cancelled", func(m *order.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, o order.Order) (order.Order, error) {
				return m.Save(context.WithoutCancel(ctx), o)
			}}
		}},
		{"the end of the period is included", "list/filter", func(m *order.MemoryStore) *faulty {
			return &faulty{list: func(ctx context.Context, f order.Filter) iter.Seq2[order.Order, error] {
				if !f.To.IsZero() {
					f.To = f.To.Add(time.Microsecond)
				}
				return m.List(ctx, f)
			}}
		}},
		{"the page begins with the cursor's order", "list/after", func(m *order.MemoryStore) *faulty {
			return &faulty{list: func(ctx context.Context, f order.Filter) iter.Seq2[order.Order, error] {
				if !f.After.IsZero() {
					f.After.PlacedAt = f.After.PlacedAt.Add(-time.Microsecond)
				}
				return m.List(ctx, f)
			}}
		}},
		{"the customer is hidden in listings only", "forget", func(m *order.MemoryStore) *faulty {
			return &faulty{forget: func(context.Context, flywheel.CustomerID) error { return nil }}
		}},
		{"a customer is forgotten once", "forget", func(m *order.MemoryStore) *faulty {
			once := false
			return &faulty{forget: func(ctx context.Context, customer flywheel.CustomerID) error {
				if once && customer == "customer" {
					return nil
				}
				once = once || customer == "customer"
				return m.Forget(ctx, customer)
			}}
		}},
		{"names are forgotten without case", "forget", func(m *order.MemoryStore) *faulty {
			return &faulty{forget: func(ctx context.Context, customer flywheel.CustomerID) error {
				return errors.Join(m.Forget(ctx, customer), m.Forget(ctx, "Customer"))
			}}
		}},
		{"forgetting does not join the transaction", "forget/rollback", func(m *order.MemoryStore) *faulty {
			gone := false
			return &faulty{
				forget: func(ctx context.Context, customer flywheel.CustomerID) error {
					gone = true
					return m.Forget(ctx, customer)
				},
				byKey: func(ctx context.Context, b order.Buyer, key string) (order.Order, error) {
					if gone {
						return order.Order{}, flywheel.ErrNotFound
					}
					return m.ByKey(ctx, b, key)
				},
			}
		}},
		{"the transaction of the context is not joined", "transaction/rollback", func(m *order.MemoryStore) *faulty {
			outside := order.NewMemory(nil)
			return &faulty{
				MemoryStore: outside,
				tx:          m,
				insert: func(ctx context.Context, o order.Order) (order.Order, error) {
					return outside.Insert(context.WithoutCancel(ctx), o)
				},
			}
		}},
		{"lines that were added are not kept", "life/whole", func(m *order.MemoryStore) *faulty {
			return &faulty{get: func(ctx context.Context, id order.ID) (order.Order, error) {
				o, err := m.Get(ctx, id)
				o.Lines = o.Lines[:min(len(o.Lines), 2)]
				return o, err
			}}
		}},
		{"numbers of orders are not unique", "life/number", func(m *order.MemoryStore) *faulty {
			return &faulty{insert: func(ctx context.Context, o order.Order) (order.Order, error) {
				if o.Number != "" {
					o.Number += " of " + string(o.ID)
				}
				return m.Insert(ctx, o)
			}}
		}},
		{"a refused save takes a number", "documents/numbers", func(m *order.MemoryStore) *faulty {
			var lost atomic.Int64
			return &faulty{save: func(ctx context.Context, o order.Order) (order.Order, error) {
				for i := range o.Documents {
					if o.Documents[i].Number == 0 {
						o.Documents[i].First += lost.Load()
					}
				}
				saved, err := m.Save(ctx, o)
				if errors.Is(err, order.ErrStale) {
					lost.Add(1)
				}
				return saved, err
			}}
		}},
		{"words are found within words", "list/found", func(m *order.MemoryStore) *faulty {
			return &faulty{list: func(ctx context.Context, f order.Filter) iter.Seq2[order.Order, error] {
				if f.Text == "amp" {
					f.Text = "lamp"
				}
				return m.List(ctx, f)
			}}
		}},
		{"an order is found by what it was", "list/found-later", func(m *order.MemoryStore) *faulty {
			return &faulty{list: func(ctx context.Context, f order.Filter) iter.Seq2[order.Order, error] {
				if f.State == order.Fulfilled {
					f.State = order.Partial
				}
				return m.List(ctx, f)
			}}
		}},
		{"an early stop yields once more", "list/stop-early", func(m *order.MemoryStore) *faulty {
			return &faulty{list: func(ctx context.Context, f order.Filter) iter.Seq2[order.Order, error] {
				return func(yield func(order.Order, error) bool) {
					for o, err := range m.List(ctx, f) {
						yield(o, err)
					}
				}
			}}
		}},
	} {
		contract.Bites(t, c.name, c.caughtBy, func() order.Store {
			m := order.NewMemory(nil)
			s := c.make(m)
			if s.MemoryStore == nil {
				s.MemoryStore = m
			}
			return s
		})
	}
}

func TestFailing(t *testing.T) {
	fresh := func() order.Store {
		m := order.NewMemory(nil)
		require.NoError(t, (&world{Store: m}).insert(sample("o")))
		return m
	}
	kept, err := fresh().Get(ctx, "o")
	require.NoError(t, err)
	list := func(s order.Store) ([]order.Order, error) { return suite.Collect(s.List(ctx, order.Filter{})) }
	suite.Fails(t, Failing, fresh, map[string]func(s order.Store) error{
		"Insert": func(s order.Store) error { return suite.Err(s.Insert(ctx, sample("p"))) },
		"Get":    func(s order.Store) error { return suite.Err(s.Get(ctx, "o")) },
		"ByKey":  func(s order.Store) error { return suite.Err(s.ByKey(ctx, kept.Buyer(), kept.Key)) },
		"Save":   func(s order.Store) error { return suite.Err(s.Save(ctx, kept)) },
		"List":   func(s order.Store) error { return suite.Err(list(s)) },
		"Forget": func(s order.Store) error { return s.Forget(ctx, "customer") },
	}, func(s order.Store) (any, error) {
		orders, err := list(s)
		for i, o := range orders { // two stores have two secrets
			if strings.HasPrefix(string(o.Customer), "erased-") {
				orders[i] = o.Erased(func(string) string { return "" })
			}
		}
		return orders, err
	})
}
