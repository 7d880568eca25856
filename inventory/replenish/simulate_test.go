package replenish

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Under an order-up-to rule the net stock at the end of a period is the level
// less the demand over lead time and one period.
func TestSimulationAgreesWithTheory(t *testing.T) {
	const lead, level = 2, 14
	period, err := NegativeBinomial(3, 2.5)
	require.NoError(t, err)
	paths, err := Sample(period, 20, 5000, 11)
	require.NoError(t, err)
	over, err := NegativeBinomial(9, 2.5*math.Sqrt(3))
	require.NoError(t, err)
	o, err := Simulation{LeadTimes: []int{lead}, Warmup: 20, Costs: Costs{Order: 2, Unit: 1, Holding: 0.5, Short: 7}}.Run(paths, UpTo(level))
	require.NoError(t, err)
	require.InEpsilon(t, over.Leftover(level), o.Stock, 0.02)
	require.InEpsilon(t, 3, o.Ordered, 0.01)
	require.InEpsilon(t, 1-period.at(0), o.Orders, 0.01)
	require.InDelta(t, 2*o.Orders+o.Ordered+0.5*o.Stock+7*o.Short, o.Cost, 1e-9)
}

// What Plan promises as a fill rate is what a simulation gives, within one
// point, for fast and slow items, periodic orders and fixed quantities.
func TestFillRateTargetsAreMet(t *testing.T) {
	for _, c := range []struct {
		name     string
		mean, sd float64
		counts   bool
		review   int
		quantity int64
	}{
		{"normal, weekly", 100, 30, false, 1, 0},
		{"normal, monthly", 100, 30, false, 4, 0},
		{"normal, quantity", 100, 30, false, 1, 400},
		{"counts, weekly", 12, 8, true, 1, 0},
		{"counts, lumpy", 20, 30, true, 1, 0},
		{"counts, monthly", 6, 5, true, 4, 0},
		{"counts, quantity", 8, 7, true, 1, 40},
	} {
		for _, target := range []float64{0.9, 0.95, 0.98} {
			t.Run(fmt.Sprintf("%s/%g", c.name, target), func(t *testing.T) {
				const lead = 3
				var law Distribution = Demand{c.mean, c.sd}
				if c.counts {
					counts, err := NegativeBinomial(c.mean, c.sd)
					require.NoError(t, err)
					law = counts
				}
				paths, err := Sample(law, 10, 4000, 5)
				require.NoError(t, err)
				policy := Policy{Review: float64(c.review), FillRate: target, Counts: c.counts, Quantity: c.quantity}
				order, err := Plan(Item{Demand: Demand{c.mean, c.sd}, LeadTime: LeadTime{Mean: lead}}, policy)
				require.NoError(t, err)
				level := int64(math.Ceil(order.Explanation.Level))
				rule := UpTo(level) // what Plan does at any position, but faster
				if c.quantity > 0 {
					rule = AtPoint(level, c.quantity)
				}
				{
					const position = 11
					now, err := Plan(Item{OnHand: position, Demand: Demand{c.mean, c.sd}, LeadTime: LeadTime{Mean: lead}}, policy)
					require.NoError(t, err)
					require.Equal(t, now.Quantity, rule(position))
				}
				o, err := Simulation{LeadTimes: []int{lead}, Review: c.review, Start: level, Warmup: 50}.Run(paths, rule)
				require.NoError(t, err)
				require.Greater(t, o.FillRate, target-0.01)
				if order.Explanation.Factor > 0 { // else there is no stock to leave out
					require.Less(t, o.FillRate, target+0.01)
				}
			})
		}
	}
}

