package segment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/rule"
	"github.com/flywheel-go/flywheel/segment/segmenttest"
)

var (
	_ flywheel.Consumer   = (*segment.Profiles)(nil)
	_ flywheel.Stored     = (*segment.Profiles)(nil)
	_ segment.Timed       = (*segment.Profiles)(nil)
	_ segment.Deliverer   = (*segment.Profiles)(nil)
	_ segment.Forgetter   = (*segment.Profiles)(nil)
	_ segment.Rebuildable = (*segment.Profiles)(nil)
)

// world is profiles that follow a log on a virtual clock.
type world struct {
	*segment.Profiles
	log    *segment.Log
	runner *segment.Runner
	now    time.Time
	told   int // segment events that tell has returned
}

func newWorld(t require.TestingT, opts *segment.ProfileOptions) *world {
	return worldOn(t, segment.NewMemoryProfiles(nil), opts)
}

func worldOn(t require.TestingT, store segment.ProfileStore, opts *segment.ProfileOptions) *world {
	w := &world{}
	var err error
	w.log, err = segment.NewLog(nil, &segment.LogOptions{Now: func() time.Time { return w.now }})
	require.NoError(t, err)
	w.follow(t, store, opts)
	return w
}

func (w *world) follow(t require.TestingT, store segment.ProfileStore, opts *segment.ProfileOptions) {
	o := segment.ProfileOptions{}
	if opts != nil {
		o = *opts
	}
	o.Log, o.Sink = w.log, w.log
	var err error
	w.Profiles, err = segment.NewProfiles(store, &o)
	require.NoError(t, err)
	w.runner, err = segment.NewRunner(w.log, &segment.RunnerOptions{Batch: 7}, w.Profiles)
	require.NoError(t, err)
}

// publish tells events, each at its own time or later, and brings all to rest.
func (w *world) publish(t require.TestingT, events ...flywheel.Event) {
	w.append(t, events...)
	require.NoError(t, w.runner.Drain(context.Background()))
}

func (w *world) append(t require.TestingT, events ...flywheel.Event) {
	for _, e := range events {
		if e.Time.After(w.now) {
			w.now = e.Time
		}
		require.NoError(t, w.log.Publish(context.Background(), e))
	}
}

// pass lets time pass.
func (w *world) pass(t require.TestingT, now time.Time) {
	w.now = now
	require.NoError(t, w.runner.Drain(context.Background()))
}

// parked returns the IDs of what the profiles could not take.
func (w *world) parked(t require.TestingT) (ids []string) {
	list, err := w.runner.Parked(context.Background(), w.Name())
	require.NoError(t, err)
	for _, p := range list {
		ids = append(ids, p.Event)
	}
	return ids
}

// changes returns the segment events told since the last call, in order of time.
func (w *world) changes(t require.TestingT) (events []flywheel.Event) {
	for e, err := range w.log.Entries(context.Background(), segment.Query{}) {
		require.NoError(t, err)
		if e.Event.Name == segment.EventEntered || e.Event.Name == segment.EventExited {
			events = append(events, e.Event)
		}
	}
	n := w.told
	w.told = len(events)
	events = events[n:]
	slices.SortStableFunc(events, func(a, b flywheel.Event) int { return a.Time.Compare(b.Time) })
	return events
}

// sale is a purchase of nothing but a value.
func sale(id string, customer flywheel.CustomerID, visitor flywheel.VisitorID, at time.Time, value money.Amount) flywheel.Event {
	return flywheel.Event{ID: id, Name: flywheel.EventPurchase, Customer: customer, Visitor: visitor, Time: at, Value: value}
}

func event(id, name string, customer flywheel.CustomerID, at time.Time, properties map[string]any) flywheel.Event {
	return flywheel.Event{ID: id, Name: name, Customer: customer, Time: at, Properties: properties}
}

