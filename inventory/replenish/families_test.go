package replenish

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

type secondLaw interface {
	Law
	SecondShortage(float64) float64
	SecondLeftover(float64) float64
}

func continuousLaws(t *testing.T) map[string]secondLaw {
	t.Helper()
	empirical, err := NewEmpirical([]float64{3, 0, 8, 8, 12, 5.5})
	require.NoError(t, err)
	return map[string]secondLaw{
		"normal": Demand{10, 3}, "certain": Demand{7, 0}, "uniform": Uniform{2, 9}, "point": Uniform{4, 4},
		"exponential": Exponential{5}, "gamma": Gamma{2.5, 3}, "gamma with a pole": Gamma{0.4, 6},
		"lognormal": Lognormal{1.5, 0.6}, "empirical": empirical,
	}
}

// Quantiles, probabilities, and both loss functions of a law are of one law: each is
// compared with the integral of the quantiles.
func TestLossesAreOfOneLaw(t *testing.T) {
	const steps = 5_000
	for name, law := range continuousLaws(t) {
		quantiles := make([]float64, steps)
		for i := range quantiles {
			quantiles[i] = law.Quantile((float64(i) + 0.5) / steps)
		}
		for _, level := range []float64{-2, 0, 1, 4, 7.25, 12, 30} {
			var short, left, short2, left2, covered float64
			for _, q := range quantiles {
				over, under := max(q-level, 0), max(level-q, 0)
				short, left = short+over/steps, left+under/steps
				short2, left2 = short2+over*over/2/steps, left2+under*under/2/steps
				if q <= level {
					covered += 1.0 / steps
				}
			}
			near := func(what string, want, got float64) {
				assert.InDelta(t, want, got, 2e-2*(1+math.Abs(want)), "%s: %s of %g", name, what, level)
			}
			near("shortage", short, law.Shortage(level))
			near("leftover", left, law.Leftover(level))
			near("second shortage", short2, law.SecondShortage(level))
			near("second leftover", left2, law.SecondLeftover(level))
			near("probability", covered, law.Covered(level))
		}
	}
	counts, err := Poisson(3)
	require.NoError(t, err)
	assert.InDelta(t, 0.6472, counts.Covered(3), 1e-4)
	assert.Equal(t, counts.Covered(3), counts.Covered(3.9))
	assert.Zero(t, counts.Covered(-0.1))
	service, err := CycleService(13, Demand{10, 3})
	require.NoError(t, err)
	assert.InDelta(t, 0.8413447, service, 1e-7)
}

func TestBatches(t *testing.T) {
	p := Production{EconomicOrder{Demand: 1000, Fixed: 50, Holding: 2}, 4000}
	quantity, waiting, err := p.Quantity()
	require.NoError(t, err)
	assert.InDelta(t, math.Sqrt(2*50*1000/(2*0.75)), quantity, 1e-9)
	assert.Zero(t, waiting)
	least, err := p.Cost(quantity)
	require.NoError(t, err)
	assert.InDelta(t, math.Sqrt(2*50*1000*2*0.75), least, 1e-9)

	p.Backorder = 6
	quantity, waiting, err = p.Quantity()
	require.NoError(t, err)
	least, err = p.Cost(quantity)
	require.NoError(t, err)
	for _, q := range []float64{0.8, 1, 1.3} {
		for _, w := range []float64{0, waiting, 0.5} {
			cost, err := p.CostAt(q*quantity, w)
			require.NoError(t, err)
			assert.GreaterOrEqual(t, cost, least-1e-9)
		}
	}
	// A rate without bound is an order that comes at once.
	p.Rate = math.Inf(1)
	quantity, _, err = p.Quantity()
	require.NoError(t, err)
	want, _, err := p.EconomicOrder.Quantity()
	require.NoError(t, err)
	assert.Equal(t, want, quantity)
	p.Rate = p.Demand
	_, _, err = p.Quantity()
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = EconomicOrder{Demand: 1, Fixed: 1, Holding: 1}.CostAt(1, 0.5)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange, "nobody can wait where waiting has no cost")
}