// No unit is lost or found: all that was there at first or was ordered is sold,
// wasted, on the shelf or on its way.
func TestSimulationKeepsEveryUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		path := make([]int64, rapid.IntRange(1, 40).Draw(t, "periods"))
		demand := int64(0)
		for i := range path {
			path[i] = rapid.Int64Range(0, 12).Draw(t, "demand")
			demand += path[i]
		}
		s := Simulation{
			LeadTimes: rapid.SliceOfN(rapid.IntRange(0, 4), 1, 3).Draw(t, "lead times"), Review: rapid.IntRange(0, 4).Draw(t, "review"),
			Start: rapid.Int64Range(0, 30).Draw(t, "start"), Lost: rapid.Bool().Draw(t, "lost"), Life: rapid.IntRange(0, 4).Draw(t, "life"),
			Seed: rapid.Uint64().Draw(t, "seed"),
		}
		rule := rapid.SampledFrom([]Rule{UpTo(20), AtPoint(6, 9), Between(5, 25), UpTo(20).InLots(Lot{Pack: 6})}).Draw(t, "rule")
		// No orders in the last periods, so that all have arrived, and no
		// customers then, so that those who wait are served.
		quiet := 6
		ended := append(append([]int64(nil), path...), make([]int64, quiet)...)
		reviews := 0
		every := max(s.Review, 1)
		o, err := s.Run([][]int64{ended}, func(position int64) int64 {
			reviews++
			if (reviews-1)*every >= len(path) {
				return 0
			}
			return rule(position)
		})
		require.NoError(t, err)
		n := float64(len(ended))
		last, err := Simulation{LeadTimes: s.LeadTimes, Review: s.Review, Start: s.Start, Lost: s.Lost, Life: s.Life, Seed: s.Seed, Warmup: len(ended) - 1}.
			Run([][]int64{ended}, func() Rule {
				reviews := 0
				return func(position int64) int64 {
					if reviews++; (reviews-1)*every >= len(path) {
						return 0
					}
					return rule(position)
				}
			}())
		require.NoError(t, err)
		sold := float64(demand)
		if s.Lost {
			sold -= o.Short * n
		}
		waiting := 0.0
		if !s.Lost {
			// Those who still wait in the end are what is missing.
			waiting = math.Max(sold-(float64(s.Start)+o.Ordered*n-o.Wasted*n-last.Stock), 0)
		}
		require.InDelta(t, float64(s.Start)+o.Ordered*n, sold-waiting+o.Wasted*n+last.Stock, 1e-6)
		if s.Lost || last.Stock > 0 {
			require.InDelta(t, 0, waiting, 1e-6)
		}
		if s.Life == 0 {
			require.Zero(t, o.Wasted)
		}
	})
}

// With a life of one period and no lead time each period is a newsvendor's.
func TestSimulationOfNewspapers(t *testing.T) {
	d, err := Poisson(8)
	require.NoError(t, err)
	paths, err := Sample(d, 1, 100_000, 3)
	require.NoError(t, err)
	o, err := Simulation{LeadTimes: []int{0}, Lost: true, Life: 1}.Run(paths, UpTo(10))
	require.NoError(t, err)
	require.InEpsilon(t, d.Leftover(10), o.Wasted, 0.02)
	require.InEpsilon(t, d.Shortage(10), o.Short, 0.03)
	require.Zero(t, o.Stock)
	require.Equal(t, 10.0, o.Ordered)
}

func TestCheapestAndLevel(t *testing.T) {
	d, err := Poisson(5)
	require.NoError(t, err)
	paths, err := Sample(d, 5, 2000, 9)
	require.NoError(t, err)
	s := Simulation{LeadTimes: []int{1, 2, 3}, Warmup: 20, Costs: Costs{Order: 20, Holding: 0.5, Short: 5}, Seed: 4}
	target := Target{FillRate: 0.95}
	level, o, err := s.Level(paths, 100, target)
	require.NoError(t, err)
	require.GreaterOrEqual(t, o.FillRate, 0.95)
	below, err := s.Run(paths, UpTo(level-1))
	require.NoError(t, err)
	require.Less(t, below.FillRate, 0.95)

	rules := []Rule{UpTo(level), UpTo(10), AtPoint(18, 15), AtPoint(18, 15), Between(18, 40)}
	best, o, err := s.Cheapest(paths, rules, target)
	require.NoError(t, err)
	for i, rule := range rules {
		other, err := s.Run(paths, rule)
		require.NoError(t, err)
		if other.FillRate >= 0.95 {
			require.GreaterOrEqual(t, other.Cost, o.Cost)
			if other.Cost == o.Cost {
				require.LessOrEqual(t, best, i)
			}
		}
	}
	_, _, err = s.Cheapest(paths, []Rule{UpTo(1)}, target)
	unreachable, ok := errors.AsType[*UnreachableError](err)
	require.True(t, ok)
	require.Less(t, unreachable.Best.FillRate, 0.5)
	_, _, err = s.Level(paths, 3, target)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	require.ErrorContains(t, err, "no rule meets")
}

