package forecast_test

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// Six weeks of a shop that sells half as much again at a discount of 20 %: its
// calendar has two more weeks, in one of which there is a promotion.
func ExampleCalendar() {
	sales := forecast.Series{Values: []float64{40, 42, 60, 41, 39, 61, 40, 43, 41, 40, 62, 41}}
	weeks := forecast.Calendar{Start: day(2026, 1, 5), Period: forecast.Week, Periods: len(sales.Values) + 2}
	discount, err := weeks.Promotions("discount",
		forecast.Promotion{From: day(2026, 1, 19), To: day(2026, 1, 25), Depth: 0.2},
		forecast.Promotion{From: day(2026, 2, 9), To: day(2026, 2, 15), Depth: 0.2},
		forecast.Promotion{From: day(2026, 3, 16), To: day(2026, 3, 22), Depth: 0.2},
		forecast.Promotion{From: day(2026, 4, 6), To: day(2026, 4, 12), Depth: 0.2})
	if err != nil {
		fmt.Println(err)
		return
	}
	sales.Regressors = []forecast.Regressor{discount}
	fit, err := forecast.Regression{Of: forecast.SES{}}.Fit(sales)
	if err != nil {
		fmt.Println(err)
		return
	}
	next, _ := fit.Forecast(2)
	effect, _ := fit.Parameter("discount")
	fmt.Printf("%.0f, a discount of 10 %% brings %.0f more\n", next.Mean, effect/10)
	// Output:
	// [41 61], a discount of 10 % brings 10 more
}

// May 2026 has five Fridays and Saturdays, but five Sundays too.
func ExampleCalendar_TradingDays() {
	months := forecast.Calendar{Start: day(2026, 5, 1), Period: forecast.Month, Periods: 3}
	days, _ := months.TradingDays()
	length, _ := months.Length()
	for _, r := range append(days[4:], length) {
		fmt.Printf("%-16s %.2f\n", r.Name, r.Values)
	}
	// Output:
	// Friday           [0.00 0.00 1.00]
	// Saturday         [0.00 0.00 0.00]
	// length of month  [0.56 -0.44 0.56]
}

// Easter is in March one year and in April the next.
func ExampleCalendar_Holidays() {
	months := forecast.Calendar{Start: day(2024, 3, 1), Period: forecast.Month, Periods: 14}
	h := forecast.Holiday{Name: "Easter", Before: 7, After: 1}
	for year := 2024; year <= 2025; year++ {
		easter, _ := forecast.Easter(year)
		fmt.Println(easter.Format("2 January 2006"))
		h.Dates = append(h.Dates, easter)
	}
	columns, _ := months.Holidays(h)
	april, _ := months.Index(day(2025, 4, 1))
	fmt.Println(columns[0].Name, columns[0].Values[:2], columns[0].Values[april])
	// Output:
	// 31 March 2024
	// 20 April 2025
	// Easter [8 1] 9
}

// A new shop, and a strike whose effect wears off.
func ExampleLevelShift() {
	shop, _ := forecast.LevelShift("new shop", 3, 6)
	strike, _ := forecast.Pulse("strike", 1, 6)
	fading, _ := strike.Carry(0.5)
	for _, r := range []forecast.Regressor{shop, strike, fading} {
		fmt.Println(r.Name, r.Values)
	}
	// Output:
	// new shop [0 0 0 1 1 1]
	// strike [0 1 0 0 0 0]
	// strike [0 1 0.5 0.25 0.125 0.0625]
}

// The season of a year in daily figures, with two pairs in place of 365 values.
func ExampleFourier() {
	columns, _ := forecast.Fourier(365.25, 2, 730)
	for _, r := range columns {
		fmt.Printf("%s: %.3f\n", r.Name, r.Values[90])
	}
	// Output:
	// sin 1/365.25: 1.000
	// cos 1/365.25: 0.005
	// sin 2/365.25: 0.011
	// cos 2/365.25: -1.000
}