func TestProfile(t *testing.T) {
	p := newWorld(t, nil)
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
	for range 2 { // told twice, counted once
		p.publish(t, events...)
	}
	got, err := p.Get(t.Context(), "ann")
	require.NoError(t, err)
	require.Equal(t, segment.Profile{Person: "c:ann", Version: 1, FirstSeen: hour(-9), LastSeen: hour(7), Events: 6, Orders: 3, Items: 6,
		Totals:        []segment.Total{{Revenue: money.New(3334, money.GBP), Refunded: money.New(1000, money.GBP)}},
		FirstPurchase: hour(3), LastPurchase: hour(6), Refunds: 1}, got)
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
		order = append(order, profile.Customer())
	}
	require.Equal(t, []flywheel.CustomerID{"ann", "bob"}, order)
	_, err = p.Get(t.Context(), "nobody")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = p.Get(t.Context(), "")
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// TestProfileRefuses parks what cannot be counted; everybody else goes on.
func TestProfileRefuses(t *testing.T) {
	flood := purchase("flood", "ann", noon, 1)
	flood.Lines = []flywheel.Line{{SKU: "a", Quantity: math.MaxInt64}}
	mixed := purchase("mixed", "ann", noon, 1)
	mixed.Value = money.Amount{}
	mixed.Lines = []flywheel.Line{{SKU: "a", Amount: money.New(1, money.EUR)}, {SKU: "a", Amount: money.New(1, money.GBP)}}
	for _, bad := range []flywheel.Event{flood, mixed, purchase("rich", "ann", noon, math.MaxInt64)} {
		p := newWorld(t, nil)
		p.publish(t, purchase("a", "ann", noon, 1), purchase("b", "ann", noon, 1))
		before, err := p.Get(t.Context(), "ann")
		require.NoError(t, err)
		p.publish(t, bad, purchase("waits", "ann", noon, 1), purchase("bob's", "bob", noon, 1))
		after, err := p.Get(t.Context(), "ann")
		require.NoError(t, err)
		require.Equal(t, before, after, "ann stands still")
		_, err = p.Get(t.Context(), "bob")
		require.NoError(t, err)
		require.Equal(t, []string{bad.ID}, p.parked(t))
		parked, err := p.runner.Parked(t.Context(), p.Name())
		require.NoError(t, err)
		require.NoError(t, p.runner.Drop(t.Context(), p.Name(), parked[0].Position))
		after, err = p.Get(t.Context(), "ann")
		require.NoError(t, err)
		require.Equal(t, int64(3), after.Orders)
		require.Empty(t, p.parked(t))
	}
}

// TestCurrencies counts each currency by itself.
func TestCurrencies(t *testing.T) {
	p := newWorld(t, &segment.ProfileOptions{Traits: []segment.Trait{
		{Name: "spent", Kind: segment.Sum, Events: []string{flywheel.EventPurchase}},
		{Name: "largest", Kind: segment.Max, Events: []string{flywheel.EventPurchase}},
	}})
	p.publish(t, sale("1", "ann", "", noon, money.New(500, money.EUR)), sale("2", "ann", "", noon, money.New(900, money.USD)),
		sale("3", "ann", "", noon, money.New(300, money.EUR)), sale("4", "ann", "", noon, money.New(100, money.USD)))
	ann, err := p.Get(t.Context(), "ann")
	require.NoError(t, err)
	require.Equal(t, []segment.Total{{Revenue: money.New(800, money.EUR)}, {Revenue: money.New(1000, money.USD)}}, ann.Totals)
	require.Equal(t, int64(4), ann.Orders)
	require.Equal(t, money.New(800, money.EUR), ann.Traits[0].Amount)
	require.Equal(t, []money.Amount{money.New(1000, money.USD)}, ann.Traits[0].Amounts)
	require.Equal(t, 5.0, p.Attributes(&ann, noon)["largest"])
	require.Empty(t, p.parked(t))
}

func TestConvert(t *testing.T) {
	p := newWorld(t, &segment.ProfileOptions{Convert: func(a money.Amount, at time.Time) (money.Amount, error) {
		return money.New(2*a.Minor(), money.USD), nil
	}})
	euro := purchase("euro", "ann", noon, 1)
	euro.Value = money.New(5, money.EUR)
	p.publish(t, purchase("a", "ann", noon, 1), euro)
	got, err := p.Get(t.Context(), "ann")
	require.NoError(t, err)
	require.Equal(t, money.New(12, money.USD), got.Revenue())
}

