package replenish_test

import (
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel/inventory/replenish"
)

// Which policy serves 97 of 100 customers at the least cost?
func ExampleSimulation() {
	daily, err := replenish.NegativeBinomial(5, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	paths, err := replenish.Sample(daily, 20, 400, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	shop := replenish.Simulation{
		LeadTimes: []int{2, 3, 3, 4}, Warmup: 30,
		Costs: replenish.Costs{Order: 15, Holding: 0.2, Short: 4},
	}
	names := []string{"up to 34", "30 at 26", "26 to 56", "26 to 56 in dozens"}
	rules := []replenish.Rule{
		replenish.UpTo(34), replenish.AtPoint(26, 30), replenish.Between(26, 56),
		replenish.Between(26, 56).InLots(replenish.Lot{Pack: 12}),
	}
	best, outcome, err := shop.Cheapest(paths, rules, replenish.Target{FillRate: 0.97})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: fill rate %.3f, stock %.1f, cost %.2f\n", names[best], outcome.FillRate, outcome.Stock, outcome.Cost)

	level, outcome, err := shop.Level(paths, 100, replenish.Target{FillRate: 0.97})
	fmt.Printf("up to %d: fill rate %.3f, cost %.2f %v\n", level, outcome.FillRate, outcome.Cost, err)

	_, _, err = shop.Level(paths, 10, replenish.Target{FillRate: 0.97})
	if e, ok := errors.AsType[*replenish.UnreachableError](err); ok {
		fmt.Printf("up to 10 serves %.3f at best\n", e.Best.FillRate)
	}
	// Output:
	// 30 at 26: fill rate 0.983, stock 21.6, cost 7.15
	// up to 33: fill rate 0.971, cost 17.85 <nil>
	// up to 10 serves 0.089 at best
}

// A part that sells now and then: what covers its demand over the next four
// months nine times out of ten?
func ExampleBootstrap() {
	history := []float64{0, 0, 3, 0, 0, 0, 12, 0, 0, 5, 4, 0, 0, 0, 0, 9, 0, 0, 0, 2}
	paths, err := replenish.Bootstrap(history, 10_000, 4, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	total, err := replenish.Totals(paths, 4)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(total.Quantile(0.9))
	// Output: 18
}

// Levels for spare parts, learned from what levels would have cost in the
// histories of 200 parts: a sale of 1 to 4 units in about every third month.
func ExampleLearner() {
	var histories [][]float64
	for part := range 200 {
		months := make([]float64, 36)
		for t := range months {
			if k := part*37 + t*101 + t*t*part%17; k%3 == 0 {
				months[t] = float64(1 + k%4)
			}
		}
		histories = append(histories, months)
	}
	var levels *replenish.Levels
	levels, err := replenish.Learner{Periods: 2, Ratio: 0.95}.Learn(histories)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(levels.Level([]float64{0, 2, 0, 0, 1, 0, 3, 0, 0, 4}))
	fmt.Println(levels.Level([]float64{0, 1, 0, 0, 0, 0, 0, 0, 0, 1}))
	// Output:
	// 5 <nil>
	// 5 <nil>
}
