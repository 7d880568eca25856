package segment_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/rule"
)

var _ flywheel.Sink = (*segment.Profiles)(nil)

func newProfiles(t testing.TB, opts *segment.ProfileOptions) *segment.Profiles {
	p, err := segment.NewProfiles(nil, opts)
	require.NoError(t, err)
	return p
}

func event(id, name string, customer flywheel.CustomerID, at time.Time, properties map[string]any) flywheel.Event {
	return flywheel.Event{ID: id, Name: name, Customer: customer, Time: at, Properties: properties}
}

func TestProfile(t *testing.T) {
	p := newProfiles(t, nil)
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	refund := purchase("r", "ann", hour(7), 1000)
	refund.Name = flywheel.EventRefund
	byLines := purchase("l", "ann", hour(6), 333)
	byLines.Value = money.Amount{}
	events := []flywheel.Event{
		event("v", flywheel.EventViewItem, "ann", hour(2), nil),
		purchase("a", "ann", hour(3), 1000), purchase("b", "bob", hour(3), 500), purchase("c", "ann", hour(5), 2001), byLines, refund,
		event("late", flywheel.EventViewItem, "ann", hour(-9), nil),
		event("m", flywheel.EventMessageSent, "ann", hour(20), nil),
		event("nobody", flywheel.EventViewItem, "", hour(20), nil),
	}
	for range 2 { // delivered twice, counted once
		require.NoError(t, p.Publish(t.Context(), events...))
	}
	got, err := p.Get(t.Context(), "ann")
	require.NoError(t, err)
	require.Len(t, got.Seen, 6)
	require.True(t, slices.IsSorted(got.Seen))
	got.Seen = nil
	require.Equal(t, segment.Profile{Customer: "ann", Version: 1, FirstSeen: hour(-9), LastSeen: hour(7), Events: 6, Orders: 3, Items: 6,
		Revenue: money.New(3334, money.GBP), FirstPurchase: hour(3), LastPurchase: hour(6), Refunds: 1, Refunded: money.New(1000, money.GBP)}, got)
	average, err := got.AverageOrder()
	require.NoError(t, err)
	require.Equal(t, money.New(1111, money.GBP), average)

	require.Equal(t, map[string]any{"customer": "ann", "events": 6.0, "orders": 3.0, "items": 6.0, "refunds": 1.0, "revenue": 33.34,
		"refunded": 10.0, "average_order": 11.11, "currency": "GBP",
		"first_seen": "2011-12-09T03:00:00.000000Z", "last_seen": "2011-12-09T19:00:00.000000Z",
		"first_purchase": "2011-12-09T15:00:00.000000Z", "last_purchase": "2011-12-09T18:00:00.000000Z",
		"days_since_first_seen": 2.0, "days_since_last_seen": 1.0, "days_since_first_purchase": 1.0, "days_since_last_purchase": 1.0,
	}, p.Attributes(&got, hour(39).Add(5*time.Hour)))

	var order []flywheel.CustomerID
	for profile, err := range p.List(t.Context()) {
		require.NoError(t, err)
		order = append(order, profile.Customer)
	}
	require.Equal(t, []flywheel.CustomerID{"ann", "bob"}, order)
	_, err = p.Get(t.Context(), "nobody")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = p.Get(t.Context(), "")
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

func TestProfileRefuses(t *testing.T) {
	euro := purchase("euro", "ann", noon, 1)
	euro.Value = money.New(1, money.EUR)
	flood := purchase("flood", "ann", noon, 1)
	flood.Lines = []flywheel.Line{{SKU: "a", Quantity: math.MaxInt64}}
	mixed := purchase("mixed", "ann", noon, 1)
	mixed.Value = money.Amount{}
	mixed.Lines = []flywheel.Line{{SKU: "a", Amount: money.New(1, money.EUR)}, {SKU: "a", Amount: money.New(1, money.GBP)}}
	for _, bad := range []flywheel.Event{euro, flood, mixed, {ID: "x"}, purchase("rich", "ann", noon, math.MaxInt64)} {
		p := newProfiles(t, nil)
		require.NoError(t, p.Publish(t.Context(), purchase("a", "ann", noon, 1)))
		before, err := p.Get(t.Context(), "ann")
		require.NoError(t, err)
		err = p.Publish(t.Context(), purchase("b", "ann", noon, 1), bad)
		_, typed := errors.AsType[*flywheel.EventError](err)
		require.True(t, typed, "%s: %v", bad.ID, err)
		after, err := p.Get(t.Context(), "ann")
		require.NoError(t, err)
		require.Equal(t, before, after, "bad input leaves everything as it was")
	}
}

func TestConvert(t *testing.T) {
	p := newProfiles(t, &segment.ProfileOptions{Convert: func(a money.Amount, at time.Time) (money.Amount, error) {
		return money.New(2*a.Minor(), money.USD), nil
	}})
	euro := purchase("euro", "ann", noon, 1)
	euro.Value = money.New(5, money.EUR)
	require.NoError(t, p.Publish(t.Context(), purchase("a", "ann", noon, 1), euro))
	got, err := p.Get(t.Context(), "ann")
	require.NoError(t, err)
	require.Equal(t, money.New(12, money.USD), got.Revenue)
}

// TestFill prepares a record for rules compiled with the schema.
func TestFill(t *testing.T) {
	p := newProfiles(t, &segment.ProfileOptions{Traits: []segment.Trait{{Name: "views", Kind: segment.Count, Events: []string{flywheel.EventViewItem}}}})
	require.NoError(t, p.Publish(t.Context(), purchase("1", "ann", noon, 2500), event("2", flywheel.EventViewItem, "ann", noon, nil)))
	ann, err := p.Get(t.Context(), "ann")
	require.NoError(t, err)
	record := p.Schema().NewRecord()
	for source, want := range map[string]bool{
		`{"revenue": 25, "views": 1, "days_since_last_purchase": {"$gte": 2}}`: true,
		`{"last_purchase": {"$lt": "2011-12-10"}}`:                             true,
		`{"first_seen": {"$lt": "2011-12-09"}}`:                                false,
	} {
		r, err := rule.Compile([]byte(source), &rule.Options{Schema: p.Schema()})
		require.NoError(t, err)
		p.Fill(record, &ann, noon.AddDate(0, 0, 2))
		require.Equal(t, want, r.MatchRecord(record), source)
		require.Equal(t, want, r.Match(p.Attributes(&ann, noon.AddDate(0, 0, 2))), source)
	}
}

func TestTraits(t *testing.T) {
	view := []string{flywheel.EventViewItem}
	traits := []segment.Trait{
		{Name: "views", Kind: segment.Count, Events: view},
		{Name: "coupons", Kind: segment.Count, Property: "coupon"},
		{Name: "top_category", Kind: segment.MostFrequent, Events: view, Property: "category"},
		{Name: "seconds", Kind: segment.Sum, Property: "seconds"},
		{Name: "quickest", Kind: segment.Min, Property: "seconds"},
		{Name: "slowest", Kind: segment.Max, Property: "seconds"},
		{Name: "first_source", Kind: segment.First, Property: "source"},
		{Name: "last_source", Kind: segment.Last, Property: "source"},
		{Name: "spent", Kind: segment.Sum, Events: []string{flywheel.EventPurchase}},
		{Name: "smallest", Kind: segment.Min, Events: []string{flywheel.EventPurchase}},
		{Name: "largest", Kind: segment.Max, Events: []string{flywheel.EventPurchase}},
		{Name: "first_value", Kind: segment.First, Events: []string{flywheel.EventPurchase}},
		{Name: "last_value", Kind: segment.Last, Events: []string{flywheel.EventPurchase}},
		{Name: "messages", Kind: segment.Count, Events: []string{flywheel.EventMessageSent}},
	}
	p := newProfiles(t, &segment.ProfileOptions{Traits: traits})
	see := func(id, category string, seconds any, source any) flywheel.Event {
		return event(id, flywheel.EventViewItem, "ann", noon.Add(time.Minute), map[string]any{"category": category, "seconds": seconds, "source": source})
	}
	require.NoError(t, p.Publish(t.Context(),
		see("3", "shoes", 4.5, "mail"), see("2", "hats", 2.0, "ads"), see("1", "hats", "unknown", nil), see("4", "shoes", 3.0, []any{"x"}),
		purchase("5", "ann", noon.Add(time.Hour), 250), purchase("6", "ann", noon, 150), purchase("7", "ann", noon.Add(time.Minute), 990),
		event("8", flywheel.EventSearch, "ann", noon, map[string]any{"coupon": nil, "category": "socks"}),
		event("9", flywheel.EventMessageSent, "ann", noon, map[string]any{"coupon": "c"})))
	got, err := p.Get(t.Context(), "ann")
	require.NoError(t, err)
	attributes := p.Attributes(&got, noon)
	for name, want := range map[string]any{"views": 4.0, "coupons": 1.0, "top_category": "hats", "seconds": 9.5, "quickest": 2.0, "slowest": 4.5,
		"first_source": nil, "last_source": []any{"x"}, "spent": 13.9, "smallest": 1.5, "largest": 9.9, "first_value": 1.5, "last_value": 2.5, "messages": 1.0} {
		require.Equal(t, want, attributes[name], name)
	}
	require.Equal(t, int64(8), got.Events)

	data, err := json.Marshal(got)
	require.NoError(t, err)
	var again segment.Profile
	require.NoError(t, json.Unmarshal(data, &again))
	require.Equal(t, got, again)

	require.NoError(t, p.Publish(t.Context(), event("x", flywheel.EventViewItem, "new", noon, nil)))
	fresh, err := p.Get(t.Context(), "new")
	require.NoError(t, err)
	attributes = p.Attributes(&fresh, noon)
	require.Equal(t, []any{1.0, 0.0, nil, 0.0, nil}, []any{attributes["views"], attributes["spent"], attributes["smallest"], attributes["seconds"], attributes["top_category"]})
}

func TestDefinitionsRefused(t *testing.T) {
	good := json.RawMessage(`{"orders": {"$gte": 1}}`)
	for name, opts := range map[string]segment.ProfileOptions{
		"no name":       {Traits: []segment.Trait{{Kind: segment.Count}}},
		"no kind":       {Traits: []segment.Trait{{Name: "a"}}},
		"taken":         {Traits: []segment.Trait{{Name: "orders", Kind: segment.Count}}},
		"twice":         {Traits: []segment.Trait{{Name: "a", Kind: segment.Count}, {Name: "a", Kind: segment.Count}}},
		"empty part":    {Traits: []segment.Trait{{Name: "a..b", Kind: segment.Count}}},
		"of what":       {Traits: []segment.Trait{{Name: "a", Kind: segment.MostFrequent}}},
		"event":         {Traits: []segment.Trait{{Name: "a", Kind: segment.Count, Events: []string{""}}}},
		"segment name":  {Segments: []segment.Definition{{Rule: good}}},
		"segment twice": {Segments: []segment.Definition{{Name: "a", Rule: good}, {Name: "a", Rule: good}}},
		"unknown":       {Segments: []segment.Definition{{Name: "a", Rule: json.RawMessage(`{"shoe_size": 44}`)}}},
		"no JSON":       {Segments: []segment.Definition{{Name: "a", Rule: json.RawMessage(`{`)}}},
		"no rule":       {Segments: []segment.Definition{{Name: "a"}}},
	} {
		_, err := segment.NewProfiles(nil, &opts)
		require.ErrorIs(t, err, flywheel.ErrInvalid, name)
	}
}

var definitions = []segment.Definition{
	{Name: "vip", Rule: json.RawMessage(`{"revenue": {"$gte": 20}}`)},
	{Name: "buyers", Rule: json.RawMessage(`{"orders": {"$gte": 1}}`)},
	{Name: "lapsing", Rule: json.RawMessage(`{"days_since_last_purchase": {"$gte": 30, "$lt": 60}}`)},
	{Name: "recent", Rule: json.RawMessage(`{"orders": {"$gte": 1}, "days_since_last_seen": {"$lt": 7}}`)},
	{Name: "refunders", Rule: json.RawMessage(`{"refunded": {"$gt": 0}, "$not": {"revenue": {"$gte": 20}}}`)},
}

// manifold are definitions, and some that compare day counts in every way.
var manifold = append([]segment.Definition{
	{Name: "even", Rule: json.RawMessage(`{"days_since_first_purchase": {"$in": [2, 4, 40, 99999999999]}}`)},
	{Name: "odd", Rule: json.RawMessage(`{"$or": [{"days_since_last_purchase": 3}, {"days_since_first_seen": {"$not": {"$lte": 11}}}, {"$not": {"days_since_last_seen": {"$ne": 5}}}]}`)},
	{Name: "never", Rule: json.RawMessage(`{"days_since_last_purchase": {"$exists": false}, "orders": {"$gte": 0}}`)},
}, definitions...)

func members(t require.TestingT, p *segment.Profiles, name string) []flywheel.CustomerID {
	m, err := p.Members(context.Background(), name)
	require.NoError(t, err)
	list := slices.Collect(m.All())
	require.Equal(t, len(list), m.Count())
	return list
}

func TestLiveSegments(t *testing.T) {
	told := &collect{}
	p := newProfiles(t, &segment.ProfileOptions{Segments: definitions, Sink: told})
	days := func(n float64) time.Time { return noon.Add(time.Duration(n * float64(24*time.Hour))) }
	tell := func() []string {
		var lines []string
		for _, e := range told.events {
			lines = append(lines, fmt.Sprintf("%.1f %s %s %s", e.Time.Sub(noon).Hours()/24, e.Customer, e.Name[len("segment_"):], e.Properties["segment"]))
		}
		told.events = nil
		return lines
	}
	require.NoError(t, p.Publish(t.Context(), purchase("1", "ann", days(0), 2500), purchase("2", "bob", days(0.5), 100)))
	require.Equal(t, []string{"0.0 ann entered vip", "0.0 ann entered buyers", "0.0 ann entered recent", "0.5 bob entered buyers", "0.5 bob entered recent"}, tell())
	require.NoError(t, p.Advance(t.Context(), days(7.2)))
	require.Equal(t, []string{"7.0 ann exited recent"}, tell())
	require.NoError(t, p.Publish(t.Context(), purchase("3", "cy", days(30), 100)))
	require.Equal(t, []string{"7.5 bob exited recent", "30.0 ann entered lapsing", "30.0 cy entered buyers", "30.0 cy entered recent"}, tell())
	require.NoError(t, p.Publish(t.Context(), purchase("4", "bob", days(35), 100)))
	require.Equal(t, []string{"30.5 bob entered lapsing", "35.0 bob exited lapsing", "35.0 bob entered recent"}, tell())
	require.NoError(t, p.Advance(t.Context(), days(34)), "a moment before the clock changes nothing")
	require.NoError(t, p.Advance(t.Context(), days(61)))
	require.Equal(t, []string{"37.0 cy exited recent", "42.0 bob exited recent", "60.0 ann exited lapsing", "60.0 cy entered lapsing"}, tell())
	require.Equal(t, []flywheel.CustomerID{"ann", "bob", "cy"}, members(t, p, "buyers"))
	require.Equal(t, []string{"buyers", "lapsing", "recent", "refunders", "vip"}, p.Segments())

	buyers, err := p.Members(t.Context(), "buyers")
	require.NoError(t, err)
	lapsing, err := p.Members(t.Context(), "lapsing")
	require.NoError(t, err)
	for want, op := range map[string]func(segment.Members) (segment.Members, error){
		"[cy]": buyers.And, "[ann bob cy]": buyers.Or, "[ann bob]": buyers.AndNot,
	} {
		m, err := op(lapsing)
		require.NoError(t, err)
		require.Equal(t, want, fmt.Sprint(slices.Collect(m.All())))
	}
	require.True(t, lapsing.Contains("cy"))
	require.False(t, lapsing.Contains("ann"))
	require.False(t, lapsing.Contains("nobody"))
	in, err := p.In(t.Context(), "vip", "ann")
	require.NoError(t, err)
	require.True(t, in)
	explanation, err := p.Explain(t.Context(), "vip", "bob")
	require.NoError(t, err)
	require.Equal(t, "revenue $gte 20: no, is 2", explanation.Decisive().String())

	_, err = p.Members(t.Context(), "missing")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = p.In(t.Context(), "missing", "ann")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = p.Explain(t.Context(), "missing", "ann")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = p.Explain(t.Context(), "vip", "nobody")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	other, err := newProfiles(t, &segment.ProfileOptions{Segments: definitions}).Members(t.Context(), "vip")
	require.NoError(t, err)
	_, err = buyers.And(other)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	var none segment.Members
	require.Zero(t, none.Count())
	require.False(t, none.Contains("ann"))
	require.Empty(t, slices.Collect(none.All()))
}

// TestSinkFails rolls back profiles, segments and the clock together, so that the
// events delivered again are told again.
func TestSinkFails(t *testing.T) {
	boom := errors.New("boom")
	told := &collect{fail: func(n int) error {
		if n == 2 {
			return boom
		}
		return nil
	}}
	p := newProfiles(t, &segment.ProfileOptions{Segments: definitions, Sink: told})
	require.NoError(t, p.Publish(t.Context(), purchase("1", "ann", noon, 2500)))
	later := []flywheel.Event{purchase("2", "bob", noon.AddDate(0, 0, 40), 2500), purchase("3", "ann", noon.AddDate(0, 0, 41), 100)}
	require.ErrorIs(t, p.Publish(t.Context(), later...), boom)
	require.Equal(t, []flywheel.CustomerID{"ann"}, members(t, p, "recent"))
	require.Equal(t, []flywheel.CustomerID{"ann"}, members(t, p, "vip"))
	_, err := p.Get(t.Context(), "bob")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	require.NoError(t, p.Publish(t.Context(), later...))

	want := &collect{}
	right := newProfiles(t, &segment.ProfileOptions{Segments: definitions, Sink: want})
	require.NoError(t, right.Publish(t.Context(), append([]flywheel.Event{purchase("1", "ann", noon, 2500)}, later...)...))
	require.Equal(t, want.events, told.events)
}

// TestRestore finds the segments of a store that was filled before.
func TestRestore(t *testing.T) {
	store := segment.NewMemoryProfiles(nil)
	before, err := segment.NewProfiles(store, &segment.ProfileOptions{Segments: definitions})
	require.NoError(t, err)
	require.NoError(t, before.Publish(t.Context(), purchase("1", "ann", noon, 2500), purchase("2", "bob", noon.AddDate(0, 0, 35), 100)))
	told := &collect{}
	after, err := segment.NewProfiles(store, &segment.ProfileOptions{Segments: definitions, Sink: told})
	require.NoError(t, err)
	for _, name := range before.Segments() {
		require.Equal(t, members(t, before, name), members(t, after, name), name)
	}
	require.Empty(t, told.events)
	require.NoError(t, after.Advance(t.Context(), noon.AddDate(0, 0, 60)))
	require.Equal(t, []flywheel.CustomerID{"ann"}, members(t, before, "lapsing"))
	require.Equal(t, []flywheel.CustomerID(nil), members(t, after, "lapsing"))
}

// TestForeignStore uses a store that is not MemoryProfiles.
func TestForeignStore(t *testing.T) {
	type foreign struct {
		segment.ProfileStore
		flywheel.Transactor
	}
	inner := segment.NewMemoryProfiles(nil)
	p, err := segment.NewProfiles(foreign{inner, inner}, &segment.ProfileOptions{Segments: definitions})
	require.NoError(t, err)
	require.NoError(t, p.Publish(t.Context(), purchase("1", "ann", noon, 2500)))
	require.Equal(t, []flywheel.CustomerID{"ann"}, members(t, p, "vip"))
}

func TestMemoryProfiles(t *testing.T) {
	m := segment.NewMemoryProfiles(nil)
	require.NoError(t, m.Save(t.Context(), segment.Profile{Customer: "a"}, segment.Profile{Customer: "A"}))
	err := m.Save(t.Context(), segment.Profile{Customer: "b"}, segment.Profile{Customer: "a", Version: 1, Orders: 2}, segment.Profile{Customer: "A"})
	require.ErrorIs(t, err, flywheel.ErrConflict)
	loaded, err := m.Load(t.Context(), "b", "A", "a")
	require.NoError(t, err)
	require.Equal(t, []segment.Profile{{Customer: "b"}, {Customer: "A", Version: 1}, {Customer: "a", Version: 1}}, loaded)
	require.ErrorIs(t, m.InTx(t.Context(), func(ctx context.Context) error {
		require.NoError(t, m.Save(ctx, segment.Profile{Customer: "c"}, segment.Profile{Customer: "a", Version: 1}))
		return errors.ErrUnsupported
	}), errors.ErrUnsupported)
	n := 0
	for p, err := range m.List(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, int64(1), p.Version)
		n++
	}
	require.Equal(t, 2, n)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range m.List(ctx) {
		require.ErrorIs(t, err, context.Canceled)
	}
	for range m.List(t.Context()) {
		break
	}
	var wg sync.WaitGroup
	var won sync.Map
	for i := range 8 {
		wg.Go(func() {
			if m.Save(t.Context(), segment.Profile{Customer: "a", Version: 1}) == nil {
				won.Store(i, true)
			}
		})
	}
	wg.Wait()
	n = 0
	won.Range(func(any, any) bool { n++; return true })
	require.Equal(t, 1, n, "of N writers of one version one wins")
}

