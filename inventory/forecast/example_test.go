package forecast_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// Weekly sales of one item: what to expect, and what to have for three weeks.
func Example() {
	series := forecast.Series{ID: "mug", Values: []float64{12, 15, 9, 14, 11, 13, 16, 12, 10, 14, 15, 13}}
	fit, err := forecast.Auto{}.Fit(series)
	if err != nil {
		fmt.Println(err)
		return
	}
	next, err := fit.Forecast(3, 0.8)
	if err != nil {
		fmt.Println(err)
		return
	}
	for h, mean := range next.Mean {
		fmt.Printf("week %d: %.1f (%.1f to %.1f)\n", h+1, mean, next.Intervals[0].Lower[h], next.Intervals[0].Upper[h])
	}
	mean, sd, err := fit.Total(3)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %.1f ± %.1f in three weeks\n", fit.Model, mean, sd)
	// Output:
	// week 1: 13.0 (8.9 to 17.0)
	// week 2: 13.0 (8.2 to 17.8)
	// week 3: 13.0 (7.7 to 18.3)
	// Combination: 39.0 ± 8.7 in three weeks
}

// The benchmarks that every other method has to beat.
func ExampleNaive() {
	sales := forecast.Series{Season: 4, Values: []float64{10, 12, 11, 25, 11, 14, 12, 28}}
	for _, model := range []forecast.Model{forecast.Naive{}, forecast.SeasonalNaive{}, forecast.Mean{}, forecast.Drift{}} {
		fit, _ := model.Fit(sales)
		next, _ := fit.Forecast(4)
		fmt.Printf("%-13s %.1f\n", fit.Model, next.Mean)
	}
	// Output:
	// Naive         [28.0 28.0 28.0 28.0]
	// SeasonalNaive [11.0 14.0 12.0 28.0]
	// Mean          [15.4 15.4 15.4 15.4]
	// Drift         [30.6 33.1 35.7 38.3]
}

func ExampleLikelihood() {
	sales := forecast.Series{Values: []float64{20, 23, 25, 30, 31, 36, 39, 41}}
	for _, model := range []forecast.Model{forecast.SES{}, forecast.Holt{}} {
		fit, _ := model.Fit(sales)
		if l, ok := fit.Likelihood(); ok {
			fmt.Printf("%-4s AICc %.1f\n", fit.Model, l.AICc)
		}
	}
	// Output:
	// SES  AICc 46.8
	// Holt AICc 51.8
}

func ExampleSES() {
	// The annual flow of the Nile at Aswan 1871-1880, in 10⁸ m³ (R: Nile).
	nile := forecast.Series{Values: []float64{1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140}}
	fit, _ := forecast.SES{Alpha: 0.3, Start: &forecast.Start{Level: 1120}}.Fit(nile)
	next, _ := fit.Forecast(2)
	fmt.Printf("%.2f\n", next.Mean)
	// Output: [1167.97 1167.97]
}

func ExampleHolt() {
	sales := forecast.Series{Values: []float64{20, 23, 25, 30, 31, 36, 39, 41}}
	for _, model := range []forecast.Model{
		forecast.Holt{Alpha: 0.5, Beta: 0.1},
		forecast.Holt{Alpha: 0.5, Beta: 0.1, Phi: 0.9},
	} {
		fit, _ := model.Fit(sales)
		next, _ := fit.Forecast(4)
		fmt.Printf("%-10s %.1f\n", fit.Model, next.Mean)
	}
	// Output:
	// Holt       [44.5 47.6 50.7 53.8]
	// DampedHolt [42.8 44.7 46.4 47.9]
}

func ExampleHoltWinters() {
	// Quarterly sales with a strong fourth quarter.
	sales := forecast.Series{Season: 4, Values: []float64{10, 12, 11, 25, 11, 14, 12, 28, 13, 15, 14, 31}}
	fit, _ := forecast.HoltWinters{Multiplicative: true, Alpha: 0.3, Beta: 0.1, Gamma: 0.2}.Fit(sales)
	next, _ := fit.Forecast(4)
	fmt.Printf("%.1f\n", next.Mean)
	// Output: [13.9 17.3 15.2 34.4]
}

