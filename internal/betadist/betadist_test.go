package betadist_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/betadist"
)

func TestStudentQuantile(t *testing.T) {
	// R: qt(0.975, c(1, 2, 9, 30, 1000))
	for df, want := range map[float64]float64{1: 12.706204736174694, 2: 4.302652729749462, 9: 2.262157162798204, 30: 2.042272456301238, 1000: 1.962339080826382} {
		require.InEpsilon(t, want, betadist.StudentQuantile(0.95, df), 1e-11)
	}
}

func TestQuantileInvertsCDF(t *testing.T) {
	for _, a := range []float64{0.5, 1, 3.5, 400} {
		for _, b := range []float64{0.5, 2, 90} {
			for _, p := range []float64{0.001, 0.05, 0.5, 0.975} {
				require.InDelta(t, p, betadist.CDF(a, b, betadist.Quantile(a, b, p)), 1e-12)
			}
		}
	}
	require.Equal(t, []float64{0, 1}, []float64{betadist.CDF(1, 1, -1), betadist.CDF(1, 1, 2)})
	require.InDelta(t, 0.25, betadist.CDF(1, 1, 0.25), 1e-15)
	require.InDelta(t, 1-math.Sqrt(0.5), betadist.Quantile(1, 2, 0.5), 1e-14)
}
