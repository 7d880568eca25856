package market

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// The quantile is the point beyond which Simpson's rule finds the probability.
func TestStudentQuantile(t *testing.T) {
	for _, df := range []float64{3, 13, 52} {
		for _, q := range []float64{0.25, 0.05 / 30, 1e-6} {
			x := studentUpper(q, df)
			p, _ := stats.StudentTail(x, df)
			require.InEpsilon(t, q, p, 1e-13)
			// Over y = 1/u the tail ends at 0.
			density := func(y float64) float64 {
				if y == 0 {
					return 0
				}
				u := 1 / y
				return math.Exp(-lbeta(df/2, 0.5)-(df+1)/2*math.Log1p(u*u/df)) / math.Sqrt(df) * u * u
			}
			const steps = 20000
			h := 1 / x / steps
			sum := density(0) + density(1/x)
			for i := 1; i < steps; i++ {
				sum += float64(2+2*(i%2)) * density(float64(i)*h)
			}
			require.InEpsilon(t, q, sum*h/3, 1e-10)
		}
	}
}

func TestBetaQuantile(t *testing.T) {
	for _, p := range []float64{0.025, 0.5, 0.975} {
		for _, ab := range [][2]float64{{1, 12}, {45, 121}, {3000, 7}} {
			x := betaQuantile(p, ab[0], ab[1])
			require.InEpsilon(t, p, betaLower(x, ab[0], ab[1]), 1e-11)
		}
	}
	require.Zero(t, betaQuantile(0, 2, 3))
	require.Equal(t, 1.0, betaQuantile(1, 2, 3))
}
