package stats_test

import (
	"fmt"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

func ExampleGroupSequential() {
	looks, err := stats.GroupSequential{}.Design() // the recommended design
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f\n", looks.Z)
	inflation, err := looks.Inflation(0.8)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.3f times the units of a fixed design\n", inflation)
	decision, err := looks.Decide(2, 2.9)
	if err != nil {
		panic(err)
	}
	fmt.Println(decision == stats.StopForEffect)
	// Output:
	// [4.88 3.36 2.68 2.29 2.03]
	// 1.025 times the units of a fixed design
	// true
}

func ExampleGroupSequential_futility() {
	looks, err := stats.GroupSequential{
		Alternative: stats.Greater, Information: stats.EqualLooks(3),
		Boundary: stats.SpendGamma(-4), Futility: stats.SpendPower(2), Power: 0.9,
	}.Design()
	if err != nil {
		panic(err)
	}
	fmt.Printf("stop for the effect above %.2f, for futility below %.2f\n", looks.Z, looks.FutilityZ)
	// Output: stop for the effect above [2.79 2.29 1.68], for futility below [-0.54 0.72 1.68]
}

func ExampleWangTsiatis() {
	for _, boundary := range []stats.Boundary{stats.OBrienFleming, stats.WangTsiatis(0.25), stats.Pocock} {
		looks, err := stats.GroupSequential{Boundary: boundary, Information: stats.EqualLooks(3)}.Design()
		if err != nil {
			panic(err)
		}
		fmt.Printf("%.2f\n", looks.Z)
	}
	// Output:
	// [3.47 2.45 2.00]
	// [2.74 2.31 2.08]
	// [2.29 2.29 2.29]
}

func ExampleSpending() {
	for _, spend := range []stats.Spending{stats.SpendOBrienFleming, stats.SpendPocock, stats.SpendPower(1)} {
		fmt.Printf("%.4f %.4f %.4f\n", spend(0.25, 0.05), spend(0.5, 0.05), spend(1, 0.05))
	}
	// Output:
	// 0.0001 0.0056 0.0500
	// 0.0179 0.0310 0.0500
	// 0.0125 0.0250 0.0500
}

func ExampleLooks_AfterStopping() {
	looks, err := stats.GroupSequential{}.Design()
	if err != nil {
		panic(err)
	}
	// Stopped at the second look with an effect of 4.0 ± 1.1.
	e, err := looks.AfterStopping(1, 4.0, 1.1)
	if err != nil {
		panic(err)
	}
	fmt.Printf("p = %.5f, %.2f [%.2f, %.2f], less its bias %.2f\n", e.P, e.Median, e.Lower, e.Upper, e.Unbiased)
	// Output: p = 0.00028, 4.00 [1.84, 6.16], less its bias 3.81
}

func ExampleConfidenceSequence() {
	watched := stats.ConfidenceSequence{PlannedUnits: 20_000}
	r, err := watched.Test(stats.SampleOf(5000, 20, 15), stats.SampleOf(5000, 21.4, 15))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+.2f [%.2f, %.2f] at every look, p = %.4f\n", r.Absolute.Estimate, r.Absolute.Lower, r.Absolute.Upper, r.Absolute.P)
	// Output: +1.40 [0.47, 2.33] at every look, p = 0.0004
}

func ExampleMixtureSPRT() {
	test := stats.MixtureSPRT{Sigma: 1, Tau: 0.5}
	for i := range 100 {
		wave := float64(i%5-2) / 2
		if err := test.Add(wave, 0.8-wave); err != nil {
			panic(err)
		}
	}
	p, _ := test.P()
	lower, upper := test.Interval()
	fmt.Printf("p = %.6f, [%.2f, %.2f]\n", p, lower, upper)
	// Output: p = 0.000001, [0.37, 1.23]
}

func ExampleNormalMixtureBoundary() {
	boundary, err := stats.NormalMixtureBoundary(1000, 100, 0.05)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f\n", boundary)
	// Output: 96.1
}
