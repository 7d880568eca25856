package replenish

import (
	"fmt"
	"math"
)

// Outlet is a shop that is supplied from a depot.
type Outlet struct {
	Demand    float64 // units per period, one customer one unit
	LeadTime  float64 // periods from the depot to here, when the depot has stock
	Holding   float64 // cost of a unit in stock per period
	Backorder float64 // cost of a unit that a customer waits for, per period
}

// DepotPlan holds base-stock levels of a depot and its outlets.
type DepotPlan struct {
	Depot   int64
	Outlets []int64
	Delay   float64 // mean periods that an outlet's order waits at the depot
	Cost    float64 // per period, without what is on its way
}

// DepotBaseStock returns base-stock levels of a depot that needs leadTime to be
// supplied and serves outlets in the order in which they ask, each of which
// orders one unit when it sells one. The units that an outlet waits for are
// taken as negative binomial with their first two moments (Graves, 1985), which
// is within a percent or two of the exact solution; the depot's level is found
// by trying all. O(depot level · outlets).
func DepotBaseStock(leadTime, holding float64, outlets []Outlet) (DepotPlan, error) {
	total, err := checkOutlets(leadTime, holding, outlets)
	if err != nil {
		return DepotPlan{}, err
	}
	pipeline, err := Poisson(total * leadTime)
	if err != nil {
		return DepotPlan{}, err
	}
	best := DepotPlan{Cost: math.Inf(1)}
	for level := int64(0); level <= int64(pipeline.Quantile(1-1e-6)); level++ {
		plan, err := depotPlan(level, pipeline, total, holding, outlets)
		if err != nil {
			return DepotPlan{}, err
		}
		if plan.Cost < best.Cost {
			best = plan
		}
	}
	return best, nil
}

func depotPlan(level int64, pipeline *Counts, total, holding float64, outlets []Outlet) (DepotPlan, error) {
	short := pipeline.Shortage(float64(level))
	variance := math.Max(2*pipeline.SecondShortage(level)+short-float64(short*short), 0)
	plan := DepotPlan{Depot: level, Delay: short / total, Outlets: make([]int64, len(outlets))}
	plan.Cost = holding * pipeline.Leftover(float64(level))
	for i, o := range outlets {
		// Each unit owed by the depot is owed to this outlet with probability
		// share, independently.
		share := o.Demand / total
		mean := float64(o.Demand*o.LeadTime) + float64(share*short)
		v := float64(o.Demand*o.LeadTime) + float64(share*share*variance) + float64(share*(1-share)*short)
		owed, err := countsOf(mean, v)
		if err != nil {
			return DepotPlan{}, err
		}
		n := Newsvendor{Over: o.Holding, Under: o.Backorder}
		plan.Outlets[i] = int64(owed.Quantile(n.Ratio()))
		plan.Cost += newsvendorCost(n.Over, n.Under, float64(plan.Outlets[i]), owed)
	}
	return plan, nil
}

// countsOf returns a demand in whole units with the given mean and variance;
// a variance no greater than the mean makes it Poisson.
func countsOf(mean, variance float64) (*Counts, error) {
	if variance <= mean*(1+1e-9) {
		return Poisson(mean)
	}
	return NegativeBinomial(mean, math.Sqrt(math.Min(variance, MaxDispersion*mean)))
}

func checkOutlets(leadTime, holding float64, outlets []Outlet) (total float64, err error) {
	if err := within("lead time of the depot", leadTime, MaxPeriods); err != nil {
		return 0, err
	}
	if !(holding > 0 && holding <= MaxDemand) {
		return 0, &SettingError{"holding cost of the depot", holding, "above 0"}
	}
	if len(outlets) == 0 {
		return 0, &SettingError{"number of outlets", 0, "at least one"}
	}
	for i, o := range outlets {
		for _, f := range []struct {
			name  string
			value float64
		}{{"demand", o.Demand}, {"holding cost", o.Holding}, {"backorder cost", o.Backorder}} {
			if !(f.value > 0 && f.value <= MaxDemand) {
				return 0, &SettingError{fmt.Sprintf("%s of outlet %d", f.name, i), f.value, "above 0"}
			}
		}
		if err := within(fmt.Sprintf("lead time of outlet %d", i), o.LeadTime, MaxPeriods); err != nil {
			return 0, err
		}
		if err := within(fmt.Sprintf("lead-time demand of outlet %d", i), o.LeadTime*o.Demand, 10_000); err != nil {
			return 0, err
		}
		total += o.Demand
	}
	return total, within("lead-time demand of the depot", total*leadTime, 10_000)
}
