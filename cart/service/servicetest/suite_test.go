package servicetest

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) service.Store { return service.NewMemory(nil) }, Features{Transactions: true})
}

// faulty is a memory store with one method replaced.
type faulty struct {
	*service.MemoryStore
	get     func(ctx context.Context, id service.ID) (service.Ticket, error)
	save    func(ctx context.Context, t service.Ticket, entries ...service.Entry) (service.Ticket, error)
	entries func(ctx context.Context, id service.ID) iter.Seq2[service.Entry, error]
	list    func(ctx context.Context, f service.Filter) iter.Seq2[service.Ticket, error]
	due     func(ctx context.Context, at time.Time, limit int) ([]service.Ticket, error)
	forget  func(ctx context.Context, customer flywheel.CustomerID) error
}

func (f *faulty) Get(ctx context.Context, id service.ID) (service.Ticket, error) {
	if f.get != nil {
		return f.get(ctx, id)
	}
	return f.MemoryStore.Get(ctx, id)
}

func (f *faulty) Save(ctx context.Context, t service.Ticket, entries ...service.Entry) (service.Ticket, error) {
	if f.save != nil {
		return f.save(ctx, t, entries...)
	}
	return f.MemoryStore.Save(ctx, t, entries...)
}

func (f *faulty) Entries(ctx context.Context, id service.ID) iter.Seq2[service.Entry, error] {
	if f.entries != nil {
		return f.entries(ctx, id)
	}
	return f.MemoryStore.Entries(ctx, id)
}

func (f *faulty) List(ctx context.Context, filter service.Filter) iter.Seq2[service.Ticket, error] {
	if f.list != nil {
		return f.list(ctx, filter)
	}
	return f.MemoryStore.List(ctx, filter)
}

