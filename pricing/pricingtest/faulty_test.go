package pricingtest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) pricing.Store { return pricing.NewMemory(nil) }, Features{Transactions: true})
}

func TestFailingWithoutFailures(t *testing.T) {
	fresh := func(*testing.T) pricing.Store {
		return Failing(pricing.NewMemory(nil), func(string, bool) error { return nil })
	}
	inner := func(s pricing.Store) flywheel.Transactor { return s.(failing).Store.(*pricing.MemoryStore) }
	Run(t, fresh, Features{Transactions: true, Tx: inner})
}

// faulty is a memory store with one fault: where a function is set it stands in
// for the method.
type faulty struct {
	*pricing.MemoryStore
	save func(ctx context.Context, l pricing.List) (pricing.List, error)
	del  func(ctx context.Context, id string, version int64) error
	all  func(ctx context.Context) iter.Seq2[pricing.List, error]
}

func (f faulty) SaveList(ctx context.Context, l pricing.List) (pricing.List, error) {
	if f.save == nil {
		return f.MemoryStore.SaveList(ctx, l)
	}
	return f.save(ctx, l)
}

func (f faulty) DeleteList(ctx context.Context, id string, version int64) error {
	if f.del == nil {
		return f.MemoryStore.DeleteList(ctx, id, version)
	}
	return f.del(ctx, id, version)
}

func (f faulty) Lists(ctx context.Context) iter.Seq2[pricing.List, error] {
	if f.all == nil {
		return f.MemoryStore.Lists(ctx)
	}
	return f.all(ctx)
}

func current(ctx context.Context, s *pricing.MemoryStore, id string) int64 {
	for l, err := range s.Lists(ctx) {
		if err == nil && l.ID == id {
			return l.Version
		}
	}
	return 0
}

