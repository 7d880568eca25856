package stats_test

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

func ExampleRatePlan() {
	plan := stats.RatePlan{Baseline: 0.10, Method: stats.PooledRates}
	n, err := plan.SampleSize(0.01)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.0f units in each arm\n", math.Ceil(n))
	smallest, err := plan.DetectableDifference(5000)
	if err != nil {
		panic(err)
	}
	fmt.Printf("5000 find %.4f\n", smallest)
	// Output:
	// 14751 units in each arm
	// 5000 find 0.0174
}

func ExampleMeanPlan() {
	plan := stats.MeanPlan{Plan: stats.Plan{Power: 0.9}, StandardDeviation: 40}
	n, err := plan.SampleSize(5)
	if err != nil {
		panic(err)
	}
	power, err := plan.PowerAt(500, 5)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.0f units in each arm; 500 have a power of %.2f\n", math.Ceil(n), power)
	// Output: 1346 units in each arm; 500 have a power of 0.51
}

func ExampleMidFlight() {
	m := stats.MidFlight{RelativeEffect: 0.05}
	r, err := m.Outlook(stats.SampleOf(2000, 20, 15), stats.SampleOf(2000, 20.3, 15))
	if err != nil {
		panic(err)
	}
	fmt.Printf("power %.2f now, %.0f more units needed\n", r.Power, r.AdditionalUnits)
	// Output: power 0.55 now, 3171 more units needed
}

func ExampleDesignEffect() {
	effect, err := stats.DesignEffect(25, 0.05)
	if err != nil {
		panic(err)
	}
	fmt.Println(effect)
	// Output: 2.2
}

func ExampleCovariateFactor() {
	factor, err := stats.CovariateFactor(0.7)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f\n", factor)
	// Output: 0.51
}

func ExampleProcedure_PerTest() {
	alpha, err := stats.Bonferroni.PerTest(0.05, 5)
	if err != nil {
		panic(err)
	}
	fmt.Println(alpha)
	// Output: 0.01
}