func ExampleETS() {
	sales := forecast.Series{Season: 2, Values: []float64{16, 24, 15, 27, 17, 29, 18, 30, 19, 33}}
	for _, model := range []forecast.ETS{
		{}, // chooses
		{Error: forecast.Additive, Trend: forecast.Absent, Season: forecast.Additive, Alpha: 0.2, Gamma: 0.1,
			Start: &forecast.Start{Level: 20, Season: []float64{-5, 5}}},
	} {
		fit, _ := model.Fit(sales)
		next, _ := fit.Forecast(2)
		fmt.Printf("%s %.2f\n", fit.Model, next.Mean)
	}
	// Output:
	// ETS(M,N,M) [20.06 33.00]
	// ETS(A,N,A) [18.98 29.64]
}

// Quarterly sales with a trend and a season: the orders are chosen.
func ExampleARIMA() {
	quarters := forecast.Series{Season: 4, Values: []float64{
		62, 81, 95, 70, 66, 84, 101, 72, 69, 90, 104, 78, 73, 92, 110, 80, 75, 97, 113, 85, 80, 99, 119, 86}}
	fit, err := forecast.ARIMA{}.Fit(quarters)
	if err != nil {
		panic(err)
	}
	next, err := fit.Forecast(4, 0.95)
	if err != nil {
		panic(err)
	}
	fmt.Println(fit.Model)
	fmt.Printf("%.1f\n", next.Mean)
	fmt.Printf("%.1f to %.1f\n", next.Intervals[0].Lower[0], next.Intervals[0].Upper[0])
	// Output:
	// ARIMA(0,0,0)(1,1,0)[4] with drift
	// [82.9 104.3 121.1 92.2]
	// 80.8 to 85.0
}

// A model that is named: this year's quarter is last year's with a drift, and
// what deviates from that fades from one quarter to the next.
func ExampleOrders() {
	quarters := forecast.Series{Season: 4, Values: []float64{
		62, 81, 95, 70, 60, 77, 92, 68, 69, 90, 104, 78, 80, 101, 116, 86, 79, 99, 112, 82, 83, 104, 121, 90}}
	orders := forecast.Orders{AR: 1, SeasonalDifferences: 1, Constant: true}
	fit, err := forecast.ARIMA{Orders: &orders}.Fit(quarters)
	if err != nil {
		panic(err)
	}
	fmt.Println(fit.Model)
	for _, p := range fit.Parameters {
		fmt.Printf("%s %.2f\n", p.Name, p.Value)
	}
	// Output:
	// ARIMA(1,0,0)(0,1,0)[4] with drift
	// ar1 0.77
	// drift 1.03
}

func ExampleTheta() {
	sales := forecast.Series{Season: 4, Values: []float64{10, 12, 11, 25, 11, 14, 12, 28, 13, 15, 14, 31}}
	fit, _ := forecast.Theta{}.Fit(sales)
	next, _ := fit.Forecast(4)
	fmt.Printf("%.1f\n", next.Mean)
	// Output: [13.9 16.5 14.3 32.6]
}

// The share of the trend that a series deserves can be estimated.
func ExampleOptimizedTheta() {
	sales := forecast.Series{Season: 4, Values: []float64{10, 12, 11, 25, 11, 14, 12, 28, 13, 15, 14, 31}}
	for _, model := range []forecast.Model{forecast.OptimizedTheta{}, forecast.OptimizedTheta{Dynamic: true}, forecast.CES{}} {
		fit, _ := model.Fit(sales)
		next, _ := fit.Forecast(4)
		fmt.Printf("%-14s %.1f\n", fit.Model, next.Mean)
	}
	// Output:
	// OptimizedTheta [14.2 17.0 15.0 34.5]
	// DynamicTheta   [14.2 17.0 14.9 34.3]
	// CES            [14.4 17.3 15.3 35.5]
}

func ExampleCES() {
	sales := forecast.Series{Values: []float64{20, 23, 25, 30, 31, 36, 39, 41}}
	fit, _ := forecast.CES{}.Fit(sales)
	next, _ := fit.Forecast(3)
	fmt.Printf("%.1f\n", next.Mean)
	// Output: [47.1 51.6 57.0]
}

