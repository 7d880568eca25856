package loyalty_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func edit(id, order string, minor int64, revision float64, at time.Time) flywheel.Event {
	return flywheel.Event{
		ID: id, Name: loyalty.EventOrderEdited, Ref: order, Customer: member, Time: at, Value: money.New(minor, money.EUR),
		Properties: map[string]any{"revision": revision},
	}
}

// at is an entry that was received at one instant and claims another.
func received(position int, e flywheel.Event, at time.Time) flywheel.Entry {
	effective := e.Time
	if limit := at.Add(5 * time.Minute); effective.After(limit) {
		effective = limit
	}
	return flywheel.Entry{
		Position: flywheel.Position(position), Received: at, Effective: effective,
		Person: flywheel.PersonOf(e.Customer, e.Visitor), Event: e,
	}
}

func available(t require.TestingT, s *loyalty.Service, at time.Time) int64 {
	b, err := s.BalanceAt(context.Background(), member, at)
	require.NoError(t, err)
	return b.Available
}

// The points of an order follow from its sums, whatever order its events come in
// and however they are batched: floor(rate × max(0, total − refunds)).
func TestPointsFollowFromTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{{Earning: loyalty.Earning{PerUnit: money.MustRate("1.37")}}}})
		require.NoError(t, err)
		type order struct {
			purchased, refunded, edited int64
			revision                    float64
		}
		orders := map[string]*order{}
		var events []flywheel.Event
		for i := range rapid.IntRange(1, 12).Draw(t, "events") {
			ref := rapid.SampledFrom([]string{"A", "B"}).Draw(t, "order")
			o := orders[ref]
			if o == nil {
				o = &order{revision: -1}
				orders[ref] = o
			}
			id, minor := fmt.Sprint("e", i), rapid.Int64Range(1, 20_000).Draw(t, "minor")
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				e := purchase(ref, minor, newYear)
				e.ID = id
				events = append(events, e)
				o.purchased += minor
			case 1:
				events = append(events, refund(id, ref, minor, newYear))
				o.refunded += minor
			default:
				events = append(events, edit(id, ref, minor, float64(i), newYear))
				if float64(i) > o.revision {
					o.edited, o.revision = minor, float64(i)
				}
			}
		}
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		for rest := entries(events...); len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "batch")
			require.NoError(t, s.Consume(context.Background(), rest[:n]))
			rest = rest[n:]
		}
		want := int64(0)
		for _, o := range orders {
			total := o.purchased
			if o.revision >= 0 {
				total = o.edited
			}
			if o.purchased > 0 {
				want += 137 * max(0, total-o.refunded) / 10_000
			}
		}
		require.Equal(t, want, available(t, s, newYear))
		sum := int64(0)
		for _, points := range loyalty.TrialBalance(collect(t, s.Entries(context.Background(), member))...) {
			sum += points
		}
		require.Zero(t, sum)
	})
}

