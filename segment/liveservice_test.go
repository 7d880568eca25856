package segment_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/live"
)

// liveDefinitions use what profiles do not know: sequences, groups, calendar days, periods,
// segments of segments, attributes and accounts.
func liveDefinitions(t *testing.T) map[string]live.Definition {
	list := map[string]live.Definition{}
	for _, src := range []string{
		`{"name": "hot", "leaves": {"n": {"events": ["view_item"], "window": "PT6H"}}, "rule": {"n": {"$gte": 2}}}`,
		`{"name": "today", "leaves": {"n": {"events": ["view_item"], "window": "P1D", "calendar": true}}, "rule": {"n": {"$gte": 1}}}`,
		`{"name": "left", "leaves": {"s": {"agg": "sequence", "window": "P2D", "steps": [{"events": ["view_item"]}, {"events": ["add_to_cart"], "within": "PT12H"},
			{"events": ["purchase"], "within": "PT6H", "not": true}]}}, "rule": {"s": {"$gte": 1}}}`,
		`{"name": "twice", "leaves": {"g": {"agg": "groups", "by": "product", "leaves": {"n": {"events": ["view_item"], "window": "P1D"}}, "rule": {"n": {"$gte": 2}}}}, "rule": {"g": {"$gte": 1}}}`,
		`{"name": "big", "leaves": {"sum": {"events": ["purchase"], "agg": "sum", "window": "P2D", "currency": "EUR"}, "d": {"agg": "distinct", "of": "product", "window": "P1D"}}, "rule": {"$or": [{"sum": {"$gte": 20}}, {"d": {"$gte": 3}}]}}`,
		`{"name": "often", "leaves": {"p": {"agg": "periods", "every": "PT6H", "window": "P1D"}}, "rule": {"p": {"$gte": 3}}}`,
		`{"name": "both", "leaves": {"hot": {"segment": "hot"}, "today": {"segment": "today"}}, "rule": {"hot": false, "today": true}}`,
		`{"name": "likely", "leaves": {"score": {"attribute": "score"}, "fav": {"agg": "most_frequent", "of": "product", "window": "P3D"}}, "rule": {"score": {"$gte": 0.5}, "fav": "x"}}`,
		`{"name": "team", "level": "account", "leaves": {"n": {"events": ["purchase"], "window": "P1D"}}, "rule": {"n": {"$gte": 2}}}`,
		`{"name": "silent", "leaves": {"n": {"events": ["view_item", "purchase"], "window": "P1D"}}, "rule": {"n": 0}}`,
	} {
		d, err := live.ParseDefinition([]byte(src))
		require.NoError(t, err)
		list[d.Name] = d
	}
	return list
}

// randomFact is an event of one of few customers and devices, now and then told late.
func randomFact(r *rand.Rand, i int, now time.Time, late bool) flywheel.Event {
	e := flywheel.Event{ID: fmt.Sprint("e", i), Time: now, Properties: map[string]any{"product": string(rune('x' + r.IntN(3)))}}
	e.Name = []string{"view_item", "view_item", "add_to_cart", "purchase", segment.EventTraits}[r.IntN(5)]
	customer, visitor := flywheel.CustomerID(fmt.Sprint("c", r.IntN(4))), flywheel.VisitorID(fmt.Sprint("v", r.IntN(3)))
	switch r.IntN(4) {
	case 0:
		e.Visitor = visitor
	case 1:
		e.Customer, e.Visitor = customer, visitor
	default:
		e.Customer = customer
	}
	if e.Name == "purchase" {
		e.Value = money.New(int64(r.IntN(1500)), money.EUR)
		e.Properties["account"] = fmt.Sprint("a", r.IntN(2))
	}
	if e.Name == segment.EventTraits {
		e.Properties = map[string]any{"score": r.Float64()}
		if r.IntN(3) == 0 {
			e.Properties["timezone"] = []string{"America/New_York", "Asia/Kathmandu"}[r.IntN(2)]
		}
	}
	if late && r.IntN(6) == 0 {
		e.Time = now.Add(-time.Duration(r.IntN(40)) * time.Hour)
	}
	return e
}

// transition is what is told of a change.
type transition struct {
	segment, member, cause string
	enter                  bool
	at                     time.Time
}

func byInstant(a, b transition) int {
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.segment, b.segment), cmp.Compare(a.member, b.member), cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
}