// TestExchange converts at the rate of each event's day, and keeps apart what has no rate.
func TestExchange(t *testing.T) {
	rate := func(text string) money.Rate {
		r, err := money.ParseRate(text)
		require.NoError(t, err)
		return r
	}
	exchange, err := money.NewExchange(money.EUR, money.Quotation{Currency: money.USD, Rate: rate("1.25"), From: noon.AddDate(0, 0, -9)},
		money.Quotation{Currency: money.USD, Rate: rate("2"), From: noon.AddDate(0, 0, 1)})
	require.NoError(t, err)
	p := newWorld(t, &segment.ProfileOptions{Exchange: exchange, Currency: money.EUR})
	mixed := sale("mixed", "ann", "", noon, money.Amount{})
	mixed.Lines = []flywheel.Line{{SKU: "a", Quantity: 1, Amount: money.New(100, money.EUR)}, {SKU: "b", Quantity: 1, Amount: money.New(125, money.USD)}, {SKU: "gift", Quantity: 1}}
	p.publish(t, sale("1", "ann", "", noon, money.New(500, money.EUR)), sale("2", "ann", "", noon, money.New(125, money.USD)),
		sale("3", "ann", "", noon.AddDate(0, 0, -20), money.New(700, money.USD)), mixed)
	ann, err := p.Get(t.Context(), "ann")
	require.NoError(t, err)
	require.Equal(t, []segment.Total{{Revenue: money.New(800, money.EUR)}, {Revenue: money.New(700, money.USD)}}, ann.Totals)
	require.Empty(t, p.parked(t))
	_, err = segment.NewProfiles(nil, &segment.ProfileOptions{Exchange: exchange})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// TestFill prepares a record for rules compiled with the schema.
func TestFill(t *testing.T) {
	p := newWorld(t, &segment.ProfileOptions{Traits: []segment.Trait{{Name: "views", Kind: segment.Count, Events: []string{flywheel.EventViewItem}}}})
	p.publish(t, purchase("1", "ann", noon, 2500), event("2", flywheel.EventViewItem, "ann", noon, nil))
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
	p := newWorld(t, &segment.ProfileOptions{Traits: traits})
	see := func(id, category string, seconds any, source any) flywheel.Event {
		return event(id, flywheel.EventViewItem, "ann", noon.Add(time.Minute), map[string]any{"category": category, "seconds": seconds, "source": source})
	}
	p.publish(t,
		see("3", "shoes", 4.5, "mail"), see("2", "hats", 2.0, "ads"), see("1", "hats", "unknown", nil), see("4", "shoes", 3.0, []any{"x"}),
		purchase("5", "ann", noon.Add(time.Hour), 250), purchase("6", "ann", noon, 150), purchase("7", "ann", noon.Add(time.Minute), 990),
		event("8", flywheel.EventSearch, "ann", noon, map[string]any{"coupon": nil, "category": "socks"}),
		event("9", flywheel.EventMessageSent, "ann", noon, map[string]any{"coupon": "c"}))
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

	p.publish(t, event("x", flywheel.EventViewItem, "new", noon, nil))
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
	p := newWorld(t, &segment.ProfileOptions{Segments: definitions})
	days := func(n float64) time.Time { return noon.Add(time.Duration(n * float64(24*time.Hour))) }
	tell := func() []string {
		var lines []string
		for _, e := range p.changes(t) {
			lines = append(lines, fmt.Sprintf("%.1f %s %s %s", e.Time.Sub(noon).Hours()/24, e.Customer, e.Name[len("segment_"):], e.Properties["segment"]))
		}
		return lines
	}
	p.publish(t, purchase("1", "ann", days(0), 2500), purchase("2", "bob", days(0.5), 100))
	require.Equal(t, []string{"0.0 ann entered vip", "0.0 ann entered buyers", "0.0 ann entered recent", "0.5 bob entered buyers", "0.5 bob entered recent"}, tell())
	p.pass(t, days(7.2))
	require.Equal(t, []string{"7.0 ann exited recent"}, tell())
	p.publish(t, purchase("3", "cy", days(30), 100))
	require.Equal(t, []string{"7.5 bob exited recent", "30.0 cy entered buyers", "30.0 cy entered recent", "30.0 ann entered lapsing"}, tell())
	p.publish(t, purchase("4", "bob", days(35), 100))
	require.Equal(t, []string{"30.5 bob entered lapsing", "35.0 bob exited lapsing", "35.0 bob entered recent"}, tell())
	p.pass(t, days(34)) // a clock that was set back changes nothing
	p.pass(t, days(61))
	require.Equal(t, []string{"37.0 cy exited recent", "42.0 bob exited recent", "60.0 ann exited lapsing", "60.0 cy entered lapsing"}, tell())
	require.Equal(t, []flywheel.CustomerID{"ann", "bob", "cy"}, members(t, p.Profiles, "buyers"))
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
	explanation, err := p.Explain(t.Context(), "vip", "bob", p.now)
	require.NoError(t, err)
	require.Equal(t, "revenue $gte 20: no, is 2", explanation.Decisive().String())

	_, err = p.Members(t.Context(), "missing")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = p.In(t.Context(), "missing", "ann")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = p.Explain(t.Context(), "missing", "ann", p.now)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = p.Explain(t.Context(), "vip", "nobody", p.now)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	other, err := newWorld(t, &segment.ProfileOptions{Segments: definitions}).Members(t.Context(), "vip")
	require.NoError(t, err)
	_, err = buyers.And(other)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	var none segment.Members
	require.Zero(t, none.Count())
	require.False(t, none.Contains("ann"))
	require.Empty(t, slices.Collect(none.All()))
}

// TestSinkFails leaves profiles and segments as they are when the change cannot be
// told, and does both later.
func TestSinkFails(t *testing.T) {
	db := new(flywheel.Memory)
	failing := false
	store := segmenttest.Failing(segment.NewMemoryLog(db), func(call string, after bool) error {
		if call == "Append" && failing {
			return io.ErrUnexpectedEOF
		}
		return nil
	})
	now := noon
	log, err := segment.NewLog(store, &segment.LogOptions{Now: func() time.Time { return now }})
	require.NoError(t, err)
	p, err := segment.NewProfiles(segment.NewMemoryProfiles(db), &segment.ProfileOptions{Segments: definitions, Sink: log})
	require.NoError(t, err)
	runner, err := segment.NewRunner(log, nil, p)
	require.NoError(t, err)
	require.NoError(t, log.Publish(t.Context(), purchase("1", "ann", noon, 2500)))
	failing = true
	require.NoError(t, runner.Drain(t.Context()))
	_, err = p.Get(t.Context(), "ann")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	failing, now = false, now.Add(time.Second)
	require.NoError(t, runner.Drain(t.Context()))
	require.Equal(t, []flywheel.CustomerID{"ann"}, members(t, p, "vip"))
	health, err := runner.Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, []segment.ConsumerHealth{{Name: "segment.Profiles", Position: 4}}, health)
}