// The suite bites: each of these stores breaks a rule, and is caught.
func TestFaultyStoresAreCaught(t *testing.T) {
	for name, fault := range map[string]func(s *pricing.MemoryStore) faulty{
		"last writer wins": func(s *pricing.MemoryStore) faulty {
			return faulty{save: func(ctx context.Context, l pricing.List) (pricing.List, error) {
				l.Version = current(ctx, s, l.ID)
				return s.SaveList(ctx, l)
			}}
		},
		"the answer has the old version": func(s *pricing.MemoryStore) faulty {
			return faulty{save: func(ctx context.Context, l pricing.List) (pricing.List, error) {
				saved, err := s.SaveList(ctx, l)
				saved.Version = l.Version
				return saved, err
			}}
		},
		"a lost field": func(s *pricing.MemoryStore) faulty {
			return faulty{save: func(ctx context.Context, l pricing.List) (pricing.List, error) {
				l.TaxIncluded = false
				return s.SaveList(ctx, l)
			}}
		},
		"case is folded": func(s *pricing.MemoryStore) faulty {
			return faulty{save: func(ctx context.Context, l pricing.List) (pricing.List, error) {
				l.ID = strings.ToLower(l.ID)
				return s.SaveList(ctx, l)
			}}
		},
		"the answer has local nanoseconds": func(s *pricing.MemoryStore) faulty {
			return faulty{save: func(ctx context.Context, l pricing.List) (pricing.List, error) {
				saved, err := s.SaveList(ctx, l)
				saved.Starts = l.Starts
				return saved, err
			}}
		},
		"the answer shares memory": func(s *pricing.MemoryStore) faulty {
			kept := map[string]pricing.List{}
			return faulty{all: func(ctx context.Context) iter.Seq2[pricing.List, error] {
				return func(yield func(pricing.List, error) bool) {
					for l, err := range s.Lists(ctx) {
						if old, ok := kept[l.ID]; ok && old.Version == l.Version {
							l = old
						}
						kept[l.ID] = l
						if !yield(l, err) {
							return
						}
					}
				}
			}}
		},
		"cancelled calls go through": func(s *pricing.MemoryStore) faulty {
			return faulty{save: func(ctx context.Context, l pricing.List) (pricing.List, error) {
				return s.SaveList(context.WithoutCancel(ctx), l)
			}}
		},
		"check and write apart": func(s *pricing.MemoryStore) faulty {
			return faulty{save: func(ctx context.Context, l pricing.List) (pricing.List, error) {
				if current(ctx, s, l.ID) != l.Version {
					return pricing.List{}, pricing.ErrVersion
				}
				time.Sleep(5 * time.Millisecond) // others come to the same conclusion
				for {
					l.Version = current(ctx, s, l.ID)
					if saved, err := s.SaveList(ctx, l); !errors.Is(err, pricing.ErrVersion) {
						return saved, err
					}
				}
			}}
		},
		"any version is deleted": func(s *pricing.MemoryStore) faulty {
			return faulty{del: func(ctx context.Context, id string, _ int64) error {
				return s.DeleteList(ctx, id, current(ctx, s, id))
			}}
		},
		"nothing is deleted without a word": func(s *pricing.MemoryStore) faulty {
			return faulty{del: func(ctx context.Context, id string, version int64) error {
				if err := s.DeleteList(ctx, id, version); !errors.Is(err, flywheel.ErrNotFound) {
					return err
				}
				return nil
			}}
		},
		"the order of saving": func(s *pricing.MemoryStore) faulty {
			return faulty{all: func(ctx context.Context) iter.Seq2[pricing.List, error] {
				all, err := suite.Collect(s.Lists(ctx))
				slices.Reverse(all)
				return func(yield func(pricing.List, error) bool) {
					for _, l := range all {
						if !yield(l, nil) {
							return
						}
					}
					if err != nil {
						yield(pricing.List{}, err)
					}
				}
			}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			fresh := func() pricing.Store {
				s := pricing.NewMemory(nil)
				f := fault(s)
				f.MemoryStore = s
				return f
			}
			names := contract.Broken(t.Context(), fresh)
			require.NotEmpty(t, names)
			for _, rule := range names {
				require.True(t, strings.HasPrefix(rule, "list/"), "%s is not at fault", rule)
			}
		})
	}
	t.Run("no transactions", func(t *testing.T) {
		names := contract.Broken(t.Context(), func() pricing.Store { return careless{pricing.NewMemory(nil)} })
		require.ElementsMatch(t, []string{
			"list/tx/rollback", "list/tx/panic", "promotion/tx/rollback", "promotion/tx/panic",
		}, names)
	})
}

// careless runs fn and rolls nothing back.
type careless struct{ *pricing.MemoryStore }

func (careless) InTx(ctx context.Context, fn func(ctx context.Context) error) error { return fn(ctx) }

func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() pricing.Store {
		s := pricing.NewMemory(nil)
		_, err := s.SaveList(ctx, lists.make("a"))
		require.NoError(t, err)
		_, err = s.SavePromotion(ctx, promotions.make("a"))
		require.NoError(t, err)
		return s
	}
	suite.Fails(t, Failing, fresh, map[string]func(s pricing.Store) error{
		"SaveList":        func(s pricing.Store) error { return suite.Err(s.SaveList(ctx, lists.make("b"))) },
		"SavePromotion":   func(s pricing.Store) error { return suite.Err(s.SavePromotion(ctx, promotions.make("b"))) },
		"DeleteList":      func(s pricing.Store) error { return s.DeleteList(ctx, "a", 1) },
		"DeletePromotion": func(s pricing.Store) error { return s.DeletePromotion(ctx, "a", 1) },
		"Lists":           func(s pricing.Store) error { return suite.Err(suite.Collect(s.Lists(ctx))) },
		"Promotions":      func(s pricing.Store) error { return suite.Err(suite.Collect(s.Promotions(ctx))) },
	}, func(s pricing.Store) (any, error) {
		all, err := suite.Collect(s.Lists(ctx))
		offers, offersErr := suite.Collect(s.Promotions(ctx))
		return []any{all, offers}, errors.Join(err, offersErr)
	})
}