// TestLiveEqualsEngine compares the segments that are kept in a store, in random batches and
// steps of time, with restarts and definitions in between, with one engine that gets every
// entry by itself and time exactly: who is in, and, where no event is told late, what is told.
func TestLiveEqualsEngine(t *testing.T) {
	for seed := range uint64(testkit.Often(12, 4)) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) { liveWorld(t, seed) })
	}
}

func liveWorld(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 5))
	late := seed%2 == 1
	ctx := t.Context()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	all := liveDefinitions(t)
	names := []string{"hot", "today", "left", "twice", "big", "often", "both", "likely", "team", "silent"}
	var first []live.Definition
	for _, name := range names[:8] {
		first = append(first, all[name])
	}
	mem := &flywheel.Memory{}
	identity := segment.FirstLinked
	if seed%3 == 2 {
		identity = segment.LatestLinked
	}
	log, err := segment.NewLog(segment.NewMemoryLog(mem), &segment.LogOptions{Now: clock, Identity: identity})
	require.NoError(t, err)
	store := segment.NewMemoryLive(mem)
	var kept *segment.Live
	var runner *segment.Runner
	start := func() {
		kept, err = segment.NewLive(store, &segment.LiveOptions{Segments: first, Sink: log, Log: log})
		require.NoError(t, err)
		runner, err = segment.NewRunner(log, &segment.RunnerOptions{Now: clock, Batch: 1 + r.IntN(7), Workers: 1}, kept)
		require.NoError(t, err)
	}
	start()
	type change struct {
		after  flywheel.Position
		at     time.Time
		define *live.Definition
		retire string
	}
	var changes []change
	unlinks := 0
	for i := range 220 {
		now = now.Add(time.Duration(r.IntN(4)*r.IntN(100)) * time.Minute)
		require.NoError(t, log.Publish(ctx, randomFact(r, i, now, late)))
		if r.IntN(30) == 0 {
			unlinks++
			require.NoError(t, log.Unlink(ctx, fmt.Sprint("u", unlinks), flywheel.VisitorID(fmt.Sprint("v", r.IntN(3))), flywheel.CustomerID(fmt.Sprint("c", r.IntN(4)))))
		}
		if r.IntN(5) > 0 {
			continue
		}
		now = now.Add(time.Duration(r.IntN(900)) * time.Minute)
		require.NoError(t, runner.Drain(ctx))
		switch r.IntN(8) {
		case 0:
			start()
		case 1:
			d := all[names[r.IntN(len(names))]]
			last, err := log.Last(ctx)
			require.NoError(t, err)
			require.NoError(t, kept.Define(ctx, d))
			changes = append(changes, change{last, now, &d, ""})
		case 2:
			last, err := log.Last(ctx)
			require.NoError(t, err)
			if kept.Retire(ctx, "twice") == nil {
				changes = append(changes, change{last, now, nil, "twice"})
			}
		}
	}
	now = now.Add(100 * time.Hour)
	require.NoError(t, runner.Drain(ctx))

	// One engine, entry by entry.
	e := live.New(&live.Options{Skew: 10000 * time.Hour, Latest: identity == segment.LatestLinked})
	require.NoError(t, e.Define(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), nil, first...))
	var want, got []transition
	var history []live.Entry
	collect := func() {
		for _, c := range e.Changes() {
			want = append(want, transition{c.Segment, c.Member, string(c.Cause), c.Enter, c.At})
		}
	}
	for entry, err := range log.Entries(ctx, segment.Query{}) {
		require.NoError(t, err)
		for len(changes) > 0 && changes[0].after < entry.Position {
			c := changes[0]
			changes = changes[1:]
			if c.define != nil {
				require.NoError(t, e.Define(c.at, slices.Values(history), *c.define))
			} else {
				require.NoError(t, e.Retire(c.retire, c.at))
			}
		}
		_, err := e.Advance(entry.Received.Add(-time.Microsecond), -1)
		require.NoError(t, err)
		x := live.Entry{Event: entry.Event, Position: uint64(entry.Position), Received: entry.Received}
		x.Time = entry.Effective
		x.Account, _ = entry.Event.Properties["account"].(string)
		switch entry.Event.Name {
		case segment.EventEntered, segment.EventExited:
			member := string(entry.Event.Customer)
			if a, ok := entry.Event.Properties["account"].(string); ok {
				member = a
			}
			got = append(got, transition{entry.Event.Properties["segment"].(string), member, entry.Event.Properties["cause"].(string), entry.Event.Name == segment.EventEntered, entry.Event.Time})
			x.Account, x.Passive = "", true
		case segment.EventUnlinked:
			require.NoError(t, e.Unlink(entry.Event.Visitor, entry.Event.Customer, entry.Received))
			collect()
			continue
		case segment.EventTraits:
			x.Passive = true
			if score, ok := entry.Event.Properties["score"]; ok && entry.Event.Customer != "" {
				require.NoError(t, e.Set(entry.Event.Customer, "score", score, entry.Received))
			}
			if zone, ok := entry.Event.Properties["timezone"].(string); ok && entry.Event.Customer != "" {
				loc, err := time.LoadLocation(zone)
				require.NoError(t, err)
				require.NoError(t, e.SetZone(entry.Event.Customer, loc, entry.Received))
			}
		}
		require.NoError(t, e.Apply(&x, entry.Received))
		history = append(history, x)
		collect()
	}
	for _, c := range changes {
		if c.define != nil {
			require.NoError(t, e.Define(c.at, slices.Values(history), *c.define))
		} else {
			require.NoError(t, e.Retire(c.retire, c.at))
		}
	}
	_, err = e.Advance(now, -1)
	require.NoError(t, err)
	collect()
	if !late { // else what is told depends on whether the event or the timer was first
		slices.SortFunc(want, byInstant)
		slices.SortFunc(got, byInstant)
		require.Equal(t, want, got)
	}
	require.Greater(t, len(got), 50)
	for _, name := range kept.Segments() {
		if name == "team" {
			continue
		}
		members, err := kept.Members(ctx, name)
		require.NoError(t, err)
		list, err := e.Members(name)
		require.NoError(t, err)
		wanted := slices.Sorted(list)
		var found []string
		for c := range members.All() {
			found = append(found, string(c))
			in, err := kept.In(ctx, name, c)
			require.NoError(t, err)
			require.True(t, in)
			why, err := kept.Explain(ctx, name, c, now)
			require.NoError(t, err)
			require.True(t, why.In, "%+v", why)
		}
		slices.Sort(found)
		require.Equal(t, wanted, found, name)
	}
}