// Levels under yield and disruptions are the best by their cost functions, and those are
// what a simulation costs.
func TestNewsvendorWithUnsureSupply(t *testing.T) {
	n := Newsvendor{Over: 1, Under: 4}
	random := rand.New(rand.NewPCG(7, 7))
	for _, y := range []Yield{{Factor: 1, Extra: -3, ExtraSD: 4}, {Factor: 0.8, FactorSD: 0.1}, {Factor: 0.9, FactorSD: 0.05, Extra: 2, ExtraSD: 3}} {
		level, err := n.LevelWithYield(100, y)
		require.NoError(t, err)
		least, err := n.CostWithYield(level, 100, y)
		require.NoError(t, err)
		for _, other := range []float64{0.7, 0.97, 1.02, 1.5} {
			cost, err := n.CostWithYield(other*level, 100, y)
			require.NoError(t, err)
			assert.Greater(t, cost, least)
		}
		sum := 0.0
		const draws = 50_000
		for range draws {
			got := level*(y.Factor+y.FactorSD*random.NormFloat64()) + y.Extra + y.ExtraSD*random.NormFloat64()
			sum += max(got-100, 0)*n.Over + max(100-got, 0)*n.Under
		}
		assert.InEpsilon(t, least, sum/draws, 0.04)
	}
	for _, d := range []struct{ fail, recover float64 }{{0.04, 0.25}, {0.3, 0.5}, {0.01, 1}, {0.5, 0.05}, {1, 1}} {
		level, err := n.LevelWithDisruptions(10, d.fail, d.recover)
		require.NoError(t, err)
		least, err := n.CostWithDisruptions(level, 10, d.fail, d.recover)
		require.NoError(t, err)
		for k := range 60 {
			cost, err := n.CostWithDisruptions(float64(10*k), 10, d.fail, d.recover)
			require.NoError(t, err)
			assert.GreaterOrEqual(t, cost, least-1e-9, "%+v at %d", d, 10*k)
		}
		sum, down := 0.0, 0
		const periods = 100_000
		for range periods {
			switch {
			case down == 0 && random.Float64() < d.fail:
				down = 1
			case down > 0 && random.Float64() < d.recover:
				down = 0
			case down > 0:
				down++
			}
			left := level - 10*float64(down+1)
			sum += max(left, 0)*n.Over + max(-left, 0)*n.Under
		}
		assert.InEpsilon(t, least, sum/periods, 0.1, "%+v", d)
	}
	_, err := n.LevelWithDisruptions(1, 0, 1)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = n.LevelWithYield(-1, Yield{Factor: 1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// An assembly that is a line has the levels of the line; two parts of one product with
// other lead times are a line of their total lead times.
func TestAssemblyIsALine(t *testing.T) {
	demand, err := Poisson(4)
	require.NoError(t, err)
	over := func(periods float64) *Counts {
		d, err := Poisson(4 * periods)
		require.NoError(t, err)
		return d
	}
	line, err := SerialBaseStock([]Stage{{6, over(2)}, {3, over(2)}, {1, over(3)}}, 40)
	require.NoError(t, err)
	plan, err := AssemblyBaseStock([]Component{{LeadTime: 1, Holding: 3}, {Into: 0, LeadTime: 2, Holding: 2}, {Into: 1, LeadTime: 3, Holding: 1}}, demand, 40)
	require.NoError(t, err)
	assert.Equal(t, line.Echelon, plan.Echelon)
	assert.InDelta(t, line.Cost, plan.Cost, 1e-6)

	parts := []Component{{LeadTime: 1, Holding: 3}, {Into: 0, LeadTime: 5, Holding: 1}, {Into: 0, LeadTime: 2, Holding: 2}}
	plan, err = AssemblyBaseStock(parts, demand, 40)
	require.NoError(t, err)
	assert.Equal(t, []int64{line.Echelon[0], line.Echelon[2], line.Echelon[1]}, plan.Echelon)

	// Parts with one total lead time are one stage that holds both.
	both, err := AssemblyBaseStock([]Component{{LeadTime: 1, Holding: 3}, {LeadTime: 2, Holding: 1}, {LeadTime: 2, Holding: 2}}, demand, 40)
	require.NoError(t, err)
	two, err := SerialBaseStock([]Stage{{6, over(2)}, {3, over(2)}}, 40)
	require.NoError(t, err)
	assert.Equal(t, []int64{two.Echelon[0], two.Echelon[1], two.Echelon[1]}, both.Echelon)

	for _, bad := range [][]Component{nil, {{LeadTime: -1, Holding: 1}}, {{Holding: 1}, {Into: 1, Holding: 1}}, {{Holding: 1}, {Into: 7, Holding: 1}}, {{Holding: 0}}} {
		_, err := AssemblyBaseStock(bad, demand, 1)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, "%v", bad)
	}
}

func TestEmpiricalLawIsRefused(t *testing.T) {
	for _, bad := range [][]float64{nil, {1, -1}, {math.NaN()}, {math.Inf(1)}} {
		_, err := NewEmpirical(bad)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, "%v", bad)
	}
}
