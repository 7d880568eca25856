package campaigntest

import (
	"context"
	"errors"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
)

var errUndo = errors.New("undo")

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

// untouched checks that nothing of spoil is left.
func (w *world) untouched(stored, gone campaign.Contact) error {
	return first(w.expect(stored), w.expect(gone), w.missing("new"), w.dueIs(start.Add(time.Hour+time.Microsecond), "c"))
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
	{name: "tx/commit", rule: "calls within a transaction take effect together, and are seen within it at once", transaction: true, check: func(w *world) error {
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
			return first(err, same("Due within the transaction", due, c.ID))
		})
		return first(err, w.lists("c", "new"))
	}},
	{name: "tx/rollback", rule: "an error takes back every call of the transaction, timers included", transaction: true, check: func(w *world) error {
		stored, gone, err := w.two()
		if err != nil {
			return err
		}
		err = w.tx.InTx(ctx, func(ctx context.Context) error {
			return first(w.spoil(ctx, stored), errUndo)
		})
		return first(wrong("InTx", err, errUndo), w.untouched(stored, gone))
	}},
	{name: "tx/panic", rule: "a panic rolls back and goes on", transaction: true, check: func(w *world) error {
		stored, gone, err := w.two()
		if err != nil {
			return err
		}
		var p any
		func() {
			defer func() { p = recover() }()
			err = w.tx.InTx(ctx, func(ctx context.Context) error {
				if err := w.spoil(ctx, stored); err != nil {
					return err
				}
				panic("stop")
			})
		}()
		return first(err, same("panic", p, any("stop")), w.untouched(stored, gone))
	}},
	{name: "tx/refused-call", rule: "a refused call leaves the transaction usable and the others in force", transaction: true, check: func(w *world) error {
		stored, _, err := w.two()
		if err != nil {
			return err
		}
		err = w.tx.InTx(ctx, func(ctx context.Context) error {
			_, err := w.Save(ctx, campaign.Contact{ID: stored.ID})
			if err := wrong("Save of a taken ID", err, flywheel.ErrConflict); err != nil {
				return err
			}
			_, err = w.Save(ctx, dueAt("new", 1))
			return err
		})
		return first(err, w.lists("c", "gone", "new"))
	}},
}
