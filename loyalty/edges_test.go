package loyalty_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltytest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Nothing sold, no points, points worth nothing and no increment are no mistakes.
func TestDeferralOfNothing(t *testing.T) {
	eur := func(n int64) money.Amount { return money.New(n, money.EUR) }
	cent := money.MustRate("0.01")
	for _, c := range []struct {
		d               loyalty.Deferral
		product, points int64
	}{
		{loyalty.Deferral{Sale: eur(0), Points: 100, PointPrice: cent}, 0, 0},
		{loyalty.Deferral{Sale: eur(1000), Points: 0, PointPrice: cent}, 1000, 0},
		{loyalty.Deferral{Sale: eur(1000), Points: 100}, 1000, 0},
		{loyalty.Deferral{Sale: eur(0)}, 0, 0},
		{loyalty.Deferral{Sale: eur(100), Points: 100, PointPrice: cent}, 50, 50},
	} {
		product, points, err := c.d.Split()
		require.NoError(t, err)
		require.Equal(t, [2]int64{c.product, c.points}, [2]int64{product.Minor(), points.Minor()}, c.d)
	}
	for _, d := range []loyalty.Deferral{
		{Sale: eur(-1)}, {Sale: eur(1), Points: -1}, {Sale: eur(1), PointPrice: money.MustRate("-0.01")}, {Sale: eur(1), Increment: -1},
	} {
		_, _, err := d.Split()
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, d)
	}
}

