package loyaltytest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/loyalty"
)

func transactor(s loyalty.Store) flywheel.Transactor { return s.(flywheel.Transactor) }

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) loyalty.Store { return loyalty.NewMemory(nil) }, Features{Tx: transactor})
}

func TestFailingPassesThrough(t *testing.T) {
	fresh := func(*testing.T) loyalty.Store {
		return Failing(loyalty.NewMemory(nil), func(string, bool) error { return nil })
	}
	Run(t, fresh, Features{Tx: transactor})
}

// broken is a memory store with one fault.
type broken struct {
	*loyalty.MemoryStore
	account func(ctx context.Context, s *loyalty.MemoryStore, member flywheel.CustomerID, n loyalty.Need) (loyalty.Account, error)
	save    func(ctx context.Context, s *loyalty.MemoryStore, a loyalty.Account) error
	due     func(ctx context.Context, s *loyalty.MemoryStore, at time.Time, limit int) ([]flywheel.CustomerID, error)
	forget  func(ctx context.Context, s *loyalty.MemoryStore, member flywheel.CustomerID) error
	record  func(ctx context.Context, s *loyalty.MemoryStore, p loyalty.Programs) error
	lists   func(ctx context.Context, s *loyalty.MemoryStore, after int64) ([]loyalty.Programs, error)
	entries func(ctx context.Context, s *loyalty.MemoryStore, member flywheel.CustomerID) iter.Seq2[loyalty.Entry, error]
}

func (b broken) Account(ctx context.Context, member flywheel.CustomerID, n loyalty.Need) (loyalty.Account, error) {
	if b.account != nil {
		return b.account(ctx, b.MemoryStore, member, n)
	}
	return b.MemoryStore.Account(ctx, member, n)
}

func (b broken) Save(ctx context.Context, a loyalty.Account) error {
	if b.save != nil {
		return b.save(ctx, b.MemoryStore, a)
	}
	return b.MemoryStore.Save(ctx, a)
}

func (b broken) Entries(ctx context.Context, member flywheel.CustomerID) iter.Seq2[loyalty.Entry, error] {
	if b.entries != nil {
		return b.entries(ctx, b.MemoryStore, member)
	}
	return b.MemoryStore.Entries(ctx, member)
}

func (b broken) Due(ctx context.Context, at time.Time, limit int) ([]flywheel.CustomerID, error) {
	if b.due != nil {
		return b.due(ctx, b.MemoryStore, at, limit)
	}
	return b.MemoryStore.Due(ctx, at, limit)
}

func (b broken) Forget(ctx context.Context, member flywheel.CustomerID) error {
	if b.forget != nil {
		return b.forget(ctx, b.MemoryStore, member)
	}
	return b.MemoryStore.Forget(ctx, member)
}

func (b broken) Record(ctx context.Context, p loyalty.Programs) error {
	if b.record != nil {
		return b.record(ctx, b.MemoryStore, p)
	}
	return b.MemoryStore.Record(ctx, p)
}

func (b broken) Programs(ctx context.Context, after int64) ([]loyalty.Programs, error) {
	if b.lists != nil {
		return b.lists(ctx, b.MemoryStore, after)
	}
	return b.MemoryStore.Programs(ctx, after)
}

// needs is a store that hears something else than it is asked for.
func needs(change func(n *loyalty.Need)) broken {
	return broken{account: func(ctx context.Context, s *loyalty.MemoryStore, member flywheel.CustomerID, n loyalty.Need) (loyalty.Account, error) {
		change(&n)
		return s.Account(ctx, member, n)
	}}
}

