package loyalty_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltytest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// recorder is a Sink that keeps events and can be made to fail.
type recorder struct {
	mu     sync.Mutex
	events []flywheel.Event
	fail   error
}

func (r *recorder) Publish(_ context.Context, events ...flywheel.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	for _, e := range events {
		if err := e.Validate(); err != nil {
			return err
		}
		r.events = append(r.events, e)
	}
	return nil
}

// entries makes entries of a log of events that were received when they happened.
func entries(events ...flywheel.Event) []flywheel.Entry {
	list := make([]flywheel.Entry, len(events))
	for i, e := range events {
		list[i] = flywheel.Entry{
			Position: flywheel.Position(i + 1), Received: e.Time, Effective: e.Time,
			Person: flywheel.PersonOf(e.Customer, e.Visitor), Event: e,
		}
	}
	return list
}

// consume lets s take events one by one, as a log without failures does.
func consume(s *loyalty.Service, events ...flywheel.Event) error {
	for _, e := range entries(events...) {
		if err := s.Consume(context.Background(), []flywheel.Entry{e}); err != nil {
			return err
		}
	}
	return nil
}

// ids returns the distinct IDs in the order of their first event.
func (r *recorder) ids() (ids []string) {
	seen := map[string]bool{}
	for _, e := range r.events {
		if !seen[e.ID] {
			seen[e.ID] = true
			ids = append(ids, e.ID)
		}
	}
	return ids
}

func purchase(order string, minor int64, at time.Time) flywheel.Event {
	return flywheel.Event{
		ID: "purchase:" + order, Name: flywheel.EventPurchase, Ref: order, Customer: member, Time: at, Value: money.New(minor, money.EUR),
	}
}

func refund(id, order string, minor int64, at time.Time) flywheel.Event {
	return flywheel.Event{
		ID: id, Name: flywheel.EventRefund, Ref: order, Customer: member, Time: at, Value: money.New(minor, money.EUR),
	}
}

var tiered = loyalty.Program{
	Expiry: loyalty.Expiry{After: "P12M"},
	Tiering: &loyalty.Tiering{
		Tiers:  []loyalty.Tier{{ID: "base"}, {ID: "silver", Threshold: 100, Multiplier: money.MustRate("1.25")}, {ID: "gold", Threshold: 300, Multiplier: money.MustRate("2")}},
		Window: loyalty.Rolling, Period: "P12M",
	},
}

func service(t testing.TB, p loyalty.Program, store loyalty.Store, sink flywheel.Sink) *loyalty.Service {
	t.Helper()
	s, err := loyalty.New(store, &loyalty.Options{Programs: []loyalty.Program{p}, Sink: sink, Now: func() time.Time { return newYear }})
	require.NoError(t, err)
	return s
}