// drawEvents are events of few customers over a few months, mostly in order.
func drawEvents(t *rapid.T) []flywheel.Event {
	names := []string{flywheel.EventPurchase, flywheel.EventPurchase, flywheel.EventRefund, flywheel.EventViewItem, flywheel.EventMessageSent}
	at := noon
	var events []flywheel.Event
	for i := range rapid.IntRange(1, 30).Draw(t, "n") {
		at = at.Add(time.Duration(rapid.IntRange(-20, 200).Draw(t, "hours")) * time.Hour)
		customer := rapid.SampledFrom([]flywheel.CustomerID{"ann", "bob", "cy", ""}).Draw(t, "customer")
		e := purchase(fmt.Sprint("e", i), customer, at, int64(rapid.IntRange(0, 900).Draw(t, "pence")))
		e.Name = rapid.SampledFrom(names).Draw(t, "name")
		if i > 0 && rapid.IntRange(0, 9).Draw(t, "again") == 0 {
			e = events[rapid.IntRange(0, i-1).Draw(t, "which")]
		}
		events = append(events, e)
	}
	return events
}

// TestLaws: batches do not matter, nor how often Advance is called; membership is
// what the rules say of the profiles; the events told lead to the membership.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		events := drawEvents(t)
		end := slices.MaxFunc(events, func(a, b flywheel.Event) int { return cmp.Compare(a.Time.Unix(), b.Time.Unix()) }).Time
		if extra := rapid.IntRange(0, 40).Draw(t, "days"); extra > 0 {
			end = end.Add(time.Duration(extra) * 24 * time.Hour)
		}
		type outcome struct {
			p    *segment.Profiles
			told *collect
		}
		play := func(batch int, advance bool) outcome {
			o := outcome{told: &collect{}}
			var err error
			o.p, err = segment.NewProfiles(nil, &segment.ProfileOptions{Segments: manifold, Sink: o.told})
			require.NoError(t, err)
			for chunk := range slices.Chunk(events, batch) {
				require.NoError(t, o.p.Publish(ctx, chunk...))
				if advance {
					require.NoError(t, o.p.Advance(ctx, noon.AddDate(-1, 0, 0)), "no way back")
					require.NoError(t, o.p.Advance(ctx, chunk[0].Time))
				}
			}
			require.NoError(t, o.p.Advance(ctx, end))
			return o
		}
		one, all := play(1, true), play(len(events), false)
		require.Equal(t, all.told.events, one.told.events)
		ids := map[string]bool{}
		for _, e := range all.told.events {
			require.NoError(t, e.Validate())
			require.False(t, ids[e.ID], "one ID for each change")
			ids[e.ID] = true
		}
		inside := map[string]map[flywheel.CustomerID]bool{}
		for _, d := range manifold {
			inside[d.Name] = map[flywheel.CustomerID]bool{}
		}
		for _, e := range all.told.events {
			set := inside[e.Properties["segment"].(string)]
			require.Equal(t, e.Name == segment.EventExited, set[e.Customer])
			set[e.Customer] = !set[e.Customer]
		}
		for profile, err := range all.p.List(ctx) {
			require.NoError(t, err)
			attributes := all.p.Attributes(&profile, end)
			for _, d := range manifold {
				want := rule.MustCompile(string(d.Rule)).Match(attributes)
				require.Equal(t, want, inside[d.Name][profile.Customer], "%s in %s", profile.Customer, d.Name)
				for _, o := range []outcome{one, all} {
					in, err := o.p.In(ctx, d.Name, profile.Customer)
					require.NoError(t, err)
					require.Equal(t, want, in)
				}
			}
		}
	})
}

