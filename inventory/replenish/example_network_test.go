package replenish_test

import (
	"fmt"

	"github.com/flywheel-go/flywheel/inventory/replenish"
)

// A shop, its warehouse and the importer: 3 units a week, and 3, 6 and 12 weeks
// of demand on the way between them.
func ExampleSerialBaseStock() {
	var stages []replenish.Stage
	for _, s := range []struct{ holding, weeks float64 }{{1, 1}, {0.6, 2}, {0.4, 4}} {
		over, err := replenish.Poisson(3 * s.weeks)
		if err != nil {
			fmt.Println(err)
			return
		}
		stages = append(stages, replenish.Stage{Holding: s.holding, Over: over})
	}
	plan, err := replenish.SerialBaseStock(stages, 15)
	fmt.Printf("echelon %v, local %v: %.2f a week %v\n", plan.Echelon, plan.Local, plan.Cost, err)
	// Output: echelon [7 16 30], local [7 9 14]: 11.90 a week <nil>
}

func ExampleDepotBaseStock() {
	plan, err := replenish.DepotBaseStock(3, 1, []replenish.Outlet{
		{Demand: 0.8, LeadTime: 1, Holding: 2, Backorder: 30},
		{Demand: 0.5, LeadTime: 2, Holding: 2, Backorder: 30},
		{Demand: 1.5, LeadTime: 1, Holding: 2, Backorder: 20},
	})
	fmt.Printf("depot %d, outlets %v: %.2f a week, orders wait %.2f weeks %v\n", plan.Depot, plan.Outlets, plan.Cost, plan.Delay, err)
	// Output: depot 10, outlets [3 3 4]: 18.14 a week, orders wait 0.20 weeks <nil>
}

// Ten yoghurts last two more days, and three are sold a day.
func ExampleOutdated() {
	fmt.Println(replenish.Outdated([]replenish.Batch{{Units: 10, Life: 2}, {Units: 20, Life: 9}}, 3, 5))
	// Output: 4 <nil>
}

// Two suppliers' items, a budget of 500 and a van with room for 4 pallets.
func ExampleShare() {
	claims := []replenish.Claim{
		{SKU: "lamp", Position: 4, Demand: replenish.Demand{Mean: 12, SD: 4}, Want: 14, Lot: replenish.Lot{Pack: 2}, Value: 9, Uses: []float64{20, 0.2}},
		{SKU: "mug", Position: 10, Demand: replenish.Demand{Mean: 60, SD: 10}, Want: 66, Lot: replenish.Lot{Pack: 6}, Value: 3, Uses: []float64{4, 0.02}},
	}
	quantities, err := replenish.Share(claims, []float64{500, 4})
	fmt.Println(quantities, err)
	quantities, err = replenish.TopUp(claims, quantities, 1, 4) // the van drives anyway
	fmt.Println(quantities, err)
	// Output:
	// [10 66] <nil>
	// [12 78] <nil>
}

func ExampleFindExcess() {
	findings, err := replenish.FindExcess([]replenish.Stock{
		{SKU: "slow", OnHand: 100, Demand: replenish.Demand{Mean: 2}, Cost: 5},
		{SKU: "dead", OnHand: 7, Idle: 60, Cost: 1},
	}, replenish.ExcessRule{Cover: 12, Dead: 26})
	for _, f := range findings {
		fmt.Println(f.SKU, f.Units, f.Cost, f.Dead)
	}
	fmt.Println(err)
	// Output:
	// slow 76 380 false
	// dead 7 7 true
	// <nil>
}

func ExampleLastOrder() {
	spare := replenish.LastOrder{
		Demand: replenish.Demand{Mean: 10, SD: 4}, Decay: 0.9, Periods: 24,
		Costs: replenish.Newsvendor{Over: 3, Under: 40},
	}
	fmt.Println(spare.Quantity(15))
	// Output: 91 <nil>
}

func ExampleProject() {
	week := func(mean float64) replenish.Demand { return replenish.Demand{Mean: mean, SD: 0.3 * mean} }
	schedule, err := replenish.Project(replenish.Outlook{
		Item:     replenish.Item{SKU: "mug", OnHand: 40, OnOrder: 24, LeadTime: replenish.LeadTime{Mean: 2}, Lot: replenish.Lot{Pack: 12}},
		Location: "Leeds",
		Forecast: []replenish.Demand{week(20), week(20), week(30), week(40), week(40), week(20)},
		Arrivals: []int64{0, 24},
		Costs:    replenish.Costs{Order: 5, Holding: 0.05, Short: 2},
	}, replenish.Policy{Review: 1, FillRate: 0.97})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(schedule)
	var now replenish.Step = schedule.Steps[0]
	fmt.Println(now.Why)
	// Output:
	// mug at Leeds: fill rate 98.5 %, risk 12.6 %, cost 42.05
	// period    order   due  arrival     stock    risk   short
	//      0       24     2        0      20.0    0.0%    0.00
	//      1       48     3       24      24.0    0.2%    0.01
	//      2       36     4       24      18.4    7.3%    0.40
	//      3       24     5       48      26.4    5.4%    0.37
	//      4       12     6       36      23.2   12.6%    1.20
	//      5       12     7       24      26.6    7.4%    0.58
	// position 64, level 79.96 = 70.00 expected in 3 periods + 9.96 safety (0.81 deviations of 12.37): 15.96 needed, order 24
}
