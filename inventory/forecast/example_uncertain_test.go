package forecast_test

import (
	"fmt"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// A spare part that sells now and then: the forecast of the normal law would go
// below zero; the count says how many units are enough.
func ExampleCounts() {
	valves := forecast.Series{ID: "valve", Values: []float64{0, 0, 2, 0, 1, 0, 0, 0, 3, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 1}}
	fit, err := forecast.Counts{}.Fit(valves)
	if err != nil {
		fmt.Println(err)
		return
	}
	enough, err := fit.Quantiles(1, 0.5, 0.9, 0.99)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(fit.Model)
	fmt.Printf("half the weeks sell %g or none, nine of ten at most %g, 99 of 100 at most %g\n", enough[0][0], enough[1][0], enough[2][0])
	// Output:
	// Counts(static, zero-inflated)
	// half the weeks sell 0 or none, nine of ten at most 2, 99 of 100 at most 3
}

// The form can be named: a level that wanders, with more zeros than a Poisson
// law has.
func ExampleDynamics() {
	for _, law := range []forecast.CountLaw{forecast.NegativeBinomial, forecast.ZeroInflated} {
		fit, _ := forecast.Counts{Dynamics: forecast.Wandering, Law: law}.Fit(forecast.Series{Values: []float64{0, 0, 9, 0, 0, 11, 0, 8, 0, 0, 0, 12, 10, 0, 0, 9}})
		l, _ := fit.Likelihood()
		fmt.Printf("%s: AICc %.1f\n", fit.Model, l.AICc)
	}
	// Output:
	// Counts(wandering, negative binomial): AICc 73.4
	// Counts(wandering, zero-inflated): AICc 55.1
}

// Sales with a rush now and then: ranges from errors that are drawn again reach
// further up than down.
func ExampleBootstrap() {
	sales := forecast.Series{Values: []float64{20, 21, 19, 20, 34, 20, 19, 21, 20, 19, 20, 36, 21, 20, 19, 20, 20, 21, 33, 20, 19, 20, 21, 20}}
	for _, model := range []forecast.Model{forecast.Mean{}, forecast.Bootstrap{Of: forecast.Mean{}, Seed: 1}} {
		fit, _ := model.Fit(sales)
		next, _ := fit.Forecast(1, 0.8)
		fmt.Printf("%.1f: %.1f to %.1f\n", next.Mean[0], next.Intervals[0].Lower[0], next.Intervals[0].Upper[0])
	}
	// Output:
	// 21.8: 15.4 to 28.2
	// 21.8: 18.5 to 33.2
}

// Ranges as wide as the forecasts have been wrong, whatever the model says.
func ExampleConformal() {
	walk := make([]float64, 60)
	for i := 1; i < len(walk); i++ {
		walk[i] = walk[i-1] + float64(i*i*7%11) - 5
	}
	fit, _ := forecast.Conformal{Of: forecast.Mean{}, Horizon: 3}.Fit(forecast.Series{Values: walk})
	next, _ := fit.Forecast(3, 0.9)
	for h, mean := range next.Mean {
		fmt.Printf("%.1f ± %.1f\n", mean, next.Intervals[0].Upper[h]-mean)
	}
	// Output:
	// 32.3 ± 33.5
	// 32.3 ± 35.1
	// 32.3 ± 37.4
}