// TestSuiteCatches shows that the suite fails for stores that break a rule.
func TestSuiteCatches(t *testing.T) {
	type store = loyalty.MemoryStore
	for _, c := range []struct {
		fault, by string
		broken    broken
	}{
		{"the last writer wins", "save/version", broken{save: func(ctx context.Context, s *store, a loyalty.Account) error {
			now, err := s.Account(ctx, a.Member, loyalty.Need{})
			if err != nil {
				return err
			}
			a.Version = now.Version
			return s.Save(ctx, a)
		}}},
		{"loses the activity", "save/read-back", broken{save: func(ctx context.Context, s *store, a loyalty.Account) error {
			a.Activity = nil
			return s.Save(ctx, a)
		}}},
		{"books entries of a refused save", "concurrent/one-version", broken{save: func(ctx context.Context, s *store, a loyalty.Account) error {
			err := s.Save(ctx, a)
			if errors.Is(err, flywheel.ErrStale) {
				now, _ := s.Account(ctx, a.Member, loyalty.Need{})
				now.Entries = a.Entries
				_ = s.Save(ctx, now)
			}
			return err
		}}},
		{"drops empty lots", "save/lots-move", broken{save: func(ctx context.Context, s *store, a loyalty.Account) error {
			a.Lots = slices.DeleteFunc(slices.Clone(a.Lots), func(l loyalty.Lot) bool { return l.Left == 0 })
			return s.Save(ctx, a)
		}}},
		{"folds case of members", "members", broken{save: func(ctx context.Context, s *store, a loyalty.Account) error {
			a.Member = flywheel.CustomerID(strings.ToLower(string(a.Member)))
			return s.Save(ctx, a)
		}}},
		{"ignores cancellation", "context/canceled", broken{save: func(ctx context.Context, s *store, a loyalty.Account) error {
			return s.Save(context.WithoutCancel(ctx), a)
		}}},
		{"keeps milliseconds", "time/utc-microseconds", broken{save: func(ctx context.Context, s *store, a loyalty.Account) error {
			a.Settled = a.Settled.Truncate(time.Millisecond)
			return s.Save(ctx, a)
		}}},
		{"takes an account of nobody", "save/refuse-invalid", broken{save: func(ctx context.Context, s *store, a loyalty.Account) error {
			if a.Member == "" {
				return nil
			}
			return s.Save(ctx, a)
		}}},
		{"loads all receipts", "account/receipts", broken{account: func(ctx context.Context, s *store, member flywheel.CustomerID, n loyalty.Need) (loyalty.Account, error) {
			for r := range s.Receipts(ctx, member) {
				n.Keys = append(n.Keys, r.Key)
			}
			return s.Account(ctx, member, n)
		}}},
		{"finds no renewed lots", "account/open-lots", broken{account: func(ctx context.Context, s *store, member flywheel.CustomerID, n loyalty.Need) (loyalty.Account, error) {
			a, err := s.Account(ctx, member, n)
			a.Lots = slices.DeleteFunc(a.Lots, func(l loyalty.Lot) bool { return l.Left == 0 && !slices.Contains(n.Keys, l.ID) })
			return a, err
		}}},
		{"loads what nobody needs", "need/nothing", needs(func(n *loyalty.Need) { n.All = true })},
		{"finds nothing due", "need/until", needs(func(n *loyalty.Need) { n.Until = time.Time{} })},
		{"is late by a microsecond", "need/until", needs(func(n *loyalty.Need) {
			if !n.Until.IsZero() {
				n.Until = n.Until.Add(-time.Microsecond)
			}
		})},
		{"loads one lot too few", "need/points", needs(func(n *loyalty.Need) { n.Points-- })},
		{"burns the oldest first always", "need/points", needs(func(n *loyalty.Need) { n.Order = loyalty.OldestFirst })},
		{"forgets the debt", "need/points", broken{account: func(ctx context.Context, s *store, member flywheel.CustomerID, n loyalty.Need) (loyalty.Account, error) {
			a, err := s.Account(ctx, member, loyalty.Need{})
			if n.Points > 0 && err == nil {
				n.Points -= a.Debt
			}
			full, err := s.Account(ctx, member, n)
			return full, err
		}}},
		{"keeps open holds to itself", "need/all", broken{account: func(ctx context.Context, s *store, member flywheel.CustomerID, n loyalty.Need) (loyalty.Account, error) {
			a, err := s.Account(ctx, member, n)
			if n.All {
				a.Holds = nil
			}
			return a, err
		}}},
		{"loads no lots of orders", "need/orders", needs(func(n *loyalty.Need) { n.OwnLots = false })},
		{"loads the orders in any order", "need/orders", broken{account: func(ctx context.Context, s *store, member flywheel.CustomerID, n loyalty.Need) (loyalty.Account, error) {
			a, err := s.Account(ctx, member, n)
			slices.Reverse(a.Orders)
			return a, err
		}}},
		{"loads old activity", "need/activity", needs(func(n *loyalty.Need) { n.Since = time.Time{} })},
		{"saves activity twice", "need/activity", broken{save: func(ctx context.Context, s *store, a loyalty.Account) error {
			for i := range a.Activity {
				a.Activity[i].N = 0
			}
			return s.Save(ctx, a)
		}}},
		{"does not count saves for a change", "need/change", broken{account: func(ctx context.Context, s *store, member flywheel.CustomerID, n loyalty.Need) (loyalty.Account, error) {
			a, err := s.Account(ctx, member, n)
			if n.Change {
				a.Version = 0
			}
			return a, err
		}}},
		{"finds members before their time", "due/lots", broken{due: func(ctx context.Context, s *store, at time.Time, limit int) ([]flywheel.CustomerID, error) {
			return s.Due(ctx, at.Add(time.Microsecond), limit)
		}}},
		{"lists those due last first", "due/lots", broken{due: func(ctx context.Context, s *store, at time.Time, limit int) ([]flywheel.CustomerID, error) {
			list, err := s.Due(ctx, at, limit)
			slices.Reverse(list)
			return list, err
		}}},
		{"never ends a hold", "due/holds-and-tiers", broken{save: func(ctx context.Context, s *store, a loyalty.Account) error {
			a.Holds = nil
			return s.Save(ctx, a)
		}}},
		{"never lets a tier fall", "due/holds-and-tiers", broken{save: func(ctx context.Context, s *store, a loyalty.Account) error {
			a.Fall = time.Time{}
			return s.Save(ctx, a)
		}}},
		{"returns all that is due", "due/limit", broken{due: func(ctx context.Context, s *store, at time.Time, _ int) ([]flywheel.CustomerID, error) {
			return s.Due(ctx, at, 1000)
		}}},
		{"loses who is due when the limit is reached", "due/shared", broken{due: func(ctx context.Context, s *store, at time.Time, limit int) ([]flywheel.CustomerID, error) {
			list, err := s.Due(ctx, at, limit)
			if len(list) == limit {
				return list[:limit-1], errors.Join(err, save(ctx, s, list[limit-1], func(a *loyalty.Account) { a.Fall = time.Time{} }))
			}
			return list, err
		}}},
		{"remembers the forgotten", "forget", broken{forget: func(context.Context, *store, flywheel.CustomerID) error { return nil }}},
		{"forgets everybody", "forget", broken{forget: func(ctx context.Context, s *store, member flywheel.CustomerID) error {
			return errors.Join(s.Forget(ctx, member), s.Forget(ctx, "ben"))
		}}},
		{"does not know the forgotten", "forget", broken{forget: func(ctx context.Context, s *store, member flywheel.CustomerID) error {
			if a, err := s.Account(ctx, member, loyalty.Need{}); err != nil || a.Version == 0 {
				return errors.Join(err, flywheel.ErrNotFound)
			}
			return s.Forget(ctx, member)
		}}},
		{"keeps the newest programs only", "programs", broken{lists: func(ctx context.Context, s *store, after int64) ([]loyalty.Programs, error) {
			list, err := s.Programs(ctx, after)
			return list[max(0, len(list)-1):], err
		}}},
		{"takes any number", "programs", broken{record: func(ctx context.Context, s *store, p loyalty.Programs) error {
			list, err := s.Programs(ctx, 0)
			p.Number = int64(len(list)) + 1
			return errors.Join(err, s.Record(ctx, p))
		}}},
		{"lets all record at once", "programs/concurrent", broken{record: func(ctx context.Context, s *store, p loyalty.Programs) error {
			if err := s.Record(ctx, p); !errors.Is(err, flywheel.ErrStale) {
				return err
			}
			return nil
		}}},
		{"returns entries newest first", "entries/append", broken{entries: func(ctx context.Context, s *store, member flywheel.CustomerID) iter.Seq2[loyalty.Entry, error] {
			return func(yield func(loyalty.Entry, error) bool) {
				all, err := suite.Collect(s.Entries(ctx, member))
				if err != nil {
					yield(loyalty.Entry{}, err)
					return
				}
				for _, e := range slices.Backward(all) {
					if !yield(e, nil) {
						return
					}
				}
			}
		}}},
	} {
		contract.Bites(t, c.fault, c.by, func() loyalty.Store {
			c.broken.MemoryStore = loyalty.NewMemory(nil)
			return c.broken
		})
	}
	contract.Bites(t, "does not join the transaction", "tx/rollback", func() loyalty.Store {
		return struct {
			broken
			flywheel.Transactor
		}{broken{MemoryStore: loyalty.NewMemory(nil)}, &flywheel.Memory{}}
	})
}

