package loyaltytest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// needed returns the lots and holds of an account that n loads.
func needed(ctx context.Context, s loyalty.Store, n loyalty.Need) (ids []string, err error) {
	a, err := s.Account(ctx, "anna", n)
	for _, l := range a.Lots {
		ids = append(ids, l.ID)
	}
	for _, h := range a.Holds {
		ids = append(ids, "hold "+h.Key)
	}
	return ids, err
}

// expectNeeded wants exactly these lots and holds.
func expectNeeded(ctx context.Context, s loyalty.Store, what string, n loyalty.Need, want ...string) error {
	got, err := needed(ctx, s, n)
	if err != nil {
		return err
	}
	return suite.Same(what, got, want)
}

// stock saves lots: two that can be spent, one of them expiring sooner, one that
// is pending, one that is empty, and one whose time is over.
func stock(ctx context.Context, s loyalty.Store) error {
	spendable, sooner, pending, empty, over := lot("old", 1, 10), lot("soon", 2, 10), lot("pending", 3, 10), lot("empty", 4, 0), lot("over", 5, 10)
	sooner.Earned, sooner.Expires = noon.Add(time.Minute), noon.Add(2*time.Hour)
	pending.Available, pending.Expires = noon.Add(time.Hour), noon.Add(3*time.Hour)
	empty.Expires = noon.Add(time.Hour)
	over.Expires = noon.Add(30 * time.Minute)
	return s.Save(ctx, loyalty.Account{
		Member: "anna", Settled: noon, Sequence: 5, Lots: []loyalty.Lot{spendable, sooner, pending, empty, over},
		Holds: []loyalty.Hold{
			hold("short", time.Hour), hold("long", 5*time.Hour),
			{Key: "done", Points: 1, State: loyalty.HoldCommitted, Expires: noon, From: []loyalty.Part{{Lot: "empty", Points: 1}}},
		},
	})
}

