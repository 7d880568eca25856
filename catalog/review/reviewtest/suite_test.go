package reviewtest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) Store { return review.NewMemory(nil) }, Features{Transactions: true})
}

// faulty is a memory store with some methods replaced.
type faulty struct {
	*review.MemoryStore
	get        func(ctx context.Context, id string) (review.Post, error)
	save       func(ctx context.Context, p review.Post) (review.Post, error)
	list       func(ctx context.Context, f review.Filter) iter.Seq2[review.Post, error]
	vote       func(ctx context.Context, id string, voter flywheel.CustomerID, value int) (up, down int64, err error)
	aggregates func(ctx context.Context, months bool, products ...string) ([]review.Aggregate, error)
	forget     func(ctx context.Context, customer flywheel.CustomerID) error
	note       func(ctx context.Context, purchases ...review.Purchase) error
}

func (f *faulty) Get(ctx context.Context, id string) (review.Post, error) {
	if f.get != nil {
		return f.get(ctx, id)
	}
	return f.MemoryStore.Get(ctx, id)
}

func (f *faulty) Save(ctx context.Context, p review.Post) (review.Post, error) {
	if f.save != nil {
		return f.save(ctx, p)
	}
	return f.MemoryStore.Save(ctx, p)
}

func (f *faulty) List(ctx context.Context, filter review.Filter) iter.Seq2[review.Post, error] {
	if f.list != nil {
		return f.list(ctx, filter)
	}
	return f.MemoryStore.List(ctx, filter)
}

func (f *faulty) Vote(ctx context.Context, id string, voter flywheel.CustomerID, value int) (up, down int64, err error) {
	if f.vote != nil {
		return f.vote(ctx, id, voter, value)
	}
	return f.MemoryStore.Vote(ctx, id, voter, value)
}

func (f *faulty) Aggregates(ctx context.Context, months bool, products ...string) ([]review.Aggregate, error) {
	if f.aggregates != nil {
		return f.aggregates(ctx, months, products...)
	}
	return f.MemoryStore.Aggregates(ctx, months, products...)
}

func (f *faulty) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if f.forget != nil {
		return f.forget(ctx, customer)
	}
	return f.MemoryStore.Forget(ctx, customer)
}

func (f *faulty) Note(ctx context.Context, purchases ...review.Purchase) error {
	if f.note != nil {
		return f.note(ctx, purchases...)
	}
	return f.MemoryStore.Note(ctx, purchases...)
}

