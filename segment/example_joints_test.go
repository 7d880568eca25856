package segment_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// counter is a consumer that shows all that one may do beside Consume.
type counter struct{ n int }

func (c *counter) Name() string { return "counter" }

func (c *counter) Consume(_ context.Context, entries []flywheel.Entry) error {
	c.n = int(entries[len(entries)-1].Position)
	return nil
}

func (c *counter) Advance(context.Context, time.Time) (more bool, err error) { return false, nil }
func (c *counter) Deliver(context.Context, time.Time) (more bool, err error) { return false, nil }
func (c *counter) Forget(context.Context, flywheel.CustomerID) error         { return nil }

func (c *counter) Reset(context.Context) error {
	c.n = 0
	return nil
}

func ExampleRunner_Rebuild() {
	ctx := context.Background()
	c := &counter{}
	var ( // what a Runner finds by assertion
		_ segment.Named       = c
		_ segment.Timed       = c
		_ segment.Deliverer   = c
		_ segment.Forgetter   = c
		_ segment.Rebuildable = c
	)
	log, _ := segment.NewLog(nil, nil)
	train := segment.Job{Name: "train", Every: time.Hour, Run: func(context.Context, time.Time) error { return errors.New("no data yet") }}
	runner, _ := segment.NewRunner(log, &segment.RunnerOptions{Jobs: []segment.Job{train}}, c, mail{})
	at := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	log.Publish(ctx, flywheel.Event{ID: "1", Name: flywheel.EventSearch, Time: at, Customer: "ann"})

	err := runner.Drain(ctx) // the job fails, and nothing else
	if failed, ok := errors.AsType[*segment.JobError](err); ok {
		fmt.Println(failed.Job, "failed:", failed.Err)
	}
	fmt.Println(c.n)
	err = runner.Rebuild(ctx, "counter")
	fmt.Println(c.n, err)
	err = runner.Drain(ctx)
	fmt.Println(c.n, err)
	_, cannot := errors.AsType[*segment.RebuildError](runner.Rebuild(ctx, "segment_test.mail"))
	fmt.Println(cannot)
	// Output:
	// mail took search of c:ann
	// train failed: no data yet
	// 1
	// 0 <nil>
	// 1 <nil>
	// true
}

// What a device did before somebody logged in belongs to that customer, until the
// link is taken back.
func ExampleLog_Unlink() {
	ctx := context.Background()
	log, _ := segment.NewLog(nil, nil)
	profiles, _ := segment.NewProfiles(nil, &segment.ProfileOptions{Sink: log, Segments: []segment.Definition{{
		Name: "looker", Rule: json.RawMessage(`{"views": {"$gte": 2}}`),
		Leaves: map[string]segment.Leaf{"views": {Events: []string{flywheel.EventViewItem}, Agg: segment.CountOf}},
	}}})
	runner, _ := segment.NewRunner(log, nil, profiles)
	at := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	log.Publish(ctx, flywheel.Event{ID: "1", Name: flywheel.EventViewItem, Time: at, Visitor: "phone"},
		flywheel.Event{ID: "2", Name: flywheel.EventViewItem, Time: at, Visitor: "phone"},
		flywheel.Event{ID: "3", Name: flywheel.EventLogin, Time: at, Visitor: "phone", Customer: "ann"})
	show := func() {
		runner.Drain(ctx)
		members, _ := profiles.Members(ctx, "looker")
		links, _ := log.Links(ctx, "ann")
		fmt.Println(slices.Collect(members.All()), len(links))
	}
	show()
	log.Unlink(ctx, "not-hers", "phone", "ann")
	show()
	// Output:
	// [ann] 1
	// [] 0
}

// For authors of a LogStore: who gets which place, and whose it is.
func ExampleNumbering() {
	noon := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	numbering := segment.Numbering{Now: noon, Skew: 5 * time.Minute, Identity: segment.FirstLinked}
	arrivals := []segment.Arrival{
		{Number: 7, Told: noon.Add(-time.Minute), Name: flywheel.EventViewItem, Time: noon, Visitor: "phone"},
		{Number: 9, Told: noon.Add(time.Hour), Name: flywheel.EventLogin, Time: noon, Visitor: "tablet", Customer: "bob"}, // a clock that is fast
	}
	known := []segment.Link{{Visitor: "phone", Customer: "ann", From: noon.AddDate(0, 0, -1), Position: 1}}
	rows, added, _ := numbering.Assign(4, noon.Add(-time.Hour), arrivals, known)
	for _, r := range []segment.Numbered(rows) {
		fmt.Println(r.Position, r.Received.Format(time.TimeOnly), r.Person)
	}
	fmt.Println(added[0].Visitor, added[0].Customer)
	// Output:
	// 5 11:59:00 c:ann
	// 6 12:00:00 c:bob
	// tablet bob
}

