package forecast_test

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// What a promotion adds, how sure that is, and a forecast that knows which of the
// days to come have one.
func ExampleRegressor() {
	promotion := []float64{0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1 /* to come: */, 0, 1, 1}
	sales := []float64{50, 53, 79, 49, 52, 47, 81, 78, 51, 50, 48, 52, 83, 49, 51, 80, 50, 47, 52, 79}
	series := forecast.Series{ID: "mug", Values: sales, Regressors: []forecast.Regressor{{Name: "promotion", Values: promotion}}}
	fit, err := forecast.Auto{}.Fit(series)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range fit.Parameters {
		if p.Name == "promotion" {
			fmt.Printf("a promotion adds %.1f ± %.1f\n", p.Value, p.Error)
		}
	}
	next, err := fit.Forecast(3)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.0f\n", next.Mean)
	// Output:
	// a promotion adds 29.9 ± 0.9
	// [50 80 80]
}

// Any model can forecast what the regressors leave.
func ExampleRegression() {
	price := []float64{9, 9, 9, 8, 8, 9, 9, 7, 7, 9, 9, 9, 8, 8, 9, 9 /* to come: */, 9, 7}
	sales := make([]float64, 16)
	for i := range sales {
		sales[i] = 130 - 10*price[i] + float64(i*7%3)
	}
	fit, err := forecast.Regression{Of: forecast.SES{}}.Fit(forecast.Series{Values: sales, Regressors: []forecast.Regressor{{Name: "price", Values: price}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	effect, _ := fit.Parameter("price")
	next, _ := fit.Forecast(2)
	fmt.Printf("%s: %.1f for each unit of price; %.0f\n", fit.Model, effect, next.Mean)
	// Output: Regression with SES errors: -10.0 for each unit of price; [41 61]
}

// Why the forecast is what it is.
func ExampleFit_Components() {
	sales := forecast.Series{Values: make([]float64, 24), Season: 4}
	for i := range sales.Values {
		sales.Values[i] = 100 + 2*float64(i) + []float64{30, -10, -30, 10}[i%4] + float64(i*5%3)
	}
	fit, _ := forecast.ETS{Error: forecast.Additive, Trend: forecast.Additive, Season: forecast.Additive}.Fit(sales)
	parts, err := fit.Components(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	show := func(c *forecast.Components, h int) {
		fmt.Printf("level %.0f, trend %+.0f, season %+.0f\n", c.Level[h], c.Trend[h], c.Season[h])
	}
	show(parts, 0)
	show(parts, 1)
	// Output:
	// level 147, trend +2, season +30
	// level 147, trend +4, season -10
}

// A week within a year, for a series of days: one line names both seasons.
func ExampleDecomposed() {
	visits := make([]float64, 800)
	for day := range visits {
		visits[day] = 1000 + 200*math.Sin(2*math.Pi*float64(day)/365) + []float64{0, 20, 10, 0, 50, 150, 90}[day%7] + float64(day*day%13)
	}
	fit, err := forecast.Decomposed{Seasons: []int{7, 365}}.Fit(forecast.Series{Values: visits})
	if err != nil {
		fmt.Println(err)
		return
	}
	next, _ := fit.Forecast(7)
	fmt.Println(fit.Model)
	fmt.Printf("%.0f\n", next.Mean)
	// Output:
	// STL with ETS(M,N,N)
	// [1208 1198 1251 1348 1287 1199 1216]
}

// Sales come in day by day; the model follows without being fitted again.
func ExampleFit_Update() {
	fit, _ := forecast.SES{Alpha: 0.5}.Fit(forecast.Series{Values: []float64{10, 12, 11, 13, 12}})
	for _, sold := range []float64{16, 18} {
		if err := fit.Update(sold); err != nil {
			fmt.Println(err)
			return
		}
		next, _ := fit.Forecast(1)
		fmt.Printf("%.2f\n", next.Mean[0])
	}
	// Output:
	// 14.01
	// 16.01
}

// Several models make one forecast, those that were better of late count for
// more.
func ExamplePool() {
	sales := forecast.Series{Values: []float64{10, 12, 13, 15, 17, 18, 20, 22, 23, 25, 27, 28, 30, 32, 33}}
	models := []forecast.Model{forecast.Naive{}, forecast.Drift{}, forecast.Mean{}}
	for _, by := range []forecast.Pooling{forecast.ByMean, forecast.ByMedian, forecast.ByAccuracy} {
		fit, err := forecast.Pool{Models: models, By: by}.Fit(sales)
		if err != nil {
			fmt.Println(err)
			return
		}
		next, _ := fit.Forecast(2)
		fmt.Printf("by %-8s %.1f\n", by, next.Mean)
	}
	// Output:
	// by mean     [29.8 30.3]
	// by median   [33.0 33.0]
	// by accuracy [34.5 36.0]
}
