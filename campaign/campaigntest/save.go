package campaigntest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var saveCases = []testCase{
	{Name: "get/missing", Rule: "Get of a contact that is not there reports ErrNotFound", Check: func(w *world) error {
		return w.missing("nobody")
	}},
	{Name: "save/round-trip", Rule: "Get returns what Save got, every field, times in UTC to the microsecond", Check: func(w *world) error {
		want := sample("c")
		saved, err := w.Save(ctx, want)
		if err != nil {
			return err
		}
		want.Version = saved.Version
		if saved.Version == 0 {
			return errors.New("Save returned version 0, which means not stored")
		}
		return suite.First(suite.Same("Save", saved, want), w.expect(want))
	}},
	{Name: "save/outbox", Rule: "undelivered messages are kept in their order", Check: func(w *world) error {
		want := sample("c")
		for _, id := range []string{"b", "a", "c"} {
			want.Outbox = append(want.Outbox, campaign.Message{
				ID: id, At: start, Contact: "c", Journey: "cart", Version: 2, Run: "run 1", Step: "r1", Channel: "email", Template: "t", Entry: want.Runs[0].Entry,
			})
		}
		saved, err := w.Save(ctx, want)
		if err != nil {
			return err
		}
		want.Version = saved.Version
		return w.expect(want)
	}},
	{Name: "save/stale-version", Rule: "Save must refuse a version other than the stored one and change nothing", Check: func(w *world) error {
		old, err := w.Save(ctx, sample("c"))
		if err != nil {
			return err
		}
		second := old
		second.Zone = "Asia/Shanghai"
		if second, err = w.Save(ctx, second); err != nil {
			return err
		}
		_, stale := w.Save(ctx, old)
		ahead := second
		ahead.Version += 7
		_, future := w.Save(ctx, ahead)
		return suite.First(suite.Wrong("Save of an old version", stale, flywheel.ErrConflict), suite.Wrong("Save of a version never stored", future, flywheel.ErrConflict), w.expect(second))
	}},
	{Name: "save/new-twice", Rule: "Save of version 0 must refuse a contact that is there", Check: func(w *world) error {
		stored, err := w.Save(ctx, sample("c"))
		if err != nil {
			return err
		}
		_, again := w.Save(ctx, campaign.Contact{ID: "c"})
		return suite.First(suite.Wrong("Save of a new contact with a taken ID", again, flywheel.ErrConflict), w.expect(stored))
	}},
	{Name: "save/new-with-version", Rule: "Save of a version of a contact that is not there is a conflict", Check: func(w *world) error {
		c := sample("c")
		c.Version = 3
		_, err := w.Save(ctx, c)
		return suite.First(suite.Wrong("Save", err, flywheel.ErrConflict), w.missing("c"))
	}},
	{Name: "save/bad-id", Rule: "an ID that flywheel.CheckID refuses is refused", Check: func(w *world) error {
		for _, id := range []flywheel.CustomerID{"", " c", "a\nb", "\xff"} {
			_, err := w.Save(ctx, campaign.Contact{ID: id})
			if err := suite.Wrong(fmt.Sprintf("Save of %q", id), err, flywheel.ErrInvalid); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "save/many-writers", Rule: "of N writers on one version exactly one succeeds", Check: func(w *world) error {
		base, err := w.Save(ctx, sample("c"))
		if err != nil {
			return err
		}
		_, err = suite.Race(8, flywheel.ErrConflict, func(i int) error {
			mine := base
			mine.Zone = fmt.Sprintf("Zone/%d", i)
			_, err := w.Save(ctx, mine)
			return err
		})
		return err
	}},
	{Name: "copy/on-write", Rule: "the store keeps nothing of the caller's memory", Check: func(w *world) error {
		mine := sample("c")
		want, err := w.Save(ctx, mine)
		if err != nil {
			return err
		}
		want.Runs = append([]campaign.Run(nil), want.Runs...)
		want.Unsubscribed = append([]string(nil), want.Unsubscribed...)
		mine.Runs[0].Step, mine.Unsubscribed[0] = "changed", "changed"
		return w.expect(sampleWith(want, "w1", "push"))
	}},
	{Name: "copy/on-read", Rule: "what Get returns may be changed without changing what is stored", Check: func(w *world) error {
		want, err := w.Save(ctx, sample("c"))
		if err != nil {
			return err
		}
		got, err := w.Get(ctx, "c")
		if err != nil {
			return err
		}
		got.Runs[0].Due, got.Seen[0].Event, got.Sent[0].Channel, got.Tallies[0].Sends = start, 1, "x", 99
		got.Entries[0].Key, got.Unsubscribed[0] = "x", "x"
		return w.expect(want)
	}},
	{Name: "delete", Rule: "Delete forgets a contact and its timers; it may come back anew, and deleting nothing is no error", Check: func(w *world) error {
		if err := w.save(sample("c"), sample("d")); err != nil {
			return err
		}
		err := suite.First(w.Delete(ctx, "c"), w.Delete(ctx, "c"), w.Delete(ctx, "nobody"), w.missing("c"))
		if err != nil {
			return err
		}
		if err := w.dueIs(start.Add(24*time.Hour), "d"); err != nil {
			return err
		}
		return w.save(sample("c"))
	}},
	{Name: "id/odd", Rule: "IDs are bytes: case, spaces within, quotes, wildcards and other scripts make them different", Check: func(w *world) error {
		ids := []flywheel.CustomerID{"anna", "Anna", "ANNA", "änna", "a'); DROP TABLE x; --", "%", "_", "a\"b", "名前", "a b", flywheel.CustomerID(strings.Repeat("x", flywheel.MaxIDBytes))}
		for _, id := range ids {
			c := dueAt(id, len(id))
			c.Zone = string(id)
			if err := w.save(c); err != nil {
				return err
			}
		}
		for _, id := range ids {
			got, err := w.Get(ctx, id)
			if err != nil {
				return err
			}
			if got.ID != id || got.Zone != string(id) {
				return fmt.Errorf("Get of %q returned %q", id, got.ID)
			}
		}
		return nil
	}},
	{Name: "context/cancelled", Rule: "a cancelled context ends every call with its error and no effect", Check: func(w *world) error {
		stored, err := w.Save(ctx, sample("c"))
		if err != nil {
			return err
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		_, get := w.Get(gone, "c")
		changed := stored
		changed.Zone = "changed"
		_, save := w.Save(gone, changed)
		_, due := w.Due(gone, start.Add(24*time.Hour))
		var list error
		for _, err := range w.List(gone) {
			list = err
		}
		return suite.First(
			suite.Wrong("Get", get, context.Canceled), suite.Wrong("Save", save, context.Canceled), suite.Wrong("Due", due, context.Canceled),
			suite.Wrong("List", list, context.Canceled), suite.Wrong("Delete", w.Delete(gone, "c"), context.Canceled), w.expect(stored),
		)
	}},
}

// sampleWith returns c with the values that a caller's later change must not
// have reached.
func sampleWith(c campaign.Contact, step, channel string) campaign.Contact {
	c.Runs[0].Step, c.Unsubscribed[0] = step, channel
	return c
}
