package budget_test

import (
	"errors"
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel/campaign/budget"
)

// Three channels, one of them S-shaped: below some spend it hardly acts.
func Example() {
	plan := budget.Plan{
		Budget: 1200,
		Channels: []budget.Channel{
			{Name: "search", Curve: budget.Curve{Form: budget.Michaelis, A: 900, B: 300}, High: 600},
			{Name: "video", Curve: budget.Curve{Form: budget.Hill, A: 1100, B: 500, S: 2.5}},
			{Name: "mail", Curve: budget.Curve{Form: budget.Log, A: 60, B: 20}, Minimum: 50},
		},
	}
	a, err := budget.Allocate(plan)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, c := range plan.Channels {
		fmt.Printf("%-6s %6.1f\n", c.Name, a.Spend[0][i])
	}
	fmt.Printf("brings %.1f; the next unit brings %.3f; at most %.1f could be had\n", a.Response, a.Marginal, a.Bound)
	// Output:
	// search  344.4
	// video   783.4
	// mail     72.3
	// brings 1402.6; the next unit brings 0.650; at most 1402.6 could be had
}

func ExampleForTarget() {
	plan := budget.Plan{Budget: 5000, Channels: []budget.Channel{
		{Name: "search", Curve: budget.Curve{Form: budget.Michaelis, A: 9000, B: 800}},
		{Name: "display", Curve: budget.Curve{Form: budget.Michaelis, A: 3000, B: 900}},
	}}
	for _, target := range []budget.Target{{Average: 3}, {Marginal: 1.5}} {
		a, err := budget.ForTarget(plan, target)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("spend %.0f, revenue %.0f, %.2f on average, the next unit %.2f\n", a.Spent, a.Response, a.Response/a.Spent, a.Marginal)
	}
	// Output:
	// spend 2522, revenue 7567, 3.00 on average, the next unit 1.05
	// spend 1833, revenue 6701, 3.66 on average, the next unit 1.50
}

func ExampleFrontier() {
	plan := budget.Plan{Channels: []budget.Channel{
		{Name: "search", Curve: budget.Curve{Form: budget.Exp, A: 1000, B: 200}},
		{Name: "mail", Curve: budget.Curve{Form: budget.Power, A: 10, S: 0.5}},
	}}
	points, err := budget.Frontier(plan, 100, 200, 400)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range points {
		fmt.Printf("%.0f brings %.0f, the next unit %.2f\n", a.Spent, a.Response, a.Marginal)
	}
	// Output:
	// 100 brings 402, the next unit 3.07
	// 200 brings 645, the next unit 1.90
	// 400 brings 898, the next unit 0.82
}

func ExampleSteps() {
	plan := budget.Plan{Channels: []budget.Channel{{Name: "search", Curve: budget.Curve{Form: budget.Michaelis, A: 900, B: 300}}}}
	steps, err := budget.Steps(plan, []float64{300})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s at %.0f: %.0f in all, %.1f per unit, the next unit %.2f\n", steps[0].Channel, steps[0].Spend, steps[0].Response, steps[0].Average, steps[0].Marginal)
	// Output: search at 300: 450 in all, 1.5 per unit, the next unit 0.75
}

func ExampleAllocate_periods() {
	// December answers twice as much, but no month may spend more than 150.
	a, err := budget.Allocate(budget.Plan{
		Budget:   350,
		Channels: []budget.Channel{{Name: "search", Curve: budget.Curve{Form: budget.Log, A: 100, B: 50}}},
		Periods:  []budget.Period{{Name: "October", High: 150}, {Name: "November", High: 150}, {Name: "December", Factors: []float64{2}, High: 150}},
	})
	fmt.Printf("%.0f %v\n", a.Spend, err)
	_, err = budget.Allocate(budget.Plan{Budget: 10, Channels: []budget.Channel{{Name: "search", Curve: budget.Curve{Form: budget.Log, A: 100, B: 50}, Low: 20}}})
	bad, _ := errors.AsType[*budget.PlanError](err)
	fmt.Println(bad)
	// Output:
	// [[100] [100] [150]] <nil>
	// budget: budget: 10 is less than what must be spent, 20: invalid
}

