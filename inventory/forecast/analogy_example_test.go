package forecast_test

import (
	"fmt"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// A new mug: three others were launched before. It is expected to sell 300 in its
// first eight weeks; the first two weeks say that it will be less.
func ExampleAnalogy() {
	price, white := 12.0, 1.0
	similarities, _ := forecast.Similarities([]float64{price, white}, []float64{11, 1}, []float64{20, 1}, []float64{13, 0})
	model := forecast.Analogy{
		Analogues: []forecast.Analogue{
			{Name: "red", Values: []float64{60, 90, 70, 50, 45, 40, 42, 38}, Weight: similarities[0]},
			{Name: "tall", Values: []float64{25, 45, 40, 24, 20, 21, 18}, Weight: similarities[1]},
			{Name: "glass", Values: []float64{110, 150, 120, 100, 80, 84, 70, 66, 60}, Weight: similarities[2]},
		},
		Total: 300, Periods: 8, Uncertainty: 0.3,
	}
	fit, err := model.Launch("mug")
	if err != nil {
		fmt.Println(err)
		return
	}
	show := func(when string) {
		next, _ := fit.Forecast(4, 0.8)
		mean, sd, _ := fit.Total(4)
		fmt.Printf("%s: %.0f, the next week %.0f to %.0f, four weeks %.0f ± %.0f\n", when, next.Mean, next.Intervals[0].Lower[0], next.Intervals[0].Upper[0], mean, sd)
	}
	fmt.Printf("similarities %.2f\n", similarities)
	show("before")
	_ = fit.Update(28, 41)
	show("after two weeks")
	// Output:
	// similarities [0.94 0.56 0.44]
	// before: [40 62 50 35], the next week 24 to 56, four weeks 187 ± 57
	// after two weeks: [35 24 21 20], the next week 30 to 39, four weeks 100 ± 8
}
