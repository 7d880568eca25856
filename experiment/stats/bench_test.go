package stats_test

import (
	"testing"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

func BenchmarkWelch(b *testing.B) {
	for name, n := range map[string]int64{"small": 40, "large": 200_000} {
		control, treatment := stats.SampleOf(n, 20, 28), stats.SampleOf(n, 21, 36)
		b.Run("arms="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = stats.Welch{}.Test(control, treatment)
			}
		})
	}
}

func BenchmarkTwoProportions(b *testing.B) {
	control, treatment := stats.Proportion{Successes: 30_315, Trials: 90_590}, stats.Proportion{Successes: 16_033, Trials: 46_613}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = stats.TwoProportions{}.Test(control, treatment)
	}
}

func BenchmarkSampleRatio(b *testing.B) {
	observed, weights := []int64{353_024, 531_448, 468_000}, []float64{0.261, 0.393, 0.346}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = stats.SampleRatio{}.Test(observed, weights)
	}
}

func BenchmarkMomentsAdd(b *testing.B) {
	var m stats.Moments
	b.ReportAllocs()
	for b.Loop() {
		m.Add(1.5)
	}
}
