package campaigntest

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// dueIs checks who is due before an instant.
func (w *world) dueIs(before time.Time, want flywheel.CustomerID) error {
	got, err := w.Due(ctx, before)
	if err != nil {
		return fmt.Errorf("Due: %w", err)
	}
	return suite.Same(fmt.Sprintf("Due before %v", before), got, want)
}

func second(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }

var dueCases = []testCase{
	{Name: "due/order", Rule: "Due returns the earliest contact, the lesser ID among equals", Check: func(w *world) error {
		if err := w.save(dueAt("a", 5), dueAt("c", 3), dueAt("b", 3), dueAt("d", 9)); err != nil {
			return err
		}
		for _, want := range []flywheel.CustomerID{"b", "c", "a", "d", ""} {
			if err := w.dueIs(second(100), want); err != nil {
				return err
			}
			if err := w.Delete(ctx, want); err != nil && want != "" {
				return err
			}
		}
		return nil
	}},
	{Name: "due/strictly-before", Rule: "a timer due at the very instant is not before it, and a microsecond decides", Check: func(w *world) error {
		if err := w.save(dueAt("a", 3)); err != nil {
			return err
		}
		return suite.First(w.dueIs(second(3), ""), w.dueIs(second(3).Add(time.Microsecond), "a"))
	}},
	{Name: "due/earliest-run", Rule: "the earliest of a contact's timers counts", Check: func(w *world) error {
		if err := w.save(sample("c")); err != nil {
			return err
		}
		return suite.First(w.dueIs(start.Add(time.Hour), ""), w.dueIs(start.Add(time.Hour+time.Microsecond), "c"))
	}},
	{Name: "due/outbox", Rule: "a contact with an undelivered message is due", Check: func(w *world) error {
		c := campaign.Contact{ID: "c", Outbox: []campaign.Message{{ID: "m", At: second(1), Contact: "c", Entry: &flywheel.Event{ID: "e", Name: "n", Time: start}}}}
		if err := w.save(c, dueAt("b", 2)); err != nil {
			return err
		}
		return w.dueIs(second(10), "c")
	}},
	{Name: "due/moves", Rule: "Save moves a contact to its new time, and takes it out when nothing is due", Check: func(w *world) error {
		a, err := w.Save(ctx, dueAt("a", 1))
		if err != nil {
			return err
		}
		if err := w.save(dueAt("b", 2)); err != nil {
			return err
		}
		a.Runs[0].Due = second(3)
		if a, err = w.Save(ctx, a); err != nil {
			return err
		}
		if err := w.dueIs(second(10), "b"); err != nil {
			return err
		}
		a.Runs[0].Due = second(1)
		if a, err = w.Save(ctx, a); err != nil {
			return err
		}
		if err := w.dueIs(second(10), "a"); err != nil {
			return err
		}
		a.Runs = nil
		if _, err = w.Save(ctx, a); err != nil {
			return err
		}
		return w.dueIs(second(10), "b")
	}},
	{Name: "due/none", Rule: "without timers no one is due", Check: func(w *world) error {
		if err := w.save(campaign.Contact{ID: "a", Clock: start}); err != nil {
			return err
		}
		return w.dueIs(second(1_000_000), "")
	}},
}
