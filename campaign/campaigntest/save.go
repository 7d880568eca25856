package campaigntest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var saveCases = []testCase{
	{Name: "load/missing", Rule: "Load returns a contact that does not exist as new, with no runs", Check: func(w *world) error {
		return w.missing("c:nobody")
	}},
	{Name: "load/order", Rule: "Load returns the contacts in the order asked for, each with what is its own", Check: func(w *world) error {
		if err := w.Save(ctx, sample("c:a"), sample("c:b")); err != nil {
			return err
		}
		got, err := w.Load(ctx, campaign.Ask{Contacts: []flywheel.Person{"c:b", "c:new", "c:a"}, Keys: entriesOf("c:a"), Lock: true})
		b := stored(sample("c:b"))
		b.Entries = nil
		return suite.First(err, suite.Same("Load", got, []campaign.State{b, {Contact: campaign.Contact{ID: "c:new"}}, stored(sample("c:a"))}))
	}},
	{Name: "save/round-trip", Rule: "Load returns what Save got, every field, times in UTC to the microsecond", Check: func(w *world) error {
		return suite.First(w.Save(ctx, sample("c:c")), w.expect(stored(sample("c:c"))))
	}},
	{Name: "save/nothing", Rule: "Save without a change does nothing", Check: func(w *world) error { return w.Save(ctx) }},
	{Name: "save/runs", Rule: "a change replaces the runs and entries it names, removes those that ended, and leaves the others", Check: func(w *world) error {
		if err := w.Save(ctx, sample("c:c"), waiting("c:other", 9)); err != nil {
			return err
		}
		want := stored(sample("c:c"))
		change := campaign.Change{Contact: want.Contact, Ended: []string{want.Runs[0].ID, "no run"}}
		next := want.Runs[1]
		next.Step, next.Due, next.Subject, next.Acts = "send", time.Time{}, "", 8
		late := waiting("c:c", 5).Runs[0]
		change.Runs = []campaign.Run{next, late}
		change.Contact.Zone, change.Contact.Wishes = "", nil
		change.Entries = []campaign.Entry{{EntryKey: campaign.EntryKey{Journey: "welcome"}, At: second(50)}}
		if err := w.Save(ctx, change); err != nil {
			return err
		}
		want.Contact = change.Contact
		want.Contact.Version = 2
		want.Runs = []campaign.Run{late, next}
		want.Entries[1].At = second(50)
		return suite.First(w.expect(want), w.expect(stored(waiting("c:other", 9))), w.dueIs(ctx, second(100), "c:c", "c:other"),
			w.finds(ctx, campaign.Query{Subjects: []string{"lamp"}, Limit: 9}))
	}},
	{Name: "save/stale-version", Rule: "Save must refuse a version other than the stored one and change nothing, of no contact", Check: func(w *world) error {
		if err := w.Save(ctx, sample("c:c")); err != nil {
			return err
		}
		want := stored(sample("c:c"))
		for _, version := range []int64{0, 2, 8} {
			c := campaign.Change{Contact: campaign.Contact{ID: "c:c", Version: version}, Ended: []string{want.Runs[0].ID}}
			err := w.Save(ctx, waiting("c:new", 1), c, waiting("c:last", 1))
			if err := suite.Wrong(fmt.Sprintf("Save of version %d of 1", version), err, flywheel.ErrStale); err != nil {
				return err
			}
		}
		return suite.First(w.expect(want), w.missing("c:new"), w.missing("c:last"))
	}},
	{Name: "save/new-with-version", Rule: "Save of a version of a contact that does not exist is stale", Check: func(w *world) error {
		c := sample("c:c")
		c.Contact.Version = 3
		return suite.First(suite.Wrong("Save", w.Save(ctx, c), flywheel.ErrStale), w.missing("c:c"))
	}},
	{Name: "save/invalid", Rule: "an ID that flywheel.CheckID refuses is refused, and a run of another contact", Check: func(w *world) error {
		for _, id := range []flywheel.Person{"", " c", "a\nb", "\xff"} {
			if err := suite.Wrong(fmt.Sprintf("Save of %q", id), w.Save(ctx, campaign.Change{Contact: campaign.Contact{ID: id}}), flywheel.ErrInvalid); err != nil {
				return err
			}
		}
		c := sample("c:c")
		c.Runs[1].Contact = "c:other"
		return suite.First(suite.Wrong("Save of another's run", w.Save(ctx, c), flywheel.ErrInvalid), w.missing("c:c"))
	}},
	{Name: "save/many-writers", Rule: "of N writers on one version exactly one succeeds", Check: func(w *world) error {
		if err := w.Save(ctx, sample("c:c")); err != nil {
			return err
		}
		_, err := suite.Race(8, flywheel.ErrStale, func(i int) error {
			c := stored(sample("c:c")).Contact
			c.Zone = fmt.Sprintf("Zone/%d", i)
			return w.Save(ctx, campaign.Change{Contact: c})
		})
		return err
	}},
	{Name: "copy/on-write", Rule: "the store keeps nothing of the caller's memory", Check: func(w *world) error {
		mine := sample("c:c")
		if err := w.Save(ctx, mine); err != nil {
			return err
		}
		mine.Runs[0].Step, mine.Contact.Wishes[0].Channel, mine.Contact.Sent[0].ID, mine.Entries[0].Key = "changed", "changed", "changed", "changed"
		return w.expect(stored(sample("c:c")))
	}},
	{Name: "copy/on-read", Rule: "what Load returns may be changed without changing what is stored", Check: func(w *world) error {
		if err := w.Save(ctx, sample("c:c")); err != nil {
			return err
		}
		got, err := w.load(ctx, "c:c")
		if err != nil {
			return err
		}
		got.Runs[0].Due, got.Contact.Wishes[0].Channel, got.Contact.Sent[0].Channel, got.Contact.Tallies[0].Sends = start, "x", "x", 99
		got.Entries[0].Key = "x"
		return w.expect(stored(sample("c:c")))
	}},
	{Name: "delete", Rule: "Delete removes a contact with runs and entries; it may come back, and deleting nothing is no error", Check: func(w *world) error {
		err := suite.First(w.Save(ctx, sample("c:c"), sample("c:d")), w.Delete(ctx, "c:c", "c:nobody"), w.Delete(ctx, "c:c"), w.missing("c:c"),
			w.expect(stored(sample("c:d"))), w.dueIs(ctx, start.Add(24*time.Hour), "c:d", "c:d"), w.finds(ctx, campaign.Query{Subjects: []string{"lamp"}, Limit: 9}, "c:d"))
		return suite.First(err, w.Save(ctx, waiting("c:c", 1)), w.expect(stored(waiting("c:c", 1))))
	}},
	{Name: "delete/all", Rule: "Delete without a name removes all contacts and no acts", Check: func(w *world) error {
		a := campaign.Act{Seq: 1, Kind: campaign.ActPause, Journey: "j", Recorded: start}
		err := suite.First(w.Save(ctx, sample("c:c"), sample("c:d")), w.Record(ctx, a), w.Delete(ctx), w.missing("c:c"), w.missing("c:d"))
		acts, actsErr := w.Acts(ctx, 0)
		return suite.First(err, actsErr, suite.Same("Acts", acts, []campaign.Act{a}))
	}},
	{Name: "id/odd", Rule: "IDs are bytes: case, spaces within, quotes, wildcards and other scripts make them different", Check: func(w *world) error {
		for _, text := range append(suite.OddTexts, strings.Repeat("x", flywheel.MaxIDBytes)) {
			c := waiting(flywheel.Person(text), 1)
			c.Contact.Zone, c.Runs[0].Journey, c.Runs[0].Subject, c.Runs[0].Key = text, campaign.ID(text), text, text
			c.Entries = []campaign.Entry{{EntryKey: campaign.EntryKey{Journey: campaign.ID(text), Key: text}, At: start}}
			if err := w.Save(ctx, c); err != nil {
				return err
			}
		}
		for _, text := range suite.OddTexts {
			id := flywheel.Person(text)
			states, err := w.Load(ctx, campaign.Ask{Contacts: []flywheel.Person{id}, Keys: map[flywheel.Person][]campaign.EntryKey{id: {{Journey: campaign.ID(text), Key: text}}}})
			if err != nil {
				return err
			}
			if s := states[0]; s.Contact.Zone != text || len(s.Runs) != 1 || s.Runs[0].Key != text || len(s.Entries) != 1 || s.Entries[0].Key != text {
				return fmt.Errorf("Load of %q returned %+v", text, s)
			}
			if err := w.finds(ctx, campaign.Query{Subjects: []string{text}, Limit: 9}, id); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "context/canceled", Rule: "a canceled context ends every call with its error and no effect", Check: func(w *world) error {
		if err := w.Save(ctx, sample("c:c")); err != nil {
			return err
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		_, load := w.Load(gone, campaign.Ask{Contacts: []flywheel.Person{"c:c"}})
		_, find := w.Find(gone, campaign.Query{Due: second(9), Limit: 1})
		_, acts := w.Acts(gone, 0)
		var list error
		for _, err := range w.List(gone) {
			list = err
		}
		for call, err := range map[string]error{
			"Load": load, "Find": find, "Acts": acts, "List": list,
			"Save":   w.Save(gone, campaign.Change{Contact: stored(sample("c:c")).Contact}),
			"Record": w.Record(gone, campaign.Act{Seq: 1, Kind: campaign.ActPause, Journey: "j"}), "Delete": w.Delete(gone, "c:c"),
		} {
			if err := suite.Wrong(call, err, context.Canceled); err != nil {
				return err
			}
		}
		return w.expect(stored(sample("c:c")))
	}},
}
