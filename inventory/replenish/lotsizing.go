package replenish

import (
	"fmt"
	"math"
)

// Period is one of the periods ahead in a lot-sizing problem: the demand is
// known and varies. An order arrives in the period that it is placed for, and
// what is left at the end of a period is held.
type Period struct {
	Demand  float64
	Fixed   float64 // cost of an order placed for this period
	Unit    float64 // cost of a unit ordered for this period
	Holding float64 // cost of a unit held over the end of this period
}

func checkPeriods(periods []Period) error {
	for i, p := range periods {
		for _, f := range []struct {
			name  string
			value float64
		}{{"demand", p.Demand}, {"fixed cost", p.Fixed}, {"unit cost", p.Unit}, {"holding cost", p.Holding}} {
			if err := within(fmt.Sprintf("%s of period %d", f.name, i), f.value, MaxDemand); err != nil {
				return err
			}
		}
	}
	return nil
}

// WagnerWhitin returns the orders, one for each period, that cost least, and
// that cost (Wagner & Whitin, 1958). O(n²).
func WagnerWhitin(periods []Period) (orders []float64, cost float64, err error) {
	if err := checkPeriods(periods); err != nil {
		return nil, 0, err
	}
	// least[t] is the cost of the periods from t on, and until[t] the end of
	// the periods that the order of period t covers.
	n := len(periods)
	least, until := make([]float64, n+1), make([]int, n)
	for t := n - 1; t >= 0; t-- {
		least[t] = math.Inf(1)
		if periods[t].Demand == 0 {
			least[t], until[t] = least[t+1], t+1
		}
		total, held := periods[t].Fixed, 0.0
		for end := t + 1; end <= n; end++ {
			p := &periods[end-1]
			total += float64(p.Demand * (periods[t].Unit + held))
			held += p.Holding
			if c := total + least[end]; c < least[t] {
				least[t], until[t] = c, end
			}
		}
	}
	orders = make([]float64, n)
	for t := 0; t < n; t = until[t] {
		for _, p := range periods[t:until[t]] {
			orders[t] += p.Demand
		}
	}
	return orders, least[0], nil
}

// SilverMeal returns the orders that result when each covers periods until the
// mean of its fixed and holding cost per period first rises, and what they cost
// in all (Silver & Meal, 1973). It comes close to [WagnerWhitin] and changes
// less when the demand of far periods does. O(n).
func SilverMeal(periods []Period) (orders []float64, cost float64, err error) {
	if err := checkPeriods(periods); err != nil {
		return nil, 0, err
	}
	n := len(periods)
	orders = make([]float64, n)
	for t := 0; t < n; {
		if periods[t].Demand == 0 {
			t++
			continue
		}
		orders[t] = periods[t].Demand
		total, held := periods[t].Fixed, 0.0
		end := t + 1
		for ; end < n; end++ {
			held += periods[end-1].Holding
			next := total + float64(held*periods[end].Demand)
			if next/float64(end-t+1) > total/float64(end-t) {
				break
			}
			total = next
			orders[t] += periods[end].Demand
		}
		cost += total + float64(orders[t]*periods[t].Unit)
		t = end
	}
	return orders, cost, nil
}
