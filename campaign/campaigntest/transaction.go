package campaigntest

import (
	"context"
	"errors"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// spoil changes everything within a transaction.
func (w *world) spoil(ctx context.Context) error {
	c := campaign.Change{Contact: stored(sample("c:c")).Contact, Ended: []string{"run 1 of c:c", "run 2 of c:c"}}
	c.Contact.Zone = "changed"
	c.Entries = []campaign.Entry{{EntryKey: campaign.EntryKey{Journey: "cart", Key: "K1"}, At: second(77)}, {EntryKey: campaign.EntryKey{Journey: "welcome", Key: "K1"}, At: second(77)}}
	again := launched
	again.Progress = 99
	return suite.First(w.Save(ctx, c, waiting("c:new", 1)), w.Delete(ctx, "c:gone"), w.Record(ctx, again), w.Record(ctx, campaign.Act{Seq: 2, Kind: campaign.ActPause}))
}

// two stores what spoil changes.
func (w *world) two() error {
	return suite.First(w.Save(ctx, sample("c:c"), waiting("c:gone", 3*3600)), w.Record(ctx, launched))
}

// untouched checks that nothing of spoil is left.
func (w *world) untouched() error {
	acts, err := w.Acts(ctx, 0)
	return suite.First(err, w.expect(stored(sample("c:c"))), w.expect(stored(waiting("c:gone", 3*3600))), w.missing("c:new"),
		w.dueIs(ctx, start.Add(time.Hour), "c:c"), w.finds(ctx, campaign.Query{Subjects: []string{"lamp"}, Limit: 9}, "c:c"),
		suite.Same("Acts", acts, []campaign.Act{launched}))
}

var transactionCases = []testCase{
	{Name: "tx/commit", Rule: "calls within a transaction take effect together, and are seen within it at once", Transactions: true, Check: func(w *world) error {
		if err := w.two(); err != nil {
			return err
		}
		err := w.tx.InTx(ctx, func(ctx context.Context) error {
			return suite.First(w.spoil(ctx), w.dueIs(ctx, start.Add(24*time.Hour), "c:new"))
		})
		return suite.First(err, w.lists("c:c", "c:new"))
	}},
	{Name: "tx/rollback", Rule: "an error takes back every call of the transaction", Transactions: true, Check: func(w *world) error {
		return suite.First(w.two(), suite.RollBack(ctx, w.tx, false, w.spoil), w.untouched())
	}},
	{Name: "tx/panic", Rule: "a panic rolls back and goes on", Transactions: true, Check: func(w *world) error {
		return suite.First(w.two(), suite.RollBack(ctx, w.tx, true, w.spoil), w.untouched())
	}},
	{Name: "tx/refused-call", Rule: "a refused call leaves the transaction usable and the others in force", Transactions: true, Check: func(w *world) error {
		if err := w.two(); err != nil {
			return err
		}
		err := w.tx.InTx(ctx, func(ctx context.Context) error {
			refused := w.Save(ctx, waiting("c:x", 1), campaign.Change{Contact: campaign.Contact{ID: "c:c"}})
			return suite.First(suite.Wrong("Save of a known contact as new", refused, flywheel.ErrStale), w.Save(ctx, waiting("c:new", 1)))
		})
		return suite.First(err, w.lists("c:c", "c:gone", "c:new"))
	}},
	{Name: "tx/claims-are-shared", Rule: "workers that find, change and commit at once each have runs of their own", Transactions: true, Check: func(w *world) error {
		const runs = 12
		for i := range runs {
			if err := w.Save(ctx, waiting(flywheel.Person(rune('a'+i)), 1)); err != nil {
				return err
			}
		}
		taken := make(chan string, 24*runs)
		errs := suite.Parallel(3, func(int) error {
			for rounds := 0; rounds < 4*runs; rounds++ {
				var mine []string
				err := w.tx.InTx(ctx, func(ctx context.Context) error {
					mine = nil
					found, err := w.Find(ctx, campaign.Query{Due: second(1), Limit: 2})
					if err != nil || len(found) == 0 {
						return err
					}
					ask := campaign.Ask{Lock: true, Skip: true}
					for _, f := range found {
						ask.Contacts = append(ask.Contacts, f.Contact)
					}
					states, err := w.Load(ctx, ask)
					if err != nil {
						return err
					}
					for _, s := range states {
						if len(s.Runs) == 0 {
							continue // another was faster
						}
						mine = append(mine, s.Runs[0].ID)
						if err := w.Save(ctx, campaign.Change{Contact: s.Contact, Ended: []string{s.Runs[0].ID}}); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					return err
				}
				for _, id := range mine {
					taken <- id
				}
				if len(mine) == 0 {
					return nil
				}
			}
			return errors.New("there is always another run to take")
		})
		close(taken)
		times := map[string]int{}
		for id := range taken {
			times[id]++
		}
		for id, n := range times {
			if n != 1 {
				return suite.Same("how often "+id+" was taken", n, 1)
			}
		}
		return suite.First(append(errs, suite.Same("runs taken", len(times), runs))...)
	}},
}