func BenchmarkProfiles(b *testing.B) {
	const customers, batch = 4000, 512
	for _, c := range []struct {
		name string
		opts segment.ProfileOptions
	}{{"plain", segment.ProfileOptions{}}, {"segments", segment.ProfileOptions{Segments: definitions}}} {
		b.Run("with="+c.name, func(b *testing.B) {
			p := newProfiles(b, &c.opts)
			events := make([]flywheel.Event, batch)
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				for i := range events {
					events[i] = purchase(fmt.Sprint(n), flywheel.CustomerID(fmt.Sprint(n*7919%customers)), noon.Add(time.Duration(n)*10*time.Minute), 100)
					n++
				}
				if err := p.Publish(b.Context(), events...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkAdvance lets 90 days pass for customers who bought once: six instants
// each at which one of five segments can change.
func BenchmarkAdvance(b *testing.B) {
	const customers = 2000
	events := make([]flywheel.Event, customers)
	for i := range events {
		events[i] = purchase(fmt.Sprint(i), flywheel.CustomerID(fmt.Sprint(i)), noon.Add(time.Duration(i)*time.Second), 100)
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		p := newProfiles(b, &segment.ProfileOptions{Segments: definitions})
		require.NoError(b, p.Publish(b.Context(), events...))
		b.StartTimer()
		for d := range 91 {
			if err := p.Advance(b.Context(), noon.AddDate(0, 0, d)); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/customers/6, "ns/instant")
}
