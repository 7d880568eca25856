package segment_test

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// However many events a customer has, the profile stays small: what grows is rows.
func TestGrowth(t *testing.T) {
	events := testkit.Often(8_000, 2_000)
	if n, err := strconv.Atoi(os.Getenv("FLYWHEEL_EVENTS")); err == nil {
		events = n
	}
	store := segment.NewMemoryProfiles(nil)
	leaf := segment.Leaf{Events: []string{flywheel.EventPurchase}, Window: "P2D"}
	spent, different, ever := leaf, leaf, leaf
	spent.Agg, spent.Currency = segment.SumOf, "EUR"
	different.Agg, different.Of = segment.DistinctOf, "color"
	ever.Window = ""
	profiles, err := segment.NewProfiles(store, &segment.ProfileOptions{
		Traits: []segment.Trait{{Name: "colors", Kind: segment.Distinct, Property: "color"}, {Name: "color", Kind: segment.MostFrequent, Property: "color"}},
		Segments: []segment.Definition{{Name: "busy", Rule: json.RawMessage(`{"n": {"$gte": 100}, "s": {"$gte": 1}, "d": {"$gte": 2}, "e": {"$gte": 3}}`),
			Leaves: map[string]segment.Leaf{"n": leaf, "s": spent, "d": different, "e": ever}}},
	})
	require.NoError(t, err)
	at, person := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), flywheel.PersonOf("ann", "")
	const batch = 100
	for n := 0; n < events; n += batch {
		list := make([]flywheel.Entry, batch)
		for i := range list {
			at = at.Add(time.Minute)
			id := fmt.Sprint(n + i)
			list[i] = flywheel.Entry{Position: flywheel.Position(n + i + 1), Received: at, Effective: at, Person: person, Event: flywheel.Event{
				ID: id, Name: flywheel.EventPurchase, Time: at, Customer: "ann", Value: money.New(100, money.EUR), Properties: map[string]any{"color": id}}}
			if i%10 == 0 {
				list[i].Event.Visitor = flywheel.VisitorID(fmt.Sprint("v", i))
			}
		}
		require.NoError(t, profiles.Consume(t.Context(), list))
	}
	stored, err := store.Load(t.Context(), person)
	require.NoError(t, err)
	body, err := json.Marshal(stored[0])
	require.NoError(t, err)
	require.Less(t, len(body), 16<<10)
	require.Equal(t, []string{"busy"}, stored[0].Segments)
	require.EqualValues(t, events, stored[0].Orders)
	within, err := store.Moments(t.Context(), person, leaf.Key(), segment.Moment{}, events)
	require.NoError(t, err)
	require.Len(t, within, min(events, 2*24*60), "moments whose window is not over")
	for more := true; more; {
		more, err = profiles.Advance(t.Context(), at.AddDate(0, 0, 3))
		require.NoError(t, err)
	}
	within, err = store.Moments(t.Context(), person, leaf.Key(), segment.Moment{}, 1)
	require.NoError(t, err)
	require.Empty(t, within)
}

// BenchmarkMember measures what a member of three segments with windows takes in
// memory, and the JSON of the profile.
func BenchmarkMember(b *testing.B) {
	const customers = 10_000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	leaf := segment.Leaf{Events: []string{flywheel.EventPurchase}, Window: "P30D"}
	var definitions []segment.Definition
	for i := range 3 {
		definitions = append(definitions, segment.Definition{Name: fmt.Sprint("segment ", i), Rule: json.RawMessage(`{"n": {"$gte": 1}}`), Leaves: map[string]segment.Leaf{"n": leaf}})
	}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for b.Loop() {
		before := heap()
		store := segment.NewMemoryProfiles(nil)
		profiles, err := segment.NewProfiles(store, &segment.ProfileOptions{Segments: definitions})
		require.NoError(b, err)
		var list []flywheel.Entry
		for i := range customers {
			who := flywheel.CustomerID(fmt.Sprint("customer-", i))
			list = append(list, flywheel.Entry{Position: flywheel.Position(i + 1), Received: at, Effective: at, Person: flywheel.PersonOf(who, ""),
				Event: flywheel.Event{ID: fmt.Sprint(i), Name: flywheel.EventPurchase, Time: at, Customer: who, Value: money.New(100, money.EUR)}})
		}
		require.NoError(b, profiles.Consume(b.Context(), list))
		list = nil
		b.ReportMetric(float64(heap()-before)/customers, "B/customer")
		stored, err := store.Load(b.Context(), "c:customer-0")
		require.NoError(b, err)
		body, err := json.Marshal(stored[0])
		require.NoError(b, err)
		b.ReportMetric(float64(len(body)), "profile-bytes")
		runtime.KeepAlive(profiles)
	}
}
