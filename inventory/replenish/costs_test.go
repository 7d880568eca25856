package replenish

import (
	"math"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The laws of any distribution: shortage less leftover is mean less level, a
// quantile is the level at which both ends of the distribution meet, and the
// shortage falls by the probability above a level.
func TestContinuousDistributions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		positive := rapid.Float64Range(0.05, 30)
		a, b := positive.Draw(t, "a"), positive.Draw(t, "b")
		spread := rapid.Float64Range(0.05, 1.5).Draw(t, "spread")
		for name, c := range map[string]struct {
			d    Distribution
			mean float64
		}{
			"uniform":     {Uniform{-a, b}, (b - a) / 2},
			"exponential": {Exponential{a}, a},
			"gamma":       {Gamma{a, b}, a * b},
			"lognormal":   {Lognormal{spread, spread}, math.Exp(spread + spread*spread/2)},
			"normal":      {Demand{a, b}, a},
		} {
			level := c.mean * rapid.Float64Range(-1, 5).Draw(t, "level")
			short, left := c.d.Shortage(level), c.d.Leftover(level)
			require.InDelta(t, c.mean-level, short-left, 1e-8*(1+math.Abs(c.mean)+math.Abs(level)), name)
			p := rapid.Float64Range(0.02, 0.98).Draw(t, "p")
			q := c.d.Quantile(p)
			step := 1e-5 * (1 + math.Abs(q))
			slope := (c.d.Shortage(q-step) - c.d.Shortage(q+step)) / (2 * step)
			if q > 1e-3 { // below, a gamma density has no bounds
				require.InDelta(t, 1-p, slope, 2e-3, "%s at %g", name, q)
			}
		}
	})
}

func TestSecondLossesSumTheFirst(t *testing.T) {
	d, err := NegativeBinomial(6, 4)
	require.NoError(t, err)
	for level := int64(-3); level < 40; level++ {
		require.InDelta(t, d.SecondShortage(level), d.SecondShortage(level+1)+d.Shortage(float64(level+1)), 1e-9)
		require.InDelta(t, d.SecondLeftover(level), d.SecondLeftover(level-1)+d.Leftover(float64(level)), 1e-9)
	}
}

// No other policy is cheaper than the best, and each approximation is dearer.
func TestReorderIsOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Reorder{
			rapid.Float64Range(1, 1e3).Draw(t, "demand"), rapid.Float64Range(1, 500).Draw(t, "fixed"),
			rapid.Float64Range(0.05, 5).Draw(t, "holding"), rapid.Float64Range(0.05, 50).Draw(t, "backorder"),
		}
		over := Demand{rapid.Float64Range(0, 100).Draw(t, "mean"), rapid.Float64Range(1, 50).Draw(t, "sd")}
		point, quantity, cost, err := c.Best(over)
		require.NoError(t, err)
		at, err := c.Cost(point, quantity, over)
		require.NoError(t, err)
		require.InEpsilon(t, at, cost, 1e-12)
		other, err := c.Cost(point+rapid.Float64Range(-50, 50).Draw(t, "shift"), quantity*rapid.Float64Range(0.3, 3).Draw(t, "stretch"), over)
		require.NoError(t, err)
		require.GreaterOrEqual(t, other, cost*(1-1e-9))
		for _, approximate := range []func(Demand) (float64, float64, error){c.Deterministic, c.Separate} {
			r, q, err := approximate(over)
			require.NoError(t, err)
			other, err := c.Cost(r, q, over)
			require.NoError(t, err)
			require.GreaterOrEqual(t, other, cost*(1-1e-9))
		}
		r, q, err := c.Deterministic(over)
		require.NoError(t, err)
		other, err = c.Cost(r, q, over)
		require.NoError(t, err)
		require.LessOrEqual(t, other, cost*1.125) // Zheng (1992), theorem 3
	})
}

func TestReorderCountsIsOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mean := rapid.Float64Range(0.2, 12).Draw(t, "mean")
		over, err := Poisson(mean)
		require.NoError(t, err)
		c := Reorder{mean, rapid.Float64Range(0.5, 50).Draw(t, "fixed"), rapid.Float64Range(0.5, 5).Draw(t, "holding"), rapid.Float64Range(0.5, 50).Draw(t, "backorder")}
		point, quantity, cost, err := c.BestCounts(over)
		require.NoError(t, err)
		at, err := c.CostCounts(point, quantity, over)
		require.NoError(t, err)
		require.InEpsilon(t, at, cost, 1e-9)
		other, err := c.CostCounts(rapid.Int64Range(-5, 30).Draw(t, "point"), rapid.Int64Range(1, 40).Draw(t, "quantity"), over)
		require.NoError(t, err)
		require.GreaterOrEqual(t, other, cost*(1-1e-9))
	})
}

func TestMinMaxIsOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mean := rapid.Float64Range(0.3, 8).Draw(t, "mean")
		period, err := Poisson(mean)
		require.NoError(t, err)
		over, err := Poisson(mean * float64(1+rapid.IntRange(0, 3).Draw(t, "lead time")))
		require.NoError(t, err)
		c := MinMaxCosts{rapid.Float64Range(0.5, 60).Draw(t, "fixed"), rapid.Float64Range(0.5, 3).Draw(t, "holding"), rapid.Float64Range(1, 20).Draw(t, "backorder")}
		least, most, cost, err := c.Best(period, over)
		require.NoError(t, err)
		at, err := c.Cost(least, most, period, over)
		require.NoError(t, err)
		require.InEpsilon(t, at, cost, 1e-9)
		s := rapid.Int64Range(-5, 30).Draw(t, "least")
		other, err := c.Cost(s, s+rapid.Int64Range(1, 30).Draw(t, "width"), period, over)
		require.NoError(t, err)
		require.GreaterOrEqual(t, other, cost*(1-1e-9))
	})
}

func TestUncertainSupplyIsOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := EconomicOrder{Demand: rapid.Float64Range(1, 1e4).Draw(t, "demand"), Fixed: rapid.Float64Range(1, 1e3).Draw(t, "fixed"), Holding: rapid.Float64Range(0.05, 50).Draw(t, "holding")}
		y := Yield{rapid.Float64Range(0.3, 1.2).Draw(t, "factor"), rapid.Float64Range(0, 0.5).Draw(t, "factor sd"), -rapid.Float64Range(0, 20).Draw(t, "missing"), rapid.Float64Range(0, 20).Draw(t, "extra sd")}
		quantity, err := e.QuantityWithYield(y)
		require.NoError(t, err)
		least, err := e.CostWithYield(quantity, y)
		require.NoError(t, err)
		if other, err := e.CostWithYield(quantity*rapid.Float64Range(0.3, 3).Draw(t, "share"), y); err == nil {
			require.GreaterOrEqual(t, other, least*(1-1e-9))
		}
		d := Disruption{rapid.Float64Range(0.1, 5).Draw(t, "begin"), rapid.Float64Range(1, 50).Draw(t, "end"), rapid.Float64Range(20, 100).Draw(t, "lost")}
		quantity, err = e.QuantityWithDisruptions(d)
		require.NoError(t, err)
		least, err = e.CostWithDisruptions(quantity, d)
		require.NoError(t, err)
		other, err := e.CostWithDisruptions(quantity*rapid.Float64Range(0.9, 1.1).Draw(t, "near"), d)
		require.NoError(t, err)
		require.GreaterOrEqual(t, other, least*(1-1e-8))
	})
}

func TestJointOrderCost(t *testing.T) {
	items := []JointItem{{1000, 50, 2}, {300, 80, 1}, {20, 60, 3}}
	p, err := JointOrder(120, items)
	require.NoError(t, err)
	cost := 120 / p.Interval
	for i, item := range items {
		every := p.Interval * float64(p.Multiples[i])
		cost += item.Fixed/every + item.Holding*item.Demand*every/2
		require.InDelta(t, item.Demand*every, p.Quantities[i], 1e-9)
	}
	require.InDelta(t, cost, p.Cost, 1e-9)
}

func TestBadCosts(t *testing.T) {
	nan := math.NaN()
	over, err := Poisson(3)
	require.NoError(t, err)
	never, err := Poisson(0)
	require.NoError(t, err)
	good := Reorder{10, 10, 1, 10}
	d := Demand{5, 2}
	second2 := func(_, _ float64, err error) error { return err }
	third := func(_, _, _ float64, err error) error { return err }
	thirdInt := func(_, _ int64, _ float64, err error) error { return err }
	e := EconomicOrder{Demand: 10, Fixed: 5, Holding: 1}
	for i, err := range []error{
		second(good.Cost(nan, 1, d)), second(good.Cost(1, 0, d)), second(good.Cost(1, 1, Demand{5, 0})), second(Reorder{}.Cost(1, 1, d)),
		second(good.Point(-1, d)), third(Reorder{Demand: nan}.Best(d)), second2(Reorder{}.Deterministic(d)), second2(Reorder{}.Separate(d)),
		third(Reorder{10, 10, 1, 0.001}.PerUnitShort(d)), second2(Reorder{10, 1e9, 1, 0.01}.WithoutOvershoot(Demand{5, nan})),
		second(good.CostCounts(1, 0, over)), second(good.CostCounts(math.MaxInt64, 1, over)), thirdInt(Reorder{}.BestCounts(over)),
		second(MinMaxCosts{1, 1, 1}.Cost(5, 5, over, over)), second(MinMaxCosts{1, 1, 1}.Cost(5, 6, never, never)), thirdInt(MinMaxCosts{nan, 1, 1}.Best(over, over)),
		second(JointOrder(0, []JointItem{{1, 1, 1}})), second(JointOrder(1, nil)), second(JointOrder(1, []JointItem{{1, nan, 1}})),
		second(e.QuantityWithYield(Yield{})), second(e.QuantityWithYield(Yield{Factor: 1, ExtraSD: nan})), second(e.CostWithYield(1, Yield{Factor: 1, Extra: -2})),
		second(EconomicOrder{Demand: 10, Fixed: 5, Holding: 1, Backorder: 3}.QuantityWithYield(Yield{Factor: 1})),
		second(e.QuantityWithDisruptions(Disruption{1, 0, 1})), second(e.CostWithDisruptions(nan, Disruption{1, 1, 1})),
	} {
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, i)
	}
}

func TestMinMaxTooWide(t *testing.T) {
	d, err := Poisson(3)
	require.NoError(t, err)
	_, _, _, err = MinMaxCosts{1e9, 1e-3, 1}.Best(d, d)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}