// TestRestart goes on where the profiles of an earlier process stopped, and a
// rebuild from nothing gives the same; neither tells anything again.
func TestRestart(t *testing.T) {
	store := segment.NewMemoryProfiles(nil)
	p := worldOn(t, store, &segment.ProfileOptions{Segments: definitions})
	p.publish(t, purchase("1", "ann", noon, 2500), purchase("2", "bob", noon.AddDate(0, 0, 35), 100))
	before := map[string][]flywheel.CustomerID{}
	for _, name := range p.Segments() {
		before[name] = members(t, p.Profiles, name)
	}
	ann, err := p.Get(t.Context(), "ann")
	require.NoError(t, err)
	require.NotEmpty(t, p.changes(t))
	check := func() {
		for name, want := range before {
			require.ElementsMatch(t, want, members(t, p.Profiles, name), name)
		}
		again, err := p.Get(t.Context(), "ann")
		require.NoError(t, err)
		again.Version = ann.Version
		require.Equal(t, ann, again)
		require.Empty(t, p.changes(t))
	}
	p.follow(t, store, &segment.ProfileOptions{Segments: definitions})
	p.pass(t, p.now)
	check()
	require.NoError(t, p.runner.Rebuild(t.Context(), p.Name()))
	_, err = p.Get(t.Context(), "ann")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	p.pass(t, p.now)
	check()
	p.follow(t, segment.NewMemoryProfiles(nil), &segment.ProfileOptions{Segments: definitions})
	p.pass(t, p.now)
	check()
	p.pass(t, noon.AddDate(0, 0, 60))
	require.Len(t, p.changes(t), 2)
}

