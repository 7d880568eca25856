package forecast_test

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// Two weeks of sales: on one day the till was broken, for a day and a half there
// was no stock, and someone bought for a whole school.
func ExampleCleaning() {
	sales := forecast.Series{ID: "pen", Values: []float64{12, 15, 11, math.NaN(), 14, 13, 95, 12, 14, 6, 0, 13, 15, 12}}
	inStock := []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5, 0, 1, 1, 1}
	demand, corrections, err := forecast.Cleaning{}.Clean(sales, inStock)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range corrections {
		fmt.Printf("day %2d: %.0f is %.1f, %s\n", c.Index+1, c.Was, c.Is, c.Cause)
	}

	fit, _ := forecast.SES{}.Fit(demand)
	next, _ := fit.Forecast(1)
	fmt.Printf("forecast %.1f\n", next.Mean[0])
	// Output:
	// day  4: NaN is 12.5, missing
	// day  7: 95 is 13.0, outlier
	// day 10: 6 is 12.6, partly out of stock
	// day 11: 0 is 13.3, out of stock
	// forecast 13.0
}