func TestPurchasesAndRefunds(t *testing.T) {
	ctx, sink := t.Context(), &recorder{}
	s := service(t, tiered, nil, sink)
	day := func(n int) time.Time { return newYear.AddDate(0, 0, n) }
	require.NoError(t, consume(s,
		purchase("O1", 15_050, day(0)),       // 150 points as base, now silver
		purchase("O2", 20_000, day(1)),       // 200 + 25 % = 250, now gold
		refund("r1", "O1", 10_025, day(2)),   // 50.25 remain: 50 points; 250 qualify: silver
		purchase("O3", 1_000, day(3)),        // 10 + 2.5 = 12
		refund("r2", "nothing", 500, day(4)), // kept until the order comes
		flywheel.Event{ID: "x", Name: flywheel.EventPurchase, Time: day(5), Value: money.New(1000, money.EUR)}, // no customer
		flywheel.Event{ID: "y", Name: flywheel.EventViewItem, Time: day(5), Customer: member},
		purchase("O4", 0, day(5)),
		refund("r3", "O1", 9_999, day(6)), // more than remains
	))
	b, err := s.BalanceAt(ctx, member, day(6))
	require.NoError(t, err)
	require.EqualValues(t, 250+12, b.Available)
	require.Equal(t, []string{
		"points_earned:purchase%3AO1", "tier_changed:member:purchase%3AO1",
		"points_earned:purchase%3AO2", "tier_changed:member:purchase%3AO2",
		"points_reversed:r1", "tier_changed:member:r1",
		"points_earned:purchase%3AO3", "points_reversed:r3",
	}, sink.ids())
	standing, err := s.StandingAt(ctx, member, day(6))
	require.NoError(t, err)
	require.Equal(t, loyalty.Standing{Tier: "silver", Metric: 210, Next: "gold", Missing: 90}, standing)
	o, err := s.Order(ctx, member, "O1")
	require.NoError(t, err)
	require.Zero(t, o.Total().Minor())
	require.Zero(t, o.Points)
	_, err = s.Order(ctx, member, "O9")
	require.ErrorIs(t, err, flywheel.ErrNotFound)

	// A year after O2 only what was bought later counts: found by time, once.
	sink.events = nil
	year := day(1).AddDate(1, 0, 0)
	for _, want := range []bool{true, false} {
		more, err := s.Advance(ctx, year)
		require.NoError(t, err)
		require.Equal(t, want, more)
	}
	require.NoError(t, s.Settle(ctx, member, year))
	require.NoError(t, s.Settle(ctx, "nobody", day(400)))
	require.Len(t, sink.events, 1)
	require.Equal(t, map[string]any{"from": "silver", "to": "base"}, sink.events[0].Properties)
	b, err = s.BalanceAt(ctx, member, year)
	require.NoError(t, err)
	require.EqualValues(t, 12, b.Available)
	require.EqualValues(t, 250, b.Expired)
}

func TestLinesAndCategoriesEarn(t *testing.T) {
	s, err := loyalty.New(nil, &loyalty.Options{
		Programs: []loyalty.Program{{Earning: loyalty.Earning{Bonus: map[string]money.Rate{"tea": money.MustRate("1")}}}},
		Category: func(sku flywheel.SKU) string { return string(sku)[:3] },
	})
	require.NoError(t, err)
	e := purchase("O", 3500, newYear) // with shipping, which is of no category
	e.Lines = []flywheel.Line{
		{SKU: "tea-1", Quantity: 2, Amount: money.New(2000, money.EUR)}, {SKU: "cup-1", Quantity: 1, Amount: money.New(1000, money.EUR)},
	}
	require.NoError(t, consume(s, e))
	b, err := s.BalanceAt(t.Context(), member, newYear)
	require.NoError(t, err)
	require.EqualValues(t, 35+20, b.Available)
	require.NoError(t, consume(s, refund("r", "O", 1400, newYear)))
	b, err = s.BalanceAt(t.Context(), member, newYear)
	require.NoError(t, err)
	require.EqualValues(t, 33, b.Available, "three fifths of the order remain")
}

func TestRatesByCurrency(t *testing.T) {
	s := service(t, loyalty.Program{Earning: loyalty.Earning{PerUnitOf: map[string]money.Rate{"JPY": money.MustRate("0.01")}}}, nil, nil)
	yen := purchase("Y", 0, newYear)
	yen.Value = money.New(1080, money.JPY)
	require.NoError(t, consume(s, yen, purchase("E", 999, newYear)))
	b, err := s.Balance(t.Context(), member)
	require.NoError(t, err)
	require.EqualValues(t, 10+9, b.Available)
}

// A refund in another currency than the order names its entry and changes
// nothing.
func TestForeignRefund(t *testing.T) {
	s := service(t, loyalty.Program{}, nil, nil)
	r := refund("r", "O", 100, newYear)
	r.Value = money.New(100, money.USD)
	require.NoError(t, consume(s, purchase("O", 1000, newYear)))
	err := s.Consume(t.Context(), entries(purchase("P", 700, newYear), r))
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	var culprit *flywheel.EntryError
	require.ErrorAs(t, err, &culprit)
	require.Equal(t, flywheel.EntryError{Position: 2, ID: "r", Err: culprit.Err}, *culprit)
	var field *flywheel.FieldError
	require.ErrorAs(t, err, &field)
	require.Equal(t, "value", field.Field)
	b, err := s.Balance(t.Context(), member)
	require.NoError(t, err)
	require.EqualValues(t, 10, b.Available)
}

