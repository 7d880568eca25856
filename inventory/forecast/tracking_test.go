package forecast

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

func TestTrackingSignal(t *testing.T) {
	for _, c := range []struct {
		name             string
		actual, forecast []float64
		want, smoothed   []float64 // with alpha 0.5
	}{
		{"right", []float64{1, 2}, []float64{1, 2}, []float64{0, 0}, []float64{0, 0}},
		{"always too low", []float64{3, 5, 9}, []float64{2, 3, 4}, []float64{1, 2, 3}, []float64{1, 1, 1}},
		{"always too high", []float64{3, 5}, []float64{4, 9}, []float64{-1, -2}, []float64{-1, -1}},
		// Errors 2, -1, -1: sums 2, 1, 0; means 2, 3/2. Smoothed 1, 0, -1/2 over 1, 1, 1.
		{"to and fro", []float64{2, 0, 0}, []float64{0, 1, 1}, []float64{1, 1 / 1.5, 0}, []float64{1, 0, -0.5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := TrackingSignal(c.actual, c.forecast)
			require.NoError(t, err)
			require.InDeltaSlice(t, c.want, got, 1e-12)
			got, err = SmoothedTrackingSignal(c.actual, c.forecast, 0.5)
			require.NoError(t, err)
			require.InDeltaSlice(t, c.smoothed, got, 1e-12)
		})
	}
	_, err := TrackingSignal([]float64{1}, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = SmoothedTrackingSignal(nil, nil, 0.1)
	require.ErrorIs(t, err, ErrEmpty)
	for _, alpha := range []float64{0, -1, 1.1, math.NaN()} {
		_, err = SmoothedTrackingSignal([]float64{1}, []float64{1}, alpha)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
}

// The limits that the documentation names hold for normal errors.
func TestTrackingSignalsByChance(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 0))
	n := 200_000
	actual, zero := make([]float64, n), make([]float64, n)
	for i := range actual {
		actual[i] = random.NormFloat64()
	}
	for alpha, limit := range map[float64]float64{0.1: 0.54, 0.2: 0.74} {
		signal, err := SmoothedTrackingSignal(actual, zero, alpha)
		require.NoError(t, err)
		beyond := 0
		for _, s := range signal[100:] {
			if math.Abs(s) > limit {
				beyond++
			}
		}
		require.InDelta(t, 0.05, float64(beyond)/float64(n), 0.005)
	}
	squares := 0.0
	for from := 0; from < n; from += 50 {
		signal, err := TrackingSignal(actual[from:from+50], zero[:50])
		require.NoError(t, err)
		squares += signal[49] * signal[49]
	}
	require.InDelta(t, 1.25*math.Sqrt(50), math.Sqrt(squares/float64(n/50)), 0.3)
}

func TestTrackingSignalLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := func(name string, n int) []float64 {
			return rapid.SliceOfN(rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(-1e100, 1e100)), n, n).Draw(t, name)
		}
		n := rapid.IntRange(1, 12).Draw(t, "n")
		actual, forecasts := list("actual", n), list("forecast", n)
		signal, err := TrackingSignal(actual, forecasts)
		require.NoError(t, err)
		smoothed, err := SmoothedTrackingSignal(actual, forecasts, rapid.Float64Range(0.01, 1).Draw(t, "alpha"))
		require.NoError(t, err)
		for i := range signal {
			require.LessOrEqual(t, math.Abs(signal[i]), float64(i+1)*(1+1e-12))
			require.LessOrEqual(t, math.Abs(smoothed[i]), 1.0)
		}
	})
}

func TestOWA(t *testing.T) {
	of := func(smape, mase float64) Accuracy { return Accuracy{SMAPE: smape, MASE: Measure{mase, true}} }
	// The M4 competition's winner: sMAPE 11.374 and MASE 1.536 against 13.564 and
	// 1.912 of Naive 2, OWA 0.821 (Makridakis, Spiliotis & Assimakopoulos, 2020).
	require.InDelta(t, 0.821, OWA(of(11.374, 1.536), of(13.564, 1.912)).Value, 5e-4)
	require.Equal(t, Measure{1, true}, OWA(of(3, 2), of(3, 2)))
	require.Equal(t, Measure{}, OWA(of(3, 2), of(0, 2)))
	require.Equal(t, Measure{}, OWA(of(3, 2), of(3, 0)))
	require.Equal(t, Measure{}, OWA(Accuracy{SMAPE: 3}, of(3, 2)))
}

func TestWidth(t *testing.T) {
	require.Equal(t, 3.0, Interval{0.8, []float64{1, 2}, []float64{3, 6}}.Width())
	require.Zero(t, Interval{}.Width())
	require.Equal(t, 2.0, Interval{0.8, []float64{1, 2}, []float64{3}}.Width())
}