// Spare parts are wanted rarely. Croston's rate is too high; SBA corrects it,
// and TSB lets it fade when nobody has asked for a while.
func ExampleSBA() {
	parts := forecast.Series{Values: []float64{0, 0, 3, 0, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0}}
	for _, model := range []forecast.Model{
		forecast.Croston{Alpha: 0.1},
		forecast.SBA{Alpha: 0.1},
		forecast.SBJ{Alpha: 0.1},
		forecast.TSB{Alpha: 0.1},
	} {
		fit, _ := model.Fit(parts)
		next, _ := fit.Forecast(1)
		fmt.Printf("%-8s%.3f\n", fit.Model, next.Mean[0])
	}
	// Output:
	// Croston 1.007
	// SBA     0.956
	// SBJ     0.954
	// TSB     0.337
}

func ExampleADIDA() {
	parts := forecast.Series{Values: []float64{0, 0, 3, 0, 0, 2, 0, 0, 4, 0, 0, 3}}
	for _, model := range []forecast.Model{forecast.ADIDA{}, forecast.IMAPA{}} {
		fit, _ := model.Fit(parts)
		next, _ := fit.Forecast(1)
		fmt.Printf("%s %.3f\n", fit.Model, next.Mean[0])
	}
	// Output:
	// ADIDA 1.003
	// IMAPA 1.029
}

func ExampleClassify() {
	for _, values := range [][]float64{
		{5, 6, 5, 4, 6, 5},
		{5, 1, 20, 4, 2, 9},
		{0, 0, 2, 0, 0, 2},
		{0, 0, 1, 0, 0, 9},
	} {
		d, _ := forecast.Classify(forecast.Series{Values: values})
		fmt.Printf("%-12v ADI %.2f CV² %.2f\n", d.Class, d.Interval, d.Variation)
	}
	// Output:
	// smooth       ADI 1.00 CV² 0.02
	// erratic      ADI 1.00 CV² 1.06
	// intermittent ADI 3.00 CV² 0.00
	// lumpy        ADI 3.00 CV² 1.28
}

func ExampleSelect() {
	model, _ := forecast.Select(forecast.Series{Values: []float64{0, 0, 2, 0, 0, 2, 0, 1}})
	fmt.Printf("%T\n", model)
	// Output: forecast.SBA
}

// One Fit and one Forecast serve thousands of series.
func ExampleModel_FitTo() {
	var fit forecast.Fit
	var next forecast.Forecast
	for _, s := range []forecast.Series{
		{ID: "cup", Values: []float64{4, 4, 4}},
		{ID: "jug", Values: []float64{1, 2, 3}},
	} {
		if err := (forecast.Drift{}).FitTo(&fit, s); err != nil {
			fmt.Println(err)
			continue
		}
		if err := fit.ForecastTo(&next, 2); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(fit.Series, next.Mean)
	}
	// Output:
	// cup [4 4]
	// jug [4 5]
}

func ExampleFit_Total() {
	fit, _ := forecast.SES{Alpha: 0.3}.Fit(forecast.Series{Values: []float64{20, 24, 18, 22, 25, 19, 21, 23}})
	for _, weeks := range []int{1, 4} {
		mean, sd, _ := fit.Total(weeks)
		fmt.Printf("%d: %.1f ± %.1f\n", weeks, mean, sd)
	}
	// Output:
	// 1: 21.7 ± 3.1
	// 4: 86.9 ± 9.2
}

func ExampleForecast_Clamp() {
	fit, _ := forecast.Drift{}.Fit(forecast.Series{Values: []float64{9, 7, 4, 2}})
	next, _ := fit.Forecast(2)
	next.Clamp(0, 100)
	fmt.Printf("%.1f\n", next.Mean)
	// Output: [0.0 0.0]
}

func ExampleEvaluate() {
	training := forecast.Series{Values: []float64{10, 12, 11, 13}}
	a, _ := forecast.Evaluate(training, []float64{14, 0}, []float64{12, 2})
	fmt.Printf("MAE %.1f, bias %.1f %%, MASE %.2f, MAPE %v\n", a.MAE, a.Bias.Value, a.MASE.Value, a.MAPE.Defined)
	// Output: MAE 2.0, bias 0.0 %, MASE 1.20, MAPE false
}

func ExamplePinball() {
	loss, _ := forecast.Pinball([]float64{10, 14}, []float64{12, 12}, 0.9)
	fmt.Printf("%.2f\n", loss)
	// Output: 1.00
}

