package markdown_test

import (
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel/pricing/markdown"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A jacket has been sold at two prices; 40 are left for five weeks.
func Example() {
	var history []markdown.Sale
	for week, units := range []int64{7, 8, 6, 7, 14, 15, 13, 8, 7, 6, 16, 13} {
		price := money.New(79_99, money.EUR)
		if units > 10 {
			price = money.New(59_99, money.EUR)
		}
		history = append(history, markdown.Sale{Period: week, Price: price, Units: units})
	}
	demand, err := markdown.Fit(history, markdown.Season{})
	if err != nil {
		fmt.Println(err)
		return
	}
	e := demand.Elasticity
	fmt.Printf("elasticity %.2f, from %.2f to %.2f\n", e.Value, e.Low, e.High)

	prices, err := markdown.Grid(money.New(40_00, money.EUR), money.New(80_00, money.EUR), 9_99, 10_00)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := markdown.Problem{
		Demand: &demand, Stock: 40, First: 12, Periods: 5, Prices: prices,
		Current: money.New(79_99, money.EUR), Cost: money.New(30_00, money.EUR), Salvage: money.New(5_00, money.EUR),
	}.Solve()
	if err != nil {
		fmt.Println(err)
		return
	}
	show := func(s markdown.Step) {
		fmt.Printf("week %d: %d left, %s, sells %.1f\n", s.Period, s.Stock, s.Price, s.Units)
	}
	for _, step := range plan.Path {
		show(step)
	}
	fmt.Println("margin", plan.Margin)
	// After a bad week.
	fmt.Println(plan.Price(13, 38, plan.Path[0].Price))
	// Output:
	// elasticity -2.47, from -2.96 to -1.98
	// week 12: 40 left, 79.99 EUR, sells 7.0
	// week 13: 33 left, 79.99 EUR, sells 7.0
	// week 14: 26 left, 79.99 EUR, sells 7.0
	// week 15: 19 left, 69.99 EUR, sells 9.7
	// week 16: 9 left, 69.99 EUR, sells 8.1
	// margin 1712.29 EUR
	// 79.99 EUR true
}

// A new product takes over what its category knows.
func ExampleShrink() {
	at := func(week int, cents, units int64) markdown.Sale {
		return markdown.Sale{Period: week, Price: money.New(cents, money.EUR), Units: units}
	}
	old, err := markdown.Fit([]markdown.Sale{at(0, 1000, 50), at(1, 800, 80), at(2, 1000, 52), at(3, 700, 99)}, markdown.Season{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fresh, err := markdown.Fit([]markdown.Sale{at(0, 1500, 9), at(1, 1500, 11)}, markdown.Season{})
	if err != nil {
		fmt.Println(err)
		return
	}
	shrunk, category, err := markdown.Shrink([]markdown.Demand{old, fresh})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v %.2f %t\n", fresh.Warnings, shrunk[1].Elasticity.Value, shrunk[1].Elasticity.Value == category.Elasticity.Value)
	units, err := shrunk[1].Units(money.New(1200, money.EUR), 2)
	fmt.Printf("%.1f %v\n", units, err)
	// Output:
	// [one_price few_data] -1.89 true
	// 15.2 <nil>
}

func ExampleFieldError() {
	_, err := markdown.Fit([]markdown.Sale{{Price: money.New(-1, money.EUR)}}, markdown.Season{})
	refused, _ := errors.AsType[*markdown.FieldError](err)
	fmt.Println(refused.Field)
	// Output: history[0].price
}