// dump is everything that a store holds of a member, as text.
func dump(t testing.TB, s *loyalty.Service, at time.Time) string {
	t.Helper()
	text := ""
	add := func(v any, err error) {
		require.NoError(t, err)
		text += fmt.Sprintf("%+v\n", v)
	}
	for m, err := range s.Members(context.Background()) {
		add(m, err)
		b, err := s.BalanceAt(context.Background(), m, at)
		add(b, err)
		lots, err := s.Lots(context.Background(), m, at)
		add(lots, err)
		standing, err := s.StandingAt(context.Background(), m, at)
		add(standing, err)
		for r, err := range s.Receipts(context.Background(), m) {
			add(r, err)
		}
		for e, err := range s.Entries(context.Background(), m) {
			add(e, err)
		}
	}
	return text
}

var story = []flywheel.Event{
	purchase("O1", 15_050, newYear), purchase("O2", 20_000, newYear.AddDate(0, 1, 0)),
	refund("r1", "O1", 10_025, newYear.AddDate(0, 2, 0)), purchase("O3", 1_000, newYear.AddDate(0, 3, 0)),
	refund("r2", "O2", 20_000, newYear.AddDate(0, 4, 0)), refund("r3", "O3", 10, newYear.AddDate(0, 5, 0)),
}

// The log of a service, with its own events among the others, rebuilds it: in a
// new service, and in the same one after Reset.
func TestRebuildFromLog(t *testing.T) {
	ctx, log := t.Context(), &recorder{}
	s := service(t, tiered, nil, log)
	for i, e := range story {
		require.NoError(t, log.Publish(ctx, e))
		require.NoError(t, consume(s, e))
		if i == 1 {
			_, err := s.Apply(ctx, loyalty.Operation{
				Member: member, Key: "gift", Kind: loyalty.Earn, Points: 30, At: e.Time, AvailableAt: e.Time.Add(1), ExpiresAt: e.Time.AddDate(0, 0, 300),
				Qualifying: 5, Multiplier: money.MustRate("1.5"),
			})
			require.NoError(t, err)
			_, err = s.Apply(ctx, loyalty.Operation{Member: member, Key: "mug", Kind: loyalty.Burn, Points: 120, At: e.Time})
			require.NoError(t, err)
		}
		if i == 2 {
			_, err := s.Apply(ctx, loyalty.Operation{Member: member, Key: "back", Kind: loyalty.ReverseBurn, Of: "mug", Points: 20, At: e.Time})
			require.NoError(t, err)
		}
	}
	at := newYear.AddDate(0, 6, 0)
	told, whole := log.ids(), log.events
	want := dump(t, s, at)
	rebuilt := service(t, tiered, nil, nil)
	require.NoError(t, consume(rebuilt, whole...))
	require.Equal(t, want, dump(t, rebuilt, at))
	require.NoError(t, s.Consume(ctx, entries(whole[len(whole)-2:]...)[1:])) // its own event: known
	require.Equal(t, want, dump(t, s, at))

	// A rebuild in place reports nothing, and what it reported once has the same
	// content if it is reported again.
	require.NoError(t, s.Reset(ctx))
	require.Empty(t, dump(t, s, at))
	replaying := cursor.With(ctx, cursor.Step{Replaying: true})
	require.NoError(t, s.Consume(replaying, entries(whole...)))
	require.Equal(t, want, dump(t, s, at), "all in one batch")
	require.Equal(t, told, log.ids())
	require.NoError(t, s.Reset(ctx))
	require.NoError(t, consume(s, whole...))
	require.Equal(t, told, log.ids())
	byID := map[string]flywheel.Event{}
	for _, e := range log.events {
		if first, ok := byID[e.ID]; ok {
			require.Equal(t, first, e)
		}
		byID[e.ID] = e
	}
	require.ErrorIs(t, rebuilt.Reset(ctx), flywheel.ErrConflict, "without a sink operations would be lost")

	// Events of another make are ignored.
	before := dump(t, rebuilt, at)
	for _, p := range []map[string]any{
		nil, {"points": 5.0}, {"points": 5.5, "key": "k", "kind": "earn"}, {"points": 5.0, "key": "k", "kind": "burn"},
		{"points": 5.0, "key": "k", "kind": "earn", "expires_at": "tomorrow"}, {"points": 5.0, "key": "k", "kind": "earn", "qualifying": "x"},
		{"points": 5.0, "key": "k", "kind": "earn", "multiplier": "x"}, {"points": "5", "key": "k", "kind": "earn"},
		{"points": 5.0, "key": "order:O1:1", "kind": "earn"},
	} {
		require.NoError(t, consume(rebuilt, flywheel.Event{ID: "z", Name: flywheel.EventPointsEarned, Customer: member, Time: at, Properties: p}))
	}
	require.NoError(t, consume(rebuilt, flywheel.Event{
		ID: "z", Name: flywheel.EventPointsReversed, Customer: member, Time: at,
		Properties: map[string]any{"points": 5.0, "key": "k", "kind": "reverse_burn", "of": "unknown"},
	}))
	require.Equal(t, before, dump(t, rebuilt, at))
}

