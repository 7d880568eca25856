package forecast_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// The planner knows of a fair in the second week and of a customer who has left.
// Six weeks later it shows what that was worth.
func ExampleForecast_Adjust() {
	fit, _ := forecast.SES{}.Fit(forecast.Series{ID: "mug", Values: []float64{22, 27, 19, 31, 24, 26, 22, 30, 25, 28}})
	model, _ := fit.Forecast(3, 0.8)
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	adjusted, err := model.Adjust(
		forecast.Override{Period: 2, Kind: forecast.Scale, Value: 1.5, Author: "ada", Reason: "fair", At: at},
		forecast.Override{Period: 3, Kind: forecast.Shift, Value: -6, Author: "ben", Reason: "customer lost", At: at.Add(time.Hour)},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range adjusted.Changes {
		fmt.Printf("%s, %s (%v %g): %.1f is %.1f\n", c.Override.Author, c.Override.Reason, c.Override.Kind, c.Override.Value, c.Before, c.After)
	}
	v := adjusted.Forecast.Intervals[0]
	fmt.Printf("week 2: %.1f to %.1f\n", v.Lower[1], v.Upper[1])

	outcomes, _ := adjusted.Outcomes([]float64{26, 41, 27})
	for _, o := range outcomes {
		fmt.Printf("%s gained %.1f\n", o.Override.Author, o.Gain())
	}
	// Output:
	// ada, fair (scale 1.5): 25.4 is 38.1
	// ben, customer lost (shift -6): 25.4 is 19.4
	// week 2: 30.4 to 45.8
	// ada gained 12.7
	// ben gained -6.0
}

// Without a reason nobody can learn from it.
func ExampleOverrideError() {
	next := forecast.Forecast{Mean: []float64{20}}
	_, err := next.Adjust(forecast.Override{Period: 1, Value: 30, Author: "ada", At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)})
	fmt.Println(err)
	if e, ok := errors.AsType[*forecast.OverrideError](err); ok {
		fmt.Println(e.Field)
	}
	// Output:
	// forecast: override 0: reason must be given: invalid
	// reason
}

// Stored changes and what happened: who gains, and by what?
func ExampleReviewOverrides() {
	change := func(author, reason string, before, after, actual float64) forecast.Outcome {
		return forecast.Outcome{
			Change: forecast.Change{Override: forecast.Override{Author: author, Reason: reason}, Before: before, After: after},
			Actual: actual,
		}
	}
	review, err := forecast.ReviewOverrides([]forecast.Outcome{
		change("ada", "fair", 100, 150, 160),
		change("ada", "weather", 80, 84, 78),
		change("ben", "customer lost", 120, 70, 60),
		change("ben", "hope", 90, 130, 95),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	show := func(groups ...forecast.OverrideGroup) {
		for _, g := range groups {
			fmt.Printf("%-13s %d, %d improved, gain %+.0f\n", g.Name, g.Count, g.Improved, g.Gain)
		}
	}
	show(review.All, review.Upward, review.Downward)
	show(review.ByAuthor...)
	show(review.ByReason...)
	show(review.BySize[:]...)
	// Output:
	// all           4, 2 improved, gain +66
	// upward        3, 1 improved, gain +16
	// downward      1, 1 improved, gain +50
	// ada           2, 1 improved, gain +46
	// ben           2, 1 improved, gain +20
	// customer lost 1, 1 improved, gain +50
	// fair          1, 1 improved, gain +50
	// hope          1, 0 improved, gain -30
	// weather       1, 0 improved, gain -4
	// below 10 %    1, 0 improved, gain -4
	// 10 to 25 %    0, 0 improved, gain +0
	// 25 to 50 %    2, 1 improved, gain +20
	// 50 % and more 1, 1 improved, gain +50
}

// What does each step add? The model is better than the naive forecast, and the
// planners, with hope for the third product, spoil more than they gain.
func ExampleValueAdded() {
	v, _ := forecast.NewValueAdded("naive", "model", "planner")
	for _, p := range []struct {
		history, actual, planner []float64
	}{
		{[]float64{20, 23, 25, 30, 31, 36, 39, 41}, []float64{46, 48, 50}, []float64{46, 49, 52}},
		{[]float64{12, 15, 9, 14, 11, 13, 16, 12}, []float64{13, 12, 14}, []float64{13, 13, 13}},
		{[]float64{50, 42, 55, 47, 51, 44, 52, 49}, []float64{48, 53, 46}, []float64{60, 60, 60}},
	} {
		s := forecast.Series{Values: p.history}
		naive, _ := forecast.Naive{}.Fit(s)
		before, _ := naive.Forecast(3)
		model, _ := forecast.Holt{}.Fit(s)
		after, _ := model.Forecast(3)
		if err := v.Add(s, p.actual, before.Mean, after.Mean, p.planner); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, s := range v.Report() {
		g := s.OverBefore
		fmt.Printf("%-7s MAE %.2f, bias %+.1f %%, gain %+.0f %% (%d of %d series better)\n",
			s.Step, s.MAE, s.Bias.Value, 100*g.Share.Value, g.Improved, s.Series)
	}
	// Output:
	// naive   MAE 3.56, bias +7.3 %, gain +0 % (0 of 3 series better)
	// model   MAE 1.50, bias -1.0 %, gain +58 % (2 of 3 series better)
	// planner MAE 4.22, bias -10.9 %, gain -181 % (1 of 3 series better)
}