// What is earned in all is refused where it cannot be counted, though each part can.
func TestPointsOutOfRange(t *testing.T) {
	ledger, err := loyalty.NewLedger(loyalty.Program{Earning: loyalty.Earning{PerUnit: money.MustRate("1")}})
	require.NoError(t, err)
	most := loyalty.Spend{Amount: money.New(math.MaxInt64, money.EUR)}
	_, err = ledger.Points(money.Rate{}, most)
	require.NoError(t, err)
	_, err = ledger.Points(money.Rate{}, most, most)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// failing is a service on a store whose calls answer what hook says.
func failing(t *testing.T, hook func(call string, after bool) error) *loyalty.Service {
	s := service(t, loyalty.Program{}, loyaltytest.Failing(loyalty.NewMemory(nil), hook), nil)
	_, err := s.Apply(t.Context(), loyalty.Operation{Member: member, Key: "welcome", Kind: loyalty.Earn, Points: 10})
	require.NoError(t, err)
	return s
}

// Members and receipts that cannot be listed are not none.
func TestListingFails(t *testing.T) {
	ctx, down := t.Context(), errors.New("the store is down")
	which := ""
	s := failing(t, func(call string, _ bool) error {
		if call == which {
			return down
		}
		return nil
	})
	for _, which = range []string{"Members", "Receipts"} {
		require.ErrorIs(t, s.Reset(ctx), down, which)
	}
	which = "Members"
	_, err := s.Liability(ctx, newYear)
	require.ErrorIs(t, err, down)
	which = "Due"
	_, err = s.Advance(ctx, newYear)
	require.ErrorIs(t, err, down)
}

// Who loses a race begins again, and gives up where it never ends.
func TestLostRace(t *testing.T) {
	ctx := t.Context()
	stale := 0
	s := failing(t, func(call string, after bool) error {
		if call == "Save" && !after && stale > 0 {
			stale--
			return flywheel.ErrStale
		}
		return nil
	})
	stale = 3
	_, err := s.Burn(ctx, member, "burn", 4)
	require.NoError(t, err)
	require.Zero(t, stale)
	stale = 1 << 30
	_, err = s.Burn(ctx, member, "more", 4)
	require.ErrorIs(t, err, flywheel.ErrStale)
	stale = 0
	balance, err := s.BalanceAt(ctx, member, newYear)
	require.NoError(t, err)
	require.EqualValues(t, 6, balance.Available)
}

// A line that costs nothing leaves those beside it what they earn.
func TestFreeLineBesideOthers(t *testing.T) {
	s, err := loyalty.New(nil, &loyalty.Options{
		Programs: []loyalty.Program{{Earning: loyalty.Earning{Bonus: map[string]money.Rate{"tea": money.MustRate("1")}}}},
		Category: func(sku flywheel.SKU) string { return string(sku)[:3] },
	})
	require.NoError(t, err)
	e := purchase("O", 2000, newYear)
	e.Lines = []flywheel.Line{{SKU: "tea-1", Quantity: 1, Amount: money.New(2000, money.EUR)}, {SKU: "cup-1", Quantity: 1, Amount: money.New(0, money.EUR)}}
	require.NoError(t, consume(s, e))
	b, err := s.BalanceAt(t.Context(), member, newYear)
	require.NoError(t, err)
	require.EqualValues(t, 20+20, b.Available)
}

// A bonus beyond what can be counted is an error, not none.
func TestBonusOutOfRange(t *testing.T) {
	ledger, err := loyalty.NewLedger(loyalty.Program{Earning: loyalty.Earning{
		PerUnit: money.MustRate("0.0001"), Bonus: map[string]money.Rate{"tea": money.MustRate("1000000.0001")},
	}})
	require.NoError(t, err)
	_, err = ledger.Points(money.Rate{}, loyalty.Spend{Amount: money.New(math.MaxInt64-1, money.EUR), Category: "tea"})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// Points that only a category brings are earned, though the order as such earns none;
// and what counts for tiers changes with the order though its points do not.
func TestPointsWithoutBase(t *testing.T) {
	s, err := loyalty.New(nil, &loyalty.Options{
		Programs: []loyalty.Program{{Earning: loyalty.Earning{Bonus: map[string]money.Rate{"tea": money.MustRate("4")}}}},
		Category: func(sku flywheel.SKU) string { return string(sku)[:3] },
	})
	require.NoError(t, err)
	e := purchase("O", 25, newYear)
	e.Lines = []flywheel.Line{{SKU: "tea-1", Quantity: 1, Amount: money.New(25, money.EUR)}}
	require.NoError(t, consume(s, e))
	b, err := s.BalanceAt(t.Context(), member, newYear)
	require.NoError(t, err)
	require.EqualValues(t, 1, b.Available)

	s, err = loyalty.New(nil, &loyalty.Options{
		Programs: []loyalty.Program{{Earning: loyalty.Earning{Bonus: map[string]money.Rate{"tea": money.MustRate("0.5")}}}},
		Category: func(sku flywheel.SKU) string { return string(sku)[:3] },
	})
	require.NoError(t, err)
	e = purchase("O", 200, newYear)
	e.Lines = []flywheel.Line{{SKU: "tea-1", Quantity: 1, Amount: money.New(200, money.EUR)}}
	for i, c := range []struct {
		event              flywheel.Event
		points, qualifying int64
	}{
		{e, 3, 2},
		{refund("r1", "O", 80, newYear), 1, 1}, // of 1.8 and 1.2
		{refund("r2", "O", 40, newYear), 1, 0}, // of 1.2 and 0.8
	} {
		require.NoError(t, consume(s, c.event))
		o, err := s.Order(t.Context(), member, "O")
		require.NoError(t, err)
		require.Equal(t, [2]int64{c.points, c.qualifying}, [2]int64{o.Points, o.Qualifying}, i)
	}
}

// A tier of a rolling window falls at the instant at which what earned it leaves the
// window, by time alone, and is told once; one within its grace does not fall.
func TestTierFallsByTime(t *testing.T) {
	ctx := t.Context()
	for grace, falls := range map[string]time.Time{"": newYear.AddDate(1, 1, 0), "P10D": newYear.AddDate(1, 1, 10)} {
		p, log := tiered, &recorder{}
		tiering := *tiered.Tiering
		tiering.Grace = grace
		p.Tiering = &tiering
		s := service(t, p, nil, log)
		require.NoError(t, consume(s, purchase("O1", 9_000, newYear), purchase("O2", 9_000, newYear.AddDate(0, 1, 0)), purchase("O3", 9_000, newYear.AddDate(0, 2, 0))))
		advance := func(at time.Time) {
			for more := true; more; {
				var err error
				more, err = s.Advance(ctx, at)
				require.NoError(t, err)
			}
		}
		told := func() (tiers []any) {
			for _, e := range log.events {
				if e.Name == flywheel.EventTierChanged {
					tiers = append(tiers, e.Properties["to"])
				}
			}
			return tiers
		}
		require.Equal(t, []any{"silver"}, told())
		advance(falls.Add(-time.Microsecond)) // the first order has left; 180 still qualify
		require.Equal(t, []any{"silver"}, told(), grace)
		advance(falls)
		require.Equal(t, []any{"silver", "base"}, told(), grace)
		standing, err := s.StandingAt(ctx, member, falls)
		require.NoError(t, err)
		require.Equal(t, "base", standing.Tier)
	}
}

// Who never earned anything holds the first tier, in the grace of a new year too.
func TestNoTierFromNothing(t *testing.T) {
	p := loyalty.Program{Tiering: &loyalty.Tiering{
		Tiers: tiered.Tiering.Tiers, Window: loyalty.CalendarYear, Grace: "P60D",
	}}
	s := service(t, p, nil, nil)
	require.NoError(t, consume(s, purchase("O1", 100, newYear)))
	for _, days := range []int{0, 1, 59, 60, 100, 370, 800} {
		standing, err := s.StandingAt(t.Context(), member, newYear.AddDate(0, 0, days))
		require.NoError(t, err)
		require.Equal(t, "base", standing.Tier, days)
	}
}

// The entries up to an instant sum to the balance of that instant; and points that one
// member gives another stay as many.
func TestBalanceOfThePast(t *testing.T) {
	ctx, now := t.Context(), newYear
	db := &flywheel.Memory{}
	s, err := loyalty.New(loyalty.NewMemory(db), &loyalty.Options{Now: func() time.Time { return now }})
	require.NoError(t, err)
	require.NoError(t, consume(s, purchase("O1", 5_000, newYear), purchase("O2", 6_000, newYear.AddDate(0, 1, 0))))
	now = newYear.AddDate(0, 1, 1)
	require.NoError(t, db.InTx(ctx, func(ctx context.Context) error {
		_, err := s.Apply(ctx, loyalty.Operation{Member: member, Key: "for ben", Kind: loyalty.Burn, Points: 40})
		if err != nil {
			return err
		}
		_, err = s.Apply(ctx, loyalty.Operation{Member: "ben", Key: "for ben", Kind: loyalty.Earn, Points: 40})
		return err
	}))
	at := func(who flywheel.CustomerID, at time.Time) int64 {
		var until []loyalty.Entry
		for e, err := range s.Entries(ctx, who) {
			require.NoError(t, err)
			if !e.At.After(at) {
				until = append(until, e)
			}
		}
		return loyalty.TrialBalance(until...)[loyalty.BookAvailable]
	}
	require.EqualValues(t, 0, at(member, newYear.Add(-1)))
	require.EqualValues(t, 50, at(member, newYear.AddDate(0, 0, 1)))
	require.EqualValues(t, 110, at(member, newYear.AddDate(0, 1, 0)))
	require.EqualValues(t, 70, at(member, now))
	require.EqualValues(t, 40, at("ben", now))
}
