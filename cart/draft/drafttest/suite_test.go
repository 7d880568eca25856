package drafttest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/draft"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) draft.Store { return draft.NewMemory(nil) }, Features{Transactions: true})
	Run(t, func(*testing.T) draft.Store {
		return Failing(draft.NewMemory(nil), func(string, bool) error { return nil })
	}, Features{})
}

// faulty is a store with one fault.
type faulty struct {
	*draft.MemoryStore
	save   func(ctx context.Context, d draft.Draft) (draft.Draft, error)
	get    func(ctx context.Context, id draft.ID) (draft.Draft, error)
	byKey  func(ctx context.Context, key string) (draft.Draft, error)
	list   func(ctx context.Context, f draft.Filter, after draft.ID, limit int) ([]draft.Draft, error)
	due    func(ctx context.Context, at time.Time, limit int) ([]draft.Draft, error)
	forget func(ctx context.Context, c flywheel.CustomerID) error
}

func (f *faulty) Save(ctx context.Context, d draft.Draft) (draft.Draft, error) {
	if f.save != nil {
		return f.save(ctx, d)
	}
	return f.MemoryStore.Save(ctx, d)
}

func (f *faulty) Get(ctx context.Context, id draft.ID) (draft.Draft, error) {
	if f.get != nil {
		return f.get(ctx, id)
	}
	return f.MemoryStore.Get(ctx, id)
}

func (f *faulty) ByKey(ctx context.Context, key string) (draft.Draft, error) {
	if f.byKey != nil {
		return f.byKey(ctx, key)
	}
	return f.MemoryStore.ByKey(ctx, key)
}

func (f *faulty) List(ctx context.Context, filter draft.Filter, after draft.ID, limit int) ([]draft.Draft, error) {
	if f.list != nil {
		return f.list(ctx, filter, after, limit)
	}
	return f.MemoryStore.List(ctx, filter, after, limit)
}

func (f *faulty) DueDrafts(ctx context.Context, at time.Time, limit int) ([]draft.Draft, error) {
	if f.due != nil {
		return f.due(ctx, at, limit)
	}
	return f.MemoryStore.DueDrafts(ctx, at, limit)
}

func (f *faulty) Forget(ctx context.Context, c flywheel.CustomerID) error {
	if f.forget != nil {
		return f.forget(ctx, c)
	}
	return f.MemoryStore.Forget(ctx, c)
}

