package wheel

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// small is a shop for tests.
var small = Config{Shoppers: 90, Clusters: 16}

// The smoke test of five seeds: what the readouts collect from events is what the world booked,
// people and clusters are split, all kinds of things happen, stock and carts add up.
func TestFiveSeeds(t *testing.T) {
	c := small
	c.measured = true
	for seed := range uint64(5) {
		w, err := live(c, 10+seed)
		require.NoError(t, err)
		readings, err := w.readings()
		require.NoError(t, err)
		for f := range features {
			earned, arms := w.units(f)
			r := readings[f]
			require.EqualValues(t, len(earned), r.Units, "%s: everybody whose window is closed", f)
			var sum [2]float64
			var n [2]float64
			for i, y := range earned {
				k := 0
				if arms[i] {
					k = 1
				}
				sum[k] += y
				n[k]++
			}
			require.InDelta(t, sum[0]/n[0], r.Without, 1e-9, f.String())
			if f != Stock { // where the estimate is adjusted by the weeks before
				require.InDelta(t, sum[1]/n[1]-sum[0]/n[0], r.Estimate, 1e-9, f.String())
			}
			require.InDelta(t, 0.5, n[1]/(n[0]+n[1]), 5*0.5/math.Sqrt(n[0]+n[1]), f.String())
			require.True(t, r.Lower < r.Estimate && r.Estimate < r.Upper && r.Error > 0, f.String())
			require.NotEmpty(t, r.Looks)
			for _, l := range r.Looks {
				require.Less(t, l.Lower, l.Upper)
			}
		}
		adds(t, w)
	}
}

// adds checks what must hold in any world.
func adds(t *testing.T, w *World) {
	for i := range w.goods {
		g := &w.goods[i]
		level, err := w.room.stock.Level(t.Context(), g.sku)
		require.NoError(t, err)
		require.Equal(t, level.Available(), g.free, "the pages show what is there")
		require.GreaterOrEqual(t, g.free, int64(0))
	}
	require.Positive(t, w.sales.orders)
	require.Positive(t, w.sales.margin)
	tallies, err := w.journeys.Report(t.Context())
	require.NoError(t, err)
	require.Len(t, tallies, 1)
	require.Positive(t, tallies[0].Sends, "reminders left")
	require.Positive(t, tallies[0].Goals, "and carts were bought")
	health, err := w.wheel.Health(t.Context())
	require.NoError(t, err)
	for _, h := range health {
		require.Zero(t, h.Lag)
		require.Zero(t, h.Parked)
	}
	for _, p := range w.people {
		require.False(t, p.promoted && !p.member, "the promotion is for the segment")
		require.False(t, !p.counted && slices.Contains(p.arms[:], true), "nobody is assigned before the experiments begin")
	}
}

// The same seed gives the same shop, whatever runs beside it.
func TestSameSeed(t *testing.T) {
	var all [2]*World
	require.NoError(t, each(t.Context(), len(all), func(i int) (err error) {
		all[i], err = live(small, 77)
		return err
	}))
	for _, w := range all[1:] {
		require.Equal(t, all[0].sales, w.sales)
		require.Equal(t, all[0].clusters, w.clusters)
		for f := range features {
			x, _ := all[0].units(f)
			y, _ := w.units(f)
			require.Equal(t, x, y)
		}
	}
}

// In a counterfactual pair each unit is seen with and without, and nothing else is another: the same
// people come at the same times, and the arms of all other experiments are the same.
func TestPairs(t *testing.T) {
	base, err := live(small, 5)
	require.NoError(t, err)
	for _, f := range []Feature{Stock} {
		c := small
		c.flipped[f] = true
		other, err := live(c, 5)
		require.NoError(t, err)
		for g := range features {
			x, arms := base.units(g)
			_, exchanged := other.units(g)
			require.Len(t, exchanged, len(x))
			for i := range arms {
				require.Equal(t, arms[i] != (f == g), exchanged[i])
			}
		}
	}
	// A feature that is off for all leaves the twins' worlds alone but for the list itself.
	c := small
	c.modes = Policy{}.modes()
	none, err := live(c, 5)
	require.NoError(t, err)
	c.modes[Recovery] = On
	mailed, err := live(c, 5)
	require.NoError(t, err)
	tallies, err := none.journeys.Report(t.Context())
	require.NoError(t, err)
	require.Empty(t, tallies, "nobody is reminded")
	tallies, err = mailed.journeys.Report(t.Context())
	require.NoError(t, err)
	require.Positive(t, tallies[0].Sends)
}

