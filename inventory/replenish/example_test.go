package replenish_test

import (
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel/inventory/forecast"
	"github.com/flywheel-go/flywheel/inventory/replenish"
)

func Example() {
	order, err := replenish.Plan(replenish.Item{
		SKU: "mug", OnHand: 30, OnOrder: 20,
		Demand:   replenish.Demand{Mean: 25, SD: 8},
		LeadTime: replenish.LeadTime{Mean: 2, SD: 0.5},
		Lot:      replenish.Lot{Pack: 12},
	}, replenish.Policy{Review: 1, Service: 0.95})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(order.Quantity, order.SKU)
	fmt.Println(order.Explanation)
	// Output:
	// 60 mug
	// position 50, level 105.70 = 75.00 expected in 3 periods + 30.70 safety (1.64 deviations of 18.66): 55.70 needed, order 60
}

// From weekly sales to an order: the forecast's total over the protection
// interval carries errors that persist into the safety stock.
func ExamplePlan() {
	sales := forecast.Series{ID: "mug", Values: []float64{22, 27, 19, 31, 24, 26, 22, 30, 25, 28}}
	fit, err := forecast.SES{}.Fit(sales)
	if err != nil {
		fmt.Println(err)
		return
	}
	const lead, review = 3, 1
	demand, err := demandOf(fit, lead+review)
	if err != nil {
		fmt.Println(err)
		return
	}
	order, err := replenish.Plan(
		replenish.Item{SKU: "mug", OnHand: 60, Demand: demand, LeadTime: replenish.LeadTime{Mean: lead}},
		replenish.Policy{Review: review, FillRate: 0.98})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(order.Explanation)
	// Output: position 60, level 110.73 = 101.60 expected in 4 periods + 9.13 safety (1.14 deviations of 8.01): 50.73 needed, order 51
}

func demandOf(fit *forecast.Fit, periods int) (replenish.Demand, error) {
	mean, sd, err := fit.Total(periods)
	if err != nil {
		return replenish.Demand{}, err
	}
	return replenish.Spread(mean, sd, float64(periods)), nil
}

func ExamplePlanAll() {
	items := []replenish.Item{
		{SKU: "cup", OnHand: 10, Demand: replenish.Demand{Mean: 5, SD: 2}, LeadTime: replenish.LeadTime{Mean: 2}},
		{SKU: "jug", OnHand: 10, Demand: replenish.Demand{Mean: -5}, LeadTime: replenish.LeadTime{Mean: 2}},
	}
	orders, err := replenish.PlanAll(items, replenish.Policy{Review: 1, Service: 0.9})
	for _, o := range orders {
		fmt.Println(o.SKU, o.Quantity)
	}
	fmt.Println(err)
	if e, ok := errors.AsType[*replenish.ItemError](err); ok {
		fmt.Println(e.Index)
	}
	// Output:
	// cup 10
	// jug 0
	// replenish: item 1 (jug): replenish: demand mean is -5, want 0 to 1e+12
	// 1
}

// Daily demand of 2,500 ± 500, seven days of lead time ± 3, 90 % of cycles
// without stock-out (Chopra & Meindl, Supply Chain Management, safety stocks).
func ExampleSafetyStock() {
	d, l := replenish.Demand{Mean: 2500, SD: 500}, replenish.LeadTime{Mean: 7, SD: 3}
	stock, _ := replenish.SafetyStock(0.9, d, l)
	point, _ := replenish.ReorderPoint(0.9, d, l)
	level, _ := replenish.OrderUpTo(0.9, d, l, 7)
	fmt.Printf("%.0f %.0f %.0f\n", stock, point, level)
	// Output: 9760 27260 44906
}

func ExampleFillRate() {
	over := replenish.Demand{Mean: 2500, SD: 500}.Over(replenish.LeadTime{Mean: 2})
	rate, _ := replenish.FillRate(6000, 10000, over)
	stock, _ := replenish.SafetyStockForFillRate(0.98, 10000, over)
	fmt.Printf("%.4f, short %.1f per cycle, left %.1f; 98 %% needs %.0f\n", rate, over.Shortage(6000), over.Leftover(6000), stock)
	// Output: 0.9975, short 25.1 per cycle, left 1025.1; 98 % needs 183
}

func ExampleLot_Round() {
	lot := replenish.Lot{Min: 20, Pack: 12, Max: 100}
	for _, need := range []int64{0, 5, 30, 500} {
		quantity, _ := lot.Round(need)
		fmt.Print(quantity, " ")
	}
	// Output: 0 24 36 96
}

// Packs of 12, pallets of 240: an order that lacks a few packs of a pallet takes
// the pallet.
func ExampleLot() {
	lot := replenish.Lot{Pack: 12, Pallet: 240, Missing: 0.15}
	for _, need := range []int64{100, 190, 210, 250, 450} {
		quantity, _ := lot.Round(need)
		fmt.Print(quantity, " ")
	}
	// Output: 108 192 240 252 480
}

