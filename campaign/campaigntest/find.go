package campaigntest

import (
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// of returns the change with its run in a journey, waiting for a subject.
func of(c campaign.Change, journey campaign.ID, subject string, acts int64) campaign.Change {
	r := &c.Runs[0]
	r.Journey, r.Subject, r.Acts = journey, subject, acts
	return c
}

var findCases = []testCase{
	{Name: "due/order", Rule: "Find returns due runs in the order of (Due, ID), not more than the limit", Check: func(w *world) error {
		if err := w.Save(ctx, waiting("c:a", 5), waiting("c:c", 3), waiting("c:b", 3), waiting("c:d", 9)); err != nil {
			return err
		}
		return suite.First(w.dueIs(ctx, second(100), "c:b", "c:c", "c:a", "c:d"), w.finds(ctx, campaign.Query{Due: second(100), Limit: 2}, "c:b", "c:c"))
	}},
	{Name: "due/instant", Rule: "a run due at the very instant is due, and a microsecond decides", Check: func(w *world) error {
		if err := w.Save(ctx, waiting("c:a", 3)); err != nil {
			return err
		}
		return suite.First(w.dueIs(ctx, second(3).Add(-time.Microsecond)), w.dueIs(ctx, second(3), "c:a"))
	}},
	{Name: "due/moves", Rule: "Save moves a run to its new time, and takes it out where it stands at a send or has ended", Check: func(w *world) error {
		if err := w.Save(ctx, waiting("c:a", 3), waiting("c:b", 4), waiting("c:c", 5)); err != nil {
			return err
		}
		for _, id := range []flywheel.Person{"c:a", "c:b", "c:c"} {
			c := campaign.Change{Contact: campaign.Contact{ID: id, Version: 1}, Runs: waiting(id, 9).Runs}
			switch id {
			case "c:b":
				c.Runs[0].Due = time.Time{}
			case "c:c":
				c.Runs, c.Ended = nil, []string{c.Runs[0].ID}
			}
			if err := w.Save(ctx, c); err != nil {
				return err
			}
		}
		return suite.First(w.dueIs(ctx, second(8)), w.dueIs(ctx, second(9), "c:a"))
	}},
	{Name: "due/left-out", Rule: "persons who stand still and paused journeys are left out and hide nobody behind them", Check: func(w *world) error {
		if err := w.Save(ctx, waiting("c:a", 1), of(waiting("c:b", 2), "paused", "", 0), of(waiting("c:c", 3), "other", "", 0), waiting("c:d", 4), waiting("c:e", 5)); err != nil {
			return err
		}
		held := func(p flywheel.Person) bool { return p == "c:a" || p == "c:d" }
		return suite.First(
			w.finds(ctx, campaign.Query{Due: second(9), Held: held, Without: []campaign.ID{"paused"}, Limit: 1}, "c:c"),
			w.finds(ctx, campaign.Query{Due: second(9), Held: held, Without: []campaign.ID{"paused", "none"}, Limit: 9}, "c:c", "c:e"),
			w.finds(ctx, campaign.Query{Due: second(9), Only: []campaign.ID{"paused", "other"}, Limit: 9}, "c:b", "c:c"),
			w.finds(ctx, campaign.Query{Due: second(9), Only: []campaign.ID{"paused", "other"}, Without: []campaign.ID{"paused"}, Limit: 9}, "c:c"),
		)
	}},
	{Name: "subject/order", Rule: "Find returns runs that wait for a subject in the order of entry, then of the log, page by page", Check: func(w *world) error {
		entered := func(id flywheel.Person, seconds int, at flywheel.Position, subject string) campaign.Change {
			c := of(waiting(id, 99), "j", subject, 0)
			c.Runs[0].Entered, c.Runs[0].Position = second(seconds), at
			return c
		}
		if err := w.Save(ctx, entered("c:a", 5, 1, "lamp"), entered("c:b", 3, 9, "lamp"), entered("c:c", 3, 8, "lamp"), entered("c:d", 1, 1, "vase"), entered("c:e", 1, 1, "")); err != nil {
			return err
		}
		q := campaign.Query{Subjects: []string{"lamp", "bed"}, Limit: 2}
		first, err := w.Find(ctx, q)
		if err != nil {
			return err
		}
		if err := suite.Same("the first page", first, []campaign.Found{
			{Run: "run of c:c", Contact: "c:c", Entered: second(3), Position: 8}, {Run: "run of c:b", Contact: "c:b", Entered: second(3), Position: 9},
		}); err != nil {
			return err
		}
		q.After = first[1]
		return suite.First(w.finds(ctx, q, "c:a"), w.finds(ctx, campaign.Query{Subjects: []string{"vase", "lamp"}, Limit: 9}, "c:d", "c:c", "c:b", "c:a"))
	}},
	{Name: "acts/behind", Rule: "Find returns the runs of a journey that have not heard of an act", Check: func(w *world) error {
		if err := w.Save(ctx, of(waiting("c:a", 1), "j", "", 3), of(waiting("c:b", 1), "j", "", 4), of(waiting("c:c", 1), "k", "", 1), of(waiting("c:d", 1), "j", "", 0)); err != nil {
			return err
		}
		return suite.First(w.finds(ctx, campaign.Query{Acts: 4, Journey: "j", Limit: 9}, "c:a", "c:d"), w.finds(ctx, campaign.Query{Acts: 4, Journey: "j", Limit: 1}, "c:a"),
			w.finds(ctx, campaign.Query{Acts: 9, Journey: "none", Limit: 9}))
	}},
}
