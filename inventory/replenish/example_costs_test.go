package replenish_test

import (
	"fmt"

	"github.com/flywheel-go/flywheel/inventory/replenish"
)

// Snyder & Shen (2019), example 5.1: a demand of 1300 a year, a lead time of a
// month.
func ExampleReorder() {
	costs := replenish.Reorder{Demand: 1300, Fixed: 8, Holding: 0.225, Backorder: 7.5}
	month := replenish.Demand{Mean: 1300, SD: 150}.Over(replenish.LeadTime{Mean: 1.0 / 12})
	point, quantity, cost, err := costs.Best(month)
	fmt.Printf("order %.0f at %.0f: %.2f a year %v\n", quantity, point, cost, err)
	point, quantity, err = costs.Separate(month)
	if err != nil {
		fmt.Println(err)
		return
	}
	cost, err = costs.Cost(point, quantity, month)
	fmt.Printf("order %.0f at %.0f: %.2f a year %v\n", quantity, point, cost, err)
	// Output:
	// order 328 at 127: 78.07 a year <nil>
	// order 304 at 190: 87.05 a year <nil>
}

func ExampleReorder_BestCounts() {
	over, err := replenish.Poisson(3)
	if err != nil {
		fmt.Println(err)
		return
	}
	costs := replenish.Reorder{Demand: 1.5, Fixed: 100, Holding: 20, Backorder: 150}
	point, quantity, cost, err := costs.BestCounts(over)
	fmt.Printf("order %d at %d: %.2f a year %v\n", quantity, point, cost, err)
	// Output: order 5 at 3: 107.92 a year <nil>
}

func ExampleMinMaxCosts() {
	weekly, err := replenish.Poisson(6)
	if err != nil {
		fmt.Println(err)
		return
	}
	least, most, cost, err := replenish.MinMaxCosts{Fixed: 5, Holding: 1, Backorder: 4}.Best(weekly, weekly)
	fmt.Printf("at %d or below order up to %d: %.3f a week %v\n", least, most, cost, err)
	// Output: at 4 or below order up to 10: 8.034 a week <nil>
}

func ExampleJointOrder() {
	plan, err := replenish.JointOrder(600, []replenish.JointItem{
		{Demand: 1, Fixed: 120, Holding: 160}, {Demand: 1, Fixed: 840, Holding: 20}, {Demand: 1, Fixed: 300, Holding: 50},
	})
	fmt.Printf("every %.2f, items %v: %.2f %v\n", plan.Interval, plan.Multiples, plan.Cost, err)
	// Output: every 3.10, items [1 3 1]: 837.85 <nil>
}

func ExampleYield() {
	order := replenish.EconomicOrder{Demand: 75000, Fixed: 18500, Holding: 0.06}
	quantity, err := order.QuantityWithYield(replenish.Yield{Factor: 1, Extra: -15000, ExtraSD: 9000})
	fmt.Printf("%.0f %v\n", quantity, err)
	// Output: 230246 <nil>
}

func ExampleDisruption() {
	order := replenish.EconomicOrder{Demand: 1300, Fixed: 8, Holding: 0.225}
	quantity, err := order.QuantityWithDisruptions(replenish.Disruption{Begin: 1.5, End: 14, Lost: 5})
	fmt.Printf("%.0f %v\n", quantity, err)
	// Output: 773 <nil>
}

// The same mean and deviation, four shapes: what covers a demand in 95 of 100
// cases, and what is short on average.
func ExampleGamma() {
	for _, d := range []replenish.Distribution{
		replenish.Demand{Mean: 10, SD: 10},
		replenish.Gamma{Shape: 1, Scale: 10},
		replenish.Exponential{Mean: 10},
		replenish.Uniform{Low: -7.32, High: 27.32},
		replenish.Lognormal{Location: 1.956, Spread: 0.8326},
	} {
		level := d.Quantile(0.95)
		fmt.Printf("%.1f %.2f\n", level, d.Shortage(level))
	}
	// Output:
	// 26.4 0.21
	// 30.0 0.50
	// 30.0 0.50
	// 25.6 0.04
	// 27.8 0.69
}