func ExampleNormalCRPS() {
	score, _ := forecast.NormalCRPS(10, 7, 2)
	sample, _ := forecast.SampleCRPS(4, []float64{1, 2, 2, 5, 9})
	fmt.Printf("%.4f %.2f\n", score, sample)
	// Output: 1.9888 1.08
}

func ExampleIntervalScore() {
	v := forecast.Interval{Level: 0.8, Lower: []float64{8, 8}, Upper: []float64{12, 12}}
	actual := []float64{11, 13}
	score, _ := forecast.IntervalScore(forecast.Series{Values: []float64{10, 12, 10}}, actual, v)
	share, _ := forecast.Coverage(actual, v)
	fmt.Printf("score %.1f, coverage %.1f\n", score.Value, share)
	// Output: score 4.5, coverage 0.5
}

func ExampleSeriesError() {
	_, err := forecast.Croston{}.Fit(forecast.Series{ID: "bolt", Values: []float64{1, 0, -2}})
	fmt.Println(err)
	if e, ok := errors.AsType[*forecast.SeriesError](err); ok {
		fmt.Println(e.Index, errors.Is(err, forecast.ErrNegative))
	}
	// Output:
	// forecast: series "bolt": observation 2 is -2: negative demand: invalid
	// 2 true
}

// Many series at once: the results come in order, one series that fails does
// not stop the rest, and missing observations are filled and counted.
func ExampleBatch() {
	sales := []forecast.Series{
		{ID: "mug", Values: []float64{12, 15, 9, math.NaN(), 11, 13, 16, 12}},
		{ID: "new", Values: nil},
		{ID: "lamp", Values: []float64{0, 0, 3, 0, 0, 0, 2, 0, 4, 0, 0, 3}},
	}
	b := forecast.Batch{Horizon: 2, Levels: []float64{0.8}}
	err := b.Each(context.Background(), slices.Values(sales), func(r *forecast.Result) error {
		if r.Err != nil {
			fmt.Println(r.Err)
			return nil
		}
		fmt.Printf("%s: %s %.1f, %d filled\n", r.Series.ID, r.Model, r.Forecast.Mean, r.Filled)
		return nil
	})
	fmt.Println(err)
	// Output:
	// mug: Theta [13.1 13.2], 1 filled
	// forecast: series "new": no observations: invalid
	// lamp: SBA [1.0 1.0], 0 filled
	// <nil>
}

func ExampleResult_Total() {
	sales := []forecast.Series{
		{ID: "mug", Values: []float64{12, 15, 9, 14, 11, 13, 16, 12}},
		{ID: "lamp", Values: []float64{0, 0, 3, 0, 0, 0, 2, 0, 4, 0, 0, 3}},
	}
	weeks := map[string]int{"mug": 3, "lamp": 8} // that an order must last for
	b := forecast.Batch{Horizon: 1}
	err := b.Each(context.Background(), slices.Values(sales), func(r *forecast.Result) error {
		mean, sd, err := r.Total(weeks[r.Series.ID])
		fmt.Printf("%s: %.1f ± %.1f in %d weeks\n", r.Series.ID, mean, sd, weeks[r.Series.ID])
		return err
	})
	fmt.Println(err)
	// Output:
	// mug: 40.5 ± 10.3 in 3 weeks
	// lamp: 7.6 ± 4.2 in 8 weeks
	// <nil>
}

func ExampleFill() {
	s, n, _ := forecast.Fill(forecast.Series{Values: []float64{1, math.NaN(), 3, 4}})
	fmt.Println(s.Values, n)
	// Output: [1 2 3 4] 1
}