// TestSuiteBites shows that each of these faults is caught, and by which case.
func TestSuiteBites(t *testing.T) {
	for _, c := range []struct {
		name     string
		caughtBy string
		make     func(m *review.MemoryStore) *faulty
	}{
		{"a stale save overwrites", "save/stale-version", func(m *review.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, p review.Post) (review.Post, error) {
				if there, err := m.Get(ctx, p.ID); err == nil {
					p.Version = there.Version
				}
				return m.Save(ctx, p)
			}}
		}},
		{"the note is lost", "save/round-trip", func(m *review.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, p review.Post) (review.Post, error) {
				p.Note = ""
				return m.Save(ctx, p)
			}}
		}},
		{"Get hands out what it keeps", "save/copy", func(m *review.MemoryStore) *faulty {
			var shared sync.Map
			return &faulty{get: func(ctx context.Context, id string) (review.Post, error) {
				p, err := m.Get(ctx, id)
				if kept, ok := shared.Load(id); ok && kept.(review.Post).Version == p.Version {
					return kept.(review.Post), err
				}
				shared.Store(id, p)
				return p, err
			}}
		}},
		{"the version is looked at before the save, not with it", "save/race", func(m *review.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, p review.Post) (review.Post, error) {
				there, err := m.Get(ctx, p.ID)
				if err == nil && there.Version != p.Version {
					return review.Post{}, review.ErrStale
				}
				time.Sleep(time.Millisecond) // others look, too
				for range 100 {
					saved, err := m.Save(ctx, p)
					if !errors.Is(err, review.ErrStale) {
						return saved, err
					}
					p.Version++
				}
				return review.Post{}, review.ErrStale
			}}
		}},
		{"one review of any product", "save/one-review", func(m *review.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, p review.Post) (review.Post, error) {
				for o := range m.List(ctx, review.Filter{Author: p.Author, Kind: review.Review}) {
					if p.Author != "" && o.ID != p.ID && p.Kind == review.Review {
						return review.Post{}, review.ErrReviewed
					}
				}
				return m.Save(ctx, p)
			}}
		}},
		{"a save takes the votes it is given", "save/keeps-votes", func(m *review.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, p review.Post) (review.Post, error) {
				saved, err := m.Save(ctx, p)
				saved.Up, saved.Down = p.Up, p.Down
				return saved, err
			}}
		}},
		{"times are rounded", "time/microseconds", func(m *review.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, p review.Post) (review.Post, error) {
				p.CreatedAt = p.CreatedAt.Round(time.Microsecond)
				return m.Save(ctx, p)
			}}
		}},
		{"texts are compared without case", "text/odd", func(m *review.MemoryStore) *faulty {
			return &faulty{save: func(ctx context.Context, p review.Post) (review.Post, error) {
				p.Product = strings.ToLower(p.Product)
				return m.Save(ctx, p)
			}}
		}},
		{"the canceled context is not looked at", "context/canceled", func(m *review.MemoryStore) *faulty {
			return &faulty{forget: func(ctx context.Context, c flywheel.CustomerID) error { return m.Forget(context.WithoutCancel(ctx), c) }}
		}},
		{"posts behind a position are those written before it", "list/orders", func(m *review.MemoryStore) *faulty {
			return &faulty{list: func(ctx context.Context, f review.Filter) iter.Seq2[review.Post, error] {
				if !f.After.IsZero() {
					f.After.ID = "\xff" // of equal ones none is passed over
				}
				return m.List(ctx, f)
			}}
		}},
		{"the language is passed over", "list/filters", func(m *review.MemoryStore) *faulty {
			return &faulty{list: func(ctx context.Context, f review.Filter) iter.Seq2[review.Post, error] {
				if len(f.Language) == 2 {
					f.Language = ""
				}
				return m.List(ctx, f)
			}}
		}},
		{"any filter is served", "list/refused", func(m *review.MemoryStore) *faulty {
			return &faulty{list: func(ctx context.Context, f review.Filter) iter.Seq2[review.Post, error] {
				if f.Check() != nil {
					return func(func(review.Post, error) bool) {}
				}
				return m.List(ctx, f)
			}}
		}},
		{"claimed posts wait no longer", "list/waiting", func(m *review.MemoryStore) *faulty {
			return &faulty{list: func(ctx context.Context, f review.Filter) iter.Seq2[review.Post, error] {
				return func(yield func(review.Post, error) bool) {
					for p, err := range m.List(ctx, f) {
						if f.Sort == review.Waiting && p.Moderation.State == moderation.Claimed {
							continue
						}
						if !yield(p, err) {
							return
						}
					}
				}
			}}
		}},
		{"a reader votes again and again", "vote/one-each", func(m *review.MemoryStore) *faulty {
			var n atomic.Int64
			return &faulty{vote: func(ctx context.Context, id string, voter flywheel.CustomerID, value int) (int64, int64, error) {
				return m.Vote(ctx, id, voter+flywheel.CustomerID(strings.Repeat("+", int(n.Add(1)))), value)
			}}
		}},
		{"hidden reviews stay counted", "aggregates/follow", func(m *review.MemoryStore) *faulty {
			var mu sync.Mutex
			var last review.Tally
			return &faulty{aggregates: func(ctx context.Context, months bool, products ...string) ([]review.Aggregate, error) {
				mu.Lock()
				defer mu.Unlock()
				list, err := m.Aggregates(ctx, months, products...)
				if len(list) == 1 && list[0].Product == "shoe" {
					if list[0].Ratings.Count() < last.Ratings.Count() {
						list[0].Tally = last
					}
					last = list[0].Tally
				}
				return list, err
			}}
		}},
		{"a product is answered once", "aggregates/order", func(m *review.MemoryStore) *faulty {
			return &faulty{aggregates: func(ctx context.Context, months bool, products ...string) ([]review.Aggregate, error) {
				products = slices.Compact(slices.Sorted(slices.Values(products)))
				return m.Aggregates(ctx, months, products...)
			}}
		}},
		{"nobody is forgotten", "forget", func(*review.MemoryStore) *faulty {
			return &faulty{forget: func(context.Context, flywheel.CustomerID) error { return nil }}
		}},
		{"names are forgotten without case", "forget", func(m *review.MemoryStore) *faulty {
			return &faulty{forget: func(ctx context.Context, c flywheel.CustomerID) error {
				return errors.Join(m.Forget(ctx, c), m.Forget(ctx, "Anna"))
			}}
		}},
		{"refunds are passed over", "purchases/sum", func(m *review.MemoryStore) *faulty {
			return &faulty{note: func(ctx context.Context, purchases ...review.Purchase) error {
				return m.Note(ctx, slices.DeleteFunc(slices.Clone(purchases), func(p review.Purchase) bool { return p.Quantity < 0 })...)
			}}
		}},
		{"what was saved is read from a cache", "transaction/rollback", func(m *review.MemoryStore) *faulty {
			var cached sync.Map
			return &faulty{
				save: func(ctx context.Context, p review.Post) (review.Post, error) {
					saved, err := m.Save(ctx, p)
					if err == nil {
						cached.Store(p.ID, saved.Clone())
					}
					return saved, err
				},
				get: func(ctx context.Context, id string) (review.Post, error) {
					p, err := m.Get(ctx, id)
					if kept, ok := cached.Load(id); ok && kept.(review.Post).Version > p.Version {
						return kept.(review.Post).Clone(), nil
					}
					return p, err
				},
			}
		}},
	} {
		contract.Bites(t, c.name, c.caughtBy, func() Store {
			m := review.NewMemory(nil)
			s := c.make(m)
			s.MemoryStore = m
			return s
		})
	}
}

