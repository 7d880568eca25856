package supplier_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory/supplier"
)

func sampleChart(t *testing.T, input []byte, chart func([][]float64) (supplier.SampleChart, error), spread string) (map[string]any, float64) {
	var in struct {
		Groups [][]float64 `json:"groups"`
	}
	testkit.Strict(t, input, &in)
	c, err := chart(in.Groups)
	require.NoError(t, err)
	band := func(b supplier.Band) map[string]any {
		return map[string]any{"center": b.Center, "lcl": b.Lower, "ucl": b.Upper}
	}
	out := map[string]any{"xbar": band(c.Mean), spread: band(c.Spread), "sigma": c.Sigma}
	if spread == "r" {
		out["out"] = c.Out
	}
	return out, 1e-7
}

func countChart(c supplier.CountChart) map[string]any {
	return map[string]any{"center": c.Center, "lcl": c.Lower, "ucl": c.Upper, "out": c.Out}
}

// The monitor's bits say what a look at the last points says, for all rules.
func TestMonitorIsTheNaiveOne(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 50))
	for range 200 {
		m, err := supplier.NewMonitor(5, 2, supplier.AllRules)
		require.NoError(t, err)
		var z []float64
		for k := range 60 {
			x := r.NormFloat64() * (0.4 + 1.2*r.Float64())
			if k > 0 && r.IntN(5) == 0 {
				x = z[k-1] // ties
			}
			z = append(z, x)
			got := m.Next(5 + 2*x)
			for name, rule := range westernElectric {
				require.Equal(t, countedRule(z, name), got&rule != 0, "%s at %d of %v", name, k, z)
			}
			all := func(window int, holds func(i int) bool) bool {
				if len(z) < window {
					return false
				}
				for i := len(z) - window; i < len(z); i++ {
					if !holds(i) {
						return false
					}
				}
				return true
			}
			step := func(i int) float64 { // of the values as the monitor saw them
				return (5 + 2*z[i]) - (5 + 2*z[i-1])
			}
			first := func(window, i int) bool { return i == len(z)-window }
			require.Equal(t, all(6, func(i int) bool { return first(6, i) || step(i) > 0 }) || all(6, func(i int) bool { return first(6, i) || step(i) < 0 }),
				got&supplier.SixTrend != 0)
			require.Equal(t, all(14, func(i int) bool {
				return first(14, i) || step(i) != 0 && (first(14, i-1) || step(i)*step(i-1) < 0)
			}), got&supplier.FourteenAlternate != 0)
			require.Equal(t, all(15, func(i int) bool { return math.Abs(z[i]) <= 1 }), got&supplier.FifteenWithin1 != 0)
			require.Equal(t, all(8, func(i int) bool { return math.Abs(z[i]) > 1 }), got&supplier.EightBeyond1 != 0)
		}
	}
}

// Streams refuse nothing that is measured, ignore what is not a number, and do not
// allocate.
func TestStreams(t *testing.T) {
	m, err := supplier.NewMonitor(0, 1, supplier.AllRules)
	require.NoError(t, err)
	e, err := supplier.EWMA{Sigma: 1}.Stream()
	require.NoError(t, err)
	c, err := supplier.CUSUM{Sigma: 1}.Stream()
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		m.Next(1)
		e.Next(1)
		c.Next(1)
	}))
	z, _, _ := e.Next(1)
	again, _, out := e.Next(math.NaN())
	require.Equal(t, z, again)
	require.False(t, out)
	require.Zero(t, m.Next(math.Inf(1)))
	up, _, _ := c.Next(0)
	same, _, _ := c.Next(math.NaN())
	require.Equal(t, up, same)
	for _, bad := range []supplier.EWMA{{}, {Sigma: 1, Lambda: 2}, {Sigma: 1, Width: -1}, {Sigma: math.NaN()}} {
		_, err := bad.Stream()
		require.ErrorIs(t, err, supplier.ErrRange)
	}
	for _, bad := range []supplier.CUSUM{{}, {Sigma: 1, K: -1}, {Sigma: 1, H: -1}} {
		_, err := bad.Stream()
		require.ErrorIs(t, err, supplier.ErrRange)
	}
}

// Charts of nothing, of one size too many and of impossible counts are errors that
// name the place; charts of values that do not differ have no width.
func TestChartsOfBadInput(t *testing.T) {
	_, err := supplier.XBarR([][]float64{{1, 2}, {1, 2, 3}})
	require.ErrorContains(t, err, "groups[1]")
	_, err = supplier.XBarS(nil)
	require.ErrorIs(t, err, supplier.ErrRange)
	_, err = supplier.PChart([]float64{1}, []float64{0})
	require.Error(t, err)
	_, err = supplier.UChart([]float64{1, math.NaN()}, []float64{1, 1})
	require.ErrorContains(t, err, "defects[1]")
	_, err = supplier.NPChart([]float64{11}, 10)
	require.ErrorContains(t, err, "defectives[0]")
	_, err = supplier.Individuals([]float64{1})
	require.ErrorIs(t, err, supplier.ErrRange)
	flat, err := supplier.XBarR([][]float64{{3, 3}, {3, 3}})
	require.NoError(t, err)
	require.Equal(t, supplier.Band{Center: 3, Lower: 3, Upper: 3}, flat.Mean)
	require.Empty(t, flat.Out)
	_, err = supplier.Process{Mean: 1, Sigma: 0}.Capability()
	require.ErrorIs(t, err, supplier.ErrRange)
}
