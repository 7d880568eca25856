package segment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/live"
)

// TestWindowsAsTheEngine compares the profiles' windows with the engine of package
// live, which counts in another way, over random definitions and events, of customers
// and of devices: the same members after every event, and where no event is late the
// same changes at the same instants.
func TestWindowsAsTheEngine(t *testing.T) {
	for seed := range uint64(testkit.Often(150, 30)) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) { asTheEngine(t, rand.New(rand.NewPCG(seed, 9)), seed%2 == 1) })
	}
}

func asTheEngine(t *testing.T, rng *rand.Rand, late bool) {
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	now := start
	var definitions []segment.Definition
	for i := range 1 + rng.IntN(3) {
		d := segment.Definition{Name: fmt.Sprint("s", i), Leaves: map[string]segment.Leaf{}}
		var parts []string
		for j := range 1 + rng.IntN(2) {
			leaf := segment.Leaf{Events: []string{"a", pick("b", "c")}, Window: pick("", "PT6H", "P1D", "P3D")}
			test := pick(`{"$gte":1}`, `{"$gte":2}`, `{"$lt":2}`, `0`, `1`)
			switch rng.IntN(4) {
			case 0:
				leaf.Agg, leaf.Currency, test = segment.SumOf, "EUR", pick(`{"$gte":3}`, `{"$lt":4}`)
			case 1:
				leaf.Agg, leaf.Of = segment.DistinctOf, "p"
			case 2:
				leaf.Where = json.RawMessage(`{"p":"x"}`)
			}
			name := fmt.Sprint("l", j)
			d.Leaves[name] = leaf
			parts = append(parts, fmt.Sprintf(`{%q:%s}`, name, test))
		}
		d.Rule = json.RawMessage(parts[0])
		if len(parts) == 2 {
			d.Rule = json.RawMessage(fmt.Sprintf(`{%q:[%s,%s]}`, pick("$and", "$or"), parts[0], parts[1]))
		}
		definitions = append(definitions, d)
	}

	engine := live.New(nil)
	for _, d := range definitions {
		src, err := json.Marshal(d)
		require.NoError(t, err)
		parsed, err := live.ParseDefinition(src)
		require.NoError(t, err)
		require.NoError(t, engine.Define(start, nil, parsed))
	}
	var want []string
	note := func() {
		for _, c := range engine.Changes() {
			want = append(want, fmt.Sprint(c.At.Format(time.RFC3339), " ", c.Segment, " ", c.Member, " ", c.Enter))
		}
	}

	log, err := segment.NewLog(nil, &segment.LogOptions{Now: func() time.Time { return now }})
	require.NoError(t, err)
	var got []string
	told := flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
		for _, e := range events {
			got = append(got, fmt.Sprint(e.Time.Format(time.RFC3339), " ", e.Properties["segment"], " ", e.Customer, " ", e.Name == segment.EventEntered))
		}
		return nil
	})
	profiles, err := segment.NewProfiles(nil, &segment.ProfileOptions{Segments: definitions, Sink: told, Log: log})
	require.NoError(t, err)
	runner, err := segment.NewRunner(log, nil, profiles)
	require.NoError(t, err)

	for i := range 60 {
		now = now.Add(time.Duration(rng.IntN(300)) * time.Minute)
		e := flywheel.Event{ID: fmt.Sprint("e", i), Name: pick("a", "a", "b", "c", "d"), Time: now, Properties: map[string]any{"p": pick("x", "y", "z")}}
		if rng.IntN(2) == 0 {
			e.Value = money.New(int64(rng.IntN(300)), money.EUR)
		}
		if rng.IntN(3) > 0 {
			e.Customer = flywheel.CustomerID(pick("c1", "c2", "c3"))
		}
		if e.Customer == "" || rng.IntN(4) == 0 {
			e.Visitor = flywheel.VisitorID(pick("v1", "v2"))
		}
		if late && rng.IntN(8) == 0 {
			e.Time = now.Add(-time.Duration(rng.IntN(100)) * time.Hour)
		}
		require.NoError(t, log.Publish(t.Context(), e))
		require.NoError(t, runner.Drain(t.Context()))
		require.NoError(t, engine.Apply(&live.Entry{Event: e, Position: uint64(i + 1), Received: now}, now))
		note()
		_, err := engine.Advance(now, -1)
		require.NoError(t, err)
		note()
		for _, d := range definitions {
			members, err := profiles.Members(t.Context(), d.Name)
			require.NoError(t, err)
			in, err := engine.Members(d.Name)
			require.NoError(t, err)
			of := map[string]bool{}
			for m := range in {
				of[m] = true
			}
			for _, c := range []flywheel.CustomerID{"c1", "c2", "c3"} {
				require.Equal(t, of[string(c)], members.Contains(c), "%s of %s after %s at %v", c, d.Name, e.ID, now)
			}
		}
		if late {
			continue // they part where an event of the past and time meet
		}
		require.Equal(t, net(want), net(got), "after %s %s of %s%s at %v, claimed %v\n%s", e.ID, e.Name, e.Customer, e.Visitor, now, e.Time, definitions)
	}
}

// net sorts changes, without those that were taken back at the same instant: the
// engine applies a link and then the event that brings it.
func net(list []string) (out []string) {
	sum := map[string]int{}
	for _, c := range list {
		opposite := strings.Replace(c, " true", " false", 1)
		if opposite == c {
			opposite = strings.Replace(c, " false", " true", 1)
		}
		if sum[opposite] > 0 {
			sum[opposite]--
			continue
		}
		sum[c]++
	}
	for c, n := range sum {
		for range n {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return out
}
