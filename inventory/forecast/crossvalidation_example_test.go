package forecast_test

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// What would the model have done from the last four origins?
func ExampleCrossValidation() {
	sales := forecast.Series{Values: []float64{20, 23, 25, 30, 31, 36, 39, 41, 46, 48, 50, 56, 57, 61}}
	test := forecast.CrossValidation{Horizon: 3, Origins: 4, Levels: []float64{0.8}}
	for _, model := range []forecast.Model{forecast.Naive{}, forecast.Holt{}} {
		b, _ := test.Run(model, sales)
		fmt.Printf("%s: MASE %.2f, bias %.0f %%, inside the 80 %% interval: %.0f %%\n", b.Model, b.MASE.Value, b.Bias.Value, 100*b.Levels[0].Coverage)
		for h, d := range b.Distances {
			fmt.Printf("  %d ahead: MAE %.1f\n", h+1, d.MAE)
		}
		worst := slices.MaxFunc(b.Origins, func(x, y forecast.Origin) int { return cmp.Compare(x.Accuracy.MAE, y.Accuracy.MAE) })
		fmt.Printf("  worst from period %d, by %.1f\n", worst.At, worst.Accuracy.MAE)
	}
	// Output:
	// Naive: MASE 2.17, bias 13 %, inside the 80 % interval: 25 %
	//   1 ahead: MAE 3.8
	//   2 ahead: MAE 6.5
	//   3 ahead: MAE 9.8
	//   worst from period 11, by 8.0
	// Holt: MASE 0.32, bias 0 %, inside the 80 % interval: 58 %
	//   1 ahead: MAE 1.3
	//   2 ahead: MAE 0.9
	//   3 ahead: MAE 0.9
	//   worst from period 10, by 1.2
}

// Which model is the best for a series with a season, and is it by chance?
func ExampleCrossValidation_Compare() {
	quarters := forecast.Series{Season: 4, Values: []float64{
		62, 81, 95, 70, 66, 84, 101, 72, 69, 90, 104, 78, 73, 92, 110, 80, 75, 97, 113, 85, 80, 99, 119, 86}}
	list, err := forecast.CrossValidation{Horizon: 2, Origins: 10}.Compare(quarters,
		forecast.SeasonalNaive{}, forecast.Theta{}, forecast.ETS{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range list {
		fmt.Printf("%-13s OWA %.2f", c.Backtest.Model, c.OWA.Value)
		if c.P.Defined {
			fmt.Printf(", p-value %.3f", c.P.Value)
		}
		fmt.Println()
	}
	// Output:
	// SeasonalNaive OWA 1.00
	// Theta         OWA 0.75, p-value 0.586
	// ETS(M,A,M)    OWA 0.39, p-value 0.001
}

// A forecast of 20 that is right for a while, until demand goes up.
func ExampleTrackingSignal() {
	actual := []float64{19, 22, 20, 18, 21, 24, 25, 23, 26}
	expected := []float64{20, 20, 20, 20, 20, 20, 20, 20, 20}
	signal, _ := forecast.TrackingSignal(actual, expected)
	smoothed, _ := forecast.SmoothedTrackingSignal(actual, expected, 0.2)
	fmt.Printf("%.1f\n%.1f\n", signal, smoothed)
	// Output:
	// [-1.0 0.7 1.0 -0.8 0.0 2.4 4.2 5.3 6.8]
	// [-1.0 0.4 0.4 -0.3 0.0 0.6 0.8 0.8 0.9]
}

func ExampleOWA() {
	history := forecast.Series{Values: []float64{20, 24, 18, 22, 25, 19, 21, 23}}
	actual := []float64{22, 20, 23}
	naive, _ := forecast.Evaluate(history, actual, []float64{23, 23, 23})
	model, _ := forecast.Evaluate(history, actual, []float64{21.5, 21.5, 21.5})
	fmt.Printf("%.2f\n", forecast.OWA(model, naive).Value)
	// Output:
	// 0.88
}

func ExampleInterval_Width() {
	v := forecast.Interval{Level: 0.8, Lower: []float64{8, 7}, Upper: []float64{12, 13}}
	fmt.Println(v.Width())
	// Output: 5
}
