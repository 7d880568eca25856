package replenish

import (
	"fmt"
	"math"
)

// JointItem is one of the items that are ordered together.
type JointItem struct {
	Demand  float64 // units per unit of time
	Fixed   float64 // cost of having this item in an order
	Holding float64 // cost of a unit in stock per unit of time
}

// JointPlan is what [JointOrder] decides: an order every Interval, and in which of these
// orders each item is included.
type JointPlan struct {
	Interval   float64
	Multiples  []int     // of the interval, by item
	Quantities []float64 // of an order, by item
	Cost       float64   // per unit of time
}

// JointOrder decides how often to order items that share the fixed cost of an
// order, such as those of one supplier, for a steady demand (Silver, 1976):
// the item that is worth ordering most often is in every order, item i in each
// mᵢ-th, with mᵢ the whole number nearest to √(kᵢ/(hᵢλᵢ)·h₀λ₀/(K + k₀)). The
// heuristic is rarely more than a few percent above the best plan. O(n).
func JointOrder(shared float64, items []JointItem) (JointPlan, error) {
	if !(shared > 0 && shared <= MaxDemand) {
		return JointPlan{}, &SettingError{"shared fixed cost", shared, "above 0"}
	}
	if len(items) == 0 {
		return JointPlan{}, &SettingError{"number of items", 0, "at least one"}
	}
	base := 0
	for i, item := range items {
		for _, f := range []struct {
			name  string
			value float64
		}{{"demand", item.Demand}, {"fixed cost", item.Fixed}, {"holding cost", item.Holding}} {
			if !(f.value > 0 && f.value <= MaxDemand) {
				return JointPlan{}, &SettingError{fmt.Sprintf("%s of item %d", f.name, i), f.value, "above 0"}
			}
		}
		if item.ratio() < items[base].ratio() {
			base = i
		}
	}
	p := JointPlan{Multiples: make([]int, len(items)), Quantities: make([]float64, len(items))}
	unit := (shared + items[base].Fixed) / (items[base].Holding * items[base].Demand)
	fixed, holding := shared, 0.0
	for i, item := range items {
		m := 1.0
		if i != base {
			m = math.Max(math.Round(math.Sqrt(item.ratio()/unit)), 1)
		}
		if m > MaxPeriods {
			return JointPlan{}, &SettingError{fmt.Sprintf("multiple of item %d", i), m, "at most 1e6: plan it apart"}
		}
		p.Multiples[i] = int(m)
		fixed += item.Fixed / m
		holding += m * item.Holding * item.Demand
	}
	p.Interval = math.Sqrt(2 * fixed / holding)
	p.Cost = math.Sqrt(2 * fixed * holding)
	for i, item := range items {
		p.Quantities[i] = p.Interval * float64(p.Multiples[i]) * item.Demand
	}
	if _, err := finite("cost", p.Cost); err != nil {
		return JointPlan{}, err
	}
	_, err := finite("interval", p.Interval)
	return p, err
}

// ratio is the square of the item's own best interval, up to a factor.
func (i *JointItem) ratio() float64 { return i.Fixed / (i.Holding * i.Demand) }