func TestLiveForget(t *testing.T) {
	ctx := t.Context()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	mem := &flywheel.Memory{}
	log, err := segment.NewLog(segment.NewMemoryLog(mem), &segment.LogOptions{Now: clock})
	require.NoError(t, err)
	store := segment.NewMemoryLive(mem)
	all := liveDefinitions(t)
	kept, err := segment.NewLive(store, &segment.LiveOptions{Segments: []live.Definition{all["hot"], all["left"]}, Sink: log, Log: log})
	require.NoError(t, err)
	runner, err := segment.NewRunner(log, &segment.RunnerOptions{Now: clock}, kept)
	require.NoError(t, err)
	for i, who := range []struct {
		c flywheel.CustomerID
		v flywheel.VisitorID
	}{{"", "d"}, {"", "d"}, {"ann", "d"}, {"bob", "d"}, {"bob", ""}, {"bob", ""}} {
		require.NoError(t, log.Publish(ctx, flywheel.Event{ID: fmt.Sprint(i), Name: "view_item", Time: now, Customer: who.c, Visitor: who.v}))
	}
	require.NoError(t, runner.Drain(ctx))
	names, err := kept.SegmentsOf(ctx, "ann")
	require.NoError(t, err)
	require.Equal(t, []string{"hot"}, names)
	require.NoError(t, runner.Forget(ctx, "ann"))
	require.NoError(t, runner.Drain(ctx))
	states, err := store.Load(ctx, "c:ann", "v:d")
	require.NoError(t, err)
	require.Equal(t, segment.LiveState{Alias: "c:ann"}, states[0])
	require.Equal(t, []string{"bob"}, states[1].Linked, "the device is the other's now")
	names, err = kept.SegmentsOf(ctx, "ann")
	require.NoError(t, err)
	require.Empty(t, names)
	now = now.Add(48 * time.Hour)
	require.NoError(t, runner.Drain(ctx))
	for s, err := range store.List(ctx, "") {
		require.NoError(t, err)
		require.Zero(t, s.Due)
	}
	require.NoError(t, log.Publish(ctx, flywheel.Event{ID: "new", Name: "view_item", Time: now, Customer: "ann"}))
	require.NoError(t, runner.Drain(ctx))
	in, err := kept.In(ctx, "hot", "ann")
	require.NoError(t, err)
	require.False(t, in, "it begins from nothing")
}

