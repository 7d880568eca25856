package credittest

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) credit.Store { return credit.NewMemory(nil) }, Features{Transactions: true})
}

// faulty is a memory store with one method replaced.
type faulty struct {
	*credit.MemoryStore
	balance func(ctx context.Context, account string, c money.Currency, at time.Time) (credit.Balance, error)
	apply   func(ctx context.Context, m credit.Move) (credit.Move, error)
	commit  func(ctx context.Context, account, key string, at time.Time) (credit.Move, error)
	release func(ctx context.Context, account, key string, at time.Time) (credit.Move, error)
	moves   func(ctx context.Context, account string) iter.Seq2[credit.Move, error]
	forget  func(ctx context.Context, account string) error
}

func (f *faulty) Balance(ctx context.Context, account string, c money.Currency, at time.Time) (credit.Balance, error) {
	if f.balance != nil {
		return f.balance(ctx, account, c, at)
	}
	return f.MemoryStore.Balance(ctx, account, c, at)
}

func (f *faulty) Apply(ctx context.Context, m credit.Move) (credit.Move, error) {
	if f.apply != nil {
		return f.apply(ctx, m)
	}
	return f.MemoryStore.Apply(ctx, m)
}

func (f *faulty) Commit(ctx context.Context, account, key string, at time.Time) (credit.Move, error) {
	if f.commit != nil {
		return f.commit(ctx, account, key, at)
	}
	return f.MemoryStore.Commit(ctx, account, key, at)
}

func (f *faulty) Release(ctx context.Context, account, key string, at time.Time) (credit.Move, error) {
	if f.release != nil {
		return f.release(ctx, account, key, at)
	}
	return f.MemoryStore.Release(ctx, account, key, at)
}

func (f *faulty) Moves(ctx context.Context, account string) iter.Seq2[credit.Move, error] {
	if f.moves != nil {
		return f.moves(ctx, account)
	}
	return f.MemoryStore.Moves(ctx, account)
}

func (f *faulty) Forget(ctx context.Context, account string) error {
	if f.forget != nil {
		return f.forget(ctx, account)
	}
	return f.MemoryStore.Forget(ctx, account)
}