// Whatever call of the store fails, before or after its effect, or the sink,
// taking the entry again leads to the state and events of a run without failures.
func TestEveryFailureIsSurvived(t *testing.T) {
	down := errors.New("down")
	at := newYear.AddDate(0, 6, 0)
	clean := &recorder{}
	want := service(t, tiered, nil, clean)
	require.NoError(t, consume(want, story...))
	survived := 0
	for failAt := range 60 {
		calls, failing := 0, failAt
		tick := func() error {
			calls++
			if calls == failing {
				return down
			}
			return nil
		}
		sink := &recorder{}
		flaky := flywheel.SinkFunc(func(ctx context.Context, events ...flywheel.Event) error {
			if err := tick(); err != nil {
				return err
			}
			return sink.Publish(ctx, events...)
		})
		s := service(t, tiered, loyaltytest.Failing(loyalty.NewMemory(nil), func(string, bool) error { return tick() }), flaky)
		failed := 0
		for _, e := range entries(story...) {
			for {
				err := s.Consume(t.Context(), []flywheel.Entry{e})
				if err == nil {
					break
				}
				require.ErrorIs(t, err, down)
				failed++
			}
		}
		require.LessOrEqual(t, failed, 1) // none where the call only looks ahead
		survived += failed
		failing = -1
		for more := true; more; { // what the sink refused after COMMIT
			var err error
			more, err = s.Deliver(t.Context(), at)
			require.NoError(t, err)
		}
		require.Equal(t, dump(t, want, at), dump(t, s, at), "call %d", failAt)
		require.ElementsMatch(t, clean.ids(), sink.ids(), "call %d", failAt)
	}
	require.Greater(t, survived, 30)
}

// What is consumed needs a transaction: the position and the points are one.
func TestConsumeNeedsATransactor(t *testing.T) {
	s := service(t, loyalty.Program{}, struct{ loyalty.Store }{loyalty.NewMemory(nil)}, nil)
	require.ErrorIs(t, consume(s, purchase("O", 100, newYear)), flywheel.ErrInvalid)
	require.NoError(t, consume(s, flywheel.Event{ID: "v", Name: flywheel.EventViewItem, Customer: member, Time: newYear}))
}