// The price that lists show is the one that the cart is quoted at.
func TestPrices(t *testing.T) {
	goods, _ := assortment(3, 4)
	engine, err := prices(goods, "0.05")
	require.NoError(t, err)
	for _, groups := range [][]string{nil, memberGroups} {
		var sum int64
		b := pricing.Basket{Currency: money.EUR, At: opening, Groups: groups}
		for i := range goods {
			b.Lines = append(b.Lines, pricing.Line{ID: string(goods[i].sku), SKU: goods[i].sku, Quantity: 1})
			if groups == nil {
				sum += goods[i].offer.Price
				continue
			}
			sum += goods[i].memberOf.Price
			require.Equal(t, goods[i].offer.Price, goods[i].memberOf.Was)
		}
		q, err := engine.Quote(b)
		require.NoError(t, err)
		require.Equal(t, sum, q.Total.Minor())
	}
	_, err = prices(goods, "much")
	require.Error(t, err)
}

// What is held is compared in proportion to the seeds.
func TestMisses(t *testing.T) {
	good := func() *Verdict {
		v := &Verdict{Seeds: 200}
		for f := range features {
			v.Covered[f], v.Found[f], v.Sequence[f] = 190, 170, 195
			v.Units[f], v.Width[f] = 1000, 1
			v.Truth[f] = Truth{Units: 50_000, Effect: 1, Error: 0.05}
		}
		v.Found[Twins] = 10
		return v
	}
	require.Empty(t, good().Misses())
	for what, spoil := range map[string]func(*Verdict){
		"covered in 180":     func(v *Verdict) { v.Covered[Stock] = 180 },
		"covered in 199":     func(v *Verdict) { v.Covered[Stock] = 199 },
		"standardized error": func(v *Verdict) { v.Bias[Recovery] = -0.3 },
		"found in 159":       func(v *Verdict) { v.Found[Promotions] = 159 },
		"twins: found in 20": func(v *Verdict) { v.Found[Twins] = 20 },
		"twins: found in 1 ": func(v *Verdict) { v.Found[Twins] = 1 },
		"sequence covers":    func(v *Verdict) { v.Sequence[Twins] = 180 },
		"Monte-Carlo":        func(v *Verdict) { v.Truth[Stock].Error = 0.11 },
		"units":              func(v *Verdict) { v.Truth[Stock].Units = 49_999 },
		"error NaN":          func(v *Verdict) { v.Bias[Stock] = math.NaN() },
	} {
		v := good()
		spoil(v)
		list := v.Misses()
		require.Len(t, list, 1, what)
		require.Contains(t, list[0], what)
	}
}

// The command prints its table and says what is missed.
func TestCommand(t *testing.T) {
	var out bytes.Buffer
	err := Command(t.Context(), []string{"-seeds", "2", "-pairs", "1", "-wholes", "1", "-shoppers", "30", "-clusters", "10"}, &out)
	require.ErrorContains(t, err, "missed", "two seeds of thirty people show nothing")
	for f := range features {
		require.Contains(t, out.String(), f.String())
	}
	require.Error(t, Command(t.Context(), []string{"-seeds", "0"}, &out))
	require.Error(t, Command(t.Context(), []string{"-clusters", "0"}, &out))
	require.Error(t, Command(t.Context(), []string{"-x"}, &out))
}

func TestPolicies(t *testing.T) {
	a, err := ReadPolicy(strings.NewReader(`{"recommendations":true,"points":"2","point_value":2}`))
	require.NoError(t, err)
	c := Config{Shoppers: 50, Clusters: 10}
	same, err := WhatIf(t.Context(), c, a, a, 9, 2)
	require.NoError(t, err)
	require.Len(t, same, 3)
	for _, d := range same {
		require.Zero(t, d.Mean, "a policy differs in nothing from itself")
		require.Zero(t, d.Lower)
		require.Equal(t, d.A, d.B)
		require.Positive(t, d.A)
	}
	b := a
	b.Points, b.Stock = "", true
	other, err := WhatIf(t.Context(), c, a, b, 9, 2)
	require.NoError(t, err)
	require.Equal(t, same[0].A, other[0].A)
	require.Zero(t, other[2].B, "without points nothing is owed")
	require.InDelta(t, -other[2].A, other[2].Mean, 1e-9)
	require.True(t, other[0].Lower <= other[0].Mean && other[0].Mean <= other[0].Upper)
	var out bytes.Buffer
	require.NoError(t, WriteDifferences(&out, other))
	require.Contains(t, out.String(), "liability")

	for field, text := range map[string]string{
		"percent": `{"percent":"1.5"}`, "service": `{"service":0.2}`, "points": `{"points":"-1"}`, "point_value": `{"point_value":-2}`,
		"unknown": `{"unknown":1}`, "": `{} {}`,
	} {
		_, err := ReadPolicy(strings.NewReader(text))
		require.Error(t, err, text)
		require.ErrorContains(t, err, field)
		require.True(t, errors.Is(err, flywheel.ErrOutOfRange) || errors.Is(err, flywheel.ErrInvalid), text)
	}
	_, err = WhatIf(t.Context(), c, a, b, 9, 1)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func BenchmarkWorld(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := live(Default, 1); err != nil {
			b.Fatal(err)
		}
	}
}