// What does nothing, and what no sum can hold.
func TestOddEvents(t *testing.T) {
	s := service(t, loyalty.Program{}, nil, nil)
	noRef := purchase("", 1_000, newYear)
	noRef.ID = "web-17"
	free, foreign := purchase("F", 0, newYear), purchase("A", 100, newYear)
	free.Lines = []flywheel.Line{{SKU: "MUG", Quantity: 1, Amount: money.New(500, money.EUR)}}
	foreign.ID, foreign.Value = "second", money.New(100, money.USD)
	lines := purchase("L", 0, newYear)
	lines.Value = money.Amount{}
	lines.Lines = []flywheel.Line{{SKU: "MUG", Quantity: 1, Amount: money.New(500, money.EUR)}, {SKU: "PAN", Quantity: 1, Amount: money.New(250, money.EUR)}}
	guest := purchase("G", 5_000, newYear)
	guest.Customer, guest.Visitor = "", "phone"
	require.NoError(t, consume(s,
		noRef, free, lines, guest, refund("r", "", 700, newYear), edit("e", "", 1, 1, newYear), refund("n", "L", 0, newYear), purchase("A", 300, newYear),
		edit("e1", "A", -50, 1, newYear), edit("e2", "A", 900, 2, newYear), edit("e0", "A", 100, 0, newYear)))
	require.EqualValues(t, 10+7+9, available(t, s, newYear))
	o, err := s.Order(t.Context(), member, "web-17")
	require.NoError(t, err)
	require.EqualValues(t, 10, o.Points)
	_, err = s.Order(t.Context(), "phone", "G")
	require.ErrorIs(t, err, flywheel.ErrNotFound, "points belong to customers")

	large := purchase("X", math.MaxInt64, newYear)
	more := purchase("Y", 1<<60, newYear)
	again := purchase("Y", 1<<60, newYear)
	again.ID = "again"
	early := refund("early", "Z", 100, newYear)
	early.Value = money.New(100, money.USD)
	require.NoError(t, consume(s, early))
	for name, c := range map[string]struct {
		events []flywheel.Event
		kind   error
	}{
		"a purchase in another currency":           {[]flywheel.Event{foreign}, flywheel.ErrInvalid},
		"a purchase in another than its refund":    {[]flywheel.Event{purchase("Z", 100, newYear)}, flywheel.ErrInvalid},
		"an amount beyond any":                     {[]flywheel.Event{large}, flywheel.ErrOutOfRange},
		"amounts that together are beyond any":     {[]flywheel.Event{more, again}, flywheel.ErrOutOfRange},
		"more points than an operation may be for": {[]flywheel.Event{more}, flywheel.ErrOutOfRange},
	} {
		before := dump(t, s, newYear)
		err := s.Consume(t.Context(), entries(c.events...))
		var culprit *flywheel.EntryError
		require.ErrorAs(t, err, &culprit, name)
		require.ErrorIs(t, err, c.kind, name)
		require.Equal(t, before, dump(t, s, newYear), name)
	}
}

// A till with a wrong clock expires nobody's points, and its own count from when
// they are received.
func TestNobodysTimerMovesByAClaim(t *testing.T) {
	s := service(t, loyalty.Program{Expiry: loyalty.Expiry{After: "P12M"}}, nil, nil)
	day := func(n int) time.Time { return newYear.AddDate(0, 0, n) }
	require.NoError(t, s.Consume(t.Context(), []flywheel.Entry{
		received(1, purchase("O1", 5_000, day(0)), day(0)),
		received(2, purchase("O2", 100, day(730)), day(0).Add(time.Hour)),
	}))
	require.EqualValues(t, 51, available(t, s, day(0).Add(time.Hour)))
	_, err := s.Apply(t.Context(), loyalty.Operation{Member: member, Key: "mug", Kind: loyalty.Burn, Points: 40, At: day(2), Covered: true})
	require.NoError(t, err)
	more, err := s.Advance(t.Context(), day(300))
	require.NoError(t, err)
	require.False(t, more)
	require.EqualValues(t, 11, available(t, s, day(300)))
	require.Zero(t, available(t, s, day(366)))
}

// What fell due between two events of one batch happens between them, and what is
// retried counts at its own time although it is applied later.
func TestTimeBetweenEvents(t *testing.T) {
	day := func(n int) time.Time { return newYear.AddDate(0, 0, n) }
	p := loyalty.Program{PendingFor: "P10D", Expiry: loyalty.Expiry{After: "P30D"}}
	whole, apart := service(t, p, nil, nil), service(t, p, nil, nil)
	list := []flywheel.Entry{
		received(1, purchase("O1", 1_000, day(0)), day(0)),
		received(2, refund("r", "O1", 400, day(35)), day(35)), // all 10 expired on day 30: returned already
		received(3, purchase("O2", 700, day(40)), day(40)),
	}
	require.NoError(t, whole.Consume(t.Context(), list))
	for i := range list {
		_, err := apart.Advance(t.Context(), list[i].Received)
		require.NoError(t, err)
		require.NoError(t, apart.Consume(t.Context(), list[i:i+1]))
	}
	require.Equal(t, dump(t, whole, day(45)), dump(t, apart, day(45)))
	b, err := whole.BalanceAt(t.Context(), member, day(45))
	require.NoError(t, err)
	require.Equal(t, loyalty.Balance{At: day(45), Pending: 7, Expired: 10}, b)

	retried := service(t, p, nil, nil)
	ctx := cursor.With(t.Context(), cursor.Step{Now: day(50)})
	require.NoError(t, retried.Consume(ctx, list[2:]))
	lots, err := retried.Lots(t.Context(), member, day(50))
	require.NoError(t, err)
	require.Equal(t, day(40), lots[0].Earned)
	require.Equal(t, day(70), lots[0].Expires)
}

