package forecast_test

import (
	"fmt"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

func ExampleMovingAverage() {
	sales := forecast.Series{Values: []float64{22, 27, 19, 31, 24, 26, 22, 30, 25, 28}}
	for _, model := range []forecast.Model{forecast.MovingAverage{Window: 3}, forecast.MovingAverage{}} {
		fit, _ := model.Fit(sales)
		next, _ := fit.Forecast(2)
		window, _ := fit.Parameter("window")
		fmt.Printf("mean of %g: %.1f\n", window, next.Mean)
	}
	// Output:
	// mean of 3: [27.7 27.7]
	// mean of 4: [26.2 26.2]
}
