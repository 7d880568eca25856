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

// expectDue wants these members to be due at an instant.
func expectDue(ctx context.Context, s loyalty.Store, at time.Time, want ...flywheel.CustomerID) error {
	got, err := s.Due(ctx, at, 10)
	if err != nil {
		return err
	}
	return suite.Same("due at "+at.Format(time.DateTime), got, want)
}

var dueCases = []testCase{
	{Name: "due/lots", Rule: "a member is due at the activation or expiry of a lot that holds points, those due first first",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			pending, spendable, empty, gone := lot("P", 1, 5), lot("S", 1, 5), lot("E", 1, 0), lot("G", 2, 5)
			pending.Available, pending.Expires = noon.Add(2*time.Hour), noon.Add(9*time.Hour)
			spendable.Expires, empty.Expires, gone.Expires = noon.Add(time.Hour), noon.Add(time.Hour), noon.Add(5*time.Hour)
			put := func(m flywheel.CustomerID, lots ...loyalty.Lot) error {
				return s.Save(ctx, loyalty.Account{Member: m, Settled: noon, Sequence: 2, Lots: lots})
			}
			err := errors.Join(put("anna", pending), put("ben", spendable, gone), put("cid", empty), put("dan", lot("N", 1, 5)))
			err = errors.Join(err,
				expectDue(ctx, s, noon.Add(time.Hour-time.Microsecond)),
				expectDue(ctx, s, noon.Add(time.Hour), "ben"),
				expectDue(ctx, s, noon.Add(2*time.Hour), "ben", "anna"))
			// Settled and saved, the next thing is due.
			settle := func(m flywheel.CustomerID, at time.Time, left int64) error {
				a, err := s.Account(ctx, m, loyalty.Need{Until: at})
				if err != nil {
					return err
				}
				a.Settled = at
				for i := range a.Lots {
					a.Lots[i].Left = left
				}
				return s.Save(ctx, a)
			}
			err = errors.Join(err, settle("ben", noon.Add(time.Hour), 0), settle("anna", noon.Add(2*time.Hour), 5))
			return errors.Join(err,
				expectDue(ctx, s, noon.Add(4*time.Hour)),
				expectDue(ctx, s, noon.Add(9*time.Hour), "ben", "anna"))
		}},
	{Name: "due/holds-and-tiers", Rule: "a member is due when an open hold is over or the tier may fall",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			done := hold("D", time.Hour)
			done.State = loyalty.HoldReleased
			err := errors.Join(
				s.Save(ctx, loyalty.Account{Member: "anna", Settled: noon, Holds: []loyalty.Hold{hold("H", 2*time.Hour), done}}),
				s.Save(ctx, loyalty.Account{Member: "ben", Settled: noon, Fall: noon.Add(3 * time.Hour)}),
				expectDue(ctx, s, noon.Add(time.Hour)),
				expectDue(ctx, s, noon.Add(2*time.Hour), "anna"),
				expectDue(ctx, s, noon.Add(3*time.Hour), "anna", "ben"))
			// Saved without its rows, what they made due stays.
			return errors.Join(err,
				s.Save(ctx, loyalty.Account{Member: "anna", Version: 1, Settled: noon}),
				s.Save(ctx, loyalty.Account{Member: "ben", Version: 1, Settled: noon}),
				expectDue(ctx, s, noon.Add(3*time.Hour), "anna"))
		}},
	{Name: "due/limit", Rule: "Due returns at most limit members, and again those that were not changed",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			for i := range 5 {
				m := flywheel.CustomerID(fmt.Sprint("m", i))
				if err := s.Save(ctx, loyalty.Account{Member: m, Fall: noon.Add(time.Duration(5-i) * time.Minute)}); err != nil {
					return err
				}
			}
			for range 2 {
				got, err := s.Due(ctx, noon.Add(time.Hour), 2)
				if err := errors.Join(err, suite.Same("due", got, []flywheel.CustomerID{"m4", "m3"})); err != nil {
					return err
				}
			}
			return nil
		}},
	{Name: "due/shared", Rule: "many workers that settle what is due settle each member, and none in vain", Transactions: true,
		Check: func(ctx context.Context, s loyalty.Store, tx flywheel.Transactor) error {
			const n = 24
			for i := range n {
				if err := s.Save(ctx, loyalty.Account{Member: flywheel.CustomerID(fmt.Sprint("m", i)), Fall: noon}); err != nil {
					return err
				}
			}
			err := errors.Join(suite.Parallel(4, func(int) error {
				for range 2 * n {
					idle := false
					err := tx.InTx(ctx, func(ctx context.Context) error {
						members, err := s.Due(ctx, noon, 3)
						idle = len(members) == 0
						for _, m := range members {
							if err == nil {
								err = save(ctx, s, m, func(a *loyalty.Account) { a.Fall = time.Time{}; a.Debt++ })
							}
						}
						return err
					})
					if err != nil || idle {
						return err
					}
				}
				return errors.New("there is always something due")
			})...)
			if err := errors.Join(err, expectDue(ctx, s, noon)); err != nil {
				return err
			}
			for i := range n {
				a, err := s.Account(ctx, flywheel.CustomerID(fmt.Sprint("m", i)), loyalty.Need{})
				if err := errors.Join(err, suite.Same("debt of "+string(a.Member), a.Debt, int64(1))); err != nil {
					return err
				}
			}
			return nil
		}},
	{Name: "forget", Rule: "nothing is left of a member that is forgotten, of others everything, and the member may begin again",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			ben := full()
			ben.Member = "ben"
			if err := errors.Join(s.Save(ctx, ben), s.Save(ctx, full()), upset(ctx, s)); err != nil {
				return err
			}
			before, err := s.Account(ctx, "ben", loyalty.Need{Keys: []string{"A", "B"}, All: true, Activity: true})
			if err := errors.Join(err, s.Forget(ctx, "anna"), s.Forget(ctx, "anna"), s.Forget(ctx, "nobody")); err != nil {
				return err
			}
			a, err := load(ctx, s, "anna", "A", "B", "X", "H")
			receipts, receiptsErr := suite.Collect(s.Receipts(ctx, "anna"))
			entries, entriesErr := suite.Collect(s.Entries(ctx, "anna"))
			members, membersErr := suite.Collect(s.Members(ctx))
			after, benErr := s.Account(ctx, "ben", loyalty.Need{Keys: []string{"A", "B"}, All: true, Activity: true})
			return errors.Join(err, receiptsErr, entriesErr, membersErr, benErr,
				suite.Same("account", a, loyalty.Account{Member: "anna"}), suite.Same("rows", len(receipts)+len(entries), 0),
				suite.Same("members", members, []flywheel.CustomerID{"ben"}), suite.Same("ben", after, before),
				expectDue(ctx, s, noon.AddDate(10, 0, 0), "ben"), s.Save(ctx, full()))
		}},
}

