package stats_test

import (
	"fmt"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

func ExampleUTest() {
	control := []float64{5, 9, 12, 3, 8, 11, 7, 4}
	treatment := []float64{13, 10, 16, 14, 9.5, 18, 6, 15}
	r, err := stats.UTest{}.Test(control, treatment)
	if err != nil {
		panic(err)
	}
	fmt.Printf("P(treatment > control) = %.2f, p = %.3f, shift %.1f [%.1f, %.1f]\n", r.Superiority, r.P, r.Shift, r.Lower, r.Upper)
	// Output: P(treatment > control) = 0.86, p = 0.015, shift 5.8 [1.0, 10.0]
}

func ExampleBrunnerMunzel() {
	r, err := stats.BrunnerMunzel{}.Test([]float64{5, 9, 12, 3, 8, 11, 7, 4}, []float64{13, 10, 16, 14, 9.5, 18, 6, 15})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f above one half, p = %.4f\n", r.Estimate, r.P)
	// Output: 0.36 above one half, p = 0.0029
}

func ExampleKolmogorovSmirnov() {
	r, err := stats.KolmogorovSmirnov{}.Test([]float64{1, 2, 3, 4, 5, 6}, []float64{4.5, 5.5, 6.5, 7.5, 8.5, 9.5})
	if err != nil {
		panic(err)
	}
	fmt.Printf("distance %.2f, p = %.3f\n", r.Distance, r.P)
	// Output: distance 0.67, p = 0.143
}

func ExampleKruskalWallis() {
	r, err := stats.KruskalWallis([]float64{1, 4, 6, 2}, []float64{7, 9, 8, 5}, []float64{12, 10, 11, 3})
	if err != nil {
		panic(err)
	}
	fmt.Printf("H = %.2f, p = %.3f\n", r.H, r.P)
	// Output: H = 5.35, p = 0.069
}

func ExampleBootstrap() {
	control, treatment := []float64{5, 9, 120, 3, 8, 11, 7, 4}, []float64{13, 10, 16, 14, 9.5, 180, 6, 15}
	ratio := func(control, treatment []float64) float64 {
		return stats.MomentsOf(treatment...).Mean / stats.MomentsOf(control...).Mean
	}
	r, err := stats.Bootstrap{Seed: 1, Statistic: ratio}.Interval(control, treatment)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f, warnings: %d\n", r.Estimate, len(r.Warnings))
	// Output: 1.58, warnings: 1
}

func ExamplePermutation() {
	r, err := stats.Permutation{Seed: 1, Statistic: stats.MeanDifference}.Test([]float64{1, 2, 3, 4}, []float64{7, 8, 9, 10})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f, about %.2f\n", r.Statistic, r.P) // exactly 2/70
	// Output: 6.0, about 0.03
}