func ExampleAdstock() {
	tv := budget.Adstock{Kind: budget.Geometric, Theta: 0.6}
	out, err := tv.Apply([]float64{100, 0, 0, 50})
	fmt.Println(out, err)
	steady, _ := tv.Steady()
	fmt.Printf("100 in each period act like %.0f\n", 100*steady)
	weights, _ := budget.Adstock{Kind: budget.WeibullPDF, Shape: 2, Scale: 3, Length: 5}.Weights(5)
	fmt.Printf("%.2f\n", weights)
	// Output:
	// [100 60 36 71.6] <nil>
	// 100 in each period act like 250
	// [0.60 1.00 0.82 0.38 0.00]
}

// Two years of weeks, made for the example: search brings more than half of what
// its curve could at its spend, and mail carries over.
func ExampleFitting_Fit() {
	const weeks = 104
	search, mail := make([]float64, weeks), make([]float64, weeks)
	for t := range weeks {
		search[t] = 100 + 60*math.Sin(float64(t)*1.7) + 30*math.Cos(float64(t)*0.9)
		mail[t] = float64((t * 37) % 11 * 12)
	}
	promotions, err := budget.Calendar(weeks, []budget.Promotion{{Name: "sale", From: 20, To: 24}, {Name: "sale", From: 72, To: 76}})
	if err != nil {
		fmt.Println(err)
		return
	}
	carried, err := budget.Adstock{Kind: budget.Geometric, Theta: 0.5, Normalized: true}.Apply(mail)
	if err != nil {
		fmt.Println(err)
		return
	}
	response := make([]float64, weeks)
	for t := range response {
		noise := 10 * math.Sin(float64(t*t)*0.37)
		response[t] = 800 + 300*search[t]/(80+search[t]) + 200*carried[t]/(60+carried[t]) + 90*promotions[0].Values[t] + noise
	}
	fit, err := budget.Fitting{Adstock: budget.Geometric}.Fit(budget.Data{
		Response: response,
		Spend:    []budget.Series{{Name: "search", Values: search}, {Name: "mail", Values: mail}},
		Controls: promotions,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range fit.Channels {
		var brings budget.Interval = c.Contribution
		fmt.Printf("%s brings about %.0f0 a week, limits around it: %v\n", c.Name, brings.Estimate/10, brings.From < brings.Estimate && brings.Estimate < brings.To)
	}
	a, err := budget.Allocate(fit.Plan(200))
	fmt.Printf("of 200, search should get about %.0f0 %v\n", a.Spend[0][0]/10, err)
	_, err = budget.Fitting{}.Fit(budget.Data{Response: response, Spend: []budget.Series{{Name: "tv", Values: make([]float64, weeks)}}})
	bad, _ := errors.AsType[*budget.DataError](err)
	fmt.Println(bad.Field, bad.Name)
	// Output:
	// search brings about 170 a week, limits around it: true
	// mail brings about 90 a week, limits around it: true
	// of 200, search should get about 120 <nil>
	// spend[0] tv
}

// What one more unit of spend brings grows up to the turning point and falls behind it.
func ExampleCurve_Marginal() {
	c := budget.Curve{Form: budget.Hill, A: 1000, B: 50, S: 2}
	if err := c.Check(); err != nil {
		fmt.Println(err)
		return
	}
	for _, spend := range []float64{10, 50, 100} {
		fmt.Printf("%.0f brings %.1f, one more %.2f\n", spend, c.Response(spend), c.Marginal(spend))
	}
	fmt.Printf("turns at %.1f\n", c.Inflection())
	// Output:
	// 10 brings 38.5, one more 7.40
	// 50 brings 500.0, one more 10.00
	// 100 brings 800.0, one more 3.20
	// turns at 28.9
}
