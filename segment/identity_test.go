package segment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment"
)

// TestIdentityLaws: whatever is linked, unlinked and told late, a customer's profile
// is that of the entries which are the customer's by the links known now, a device
// that is nobody's keeps its own, and no event is lost or counted twice. A rebuild,
// and erasing somebody else, change nothing.
func TestIdentityLaws(t *testing.T) {
	looker := []segment.Definition{
		{Name: "looker", Rule: json.RawMessage(`{"v": {"$gte": 3}}`), Leaves: map[string]segment.Leaf{"v": {Events: []string{flywheel.EventViewItem}}}},
		{Name: "curious", Rule: json.RawMessage(`{"d": {"$gte": 2}}`), Leaves: map[string]segment.Leaf{"d": {Events: []string{flywheel.EventViewItem}, Agg: segment.DistinctOf, Of: "category"}}},
	}
	traits := []segment.Trait{
		{Name: "favorite", Kind: segment.MostFrequent, Events: []string{flywheel.EventViewItem}, Property: "category"},
		{Name: "categories", Kind: segment.Distinct, Events: []string{flywheel.EventViewItem}, Property: "category"},
	}
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		identity := rapid.SampledFrom([]segment.Identity{segment.FirstLinked, segment.LatestLinked}).Draw(t, "identity")
		now := noon
		log, err := segment.NewLog(nil, &segment.LogOptions{Now: func() time.Time { return now }, Identity: identity})
		require.NoError(t, err)
		p, err := segment.NewProfiles(nil, &segment.ProfileOptions{Segments: looker, Traits: traits, Sink: log, Log: log})
		require.NoError(t, err)
		r, err := segment.NewRunner(log, &segment.RunnerOptions{Batch: 3}, p)
		require.NoError(t, err)
		customers := []flywheel.CustomerID{"ann", "bob", "cy"}
		visitors := []flywheel.VisitorID{"d1", "d2"}
		for i := range rapid.IntRange(1, 25).Draw(t, "n") {
			now = now.Add(time.Minute)
			e := flywheel.Event{ID: fmt.Sprint("e", i), Name: flywheel.EventViewItem, Time: now.Add(-time.Duration(rapid.IntRange(0, 9).Draw(t, "late")) * time.Minute),
				Properties: map[string]any{"category": rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "category")}}
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0:
				require.NoError(t, log.Unlink(ctx, e.ID, rapid.SampledFrom(visitors).Draw(t, "visitor"), rapid.SampledFrom(customers).Draw(t, "customer")))
				continue
			case 1, 2:
				e.Customer, e.Visitor = rapid.SampledFrom(customers).Draw(t, "customer"), rapid.SampledFrom(visitors).Draw(t, "visitor")
			case 3:
				e.Customer = rapid.SampledFrom(customers).Draw(t, "customer")
			default:
				e.Visitor = rapid.SampledFrom(visitors).Draw(t, "visitor")
			}
			require.NoError(t, log.Publish(ctx, e))
			if rapid.Bool().Draw(t, "drain") {
				require.NoError(t, r.Drain(ctx))
			}
		}
		require.NoError(t, r.Drain(ctx))
		check := func() {
			for _, customer := range customers {
				entries, err := log.Of(ctx, customer)
				require.NoError(t, err)
				views, seen := int64(0), map[string]int{}
				for _, e := range entries {
					if e.Event.Name == flywheel.EventViewItem {
						views++
						seen[e.Event.Properties["category"].(string)]++
					}
				}
				profile, err := p.Get(ctx, customer)
				if err != nil {
					require.ErrorIs(t, err, flywheel.ErrNotFound)
					require.Zero(t, views, customer)
					continue
				}
				require.Equal(t, views, profile.Events, "%s %s", identity, customer)
				attributes := p.Attributes(&profile, now)
				require.Equal(t, float64(len(seen)), attributes["categories"], customer)
				favorite, _ := attributes["favorite"].(string)
				for _, category := range []string{"a", "b", "c"} {
					require.True(t, seen[category] < seen[favorite] || seen[category] == seen[favorite] && favorite <= category || seen[category] == 0, "%s: %v", customer, seen)
				}
				for name, want := range map[string]bool{"looker": views >= 3, "curious": len(seen) >= 2} {
					in, err := p.In(ctx, name, customer)
					require.NoError(t, err)
					require.Equal(t, want, in, "%s of %s", name, customer)
				}
			}
		}
		check()
		require.NoError(t, r.Rebuild(ctx, p.Name()))
		require.NoError(t, r.Drain(ctx))
		check()
		require.NoError(t, r.Forget(ctx, "bob"))
		_, err = p.Get(ctx, "bob")
		require.ErrorIs(t, err, flywheel.ErrNotFound)
		customers = slices.DeleteFunc(customers, func(c flywheel.CustomerID) bool { return c == "bob" })
		check()
		require.NoError(t, r.Rebuild(ctx, p.Name()))
		require.NoError(t, r.Drain(ctx))
		check()
		parked, err := r.Parked(ctx, p.Name())
		require.NoError(t, err)
		require.Empty(t, parked)
	})
}