func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() loyalty.Store {
		m := loyalty.NewMemory(nil)
		if err := m.Save(ctx, full()); err != nil {
			t.Fatal(err)
		}
		return m
	}
	suite.Fails(t, Failing, fresh, map[string]func(s loyalty.Store) error{
		"Account":  func(s loyalty.Store) error { return suite.Err(s.Account(ctx, "anna", loyalty.Need{})) },
		"Save":     func(s loyalty.Store) error { return s.Save(ctx, loyalty.Account{Member: "ben"}) },
		"Receipts": func(s loyalty.Store) error { return suite.Err(suite.Collect(s.Receipts(ctx, "anna"))) },
		"Entries":  func(s loyalty.Store) error { return suite.Err(suite.Collect(s.Entries(ctx, "anna"))) },
		"Members":  func(s loyalty.Store) error { return suite.Err(suite.Collect(s.Members(ctx))) },
	}, func(s loyalty.Store) (any, error) { return state(ctx, s) })
}

func ExampleRun() {
	// In the package of a store of your own, as TestStore:
	test := func(t *testing.T) {
		fresh := func(*testing.T) loyalty.Store { return loyalty.NewMemory(nil) }
		Run(t, fresh, Features{Tx: func(s loyalty.Store) flywheel.Transactor { return s.(flywheel.Transactor) }})
	}
	_ = test
	// Output:
}

func ExampleFailing() {
	memory := loyalty.NewMemory(nil)
	store := Failing(memory, func(call string, after bool) error {
		if call == "Save" && after {
			return errors.New("connection lost")
		}
		return nil
	})
	ctx := context.Background()
	err := store.Save(ctx, loyalty.Account{Member: "anna"})
	saved, _ := memory.Account(ctx, "anna", loyalty.Need{})
	fmt.Println(err, saved.Version)
	// Output: connection lost 1
}