func (f *faulty) Due(ctx context.Context, at time.Time, limit int) ([]service.Ticket, error) {
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

// TestSuiteBites shows that each of these faults is caught, and by which case.
func TestSuiteBites(t *testing.T) {
	for _, c := range []struct {
		name, caughtBy string
		make           func(m *service.MemoryStore) *faulty
	}{
		{"a stale save overwrites", "save/version", func(m *service.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, t service.Ticket, entries ...service.Entry) (service.Ticket, error) {
				if there, err := m.Get(ctx, t.ID); err == nil {
					t.Version = there.Version
				}
				return m.Save(ctx, t, entries...)
			}}
		}},
		{"a repeated entry is dropped without a word", "save/repeated", func(m *service.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, t service.Ticket, entries ...service.Entry) (service.Ticket, error) {
				saved, err := m.Save(ctx, t, entries...)
				if errors.Is(err, service.ErrRepeated) {
					return m.Save(ctx, t)
				}
				return saved, err
			}}
		}},
		{"the version is looked at before the save, not with it", "save/race", func(m *service.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, t service.Ticket, entries ...service.Entry) (service.Ticket, error) {
				if there, err := m.Get(ctx, t.ID); err == nil && there.Version != t.Version {
					return service.Ticket{}, service.ErrStale
				}
				time.Sleep(time.Millisecond) // others look, too
				for range 100 {
					saved, err := m.Save(ctx, t, entries...)
					if !errors.Is(err, service.ErrStale) {
						return saved, err
					}
					t.Version++
				}
				return service.Ticket{}, service.ErrStale
			}}
		}},
		{"times are rounded", "save/round-trip", func(m *service.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, t service.Ticket, entries ...service.Entry) (service.Ticket, error) {
				t.Opened = t.Opened.Round(time.Microsecond)
				return m.Save(ctx, t, entries...)
			}}
		}},
		{"entries come last first", "save/round-trip", func(m *service.MemoryStore) *faulty {
			return &faulty{entries: func(ctx context.Context, id service.ID) iter.Seq2[service.Entry, error] {
				list, err := suite.Collect(m.Entries(ctx, id))
				return func(yield func(service.Entry, error) bool) {
					for i := range list {
						if !yield(list[len(list)-1-i], nil) {
							return
						}
					}
					if err != nil {
						yield(service.Entry{}, err)
					}
				}
			}}
		}},
		{"texts are compared without case", "text/odd", func(m *service.MemoryStore) *faulty {
			return &faulty{get: func(ctx context.Context, id service.ID) (service.Ticket, error) {
				for t, err := range m.List(ctx, service.Filter{}) {
					if err != nil || strings.EqualFold(string(t.ID), string(id)) {
						return t, err
					}
				}
				return m.Get(ctx, id)
			}}
		}},
		{"equal times are ordered otherwise", "list/filter", func(m *service.MemoryStore) *faulty {
			return &faulty{list: func(ctx context.Context, f service.Filter) iter.Seq2[service.Ticket, error] {
				if f.After.ID != "" {
					f.After.ID = "\xff" // all of the cursor's instant count as seen
				}
				return m.List(ctx, f)
			}}
		}},
		{"tickets are due behind their time only", "due/order", func(m *service.MemoryStore) *faulty {
			return &faulty{due: func(ctx context.Context, at time.Time, limit int) ([]service.Ticket, error) {
				return m.Due(ctx, at.Add(-time.Microsecond), limit)
			}}
		}},
		{"the time of the first save stays", "due/order", func(m *service.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, t service.Ticket, entries ...service.Entry) (service.Ticket, error) {
				if there, err := m.Get(ctx, t.ID); err == nil {
					t.Due = there.Due
				}
				return m.Save(ctx, t, entries...)
			}}
		}},
		{"nobody is forgotten", "forget", func(*service.MemoryStore) *faulty {
			return &faulty{forget: func(context.Context, flywheel.CustomerID) error { return nil }}
		}},
		{"the canceled context is not looked at", "context/canceled", func(m *service.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, t service.Ticket, entries ...service.Entry) (service.Ticket, error) {
				return m.Save(context.WithoutCancel(ctx), t, entries...)
			}}
		}},
		{"listings do not see the rollback", "transaction/rollback", func(m *service.MemoryStore) *faulty {
			var added atomic.Bool
			return &faulty{
				save: func(ctx context.Context, t service.Ticket, entries ...service.Entry) (service.Ticket, error) {
					if t.ID == "u" {
						added.Store(true)
					}
					return m.Save(ctx, t, entries...)
				},
				list: func(ctx context.Context, f service.Filter) iter.Seq2[service.Ticket, error] {
					return func(yield func(service.Ticket, error) bool) {
						for t, err := range m.List(ctx, f) {
							if !yield(t, err) {
								return
							}
						}
						if added.Load() {
							yield(service.Ticket{ID: "u"}, nil)
						}
					}
				},
			}
		}},
	} {
		contract.Bites(t, c.name, c.caughtBy, func() service.Store {
			m := service.NewMemory(nil)
			f := c.make(m)
			f.MemoryStore = m
			return f
		})
	}
	if broken := contract.Broken(t.Context(), func() service.Store { return &faulty{MemoryStore: service.NewMemory(nil)} }); broken != nil {
		t.Errorf("a store without faults breaks %q", broken)
	}
}

func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() service.Store {
		s := service.NewMemory(nil)
		if _, err := s.Save(ctx, sample("t"), entry("t", 1, "k")); err != nil {
			t.Fatal(err)
		}
		return s
	}
	suite.Fails(t, Failing, fresh, map[string]func(s service.Store) error{
		"Get":     func(s service.Store) error { return suite.Err(s.Get(ctx, "t")) },
		"Save":    func(s service.Store) error { return suite.Err(s.Save(ctx, sample("u"))) },
		"Entries": func(s service.Store) error { return suite.Err(suite.Collect(s.Entries(ctx, "t"))) },
		"List":    func(s service.Store) error { return suite.Err(suite.Collect(s.List(ctx, service.Filter{}))) },
		"Due":     func(s service.Store) error { return suite.Err(s.Due(ctx, start, 1)) },
		"Forget":  func(s service.Store) error { return s.Forget(ctx, "ann") },
	}, func(s service.Store) (any, error) {
		list, err := suite.Collect(s.List(ctx, service.Filter{}))
		for i := range list { // the hash is of a secret of its own
			if list[i].Customer != "ann" {
				list[i].Customer = "forgotten"
			}
		}
		entries, entriesErr := suite.Collect(s.Entries(ctx, "t"))
		return []any{list, entries}, errors.Join(err, entriesErr)
	})
}
