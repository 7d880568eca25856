package replenish

import (
	"cmp"
	"fmt"
	"slices"
)

// Component is one part of a product that is assembled in stages: the product itself, an
// assembly, a part that is bought.
type Component struct {
	// Into is the index of the component that it goes into, one unit into one; of the
	// product, which is component 0, it is not used.
	Into int
	// LeadTime is the number of periods from the order to its completion, once all of
	// its own parts are there.
	LeadTime int
	// Holding is the cost that a unit adds to holding its parts per period: of the value
	// that is added at this stage.
	Holding float64
}

// AssemblyPlan holds the base-stock levels of an assembly.
type AssemblyPlan struct {
	// Echelon levels, by component, are compared with the units of the component in all
	// stages from there on, on their way and less backorders.
	Echelon []int64
	Cost    float64 // per period
}

// AssemblyBaseStock returns the echelon levels with the least cost for an assembly of any
// shape, for a demand of the product that is independent from period to period. Customers
// wait at the cost backorder per unit and period. An assembly behaves as a line (Rosling,
// 1989): components in the order of their total lead time to the customer, each stage
// with the difference to the one before as its lead time, and those with the same total as
// one. [SerialBaseStock] solves the line exactly. O(components² + the line).
func AssemblyBaseStock(components []Component, demand *Counts, backorder float64) (AssemblyPlan, error) {
	total, err := totalLeadTimes(components)
	if err != nil {
		return AssemblyPlan{}, err
	}
	order := make([]int, len(components))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(total[a], total[b]) })
	var stages []Stage
	stageOf := make([]int, len(components))
	before := -1
	for _, i := range order {
		if total[i] != before {
			lead := total[i] - max(before, 0)
			if before < 0 {
				lead++ // demand of the period in which the order arrives
			}
			stages = append(stages, Stage{Over: demand.times(lead)})
			before = total[i]
		}
		stageOf[i] = len(stages) - 1
	}
	// Holding is added value, what a serial line calls the difference to the stage before.
	for i, c := range components {
		if !(c.Holding > 0 && c.Holding <= MaxDemand) {
			return AssemblyPlan{}, &SettingError{fmt.Sprintf("holding cost of component %d", i), c.Holding, "above 0"}
		}
		for j := range stageOf[i] + 1 {
			stages[j].Holding += c.Holding
		}
	}
	line, err := SerialBaseStock(stages, backorder)
	if err != nil {
		return AssemblyPlan{}, err
	}
	plan := AssemblyPlan{Echelon: make([]int64, len(components)), Cost: line.Cost}
	for i := range components {
		plan.Echelon[i] = line.Echelon[stageOf[i]]
	}
	return plan, nil
}

// totalLeadTimes returns the periods from the order of each component to the customer.
func totalLeadTimes(components []Component) ([]int, error) {
	if len(components) == 0 {
		return nil, &SettingError{"number of components", 0, "at least the product"}
	}
	total := make([]int, len(components))
	for i := range components {
		for at, steps := i, 0; ; steps++ {
			c := components[at]
			if err := within(fmt.Sprintf("lead time of component %d", at), float64(c.LeadTime), MaxPeriods); err != nil {
				return nil, err
			}
			total[i] += c.LeadTime
			if at == 0 {
				break
			}
			if at = c.Into; at < 0 || at >= len(components) || steps > len(components) {
				return nil, &SettingError{fmt.Sprintf("component that %d goes into", i), float64(c.Into), "one that leads to component 0"}
			}
		}
	}
	return total, nil
}

// times returns the demand of n independent periods.
func (c *Counts) times(periods int) *Counts {
	sum := newCounts(0, []float64{1})
	for range periods {
		sum = sum.plus(c)
	}
	return sum
}

// plus returns the sum with an independent demand, without what is less likely than any
// figure here can tell.
func (c *Counts) plus(d *Counts) *Counts {
	weights := make([]float64, len(c.probability)+len(d.probability)-1)
	for i, p := range c.probability {
		for j, q := range d.probability {
			weights[i+j] += float64(p * q)
		}
	}
	const negligible = 1e-17
	last := len(weights)
	for last > 1 && weights[last-1] < negligible {
		last--
	}
	first := 0
	for first < last-1 && weights[first] < negligible {
		first++
	}
	return newCounts(c.first+d.first+first, weights[first:last])
}