// Quarterly gas consumption in the United Kingdom 1980-1986 (R: UKgas), in
// millions of therms: the season is as strong as can be.
func ExampleSTL() {
	gas := forecast.Series{Season: 4, Values: []float64{
		774.5, 470.1, 203.7, 613.1, 812.3, 447.2, 229.7, 625.4, 784.6, 473.0, 220.7, 584.6, 762.2, 465.2,
		210.3, 598.5, 925.3, 615.2, 257.8, 668.5, 1005.6, 541.8, 274.9, 711.2, 1163.9, 613.1, 347.4, 782.8,
	}}
	d, _ := forecast.STL(gas, 0)
	fmt.Printf("season %.0f, strength %.2f\n", d.Seasonal[0][:4], d.Strength(0))
	fmt.Printf("trend from %.0f to %.0f\n", d.Trend[0], d.Trend[27])
	acf, _ := forecast.Autocorrelations(gas, 4)
	regular, _ := forecast.Differences(gas)
	seasonal, _ := forecast.SeasonalDifferences(gas)
	fmt.Printf("autocorrelations %.2f, differences %d and %d\n", acf, regular, seasonal)
	// Output:
	// season [322 -55 -332 65], strength 0.97
	// trend from 484 to 702
	// autocorrelations [0.04 -0.79 0.08 0.78], differences 0 and 1
}

// Hourly demand has a pattern of the day and one of the week.
func ExampleMSTL() {
	values := make([]float64, 4*7*24)
	for i := range values {
		values[i] = 100 + 10*math.Sin(2*math.Pi*float64(i)/24) + 20*math.Cos(2*math.Pi*float64(i)/168)
	}
	d, _ := forecast.MSTL(forecast.Series{Values: values}, 24, 168)
	fmt.Printf("%.1f + %.1f + %.1f\n", d.Trend[6], d.Seasonal[0][6], d.Seasonal[1][6])
	// Output: 100.0 + 10.0 + 19.5
}

// Is the one model better than the other, or was it luck?
func ExampleDieboldMariano() {
	careful := []float64{1, -2, 1, 0, -1, 2, 1, -1, 0, 1, -2, 1}
	careless := []float64{3, -4, 2, 5, -3, 4, -5, 2, 3, -4, 5, -3}
	statistic, p, _ := forecast.DieboldMariano(careful, careless, 1, 2)
	fmt.Printf("statistic %.2f, p-value %.4f\n", statistic, p)
	// Output: statistic -5.69, p-value 0.0001
}

// What a good model leaves is noise.
func ExampleFit_Residuals() {
	sales := forecast.Series{Values: []float64{20, 23, 25, 30, 31, 36, 39, 41, 46, 48, 50, 56, 57, 61}}
	for _, model := range []forecast.Model{forecast.SES{}, forecast.Holt{}} {
		fit, _ := model.Fit(sales)
		d, _ := fit.Residuals(sales, 4)
		fmt.Printf("%-4s mean error %.2f, Ljung-Box p-value %.3f\n", fit.Model, d.Mean, d.LjungBoxP)
	}
	// Output:
	// SES  mean error 2.93, Ljung-Box p-value 0.105
	// Holt mean error 0.00, Ljung-Box p-value 0.002
}

// What could happen in the next three weeks, and what would have been enough in
// 19 of 20 cases?
func ExampleFit_Paths() {
	sales := forecast.Series{Values: []float64{22, 27, 19, 31, 24, 26, 22, 30, 25, 28}}
	fit, _ := forecast.SES{}.Fit(sales)
	paths, _ := fit.Paths(10_000, 3, 1)
	totals := make([]float64, len(paths))
	for i, path := range paths {
		totals[i] = path[0] + path[1] + path[2]
	}
	slices.Sort(totals)
	mean, sd, _ := fit.Total(3)
	fmt.Printf("%.0f by simulation, %.0f by formula\n", totals[9500], mean+1.645*sd)
	// Output: 87 by simulation, 88 by formula
}

// What to have in stock for the next three weeks: a normal factor on half a width would
// be too little, since large errors come more often than in the normal law.
func ExampleFit_TotalDemand() {
	fit, err := forecast.Auto{}.Fit(forecast.Series{Values: []float64{12, 15, 11, 14, 13, 12, 16, 10, 13, 14, 12, 15}})
	if err != nil {
		fmt.Println(err)
		return
	}
	law, err := fit.TotalDemand(3)
	if err != nil {
		fmt.Println(err)
		return
	}
	level := law.Quantile(0.98)
	fmt.Printf("%.1f expected, %.1f on the shelf: %.2f short and %.1f left over\n",
		law.Mean, level, law.Shortage(level), law.Leftover(level))
	// Output: 39.4 expected, 59.7 on the shelf: 0.17 short and 20.4 left over
}
