package forecast

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

func TestValueAdded(t *testing.T) {
	v, err := NewValueAdded("naive", "model", "planner")
	require.NoError(t, err)
	require.Nil(t, v.Report())
	// Absolute errors 4 and 4, 2 and 2, 1 and 1; the scale of MASE is 2.
	history := Series{Values: []float64{10, 12, 14}}
	require.NoError(t, v.Add(history, []float64{20, 20}, []float64{16, 24}, []float64{18, 22}, []float64{19, 19}))
	// 10, 20 and 40 without history.
	require.NoError(t, v.Add(Series{}, []float64{160}, []float64{170}, []float64{140}, []float64{200}))

	r := v.Report()
	require.Len(t, r, 3)
	require.Equal(t, "model", r[1].Step)
	require.Equal(t, 2, r[1].Series)
	require.Equal(t, 3, r[1].Forecasts)
	require.InDelta(t, (4+4+10)/3.0, r[0].MAE, 1e-12)
	require.InDelta(t, 24/200.0, r[1].WAPE.Value, 1e-12)
	require.InDelta(t, 100*(1+1-40)/200.0, r[2].Bias.Value, 1e-12)
	require.InDelta(t, math.Sqrt((4+4+400)/3.0), r[1].RMSE, 1e-12)
	require.InDelta(t, 0.5, r[2].MASE.Value, 1e-12)
	require.Equal(t, Gain{}, r[0].OverBefore)

	g := r[1].OverBefore
	require.InDelta(t, (18-24)/3.0, g.MAE, 1e-12)
	require.InDelta(t, (18-24)/18.0, g.Share.Value, 1e-12)
	require.InDelta(t, 1.0, g.MASE.Value, 1e-12)
	require.Equal(t, [2]int{1, 1}, [2]int{g.Improved, g.Worsened})
	// Ratios 1/2 with two forecasts and 2 with one.
	require.InDelta(t, 1-math.Pow(0.25*2, 1/3.0), g.Relative.Value, 1e-12)
	g = r[2].OverFirst
	require.InDelta(t, (18-42)/3.0, g.MAE, 1e-12)
	require.InDelta(t, 1-math.Pow(4.0/16, 1/3.0), g.Relative.Value, 1e-12)
	require.InDelta(t, 5-19, g.Bias.Value, 1e-12)
}

func TestValueAddedErrors(t *testing.T) {
	for _, steps := range [][]string{nil, {"one"}, {"a", "a"}, {"a", ""}} {
		_, err := NewValueAdded(steps...)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	v, err := NewValueAdded("a", "b")
	require.NoError(t, err)
	one := []float64{1}
	require.ErrorIs(t, v.Add(Series{}, one, one), flywheel.ErrInvalid)
	require.ErrorIs(t, v.Add(Series{}, one, one, []float64{1, 2}), flywheel.ErrInvalid)
	require.ErrorIs(t, v.Add(Series{}, one, one, []float64{math.NaN()}), ErrNotFinite)
	require.ErrorIs(t, v.Add(Series{}, nil, nil, nil), ErrEmpty)
	require.Nil(t, v.Report())
	require.NoError(t, v.Add(Series{}, []float64{0}, []float64{0}, []float64{1}))
	r := v.Report()
	require.False(t, r[1].WAPE.Defined || r[1].Bias.Defined || r[1].OverBefore.Share.Defined || r[1].OverBefore.Relative.Defined)
	require.Equal(t, Measure{}, r[1].OverBefore.WAPE)
}

// The gains of the steps add up to that over the first, and what is over the
// step before is over the first for the second.
func TestValueAddedAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, err := NewValueAdded("naive", "model", "planner", "manager")
		require.NoError(t, err)
		for range rapid.IntRange(1, 5).Draw(t, "series") {
			n := rapid.IntRange(1, 6).Draw(t, "periods")
			list := func(name string) []float64 {
				return rapid.SliceOfN(rapid.Float64Range(0, 100), n, n).Draw(t, name)
			}
			require.NoError(t, v.Add(demandSeries(t, 1), list("actual"), list("a"), list("b"), list("c"), list("d")))
		}
		r := v.Report()
		gain, logs := 0.0, 0.0
		for _, s := range r[1:] {
			gain += s.OverBefore.MAE
			logs += math.Log(1 - s.OverBefore.Relative.Value)
			require.InDelta(t, gain, s.OverFirst.MAE, 1e-9)
			for _, x := range []float64{s.MAE, s.RMSE, s.SMAPE, s.OverBefore.Relative.Value, s.OverFirst.Bias.Value, s.OverBefore.MASE.Value} {
				require.False(t, math.IsNaN(x) || math.IsInf(x, 0))
			}
		}
		require.Equal(t, r[1].OverBefore, r[1].OverFirst)
	})
}