func ExampleProfile() {
	ctx := context.Background()
	profiles, _ := segment.NewProfiles(nil, &segment.ProfileOptions{Traits: []segment.Trait{{Name: "spent", Kind: segment.Sum}}})
	at := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	learn(ctx, profiles,
		flywheel.Event{ID: "1", Name: flywheel.EventPurchase, Time: at, Customer: "ann", Value: money.New(1000, money.EUR)},
		flywheel.Event{ID: "2", Name: flywheel.EventPurchase, Time: at, Customer: "ann", Value: money.New(500, money.USD)})
	ann, _ := profiles.Get(ctx, "ann")
	for _, t := range []segment.Total(ann.Totals) {
		fmt.Println(t.Revenue)
	}
	spent := segment.TraitState(ann.Traits[0])
	fmt.Println(spent.Amount, spent.Amounts)
	// Output:
	// 10.00 EUR
	// 5.00 USD
	// 10.00 EUR [5.00 USD]
}

// What a store of profiles keeps: the profile, and rows for what grows.
func ExampleProfileStore() {
	ctx := context.Background()
	var store segment.ProfileStore = segment.NewMemoryProfiles(nil)
	err := store.Save(ctx, segment.Profile{Person: "c:ann", Segments: []string{"vip"}, Leaves: map[string]segment.LeafState{"leaf:x": {Number: 2}},
		Counted: []segment.Counted{{Of: "leaf:x", Value: "tea", Count: 3}}})
	values, _ := store.Values(ctx, "leaf:x", nil, "c:ann")
	fmt.Println(err, values)
	for p := range store.List(ctx, "vip") {
		fmt.Println(p.Customer(), p.Version, p.Leaves["leaf:x"].Number)
	}
	// Output:
	// <nil> [{tea 3}]
	// ann 1 2
}

// Whoever viewed something twice within five days is in, until the instant at which
// the first view is five days old.
func ExampleLeaf() {
	ctx := context.Background()
	now := time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)
	log, _ := segment.NewLog(nil, &segment.LogOptions{Now: func() time.Time { return now }})
	store := segment.NewMemoryProfiles(nil)
	profiles, err := segment.NewProfiles(store, &segment.ProfileOptions{Sink: log, Log: log, Segments: []segment.Definition{{
		Name: "hot", Rule: json.RawMessage(`{"views": {"$gte": 2}}`),
		Leaves: map[string]segment.Leaf{"views": {Events: []string{flywheel.EventViewItem}, Window: "P5D"}},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	runner, _ := segment.NewRunner(log, nil, profiles)
	for _, id := range []string{"1", "2"} {
		log.Publish(ctx, flywheel.Event{ID: id, Name: flywheel.EventViewItem, Time: now, Customer: "ann"})
		runner.Drain(ctx)
		now = now.Add(24 * time.Hour)
	}
	var ( // what a store may do beside keeping profiles
		moments     segment.MomentStore     = store
		definitions segment.DefinitionStore = store
	)
	defined, _ := definitions.Definitions(ctx, profiles.Name(), 0)
	within, _ := moments.Moments(ctx, flywheel.PersonOf("ann", ""), defined.Definitions[0].Leaves["views"].Key(), segment.Moment{}, 9)
	fmt.Println(len(within), "views within the window")

	now = now.AddDate(0, 1, 0)
	runner.Drain(ctx)
	for e := range log.Entries(ctx, segment.Query{Person: flywheel.PersonOf("ann", "")}) {
		fmt.Println(e.Event.Name, e.Event.Time.Format(time.DateTime))
	}
	// Output:
	// 2 views within the window
	// view_item 2026-03-02 17:00:00
	// view_item 2026-03-03 17:00:00
	// segment_entered 2026-03-03 17:00:00
	// segment_exited 2026-03-07 17:00:00
}