func TestLiveBadInput(t *testing.T) {
	ctx := t.Context()
	wrong := live.Definition{Name: "x", Leaves: map[string]live.Leaf{"n": {Window: "P0D"}}, Rule: []byte(`{"n": 1}`)}
	_, err := segment.NewLive(nil, &segment.LiveOptions{Segments: []live.Definition{wrong}})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = segment.NewLive(nil, &segment.LiveOptions{Name: "\x00"})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	kept, err := segment.NewLive(nil, &segment.LiveOptions{Segments: []live.Definition{liveDefinitions(t)["hot"]}})
	require.NoError(t, err)
	require.ErrorIs(t, kept.Define(ctx, wrong), flywheel.ErrInvalid, "no log")
	for _, call := range []func() error{
		func() error { _, err := kept.Members(ctx, "none"); return err },
		func() error { _, err := kept.Accounts(ctx, "none"); return err },
		func() error { _, err := kept.In(ctx, "none", "ann"); return err },
		func() error { _, err := kept.Explain(ctx, "none", "ann", time.Now()); return err },
	} {
		require.ErrorIs(t, call(), flywheel.ErrNotFound)
	}
	_, err = kept.SegmentsOf(ctx, "")
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	require.ErrorIs(t, kept.Forget(ctx, ""), flywheel.ErrInvalid)
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for _, properties := range []map[string]any{{"timezone": "Mars/Olympus"}, {"timezone": 1.0}, {"list": []any{1.0}}} {
		err := kept.Consume(ctx, []flywheel.Entry{{Position: 7, Received: at, Effective: at, Event: flywheel.Event{ID: "t", Name: segment.EventTraits, Time: at, Customer: "ann", Properties: properties}}})
		var culprit *flywheel.EntryError
		require.ErrorAs(t, err, &culprit)
		require.Equal(t, flywheel.Position(7), culprit.Position)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, kept.Consume(canceled, nil), context.Canceled)
}

// TestLiveStopsForNobody has one customer with traits that cannot be taken and one whose
// clock is a year ahead among good ones: who is in which segment, hour by hour, is for
// all others as without the two.
func TestLiveStopsForNobody(t *testing.T) {
	world := func(t *testing.T, disturbed bool) (seen [][]string, parked []segment.Parked) {
		ctx := t.Context()
		now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		mem := &flywheel.Memory{}
		log, err := segment.NewLog(segment.NewMemoryLog(mem), &segment.LogOptions{Now: clock})
		require.NoError(t, err)
		all := liveDefinitions(t)
		kept, err := segment.NewLive(segment.NewMemoryLive(mem), &segment.LiveOptions{
			Segments: []live.Definition{all["hot"], all["today"], all["left"], all["silent"]}, Sink: log, Log: log,
		})
		require.NoError(t, err)
		runner, err := segment.NewRunner(log, &segment.RunnerOptions{Now: clock}, kept)
		require.NoError(t, err)
		for hour := range 60 {
			events := []flywheel.Event{
				{ID: fmt.Sprint("a", hour), Name: []string{"view_item", "add_to_cart", "open"}[hour%3], Time: now, Customer: "ann"},
				{ID: fmt.Sprint("b", hour), Name: []string{"view_item", "open"}[hour/20%2], Time: now, Customer: "ben"},
			}
			if disturbed {
				ahead := flywheel.Event{ID: fmt.Sprint("m", hour), Name: "view_item", Time: now.AddDate(1, 0, 0), Customer: "mallory"}
				poison := flywheel.Event{ID: fmt.Sprint("p", hour), Name: segment.EventTraits, Time: now, Customer: "paul", Properties: map[string]any{"timezone": "Mars/Olympus"}}
				events = []flywheel.Event{ahead, events[0], poison, events[1]}
			}
			require.NoError(t, log.Publish(ctx, events...))
			require.NoError(t, runner.Drain(ctx))
			for _, who := range []flywheel.CustomerID{"ann", "ben"} {
				names, err := kept.SegmentsOf(ctx, who)
				require.NoError(t, err)
				seen = append(seen, names)
			}
			now = now.Add(time.Hour)
		}
		parked, err = runner.Parked(ctx, kept.Name())
		require.NoError(t, err)
		return seen, parked
	}
	want, none := world(t, false)
	got, parked := world(t, true)
	require.Equal(t, want, got)
	require.Contains(t, want, []string{"hot", "today"})
	require.Contains(t, want, []string{"today"}, "somebody has left")
	require.Empty(t, none)
	require.NotEmpty(t, parked)
	for _, p := range parked {
		require.Equal(t, flywheel.Person("c:paul"), p.Person)
	}
}