var programCases = []testCase{
	{Name: "programs", Rule: "lists of programs are kept in every field, in order; one that is not the next is refused",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			p, ok := s.(loyalty.ProgramStore)
			if !ok {
				return nil
			}
			first := loyalty.Programs{Number: 1, Programs: []loyalty.Program{{Earning: loyalty.Earning{PerUnit: money.MustRate("1.5")}}}}
			second := loyalty.Programs{Number: 2, Recorded: noon, Programs: []loyalty.Program{
				{Timezone: "Europe/Berlin", Clawback: loyalty.FloorZero},
				{From: noon.AddDate(0, 1, 0), Expiry: loyalty.Expiry{After: "P1Y", Round: loyalty.EndOfYear}},
			}}
			if err := errors.Join(p.Record(ctx, first), p.Record(ctx, second)); err != nil {
				return err
			}
			for _, number := range []int64{1, 2, 4} {
				if err := suite.Wrong("Record", p.Record(ctx, loyalty.Programs{Number: number}), flywheel.ErrStale); err != nil {
					return err
				}
			}
			all, err := p.Programs(ctx, 0)
			newer, newerErr := p.Programs(ctx, 1)
			none, noneErr := p.Programs(ctx, 2)
			return errors.Join(err, newerErr, noneErr, suite.Same("all", all, []loyalty.Programs{first, second}),
				suite.Same("newer", newer, []loyalty.Programs{second}), suite.Same("none", len(none), 0))
		}},
	{Name: "programs/concurrent", Rule: "of many recording the same number at once, one succeeds and the others are refused",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			p, ok := s.(loyalty.ProgramStore)
			if !ok {
				return nil
			}
			_, err := suite.Race(8, flywheel.ErrStale, func(int) error {
				return p.Record(ctx, loyalty.Programs{Number: 1, Programs: []loyalty.Program{{}}})
			})
			lists, listErr := p.Programs(ctx, 0)
			return errors.Join(err, listErr, suite.Same("lists", len(lists), 1))
		}},
}