func TestBootstrap(t *testing.T) {
	history := []float64{0, 0, 3, 0, 0, 0, 12, 0, 0, 5, 4, 0, 0, 0, 0, 9, 0, 0, 0, 2}
	paths, err := Bootstrap(history, 2000, 20, 1)
	require.NoError(t, err)
	total, sales, n := 0.0, 0.0, 0.0
	for _, path := range paths {
		for _, d := range path {
			require.GreaterOrEqual(t, d, int64(0))
			total += float64(d)
			n++
			if d > 0 {
				sales++
			}
		}
	}
	require.InDelta(t, 6.0/20, sales/n, 0.03)
	require.InDelta(t, 35.0/20, total/n, 0.4)
	again, err := Bootstrap(history, 2000, 20, 1)
	require.NoError(t, err)
	require.Equal(t, paths, again)
	over, err := Totals(paths, 3)
	require.NoError(t, err)
	require.InDelta(t, 3*35.0/20, over.Mean(), 1.2)

	silent, err := Bootstrap([]float64{0, 0}, 3, 4, 1)
	require.NoError(t, err)
	for _, path := range silent {
		require.Equal(t, make([]int64, 4), path)
	}
}

func TestBadSimulations(t *testing.T) {
	paths := [][]int64{{1, 2, 3}}
	good := Simulation{LeadTimes: []int{1}}
	run := func(s Simulation, paths [][]int64) error { return second(s.Run(paths, UpTo(3))) }
	negative := Rule(func(int64) int64 { return -1 })
	_, _, target := good.Cheapest(paths, nil, Target{FillRate: 2})
	_, _, most := good.Level(paths, -1, Target{})
	for i, err := range []error{
		run(Simulation{}, paths), run(Simulation{LeadTimes: []int{-1}}, paths), run(good, nil), run(good, [][]int64{{-1}}),
		run(Simulation{LeadTimes: []int{1}, Warmup: 3}, paths), run(Simulation{LeadTimes: []int{1}, Review: -1}, paths),
		run(Simulation{LeadTimes: []int{1}, Costs: Costs{Short: math.NaN()}}, paths), run(Simulation{LeadTimes: []int{1}, Start: -1}, paths),
		second(good.Run(paths, negative)), target, most,
		second(Sample(Demand{1, 1}, 0, 1, 1)), second(Sample(Demand{math.NaN(), 1}, 1, 1, 1)), second(Sample(Demand{1, 1}, math.MaxInt, 2, 1)),
		second(Bootstrap(nil, 1, 1, 1)), second(Bootstrap([]float64{math.NaN()}, 1, 1, 1)), second(Bootstrap([]float64{1}, -1, 1, 1)),
		second(Totals(nil, 1)), second(Totals(paths, 4)), second(Totals([][]int64{{math.MaxInt64}}, 1)),
	} {
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, i)
	}
}

func BenchmarkSimulation(b *testing.B) {
	d, err := Poisson(5)
	if err != nil {
		b.Fatal(err)
	}
	paths, err := Sample(d, 10, 1000, 1)
	if err != nil {
		b.Fatal(err)
	}
	s := Simulation{LeadTimes: []int{2}, Warmup: 20}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Run(paths, UpTo(20)); err != nil {
			b.Fatal(err)
		}
	}
}