// An order belongs to the program of when it took effect, among those recorded
// before it was received, and keeps it.
func TestPrograms(t *testing.T) {
	ctx := t.Context()
	day := func(n int) time.Time { return newYear.AddDate(0, 0, n) }
	rate := func(r string, from time.Time) loyalty.Program {
		return loyalty.Program{From: from, Earning: loyalty.Earning{PerUnit: money.MustRate(r)}}
	}
	store := loyalty.NewMemory(nil)
	now := day(0)
	open := func(programs ...loyalty.Program) *loyalty.Service {
		s, err := loyalty.New(store, &loyalty.Options{Programs: programs, Now: func() time.Time { return now }})
		require.NoError(t, err)
		return s
	}
	position := 0
	take := func(s *loyalty.Service, e flywheel.Event) {
		position++
		require.NoError(t, s.Consume(ctx, []flywheel.Entry{received(position, e, now)}))
	}
	points := func(s *loyalty.Service, ref string) int64 {
		o, err := s.Order(ctx, member, ref)
		require.NoError(t, err)
		return o.Points
	}
	s := open(rate("1", time.Time{}), rate("2", day(10)))
	other := open() // another process, which takes what is stored
	take(s, purchase("A", 1_000, day(-5)))
	now = day(11)
	take(s, purchase("B", 1_000, day(9)))
	take(other, purchase("C", 1_000, day(10)))
	require.Equal(t, []int64{10, 10, 20}, []int64{points(s, "A"), points(s, "B"), points(s, "C")})

	// Changed in place: what has earned stays, refunds follow their order.
	now = day(12)
	restarted := open(rate("3", time.Time{}))
	now = day(13)
	take(restarted, purchase("D", 1_000, day(13)))
	take(other, purchase("E", 1_000, day(13))) // noticed
	take(s, refund("rA", "A", 400, day(13)))
	take(s, refund("rC", "C", 400, day(13)))
	require.Equal(t, []int64{6, 12, 30, 30}, []int64{points(s, "A"), points(s, "C"), points(s, "D"), points(s, "E")})
	list, err := s.Programs(ctx)
	require.NoError(t, err)
	require.Equal(t, []loyalty.Program{rate("3", time.Time{})}, list)

	// Announced ahead, by a call; an older process does not put its own list back.
	now = day(14)
	require.NoError(t, s.SetPrograms(ctx, rate("3", time.Time{}), rate("5", day(20))))
	require.NoError(t, s.SetPrograms(ctx, rate("3", time.Time{}), rate("5", day(20))))
	take(restarted, purchase("F", 1_000, day(14)))
	now = day(20)
	take(restarted, purchase("G", 1_000, day(20)))
	require.Equal(t, []int64{30, 50}, []int64{points(s, "F"), points(s, "G")})
	lists, err := store.Programs(ctx, 0)
	require.NoError(t, err)
	require.Len(t, lists, 3)
	require.True(t, lists[0].Recorded.IsZero(), "the first list is also for what was before")
	require.Equal(t, day(14), lists[2].Recorded)

	// A transaction that fails records nothing, here or in memory.
	down := errors.New("down")
	require.ErrorIs(t, store.InTx(ctx, func(ctx context.Context) error {
		require.NoError(t, s.SetPrograms(ctx, rate("9", time.Time{})))
		list, err := s.Programs(ctx)
		require.NoError(t, err)
		require.Equal(t, []loyalty.Program{rate("9", time.Time{})}, list, "seen within")
		return down
	}), down)
	list, err = s.Programs(ctx)
	require.NoError(t, err)
	require.Len(t, list, 2)

	// No program has begun: nothing is earned, later either.
	future := service(t, rate("1", day(5)), nil, nil)
	require.NoError(t, consume(future, purchase("A", 1_000, day(0)), purchase("B", 1_000, day(6)), refund("rA", "A", 100, day(6))))
	require.EqualValues(t, 10, available(t, future, day(6)))

	// What a new service was given counts before what it is told to record.
	fresh := service(t, rate("1", time.Time{}), nil, nil)
	require.NoError(t, fresh.SetPrograms(ctx, rate("1", time.Time{}), rate("5", day(7))))
	require.NoError(t, consume(fresh, purchase("A", 1_000, day(8))))
	require.EqualValues(t, 50, available(t, fresh, day(8)))

	require.ErrorIs(t, s.SetPrograms(ctx), flywheel.ErrInvalid)
	err = s.SetPrograms(ctx, rate("1", day(1)), rate("2", day(1)))
	var refused *loyalty.ProgramError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "programs[1].from", refused.Field)
}