func TestConcurrentBurnsNeverOverspend(t *testing.T) {
	for _, transactions := range []bool{true, false} {
		var store loyalty.Store = loyalty.NewMemory(nil)
		if !transactions {
			store = struct{ loyalty.Store }{store}
		}
		s := service(t, loyalty.Program{}, store, nil)
		_, err := s.Apply(t.Context(), loyalty.Operation{Member: member, Key: "gift", Kind: loyalty.Earn, Points: 100})
		require.NoError(t, err)
		var wg sync.WaitGroup
		var mu sync.Mutex
		burned := 0
		for i := range 16 {
			wg.Go(func() {
				_, err := s.Burn(context.Background(), member, fmt.Sprint("b", i), 10)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					burned++
				case !errors.Is(err, loyalty.ErrInsufficient):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 10, burned)
		b, err := s.Balance(t.Context(), member)
		require.NoError(t, err)
		require.Zero(t, b.Available)
	}
}

// stale is a store whose every account has changed by the time it is saved.
type stale struct{ loyalty.Store }

func (stale) Save(context.Context, loyalty.Account) error { return flywheel.ErrStale }

func TestGivesUpOnAnAccountThatNeverRests(t *testing.T) {
	s := service(t, loyalty.Program{}, stale{loyalty.NewMemory(nil)}, nil)
	_, err := s.Apply(t.Context(), loyalty.Operation{Member: member, Key: "gift", Kind: loyalty.Earn, Points: 100})
	require.ErrorIs(t, err, flywheel.ErrStale)
}

func TestOperationsAreValidated(t *testing.T) {
	s := service(t, loyalty.Program{}, nil, nil)
	ok := loyalty.Operation{Member: member, Key: "k", Kind: loyalty.Earn, Points: 1, At: newYear}
	for name, c := range map[string]struct {
		kind   error
		change func(*loyalty.Operation)
	}{
		"no key":              {flywheel.ErrInvalid, func(o *loyalty.Operation) { o.Key = "" }},
		"no member":           {flywheel.ErrInvalid, func(o *loyalty.Operation) { o.Member = "" }},
		"unknown kind":        {flywheel.ErrInvalid, func(o *loyalty.Operation) { o.Kind = "gift" }},
		"negative":            {flywheel.ErrInvalid, func(o *loyalty.Operation) { o.Points = -2 }},
		"earn all":            {flywheel.ErrInvalid, func(o *loyalty.Operation) { o.Points = loyalty.All }},
		"burn nothing":        {flywheel.ErrInvalid, func(o *loyalty.Operation) { o.Kind, o.Points = loyalty.Burn, 0 }},
		"too many":            {flywheel.ErrOutOfRange, func(o *loyalty.Operation) { o.Points = 1 << 62 }},
		"reversal of nothing": {flywheel.ErrInvalid, func(o *loyalty.Operation) { o.Kind = loyalty.ReverseEarn }},
		"of without reversal": {flywheel.ErrInvalid, func(o *loyalty.Operation) { o.Of = "x" }},
		"unknown original":    {flywheel.ErrNotFound, func(o *loyalty.Operation) { o.Kind, o.Of = loyalty.ReverseEarn, "x" }},
		"dead on arrival":     {flywheel.ErrInvalid, func(o *loyalty.Operation) { o.AvailableAt, o.ExpiresAt = newYear, newYear }},
		"dates of a burn":     {flywheel.ErrInvalid, func(o *loyalty.Operation) { o.Kind, o.ExpiresAt = loyalty.Burn, newYear }},
		"key of an order":     {flywheel.ErrInvalid, func(o *loyalty.Operation) { o.Key = "order:O" }},
		"points of an order":  {flywheel.ErrInvalid, func(o *loyalty.Operation) { o.Kind, o.Of = loyalty.ReverseEarn, "order:O:1" }},
		"negative qualifying": {flywheel.ErrInvalid, func(o *loyalty.Operation) { o.Qualifying = -1 }},
	} {
		o := ok
		c.change(&o)
		_, err := s.Apply(t.Context(), o)
		require.ErrorIs(t, err, c.kind, name)
	}
	require.Empty(t, dump(t, s, newYear))
}

func TestProgramsAreValidated(t *testing.T) {
	ok := loyalty.Tiering{Tiers: []loyalty.Tier{{ID: "base"}, {ID: "gold", Threshold: 10}}, Window: loyalty.Lifetime}
	tier := func(change func(*loyalty.Tiering)) loyalty.Program {
		x := ok
		x.Tiers = append([]loyalty.Tier(nil), ok.Tiers...)
		change(&x)
		return loyalty.Program{Tiering: &x}
	}
	unknown := money.Rounding(99)
	for field, p := range map[string]loyalty.Program{
		"timezone":                    {Timezone: "Mars/Base"},
		"pending_for":                 {PendingFor: "P"},
		"expiry.after":                {Expiry: loyalty.Expiry{Round: loyalty.EndOfDay}},
		"expiry.round":                {Expiry: loyalty.Expiry{After: "P1D", Round: 9}},
		"restore_grace":               {RestoreGrace: "-P1D"},
		"burn_order":                  {BurnOrder: "lifo"},
		"clawback":                    {Clawback: "never"},
		"earning":                     {Earning: loyalty.Earning{PerUnit: money.MustRate("-1")}},
		"tiering.tiers":               tier(func(x *loyalty.Tiering) { x.Tiers = nil }),
		"tiering.tiers[0].id":         tier(func(x *loyalty.Tiering) { x.Tiers[0].ID = "" }),
		"tiering.tiers[1].id":         tier(func(x *loyalty.Tiering) { x.Tiers[1].ID = "base" }),
		"tiering.window":              tier(func(x *loyalty.Tiering) { x.Window = "month" }),
		"tiering.period":              tier(func(x *loyalty.Tiering) { x.Period = "P1Y" }),
		"tiering.grace":               tier(func(x *loyalty.Tiering) { x.Grace = "1" }),
		"tiering.downgrade":           tier(func(x *loyalty.Tiering) { x.Downgrade = loyalty.OneDown }),
		"tiering.through_next_period": tier(func(x *loyalty.Tiering) { x.ThroughNextPeriod = true }),
		"tiering.tiers[1].threshold":  tier(func(x *loyalty.Tiering) { x.Tiers[1].Threshold = 0 }),
		"tiering.tiers[0].threshold":  tier(func(x *loyalty.Tiering) { x.Tiers[0].Threshold = 1 }),
		"tiering.tiers[1].multiplier": tier(func(x *loyalty.Tiering) { x.Tiers[1].Multiplier = money.MustRate("-1") }),
	} {
		_, err := loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{p}})
		var refused *loyalty.ProgramError
		require.ErrorAs(t, err, &refused, field)
		require.Equal(t, field, refused.Field)
	}
	for _, c := range []struct {
		kind error
		e    loyalty.Earning
	}{
		{flywheel.ErrInvalid, loyalty.Earning{Rounding: &unknown}},
		{flywheel.ErrInvalid, loyalty.Earning{PerUnitOf: map[string]money.Rate{"XXX1": {}}}},
		{flywheel.ErrOutOfRange, loyalty.Earning{PerUnitOf: map[string]money.Rate{"EUR": money.MustRate("-1")}}},
		{flywheel.ErrOutOfRange, loyalty.Earning{Bonus: map[string]money.Rate{"a": money.MustRate("-1")}}},
	} {
		_, err := loyalty.NewLedger(loyalty.Program{Earning: c.e})
		require.ErrorIs(t, err, c.kind, "%+v", c.e)
	}
}

// Events come from outside: whatever their properties, they are applied or
// ignored, and the books stay in balance.
func FuzzConsume(f *testing.F) {
	f.Add("points_earned", "earn", "k", "", 5.0, "7", "1.5", "2026-01-02T00:00:00Z")
	f.Add("points_reversed", "reverse_burn", "k", "b", -1.0, "", "", "")
	f.Add("points_burned", "burn", "", "", 1e300, "x", "-1", "tomorrow")
	f.Fuzz(func(t *testing.T, name, kind, key, of string, points float64, qualifying, multiplier, expires string) {
		s := service(t, tiered, nil, nil)
		before := purchase("O", 5000, newYear)
		e := flywheel.Event{
			ID: "e", Name: name, Customer: member, Time: newYear,
			Properties: map[string]any{
				"kind": kind, "key": key, "of": of, "points": points,
				"qualifying": qualifying, "multiplier": multiplier, "expires_at": expires,
			},
		}
		_ = consume(s, before, e) // an error or not
		sum := int64(0)
		for _, points := range loyalty.TrialBalance(collect(t, s.Entries(context.Background(), member))...) {
			sum += points
		}
		require.Zero(t, sum)
	})
}