func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() Store {
		m := review.NewMemory(nil)
		w := &world{Store: m, ctx: ctx}
		if err := suite.First(w.save(sample("a")), m.Note(ctx, bought("anna", "s1", "o1", 1, 0))); err != nil {
			t.Fatal(err)
		}
		return m
	}
	list := func(s Store) ([]review.Post, error) {
		return suite.Collect(s.List(ctx, review.Filter{Product: "shoe", Kind: review.Review}))
	}
	suite.Fails(t, Failing, fresh, map[string]func(s Store) error{
		"Get":        func(s Store) error { return suite.Err(s.Get(ctx, "a")) },
		"Save":       func(s Store) error { return suite.Err(s.Save(ctx, sample("b"))) },
		"List":       func(s Store) error { return suite.Err(list(s)) },
		"Aggregates": func(s Store) error { return suite.Err(s.Aggregates(ctx, true, "shoe")) },
		"Vote": func(s Store) error {
			_, _, err := s.Vote(ctx, "a", "ben", 1)
			return err
		},
		"Forget":          func(s Store) error { return s.Forget(ctx, "by-a") },
		"Note":            func(s Store) error { return s.Note(ctx, bought("anna", "s1", "o1", 1, 0)) },
		"Bought":          func(s Store) error { return suite.Err(s.Bought(ctx, "anna")) },
		"ForgetPurchases": func(s Store) error { return s.ForgetPurchases(ctx, "anna") },
		"ClearPurchases":  func(s Store) error { return s.ClearPurchases(ctx) },
	}, func(s Store) (any, error) {
		posts, err := list(s)
		purchases, err2 := s.Bought(ctx, "anna")
		return []any{posts, purchases}, errors.Join(err, err2)
	})
}
