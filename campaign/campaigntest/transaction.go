package campaigntest

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// spoil changes everything within a transaction.
func (w *world) spoil(ctx context.Context, stored campaign.Contact) error {
	stored.Zone, stored.Runs = "changed", nil
	if _, err := w.Save(ctx, stored); err != nil {
		return err
	}
	if _, err := w.Save(ctx, dueAt("new", 1)); err != nil {
		return err
	}
	return w.Delete(ctx, "gone")
}

// undone spoils everything within a transaction that fails or panics.
func (w *world) undone(panics bool, stored campaign.Contact) error {
	return suite.RollBack(ctx, w.tx, panics, func(ctx context.Context) error { return w.spoil(ctx, stored) })
}

// untouched checks that nothing of spoil is left.
func (w *world) untouched(stored, gone campaign.Contact) error {
	return suite.First(w.expect(stored), w.expect(gone), w.missing("new"), w.dueIs(start.Add(time.Hour+time.Microsecond), "c"))
}

// two stores the contacts that spoil changes; c is due first.
func (w *world) two() (stored, gone campaign.Contact, err error) {
	if stored, err = w.Save(ctx, sample("c")); err != nil {
		return
	}
	gone, err = w.Save(ctx, dueAt("gone", 3*3600))
	return
}

var transactionCases = []testCase{
	{Name: "tx/commit", Rule: "calls within a transaction take effect together, and are seen within it at once", Transactions: true, Check: func(w *world) error {
		stored, _, err := w.two()
		if err != nil {
			return err
		}
		err = w.tx.InTx(ctx, func(ctx context.Context) error {
			if err := w.spoil(ctx, stored); err != nil {
				return err
			}
			c, err := w.Get(ctx, "new")
			if err != nil {
				return err
			}
			due, err := w.Due(ctx, start.Add(24*time.Hour))
			return suite.First(err, suite.Same("Due within the transaction", due, c.ID))
		})
		return suite.First(err, w.lists("c", "new"))
	}},
	{Name: "tx/rollback", Rule: "an error takes back every call of the transaction, timers included", Transactions: true, Check: func(w *world) error {
		stored, gone, err := w.two()
		if err != nil {
			return err
		}
		return suite.First(w.undone(false, stored), w.untouched(stored, gone))
	}},
	{Name: "tx/panic", Rule: "a panic rolls back and goes on", Transactions: true, Check: func(w *world) error {
		stored, gone, err := w.two()
		if err != nil {
			return err
		}
		return suite.First(w.undone(true, stored), w.untouched(stored, gone))
	}},
	{Name: "tx/refused-call", Rule: "a refused call leaves the transaction usable and the others in force", Transactions: true, Check: func(w *world) error {
		stored, _, err := w.two()
		if err != nil {
			return err
		}
		err = w.tx.InTx(ctx, func(ctx context.Context) error {
			_, err := w.Save(ctx, campaign.Contact{ID: stored.ID})
			if err := suite.Wrong("Save of a taken ID", err, flywheel.ErrConflict); err != nil {
				return err
			}
			_, err = w.Save(ctx, dueAt("new", 1))
			return err
		})
		return suite.First(err, w.lists("c", "gone", "new"))
	}},
}