// A cycle service that a shop has without knowing it.
func ExampleCycleService() {
	over := replenish.Demand{Mean: 25, SD: 8}.Over(replenish.LeadTime{Mean: 2, SD: 0.5})
	service, err := replenish.CycleService(70, over)
	fmt.Printf("%.3f %v\n", service, err)
	// Output: 0.882 <nil>
}

// The law of what was seen decides a print run.
func ExampleNewEmpirical() {
	law, err := replenish.NewEmpirical([]float64{120, 95, 140, 80, 110, 135, 90, 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	level, err := replenish.Newsvendor{Over: 2, Under: 6}.Level(law)
	fmt.Printf("%g, %.2f short, %.2f left over, mean %.2f %v\n", level, law.Shortage(level), law.Leftover(level), law.Mean(), err)
	// Output: 120, 4.38 short, 15.62 left over, mean 108.75 <nil>
}

// A bakery that makes 4,000 units a week and sells 1,000.
func ExampleProduction() {
	p := replenish.Production{EconomicOrder: replenish.EconomicOrder{Demand: 1000, Fixed: 50, Holding: 2}, Rate: 4000}
	batch, _, err := p.Quantity()
	if err != nil {
		fmt.Println(err)
		return
	}
	cost, err := p.Cost(batch)
	fmt.Printf("%.0f units, %.2f a week %v\n", batch, cost, err)
	// Output: 258 units, 387.30 a week <nil>
}

// A table of a top and a frame that are bought with other lead times.
func ExampleAssemblyBaseStock() {
	demand, err := replenish.Poisson(4)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := replenish.AssemblyBaseStock([]replenish.Component{
		{LeadTime: 1, Holding: 3},          // the table
		{Into: 0, LeadTime: 5, Holding: 1}, // its top
		{Into: 0, LeadTime: 2, Holding: 2}, // its frame
	}, demand, 40)
	fmt.Printf("%v %.2f %v\n", plan.Echelon, plan.Cost, err)
	// Output: [12 37 22] 75.52 <nil>
}

// What another quantity than the best costs: so little that whole pallets may be ordered.
func ExampleEconomicOrder_CostAt() {
	e := replenish.EconomicOrder{Demand: 1300, Fixed: 8, Holding: 0.225}
	best, _, err := e.Quantity()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, quantity := range []float64{best, 240, 480} {
		cost, err := e.CostAt(quantity, 0)
		fmt.Printf("%.0f: %.2f a year %v\n", quantity, cost, err)
	}
	// Output:
	// 304: 68.41 a year <nil>
	// 240: 70.33 a year <nil>
	// 480: 75.67 a year <nil>
}

// Losses of the second order, for costs that grow with how long somebody waits.
func ExampleDemand_SecondShortage() {
	poisson, err := replenish.Poisson(10)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f %.3f, mean %.0f\n", poisson.SecondShortage(12), poisson.SecondLeftover(12), poisson.Mean())
	normal := replenish.Demand{Mean: 10, SD: 3}
	fmt.Printf("%.3f %.3f\n", normal.SecondShortage(12), normal.SecondLeftover(12))
	fmt.Printf("%.3f\n", replenish.Gamma{Shape: 10, Scale: 1}.SecondShortage(12))
	fmt.Printf("%.3f\n", replenish.Exponential{Mean: 10}.SecondShortage(12))
	fmt.Printf("%.3f\n", replenish.Uniform{Low: 5, High: 15}.SecondShortage(12))
	fmt.Printf("%.3f\n", replenish.Lognormal{Location: 2.26, Spread: 0.29}.SecondShortage(12))
	// Output:
	// 0.720 7.280, mean 10
	// 0.683 5.817
	// 1.173
	// 30.119
	// 0.450
	// 1.104
}