var needCases = []testCase{
	{Name: "need/nothing", Rule: "a Need that names nothing loads no rows",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			if err := s.Save(ctx, full()); err != nil {
				return err
			}
			got, err := s.Account(ctx, "anna", loyalty.Need{})
			want := full()
			want.Version = 1
			want.Activity, want.Lots, want.Holds, want.Orders, want.Receipts = nil, nil, nil, nil, nil
			return errors.Join(err, suite.Same("account", got, want))
		}},
	{Name: "need/until", Rule: "Until loads the lots that hold points and are due by then, and the open holds that are over with their lots",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			if err := stock(ctx, s); err != nil {
				return err
			}
			a := lot("A", 6, 0) // what the holds took from
			err := save(ctx, s, "anna", func(x *loyalty.Account) { x.Lots, x.Holds = []loyalty.Lot{a}, nil })
			return errors.Join(err,
				expectNeeded(ctx, s, "before", loyalty.Need{Until: noon.Add(29 * time.Minute)}),
				expectNeeded(ctx, s, "an expiry", loyalty.Need{Until: noon.Add(30 * time.Minute)}, "over"),
				expectNeeded(ctx, s, "an activation and a hold", loyalty.Need{Until: noon.Add(time.Hour)}, "pending", "over", "A", "hold short"),
				expectNeeded(ctx, s, "all", loyalty.Need{Until: noon.AddDate(1, 0, 0)}, "soon", "pending", "over", "A", "hold long", "hold short"))
		}},
	{Name: "need/points", Rule: "Points loads what can be spent at Until, in burn order, as far as it is needed, debt included",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			if err := stock(ctx, s); err != nil {
				return err
			}
			err := errors.Join(
				expectNeeded(ctx, s, "none", loyalty.Need{}),
				expectNeeded(ctx, s, "oldest first", loyalty.Need{Points: 10, Until: noon}, "old"),
				expectNeeded(ctx, s, "one more", loyalty.Need{Points: 11, Until: noon}, "old", "over"),
				expectNeeded(ctx, s, "expiring first", loyalty.Need{Points: 11, Until: noon, Order: loyalty.ExpiringFirst}, "soon", "over"),
				expectNeeded(ctx, s, "never expiring last", loyalty.Need{Points: 21, Until: noon, Order: loyalty.ExpiringFirst}, "old", "soon", "over"))
			return errors.Join(err, save(ctx, s, "anna", func(a *loyalty.Account) { a.Debt = 1 }),
				expectNeeded(ctx, s, "and the debt", loyalty.Need{Points: 10, Until: noon}, "old", "over"))
		}},
	{Name: "need/all", Rule: "All loads the lots that hold points and the open holds; keys load holds of any state",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			return errors.Join(stock(ctx, s),
				expectNeeded(ctx, s, "all", loyalty.Need{All: true}, "old", "soon", "pending", "over", "hold long", "hold short"),
				expectNeeded(ctx, s, "by key", loyalty.Need{Keys: []string{"done", "empty", "x"}}, "empty", "hold done"))
		}},
	{Name: "need/orders", Rule: "Orders loads orders by ref, and with OwnLots their lots that hold or count points",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			lots := []loyalty.Lot{lot("1", 1, 5), lot("2", 2, 0), lot("3", 3, 0), lot("4", 4, 5), lot("5", 5, 5)}
			for i := range 4 {
				lots[i].Order = "O"
			}
			lots[2].Expired, lots[4].Order = 3, "P"
			o, p := loyalty.Order{Ref: "O", Currency: money.EUR, Purchased: 1}, loyalty.Order{Ref: "P", Currency: money.JPY, Purchased: 2}
			err := save(ctx, s, "anna", func(a *loyalty.Account) { a.Lots, a.Orders = lots, []loyalty.Order{p, o} })
			if err != nil {
				return err
			}
			a, err := s.Account(ctx, "anna", loyalty.Need{Orders: []string{"P", "o", "O", "P"}})
			return errors.Join(err, suite.Same("orders", a.Orders, []loyalty.Order{p, o}), suite.Same("lots", len(a.Lots), 0),
				expectNeeded(ctx, s, "lots", loyalty.Need{Orders: []string{"O"}, OwnLots: true}, "1", "3", "4"))
		}},
	{Name: "need/activity", Rule: "Activity loads what is dated or takes effect after Since, numbered as it was saved",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
			err := save(ctx, s, "anna", func(a *loyalty.Account) {
				a.Activity = []loyalty.Activity{{At: day(3), Amount: 3}, {At: day(1), Amount: 1}}
			})
			err = errors.Join(err, save(ctx, s, "anna", func(a *loyalty.Account) {
				a.Activity = append(a.Activity, loyalty.Activity{At: day(5), Amount: -1, Reverses: day(1)})
			}))
			want := []loyalty.Activity{{At: day(3), Amount: 3}, {At: day(1), Amount: 1}, {At: day(5), Amount: -1, Reverses: day(1)}}
			all, loadErr := s.Account(ctx, "anna", loyalty.Need{Activity: true})
			late, lateErr := s.Account(ctx, "anna", loyalty.Need{Activity: true, Since: day(1)})
			err = errors.Join(err, loadErr, lateErr, takeNumbers(all.Activity), takeNumbers(late.Activity))
			return errors.Join(err, suite.Same("all", all.Activity, want),
				suite.Same("after a day", late.Activity, []loyalty.Activity{want[0], want[2]}))
		}},
	{Name: "need/change", Rule: "an account that is loaded for a change can be saved",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			for i := range int64(2) {
				a, err := s.Account(ctx, "anna", loyalty.Need{Change: true})
				if err != nil {
					return err
				}
				if a.Debt != i {
					return fmt.Errorf("debt is %d, not %d", a.Debt, i)
				}
				a.Debt++
				if err := s.Save(ctx, a); err != nil {
					return err
				}
			}
			return nil
		}},
	{Name: "need/change-waits", Rule: "in transactions that load for a change, changes of one account follow each other", Transactions: true,
		Check: func(ctx context.Context, s loyalty.Store, tx flywheel.Transactor) error {
			if err := s.Save(ctx, loyalty.Account{Member: "anna"}); err != nil {
				return err
			}
			const n = 8
			err := errors.Join(suite.Parallel(n, func(int) error {
				return tx.InTx(ctx, func(ctx context.Context) error {
					a, err := s.Account(ctx, "anna", loyalty.Need{Change: true})
					if err != nil {
						return err
					}
					a.Debt++
					return s.Save(ctx, a)
				})
			})...)
			a, loadErr := s.Account(ctx, "anna", loyalty.Need{})
			return errors.Join(err, loadErr, suite.Same("debt", a.Debt, int64(n)))
		}},
}
