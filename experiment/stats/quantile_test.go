package stats_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// Quantiles that are compared hold their level in the field of distribution,
// number of units, level and steps; what would not is refused. The short form runs
// a part of it; FLYWHEEL_SIMULATE runs ten times as many of all.
func TestQuantilesHoldTheirLevel(t *testing.T) {
	rounded := func(step float64) func(r *rand.Rand) float64 {
		return func(r *rand.Rand) float64 { return math.Round(r.ExpFloat64()/step) * step }
	}
	draws := map[string]func(r *rand.Rand) float64{
		"lognormal": func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) },
		"tiny":      func(r *rand.Rand) float64 { return 1e-6 * math.Exp(r.NormFloat64()) },
		"tenths":    rounded(0.1), "hundredths": rounded(0.01),
		"step at the quantile": func(r *rand.Rand) float64 { return math.Floor(r.ExpFloat64() / (math.Ln10 / 5)) },
	}
	runs, sizes := 300, []int{20, 100, 1000}
	if n := longRuns(t); n > 0 {
		runs, sizes = n, []int{20, 45, 100, 400, 1000, 10_000}
	}
	for name, draw := range draws {
		for _, n := range sizes {
			for _, level := range []float64{0.5, 0.9, 0.99} {
				t.Run(fmt.Sprintf("%s/n=%d/level=%g", name, n, level), func(t *testing.T) {
					random := rand.New(rand.NewPCG(uint64(n), 17))
					var alarms share
					arm := func() (stats.Sample, error) {
						values := make([]float64, n)
						for i := range values {
							values[i] = draw(random)
						}
						q, err := stats.QuantileOf(values, level)
						require.NoError(t, err)
						return q.Sample()
					}
					for range runs {
						a, errA := arm()
						b, errB := arm()
						if errA != nil || errB != nil {
							continue
						}
						r, err := stats.Welch{}.Test(a, b)
						require.NoError(t, err)
						alarms.count(r.Absolute.P < 0.05)
					}
					limit := 0.06 + 5*math.Sqrt(0.05*0.95/float64(max(1, alarms.runs)))
					require.LessOrEqual(t, float64(alarms.hits), limit*float64(alarms.runs))
					if name == "step at the quantile" || level == 0.99 && n <= 100 {
						require.Zero(t, alarms.runs, "refused")
					}
					if name == "lognormal" && n == 1000 || name == "tiny" && n == 1000 {
						require.Equal(t, runs, alarms.runs, "compared")
					}
				})
			}
		}
	}
}

func TestQuantileRefusals(t *testing.T) {
	few, err := stats.QuantileOf([]float64{1, 2, 3, 4, 5, 6, 7, 8}, 0.9)
	require.NoError(t, err)
	_, err = few.Sample()
	require.ErrorIs(t, err, stats.ErrTooFew)
	ties := make([]float64, 500)
	for i := range ties {
		ties[i] = float64(i % 4)
	}
	q, err := stats.QuantileOf(ties, 0.5)
	require.NoError(t, err)
	require.True(t, q.Tied)
	_, err = q.Sample()
	require.ErrorIs(t, err, stats.ErrTies)
}

// No values have a sum of squares below the square of their sum by their number.
func TestImpossibleSums(t *testing.T) {
	good := stats.MomentsOf(1, 2, 3, 4).Sample()
	_, err := stats.Welch{}.Test(good, stats.MomentsFromSums(1000, 1050, 1050).Sample())
	require.ErrorIs(t, err, stats.ErrNegative)
	_, err = stats.PairFromSums(1000, 1050, 1050, 1000, 1100, 1050).RatioSample()
	require.ErrorIs(t, err, stats.ErrNegative)
	constant := stats.MomentsFromSums(1000, 100.1, 100.1*100.1/1000*(1-1e-15))
	require.Zero(t, constant.M2, "rounding is no error")
}

// Most units buy nothing: the quantile of all values is zero.
func TestWinsorizeZeros(t *testing.T) {
	spend := append(make([]float64, 998), 50, 60)
	_, err := stats.Winsorize{Upper: 0.99}.Caps(spend)
	require.ErrorIs(t, err, stats.ErrZeroVariance)
	caps, err := stats.Winsorize{Upper: 0.5, NonZero: true}.Caps(spend)
	require.NoError(t, err)
	require.Equal(t, stats.Caps{Upper: 55}, caps)
	caps, err = stats.Winsorize{Upper: 0.99}.Caps(make([]float64, 10))
	require.NoError(t, err)
	require.Equal(t, stats.Caps{}, caps, "nothing to cap is no error")
}
