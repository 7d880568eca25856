package stats_test

import (
	"fmt"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

func ExampleTwoProportions_OddsRatio() {
	control := stats.Proportion{Successes: 120, Trials: 1000}
	treatment := stats.Proportion{Successes: 150, Trials: 1000}
	odds, err := stats.TwoProportions{}.OddsRatio(control, treatment)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f [%.2f, %.2f]\n", odds.Estimate, odds.Lower, odds.Upper)
	// Output: 1.29 [1.00, 1.67]
}

func ExampleFisher() {
	// Nobody of 12 returned the old shoe, 5 of 11 the new one.
	p, _, err := stats.Fisher{}.Test(stats.Proportion{Successes: 0, Trials: 12}, stats.Proportion{Successes: 5, Trials: 11})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.4f\n", p)
	// Output: 0.0137
}

func ExampleProportion_Interval() {
	returns := stats.Proportion{Successes: 0, Trials: 50}
	for _, method := range []stats.RateInterval{stats.WaldRate, stats.Wilson, stats.ClopperPearson} {
		lower, upper, err := returns.Interval(method, 0.05)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%.3f to %.3f\n", lower, upper)
	}
	// Output:
	// 0.000 to 0.000
	// 0.000 to 0.071
	// 0.000 to 0.071
}

func ExampleEqualRates() {
	h, err := stats.EqualRates(
		stats.Proportion{Successes: 694, Trials: 7129}, stats.Proportion{Successes: 1678, Trials: 16282}, stats.Proportion{Successes: 771, Trials: 7726})
	if err != nil {
		panic(err)
	}
	fmt.Printf("chi-square %.2f with %g degrees of freedom, p = %.2f\n", h.ChiSquare, h.DF, h.P)
	// Output: chi-square 1.93 with 2 degrees of freedom, p = 0.38
}

func ExampleSampleRatio_Power() {
	// Would the check notice if 1 % of the treatment's visitors were lost?
	power, err := stats.SampleRatio{}.Power([]float64{0.5, 0.5}, []float64{0.5, 0.495}, 200_000)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f\n", power)
	// Output: 0.37
}

func ExampleSampleRatioSequence() {
	var watch stats.SampleRatioSequence
	for _, day := range [][]int64{{510, 490}, {1030, 950}, {1560, 1380}, {2090, 1800}} {
		evidence, err := watch.Look(day, []float64{0.5, 0.5})
		if err != nil {
			panic(err)
		}
		fmt.Printf("%.4f %t\n", evidence.P, evidence.Mismatch)
	}
	// Output:
	// 1.0000 false
	// 0.9805 false
	// 0.0267 false
	// 0.0002 true
}