// TestSuiteBites shows that each of these faults is caught, and by which case.
func TestSuiteBites(t *testing.T) {
	for _, c := range []struct {
		name, caughtBy string
		make           func(m *credit.MemoryStore) *faulty
	}{
		{"a grant is added again", "grant/once", func(m *credit.MemoryStore) *faulty {
			return &faulty{apply: func(ctx context.Context, move credit.Move) (credit.Move, error) {
				if _, err := m.Move(ctx, move.Account, move.Key); err == nil && move.Kind == credit.Grant {
					move.Key += " again"
				}
				return m.Apply(ctx, move)
			}}
		}},
		{"a hold is checked first and written later", "hold/race", func(m *credit.MemoryStore) *faulty {
			return &faulty{apply: func(ctx context.Context, move credit.Move) (credit.Move, error) {
				if move.Kind == credit.Hold {
					b, err := m.Balance(ctx, move.Account, move.Amount.Currency(), move.At)
					if err != nil {
						return credit.Move{}, err
					}
					if move.Amount.Minor() > b.Spendable.Minor() {
						return credit.Move{}, credit.ErrInsufficient
					}
					time.Sleep(time.Millisecond) // others look, too
					if _, err := m.Apply(ctx, credit.Move{Account: move.Account, Key: "for " + move.Key, Kind: credit.Grant, Amount: move.Amount, At: move.At}); err != nil {
						return credit.Move{}, err
					}
				}
				return m.Apply(ctx, move)
			}}
		}},
		{"a hold lasts a moment too long", "hold/ends", func(m *credit.MemoryStore) *faulty {
			return &faulty{balance: func(ctx context.Context, account string, c money.Currency, at time.Time) (credit.Balance, error) {
				return m.Balance(ctx, account, c, at.Add(-time.Microsecond))
			}}
		}},
		{"a hold that has ended is committed", "commit/refused", func(m *credit.MemoryStore) *faulty {
			return &faulty{commit: func(ctx context.Context, account, key string, _ time.Time) (credit.Move, error) {
				return m.Commit(ctx, account, key, noon)
			}}
		}},
		{"a commit gives back", "commit/spends", func(m *credit.MemoryStore) *faulty {
			return &faulty{commit: func(ctx context.Context, account, key string, at time.Time) (credit.Move, error) {
				return m.Release(ctx, account, key, at)
			}}
		}},
		{"a release spends", "release/gives-back", func(m *credit.MemoryStore) *faulty {
			return &faulty{release: func(ctx context.Context, account, key string, at time.Time) (credit.Move, error) {
				return m.Commit(ctx, account, key, at)
			}}
		}},
		{"a hold counts only as long as the shop looks", "hold/takes", func(m *credit.MemoryStore) *faulty {
			return &faulty{balance: func(ctx context.Context, account string, c money.Currency, at time.Time) (credit.Balance, error) {
				b, err := m.Balance(ctx, account, c, at)
				if err == nil {
					b.Spendable, err = b.Spendable.Add(b.Held)
				}
				return b, err
			}}
		}},
		{"more is given back than was spent", "return/at-most", func(m *credit.MemoryStore) *faulty {
			return &faulty{apply: func(ctx context.Context, move credit.Move) (credit.Move, error) {
				if move.Kind == credit.Return {
					move.Kind, move.Of = credit.Grant, ""
				}
				return m.Apply(ctx, move)
			}}
		}},
		{"accounts are compared without case", "text/odd", func(m *credit.MemoryStore) *faulty {
			return &faulty{apply: func(ctx context.Context, move credit.Move) (credit.Move, error) {
				move.Account = strings.ToLower(move.Account)
				return m.Apply(ctx, move)
			}}
		}},
		{"times are local", "text/odd", func(m *credit.MemoryStore) *faulty {
			return &faulty{apply: func(ctx context.Context, move credit.Move) (credit.Move, error) {
				move.At = move.At.Add(time.Microsecond)
				return m.Apply(ctx, move)
			}}
		}},
		{"moves come as they were made", "moves/list", func(m *credit.MemoryStore) *faulty {
			return &faulty{moves: func(ctx context.Context, account string) iter.Seq2[credit.Move, error] {
				list, err := suite.Collect(m.Moves(ctx, account))
				return func(yield func(credit.Move, error) bool) {
					for i := range list {
						if !yield(list[len(list)-1-i], nil) {
							return
						}
					}
					if err != nil {
						yield(credit.Move{}, err)
					}
				}
			}}
		}},
		{"nobody is forgotten", "forget", func(*credit.MemoryStore) *faulty {
			return &faulty{forget: func(context.Context, string) error { return nil }}
		}},
		{"the canceled context is not looked at", "context/canceled", func(m *credit.MemoryStore) *faulty {
			return &faulty{commit: func(ctx context.Context, account, key string, at time.Time) (credit.Move, error) {
				return m.Commit(context.WithoutCancel(ctx), account, key, at)
			}}
		}},
		{"a grant does not join the transaction", "transaction/rollback", func(m *credit.MemoryStore) *faulty {
			var mu sync.Mutex
			granted := map[string]credit.Move{}
			again := func(ctx context.Context) { // what was lost comes back
				mu.Lock()
				defer mu.Unlock()
				for _, g := range granted {
					_, _ = m.Apply(ctx, g)
				}
			}
			f := &faulty{}
			f.apply = func(ctx context.Context, move credit.Move) (credit.Move, error) {
				again(ctx)
				if move.Kind == credit.Grant {
					mu.Lock()
					granted[move.Key] = move
					mu.Unlock()
				}
				return m.Apply(ctx, move)
			}
			f.balance = func(ctx context.Context, account string, c money.Currency, at time.Time) (credit.Balance, error) {
				again(ctx)
				return m.Balance(ctx, account, c, at)
			}
			return f
		}},
	} {
		contract.Bites(t, c.name, c.caughtBy, func() credit.Store {
			m := credit.NewMemory(nil)
			f := c.make(m)
			f.MemoryStore = m
			return f
		})
	}
	if broken := contract.Broken(t.Context(), func() credit.Store { return &faulty{MemoryStore: credit.NewMemory(nil)} }); broken != nil {
		t.Errorf("a store without faults breaks %q", broken)
	}
}

func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() credit.Store {
		s := credit.NewMemory(nil)
		for _, m := range []credit.Move{grant("g", 800), hold("h", 300), hold("i", 100)} {
			if _, err := s.Apply(ctx, m); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	suite.Fails(t, Failing, fresh, map[string]func(s credit.Store) error{
		"Balance": func(s credit.Store) error { return suite.Err(s.Balance(ctx, "ann", money.EUR, noon)) },
		"Apply":   func(s credit.Store) error { return suite.Err(s.Apply(ctx, grant("f", 1))) },
		"Commit":  func(s credit.Store) error { return suite.Err(s.Commit(ctx, "ann", "h", noon)) },
		"Release": func(s credit.Store) error { return suite.Err(s.Release(ctx, "ann", "i", noon)) },
		"Move":    func(s credit.Store) error { return suite.Err(s.Move(ctx, "ann", "g")) },
		"Moves":   func(s credit.Store) error { return suite.Err(suite.Collect(s.Moves(ctx, "ann"))) },
		"Forget":  func(s credit.Store) error { return s.Forget(ctx, "ann") },
	}, func(s credit.Store) (any, error) {
		b, err := s.Balance(ctx, "ann", money.EUR, noon)
		list, listErr := suite.Collect(s.Moves(ctx, "ann"))
		for i := range list { // the hash is of a secret of its own
			if list[i].Account != "ann" {
				list[i].Account = "forgotten"
			}
		}
		return []any{b, list}, errors.Join(err, listErr)
	})
}

var _ flywheel.Transactor = (*faulty)(nil)
