package stats_test

import (
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment/stats"
)

func Example() {
	sizes, err := stats.SampleRatio{}.Test([]int64{10_060, 9_940}, []float64{1, 1})
	if err != nil {
		panic(err)
	}
	if sizes.Mismatch {
		fmt.Println("find out who is missing before reading on")
		return
	}
	r, err := stats.TwoProportions{}.Test(
		stats.Proportion{Successes: 1_006, Trials: 10_060}, stats.Proportion{Successes: 1_113, Trials: 9_940})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+.2f points [%+.2f, %+.2f], %+.1f %% [%+.1f, %+.1f], p = %.4f\n",
		100*r.Absolute.Estimate, 100*r.Absolute.Lower, 100*r.Absolute.Upper,
		100*r.Relative.Estimate, 100*r.Relative.Lower, 100*r.Relative.Upper, r.Absolute.P)
	fmt.Println(r.Significant(), len(r.Warnings))
	// Output:
	// +1.20 points [+0.34, +2.05], +12.0 % [+3.3, +21.4], p = 0.0060
	// true 0
}

func ExampleWelch() {
	control := stats.SampleOf(2756, 20.02, 27.74)
	treatment := stats.SampleOf(1948, 22.11, 36.56)
	r, err := stats.Welch{Alpha: 0.1}.Test(control, treatment)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f [%.2f, %.2f], t = %.2f with %.0f degrees of freedom\n",
		r.Absolute.Estimate, r.Absolute.Lower, r.Absolute.Upper, r.Absolute.Statistic, r.Absolute.DF)
	// Output: 2.09 [0.47, 3.71], t = 2.13 with 3450 degrees of freedom
}

func ExampleInputError() {
	_, err := stats.Welch{}.Test(stats.MomentsOf(3, 3, 3).Sample(), stats.MomentsOf(3, 3).Sample())
	if e, ok := errors.AsType[*stats.InputError](err); ok {
		fmt.Println(e.What, errors.Is(err, stats.ErrZeroVariance), errors.Is(err, flywheel.ErrInvalid))
	}
	// Output: variance of both arms true true
}

func ExampleMoments_Merge() {
	day := stats.MomentsOf(12, 0, 7)
	week := stats.MomentsOf(3, 9, 0, 4)
	week.Merge(day)
	fmt.Printf("%d %.1f %.2f\n", week.N, week.Mean, week.Variance())
	if err := week.Remove(day); err != nil {
		panic(err)
	}
	fmt.Printf("%d %.1f %.2f\n", week.N, week.Mean, week.Variance())
	// Output:
	// 7 5.0 20.67
	// 4 4.0 14.00
}

func ExampleMomentsFromSums() {
	fmt.Println(stats.MomentsFromSums(4, 16, 106).Variance())
	// Output: 14
}

func ExamplePair_RatioSample() {
	var revenuePerOrder stats.Pair // units are customers
	for _, customer := range [][2]float64{{120, 3}, {80, 2}, {45, 1}, {200, 4}} {
		revenuePerOrder.Add(customer[0], customer[1])
	}
	s, err := revenuePerOrder.RatioSample()
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f ± %.2f\n", s.Mean, s.StandardError())
	// Output: 44.5 ± 3.16
}

func ExamplePairFromSums() {
	p := stats.PairFromSums(4, 445, 62825, 10, 30, 1365)
	fmt.Printf("%.2f\n", p.Covariance())
	// Output: 84.17
}

func ExampleStandardizedDifference() {
	cohen, hedges, err := stats.StandardizedDifference(stats.SampleOf(20, 10, 2), stats.SampleOf(20, 11, 2))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f %.2f\n", cohen, hedges)
	// Output: 0.50 0.49
}

func ExampleProcedure_Adjust() {
	p, err := stats.BenjaminiHochberg.Adjust([]float64{0.01, 0.04, 0.03, 0.5})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.4f\n", p)
	// Output: [0.0400 0.0533 0.0533 0.5000]
}

func ExampleNormalTail() {
	p, logP := stats.NormalTail(100)
	fmt.Printf("%v %.1f\n", p, logP)
	// Output: 0 -5005.5
}

func ExampleStudentTail() {
	p, _ := stats.StudentTail(2.086, 20)
	fmt.Printf("%.4f\n", p)
	// Output: 0.0250
}

func ExampleChiSquareTail() {
	p, _ := stats.ChiSquareTail(3.841, 1)
	fmt.Printf("%.4f\n", p)
	// Output: 0.0500
}

func ExampleFTail() {
	p, _ := stats.FTail(4.351, 1, 20)
	fmt.Printf("%.4f\n", p)
	// Output: 0.0500
}
