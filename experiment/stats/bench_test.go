package stats_test

import (
	"math/rand/v2"
	"testing"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

var (
	benchControl   = stats.Sample{N: 90_589, Mean: 2.13, Variance: 33.1}
	benchTreatment = stats.Sample{N: 46_612, Mean: 2.21, Variance: 35.7}
	benchPair      = stats.PairFromSums(109_776, 221_080.74, 827_766.15, 188_554.04, 654_590.5, 693_758.89)
	benchPairB     = stats.PairFromSums(100_065, 200_613.54, 750_883.1, 171_152.19, 594_208.87, 629_376.91)
	benchRateA     = stats.Proportion{Successes: 30_315, Trials: 90_590}
	benchRateB     = stats.Proportion{Successes: 16_033, Trials: 46_613}
)

// BenchmarkSummary measures what a dashboard computes for each metric and arm.
func BenchmarkSummary(b *testing.B) {
	var result stats.Result
	var err error
	run := func(name string, f func()) {
		b.Run("test="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
			if err != nil {
				b.Fatal(err)
			}
		})
	}
	run("welch", func() { result, err = stats.Welch{}.Test(benchControl, benchTreatment) })
	run("proportions", func() { result, err = stats.TwoProportions{}.Test(benchRateA, benchRateB) })
	run("miettinen-nurminen", func() {
		result, err = stats.TwoProportions{Interval: stats.MiettinenNurminen}.Test(benchRateA, benchRateB)
	})
	run("cuped", func() {
		var r stats.AdjustedResult
		r, err = stats.CUPED{}.Test(benchPair, benchPairB)
		result = r.Result
	})
	run("ratio", func() {
		var a, t stats.Sample
		a, err = benchPair.RatioSample()
		t, _ = benchPairB.RatioSample()
		result, err = stats.Welch{}.Test(a, t)
	})
	run("confidence-sequence", func() { result, err = stats.ConfidenceSequence{}.Test(benchControl, benchTreatment) })
	run("bayesian", func() { _, err = stats.Bayesian{}.Compare(benchControl, benchTreatment) })
	run("sample-ratio", func() { _, err = stats.SampleRatio{}.Test([]int64{45_489, 44_700}, []float64{0.5, 0.5}) })
	run("sample-ratio-sequence", func() {
		var watch stats.SampleRatioSequence
		_, err = watch.Look([]int64{45_489, 44_700}, []float64{0.5, 0.5})
	})
	_ = result
}

func BenchmarkFisher(b *testing.B) {
	for _, bench := range []struct {
		name string
		a, b stats.Proportion
	}{
		{"n=100", stats.Proportion{Successes: 38, Trials: 52}, stats.Proportion{Successes: 33, Trials: 72}},
		{"n=137203", benchRateA, benchRateB},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := (stats.Fisher{}).Test(bench.a, bench.b); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkUTest(b *testing.B) {
	for _, bench := range []struct {
		name string
		n    int
		test stats.UTest
	}{{"exact/n=30", 30, stats.UTest{}}, {"normal/n=10000", 10_000, stats.UTest{}}} {
		b.Run(bench.name, func(b *testing.B) {
			x, y := normals(bench.n, 1), normals(bench.n, 2)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bench.test.Test(x, y); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func normals(n int, seed uint64) []float64 {
	random := rand.New(rand.NewPCG(seed, 0))
	x := make([]float64, n)
	for i := range x {
		x[i] = random.NormFloat64()
	}
	return x
}

func BenchmarkBoundaries(b *testing.B) {
	for _, bench := range []struct {
		name   string
		design stats.GroupSequential
	}{
		{"boundary=spending/looks=5", stats.GroupSequential{}},
		{"boundary=spending/looks=10", stats.GroupSequential{Information: stats.EqualLooks(10)}},
		{"boundary=pocock/looks=10", stats.GroupSequential{Information: stats.EqualLooks(10), Boundary: stats.Pocock}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bench.design.Design(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRank(b *testing.B) {
	for _, bench := range []struct {
		name string
		arms []stats.Beta
	}{
		{"arms=2", []stats.Beta{{Alpha: 181, Beta: 719}, {Alpha: 116, Beta: 465}}},
		{"arms=6", []stats.Beta{{Alpha: 87, Beta: 385}, {Alpha: 2754, Beta: 12_226}, {Alpha: 517, Beta: 2685}, {Alpha: 1266, Beta: 5891}, {Alpha: 2721, Beta: 13_613}, {Alpha: 976, Beta: 4893}}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := stats.Rank(bench.arms...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