// TestSuiteBites shows that each of these faults is caught, and by which case.
func TestSuiteBites(t *testing.T) {
	for _, c := range []struct {
		name, caughtBy string
		spoil          func(f *faulty, m *draft.MemoryStore)
	}{
		{"forgets the deliveries", "save/all", func(f *faulty, m *draft.MemoryStore) {
			f.save = func(ctx context.Context, d draft.Draft) (draft.Draft, error) {
				d.Deliveries = nil
				return m.Save(ctx, d)
			}
		}},
		{"keeps the nanoseconds", "save/all", func(f *faulty, m *draft.MemoryStore) {
			f.save = func(ctx context.Context, d draft.Draft) (draft.Draft, error) {
				saved, err := m.Save(ctx, d)
				saved.CreatedAt = d.CreatedAt
				return saved, err
			}
		}},
		{"shares memory", "save/copy", func(f *faulty, m *draft.MemoryStore) {
			var mu sync.Mutex
			kept := map[draft.ID]draft.Draft{}
			f.save = func(ctx context.Context, d draft.Draft) (draft.Draft, error) {
				saved, err := m.Save(ctx, d)
				mu.Lock()
				defer mu.Unlock()
				kept[d.ID] = saved
				return saved, err
			}
			f.get = func(ctx context.Context, id draft.ID) (draft.Draft, error) {
				mu.Lock()
				d, there := kept[id]
				mu.Unlock()
				if there {
					return d, nil
				}
				return m.Get(ctx, id)
			}
		}},
		{"overwrites what is newer", "save/stale", func(f *faulty, m *draft.MemoryStore) {
			f.save = func(ctx context.Context, d draft.Draft) (draft.Draft, error) {
				if there, err := m.Get(ctx, d.ID); err == nil {
					d.Version = there.Version
				}
				return m.Save(ctx, d)
			}
		}},
		{"takes a key twice", "save/key", func(f *faulty, m *draft.MemoryStore) {
			f.save = func(ctx context.Context, d draft.Draft) (draft.Draft, error) {
				saved, err := m.Save(ctx, d)
				if err == draft.ErrKeyTaken {
					return d, nil
				}
				return saved, err
			}
		}},
		{"lists everybody's", "list/filter", func(f *faulty, m *draft.MemoryStore) {
			f.list = func(ctx context.Context, filter draft.Filter, after draft.ID, limit int) ([]draft.Draft, error) {
				filter.Customer = ""
				return m.List(ctx, filter, after, limit)
			}
		}},
		{"begins at the first again", "list/filter", func(f *faulty, m *draft.MemoryStore) {
			f.list = func(ctx context.Context, filter draft.Filter, _ draft.ID, limit int) ([]draft.Draft, error) {
				return m.List(ctx, filter, "", limit)
			}
		}},
		{"returns what is not due", "due/order", func(f *faulty, m *draft.MemoryStore) {
			f.due = func(ctx context.Context, at time.Time, limit int) ([]draft.Draft, error) {
				return m.DueDrafts(ctx, at.Add(time.Microsecond), limit)
			}
		}},
		{"ignores the limit", "due/order", func(f *faulty, m *draft.MemoryStore) {
			f.due = func(ctx context.Context, at time.Time, _ int) ([]draft.Draft, error) { return m.DueDrafts(ctx, at, 99) }
		}},
		{"forgets nobody", "forget", func(f *faulty, m *draft.MemoryStore) {
			f.forget = func(context.Context, flywheel.CustomerID) error { return nil }
		}},
		{"saves after the end of ctx", "ctx", func(f *faulty, m *draft.MemoryStore) {
			f.save = func(ctx context.Context, d draft.Draft) (draft.Draft, error) {
				return m.Save(context.WithoutCancel(ctx), d)
			}
		}},
		{"saves outside of the transaction", "transaction/rollback", func(f *faulty, m *draft.MemoryStore) {
			outside := draft.NewMemory(nil)
			f.save = func(_ context.Context, d draft.Draft) (draft.Draft, error) {
				return outside.Save(context.Background(), d)
			}
			f.get = func(_ context.Context, id draft.ID) (draft.Draft, error) {
				return outside.Get(context.Background(), id)
			}
			f.byKey = func(_ context.Context, key string) (draft.Draft, error) {
				return outside.ByKey(context.Background(), key)
			}
		}},
	} {
		contract.Bites(t, c.name, c.caughtBy, func() draft.Store {
			m := draft.NewMemory(nil)
			f := &faulty{MemoryStore: m}
			c.spoil(f, m)
			return f
		})
	}
}

func TestFailing(t *testing.T) {
	fresh := func() draft.Store {
		m := draft.NewMemory(nil)
		require.NoError(t, (&world{Store: m}).save(sample("d")))
		return m
	}
	suite.Fails(t, Failing, fresh, map[string]func(s draft.Store) error{
		"Get":       func(s draft.Store) error { return suite.Err(s.Get(ctx, "d")) },
		"ByKey":     func(s draft.Store) error { return suite.Err(s.ByKey(ctx, "key-d")) },
		"Save":      func(s draft.Store) error { return suite.Err(s.Save(ctx, sample("e"))) },
		"List":      func(s draft.Store) error { return suite.Err(s.List(ctx, draft.Filter{}, "", 1)) },
		"DueDrafts": func(s draft.Store) error { return suite.Err(s.DueDrafts(ctx, noon, 1)) },
		"Forget":    func(s draft.Store) error { return s.Forget(ctx, "anna") },
	}, func(s draft.Store) (any, error) { return s.List(ctx, draft.Filter{}, "", 9) })
}

func ExampleRun() {
	run := func(t *testing.T) { // a test of one's own store
		Run(t, func(*testing.T) draft.Store { return draft.NewMemory(nil) }, Features{Transactions: true})
	}
	fmt.Println(run != nil)
	// Output: true
}

func ExampleFailing() {
	s := Failing(draft.NewMemory(nil), func(call string, after bool) error {
		if call == "Save" && after {
			return errors.New("the answer was lost")
		}
		return nil
	})
	_, err := s.Save(context.Background(), draft.Draft{ID: "d", Key: "k"})
	d, _ := s.Get(context.Background(), "d")
	fmt.Println(err, d.Version)
	// Output: the answer was lost 1
}

func ExampleFeatures() {
	own := Features{Transactions: true, Tx: func(s draft.Store) flywheel.Transactor { return s.(flywheel.Stored).Handle() }}
	fmt.Println(own.Transactions)
	// Output: true
}