// Each order expires by its own program.
func TestOrdersExpireByTheirProgram(t *testing.T) {
	s, err := loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{
		{Expiry: loyalty.Expiry{After: "P1M"}}, {From: newYear.AddDate(0, 0, 9)},
	}})
	require.NoError(t, err)
	require.NoError(t, consume(s, purchase("A", 1_000, newYear.AddDate(0, 0, 4)), purchase("B", 700, newYear.AddDate(0, 0, 11))))
	due := newYear.AddDate(0, 1, 4)
	require.EqualValues(t, 17, available(t, s, due.Add(-time.Microsecond)))
	require.EqualValues(t, 7, available(t, s, due))
}

// Whatever rules there are, the base of earning is the value of the purchase.
func TestBaseIsTheValue(t *testing.T) {
	for _, earning := range []loyalty.Earning{
		{}, {Bonus: map[string]money.Rate{"other": money.MustRate("1")}}, {PerLine: true},
	} {
		s := service(t, loyalty.Program{Earning: earning}, nil, nil)
		e := purchase("O", 9_000, newYear)
		e.Lines = []flywheel.Line{{SKU: "MUG", Quantity: 1, Amount: money.New(10_000, money.EUR)}}
		require.NoError(t, consume(s, e))
		require.EqualValues(t, 90, available(t, s, newYear))
	}
}

// Points told to the log carry the time of what earned them, and IDs that follow
// from it.
func TestToldEvents(t *testing.T) {
	sink := &recorder{}
	s := service(t, loyalty.Program{}, nil, sink)
	at := newYear.Add(-3 * time.Hour)
	e := purchase("O", 1_000, at)
	require.NoError(t, s.Consume(t.Context(), []flywheel.Entry{received(1, e, newYear)}))
	require.Equal(t, []flywheel.Event{{
		ID: "points_earned:purchase%3AO", Name: flywheel.EventPointsEarned, Time: at, Customer: member, Ref: "O",
		Properties: map[string]any{"points": 10.0},
	}}, sink.events)
}

// Many events of one member leave an account of constant size, and what an
// event costs does not grow with what the member has. FLYWHEEL_EVENTS=1000000 is
// the long form.
func TestGrowth(t *testing.T) {
	events := 8_000
	if n, err := strconv.Atoi(os.Getenv("FLYWHEEL_EVENTS")); err == nil {
		events = n
	}
	store := loyalty.NewMemory(nil)
	s := service(t, loyalty.Program{Expiry: loyalty.Expiry{After: "P12M"}}, store, nil)
	const batch = 100
	at := newYear
	for n := 0; n < events; n += batch {
		list := make([]flywheel.Entry, batch)
		for i := range list {
			at = at.Add(time.Minute)
			order := fmt.Sprint("O", n+i)
			list[i] = received(n+i+1, purchase(order, 4_250, at), at)
			if i%10 == 9 {
				list[i] = received(n+i+1, refund("r"+order, fmt.Sprint("O", n+i-5), 1_000, at), at)
			}
		}
		require.NoError(t, s.Consume(t.Context(), list))
		_, err := s.Apply(t.Context(), loyalty.Operation{Member: member, Key: fmt.Sprint("b", n), Kind: loyalty.Burn, Points: 100, At: at, Covered: true})
		require.NoError(t, err)
	}
	a, err := store.Account(t.Context(), member, loyalty.Need{Change: true, Until: at, Points: 100, Orders: []string{"O7"}, OwnLots: true})
	require.NoError(t, err)
	body, err := json.Marshal(a)
	require.NoError(t, err)
	require.Less(t, len(body), 16<<10)
	require.Positive(t, a.Spendable)
}