// Ski jackets that cost 100, sell for 250 and bring 80 when left over (Chopra
// & Meindl, Supply Chain Management, optimal level of availability).
func ExampleNewsvendor() {
	n := replenish.Newsvendor{Over: 100 - 80, Under: 250 - 100}
	d := replenish.Demand{Mean: 350, SD: 100}
	level, _ := n.Level(d)
	cost, _ := n.Cost(level, d)
	fmt.Printf("order %.0f, in stock in %.0f %% of seasons, profit %.0f\n", level, 100*n.Ratio(), 150*d.Mean-cost)
	// Output: order 469, in stock in 88 % of seasons, profit 49147
}

// A spare part that sells twice a month: how many to hold.
func ExampleCounts() {
	poisson, _ := replenish.Poisson(2)
	spread, _ := replenish.NegativeBinomial(2, 2.5)
	observed, _ := replenish.NewCounts([]float64{4, 3, 0, 1, 2, 0, 1}) // months with 0, 1, 2, … sold
	for _, d := range []replenish.Distribution{poisson, spread, observed, replenish.Demand{Mean: 2, SD: 2.5}} {
		level := d.Quantile(0.95)
		fmt.Printf("%.2f, short by %.2f\n", level, d.Shortage(level))
	}
	// Output:
	// 5.00, short by 0.02
	// 7.00, short by 0.13
	// 6.00, short by 0.00
	// 6.11, short by 0.05
}

func ExampleEconomicOrder() {
	e := replenish.EconomicOrder{Demand: 1300, Fixed: 8, Holding: 0.225, Backorder: 5}
	quantity, waiting, _ := e.Quantity()
	cost, _ := e.Cost(quantity)
	fmt.Printf("order %.0f, %.1f %% wait, %.2f a year\n", quantity, 100*waiting, cost)
	// Output: order 311, 4.3 % wait, 66.92 a year
}

func ExampleDiscounts() {
	d := replenish.Discounts{
		Demand: 1000, Fixed: 200, HoldingRate: 0.2,
		Breaks: []replenish.Break{{From: 0, Price: 500}, {From: 200, Price: 475}, {From: 500, Price: 450}},
	}
	quantity, index, cost, _ := d.AllUnits()
	fmt.Printf("all units: %.0f at %.0f, %.0f a year\n", quantity, d.Breaks[index].Price, cost)
	quantity, index, cost, _ = d.Incremental()
	fmt.Printf("incremental: %.0f at %.0f, %.0f a year\n", quantity, d.Breaks[index].Price, cost)
	// Output:
	// all units: 500 at 450, 472900 a year
	// incremental: 63 at 500, 506325 a year
}

func ExampleMinMax() {
	d := replenish.Demand{Mean: 190, SD: 48}
	least, most, _ := replenish.MinMax(60, 2, 36, d, replenish.LeadTime{})
	fmt.Printf("at %.0f or less order up to %.0f\n", least, most)
	// Output: at 227 or less order up to 324
}

func ExampleSpread() {
	d := replenish.Spread(100, 30, 4) // 100 ± 30 in four weeks
	fmt.Printf("%.0f ± %.0f a week\n", d.Mean, d.SD)
	// Output: 25 ± 15 a week
}

func ExampleSettingError() {
	_, err := replenish.Plan(replenish.Item{SKU: "cup"}, replenish.Policy{Service: 1})
	if e, ok := errors.AsType[*replenish.SettingError](err); ok {
		fmt.Println(e.Setting, e.Value)
	}
	fmt.Println(err)
	// Output:
	// service level 1
	// replenish: service level is 1, want between 0 and 1: certainty has no finite stock
}

func ExampleWagnerWhitin() {
	var periods []replenish.Period
	for _, d := range []float64{90, 120, 80, 70} {
		periods = append(periods, replenish.Period{Demand: d, Fixed: 500, Holding: 2})
	}
	orders, cost, _ := replenish.WagnerWhitin(periods)
	fmt.Println(orders, cost)
	orders, cost, _ = replenish.SilverMeal(periods)
	fmt.Println(orders, cost)
	// Output:
	// [210 0 150 0] 1380
	// [290 0 0 70] 1560
}

func ExampleClassify() {
	groups, _ := replenish.Classify([]replenish.Weight{
		{SKU: "cup", Value: 700, Variation: 0.2},
		{SKU: "jug", Value: 200, Variation: 0.8},
		{SKU: "tray", Value: 100, Variation: 2},
	}, replenish.UsualLimits)
	for _, g := range groups {
		fmt.Printf("%s %c%c\n", g.SKU, g.Value, g.Regularity)
	}
	// Output:
	// cup AX
	// jug AY
	// tray BZ
}
