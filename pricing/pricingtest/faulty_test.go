package pricingtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
)

// recorder is a reporter that only takes notes.
type recorder struct {
	ctx    context.Context
	failed bool
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Errorf(string, ...any)    { r.failed = true }
func (r *recorder) Fatalf(string, ...any)    { r.failed = true; panic(r) }

// broken returns the names of the rules that a store breaks.
func broken(t *testing.T, fresh func() pricing.Store, tx func(s pricing.Store) flywheel.Transactor) (names []string) {
	for _, c := range checks() {
		r := &recorder{ctx: t.Context()}
		func() {
			defer func() {
				if p := recover(); p != nil && p != any(r) {
					panic(p)
				}
			}()
			c.run(newEnv(r, fresh(), Features{Transactions: true, Tx: tx}))
		}()
		if r.failed {
			names = append(names, c.name)
		}
	}
	return names
}

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) pricing.Store { return pricing.NewMemory(nil) }, Features{Transactions: true})
}

func TestFailingWithoutFailures(t *testing.T) {
	fresh := func(*testing.T) pricing.Store {
		return Failing(pricing.NewMemory(nil), func(string, bool) error { return nil })
	}
	Run(t, fresh, Features{Transactions: true, Tx: inner})
}

// inner is the transactor of a wrapped memory store.
func inner(s pricing.Store) flywheel.Transactor {
	switch s := s.(type) {
	case failing:
		return s.Store.(*pricing.MemoryStore)
	case faulty:
		return s.MemoryStore
	}
	return s.(flywheel.Transactor)
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

func collect(seq iter.Seq2[pricing.List, error]) (all []pricing.List, err error) {
	for l, err := range seq {
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}

func current(ctx context.Context, s *pricing.MemoryStore, id string) int64 {
	all, _ := collect(s.Lists(ctx))
	for _, l := range all {
		if l.ID == id {
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
				all, err := collect(s.Lists(ctx))
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
			names := broken(t, fresh, inner)
			require.NotEmpty(t, names)
			for _, rule := range names {
				require.True(t, strings.HasPrefix(rule, "list/"), "%s is not at fault", rule)
			}
		})
	}
	t.Run("no transactions", func(t *testing.T) {
		names := broken(t, func() pricing.Store { return pricing.NewMemory(nil) }, func(pricing.Store) flywheel.Transactor { return careless{} })
		require.ElementsMatch(t, []string{
			"list/tx/rollback", "list/tx/panic", "promotion/tx/rollback", "promotion/tx/panic",
		}, names)
	})
}

// careless runs fn and rolls nothing back.
type careless struct{}

func (careless) InTx(ctx context.Context, fn func(ctx context.Context) error) error { return fn(ctx) }

func TestFailing(t *testing.T) {
	fail := errors.New("power cut")
	for _, after := range []bool{false, true} {
		s := Failing(pricing.NewMemory(nil), func(call string, a bool) error {
			if call == "SaveList" && a == after {
				return fail
			}
			return nil
		})
		_, err := s.SaveList(t.Context(), lists.make("a"))
		require.ErrorIs(t, err, fail)
		all, err := collect(s.Lists(t.Context()))
		require.NoError(t, err)
		require.Equal(t, after, len(all) == 1, fmt.Sprint(all))
	}
}