// drawEvents are events of few customers over a few months, some of them told twice.
func drawEvents(t *rapid.T) []flywheel.Event {
	names := []string{flywheel.EventPurchase, flywheel.EventPurchase, flywheel.EventRefund, flywheel.EventViewItem, flywheel.EventMessageSent}
	at := noon
	var events []flywheel.Event
	for i := range rapid.IntRange(1, 30).Draw(t, "n") {
		at = at.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "hours")) * time.Hour)
		at = at.Add(time.Microsecond) // no two at one instant, at which a step of time may come between
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
		end := slices.MaxFunc(events, func(a, b flywheel.Event) int { return a.Time.Compare(b.Time) }).Time
		if extra := rapid.IntRange(0, 40).Draw(t, "days"); extra > 0 {
			end = end.Add(time.Duration(extra) * 24 * time.Hour)
		}
		play := func(batch int, advance bool) (*world, []flywheel.Event) {
			w := newWorld(t, &segment.ProfileOptions{Segments: manifold})
			for chunk := range slices.Chunk(events, batch) {
				w.append(t, chunk...)
				if advance {
					require.NoError(t, w.runner.Drain(ctx))
				}
			}
			w.pass(t, end)
			return w, w.changes(t)
		}
		one, told := play(1, true)
		all, toldAll := play(len(events), false)
		lines := func(events []flywheel.Event) (lines []string) {
			for _, e := range events {
				lines = append(lines, fmt.Sprintln(e.Time.Sub(noon), e.Customer, e.Name, e.Properties["segment"], e.Properties["cause"], e.ID))
			}
			slices.Sort(lines)
			return lines
		}
		require.Equal(t, lines(toldAll), lines(told))
		ids := map[string]bool{}
		for _, e := range toldAll {
			require.NoError(t, e.Validate())
			require.False(t, ids[e.ID], "one ID for each change")
			ids[e.ID] = true
		}
		inside := map[string]map[flywheel.CustomerID]bool{}
		for _, d := range manifold {
			inside[d.Name] = map[flywheel.CustomerID]bool{}
		}
		for _, e := range toldAll {
			set := inside[e.Properties["segment"].(string)]
			require.Equal(t, e.Name == segment.EventExited, set[e.Customer])
			set[e.Customer] = !set[e.Customer]
		}
		for profile, err := range all.List(ctx) {
			require.NoError(t, err)
			attributes := all.Attributes(&profile, end)
			for _, d := range manifold {
				want := rule.MustCompile(string(d.Rule)).Match(attributes)
				require.Equal(t, want, inside[d.Name][profile.Customer()], "%s in %s", profile.Person, d.Name)
				for _, w := range []*world{one, all} {
					in, err := w.In(ctx, d.Name, profile.Customer())
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
			p := newWorld(b, &c.opts)
			events := make([]flywheel.Event, batch)
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				for i := range events {
					events[i] = purchase(fmt.Sprint(n), flywheel.CustomerID(fmt.Sprint(n*7919%customers)), noon.Add(time.Duration(n)*10*time.Minute), 100)
					n++
				}
				p.publish(b, events...)
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
		p := newWorld(b, &segment.ProfileOptions{Segments: definitions})
		p.publish(b, events...)
		b.StartTimer()
		for d := range 91 {
			p.pass(b, noon.AddDate(0, 0, d))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/customers/6, "ns/instant")
}
