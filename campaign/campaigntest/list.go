package campaigntest

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// lists checks who is listed.
func (w *world) lists(want ...flywheel.Person) error {
	var got []flywheel.Person
	for s, err := range w.List(ctx) {
		if err != nil {
			return err
		}
		got = append(got, s.Contact.ID)
	}
	return suite.Same("List", got, want)
}

var listCases = []testCase{
	{Name: "list/order", Rule: "List yields all contacts ordered by the bytes of their IDs, with their runs", Check: func(w *world) error {
		if err := w.Save(ctx, sample("c:b"), waiting("c:B", 1), waiting("v:a", 1), sample("c:ä")); err != nil {
			return err
		}
		if err := w.lists("c:B", "c:b", "c:ä", "v:a"); err != nil {
			return err
		}
		for s := range w.List(ctx) {
			want := stored(sample("c:b"))
			if want.Entries = nil; s.Contact.ID == "c:b" {
				return suite.Same("List", s, want)
			}
		}
		return nil
	}},
	{Name: "list/stop", Rule: "a sequence may be left early, and the store be used while it is read", Check: func(w *world) error {
		for i := range 5 {
			if err := w.Save(ctx, waiting(flywheel.Person(fmt.Sprint("c:", i)), i)); err != nil {
				return err
			}
		}
		for s, err := range w.List(ctx) {
			if err != nil {
				return err
			}
			if err := w.Delete(ctx, s.Contact.ID); err != nil || s.Contact.ID == "c:1" {
				return suite.First(err, w.lists("c:2", "c:3", "c:4"))
			}
		}
		return fmt.Errorf("the sequence ended early")
	}},
}

var launched = campaign.Act{
	Seq: 1, Kind: campaign.ActLaunch, Journey: "j", Recorded: start, Position: 7,
	Launched: &campaign.Journey{ID: "j", Version: 2, Trigger: campaign.Trigger{Event: "e"}, Steps: []campaign.Step{{ID: "s", Send: &campaign.Send{Channel: "email", NotAfter: start}}}},
	From:     start.Add(time.Hour), Migrate: map[string]string{"a": "b"}, EntriesFrom: start.Add(-time.Hour), Progress: 3,
}

var actCases = []testCase{
	{Name: "acts/round-trip", Rule: "Acts returns what was recorded behind a number, in order", Check: func(w *world) error {
		second := campaign.Act{Seq: 2, Kind: campaign.ActCancel, Journey: "j", Recorded: start, Contacts: []flywheel.Person{"c:a"}}
		if err := suite.First(w.Record(ctx, launched), w.Record(ctx, second)); err != nil {
			return err
		}
		for after, want := range map[int64][]campaign.Act{0: {launched, second}, 1: {second}, 2: nil, 9: nil} {
			got, err := w.Acts(ctx, after)
			if err := suite.First(err, suite.Same(fmt.Sprint("Acts behind ", after), got, want)); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "acts/number", Rule: "a new act has the number behind the last; one with a known number takes its place", Check: func(w *world) error {
		for _, seq := range []int64{0, -1, 2} {
			if err := suite.Wrong(fmt.Sprint("Record of act ", seq, " as the first"), w.Record(ctx, campaign.Act{Seq: seq, Kind: campaign.ActPause}), flywheel.ErrStale); err != nil {
				return err
			}
		}
		again := launched
		again.Progress, again.Read = 99, true
		err := suite.First(w.Record(ctx, launched), w.Record(ctx, again))
		got, actsErr := w.Acts(ctx, 0)
		return suite.First(err, actsErr, suite.Same("Acts", got, []campaign.Act{again}))
	}},
}
