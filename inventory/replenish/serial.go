package replenish

import (
	"fmt"
	"math"
)

// Stage is one place of a supply line: a shop, its warehouse, the importer.
type Stage struct {
	// Holding is the cost of a unit in stock here per period. It is no less
	// than that of the stage before it in the supply line, which is the one
	// after it in the slice.
	Holding float64
	// Over is the demand of the customers over the lead time to this stage.
	Over *Counts
}

// SerialPlan holds base-stock levels, by stage.
type SerialPlan struct {
	// Echelon levels are compared with all stock from here to the customers,
	// what is on its way included, less backorders.
	Echelon []int64
	// Local levels are compared with the position of the stage alone. The
	// two forms order the same.
	Local []int64
	Cost  float64 // per period: stock at the stages, on its way to the next ones, and backorders
}

// SerialBaseStock returns the levels with the least cost for a line of stages
// that feed each other; stages[0] serves the customers, and the last one orders
// from a supplier who always delivers. Customers wait at the cost backorder per
// unit and period. It is exact: the recursion of Clark & Scarf (1960) in the
// form of Chen & Zheng (1994), with hⱼ the echelon holding cost,
//
//	Cⱼ(y) = E[hⱼ(y - D) + C̲ⱼ₋₁(y - D)],   C̲ⱼ(x) = Cⱼ(min(x, Sⱼ)),   Sⱼ minimises Cⱼ
//
// O(stages·n²) for demands of n different values.
func SerialBaseStock(stages []Stage, backorder float64) (SerialPlan, error) {
	if err := checkStages(stages, backorder); err != nil {
		return SerialPlan{}, err
	}
	penalty := backorder + stages[0].Holding
	// induced is the cost C̲ of the stages below at an echelon position x, as a
	// table from low on; before it goes on with the slope, after it is flat.
	induced := func(x int64) float64 { return float64(penalty * math.Max(float64(-x), 0)) }
	plan := SerialPlan{Echelon: make([]int64, len(stages)), Local: make([]int64, len(stages))}
	var total int64
	for j, stage := range stages {
		echelon := stage.Holding
		if j+1 < len(stages) {
			echelon -= stages[j+1].Holding
		}
		total += int64(stage.Over.most())
		below := induced
		cost := func(y int64) float64 {
			sum := 0.0
			for i, p := range stage.Over.probability {
				x := y - int64(stage.Over.first+i)
				sum += float64(p * (float64(echelon*float64(x)) + below(x)))
			}
			return sum
		}
		// Cⱼ is convex: find its minimum by bisection on the slope. With an
		// echelon cost of zero it is flat in the end; take its first minimum.
		known := map[int64]float64{}
		remembered := func(y int64) float64 {
			v, ok := known[y]
			if !ok {
				v = cost(y)
				known[y] = v
			}
			return v
		}
		low, high := int64(0), total
		for low < high {
			middle := low + (high-low)/2
			if remembered(middle+1) >= remembered(middle)-1e-12*math.Abs(remembered(middle)) {
				high = middle
			} else {
				low = middle + 1
			}
		}
		level := low
		plan.Echelon[j] = level
		plan.Cost = remembered(level)
		induced = func(x int64) float64 { return remembered(min(x, level)) }
	}
	least := plan.Echelon[len(stages)-1]
	for j := len(stages) - 1; j >= 0; j-- {
		least = min(least, plan.Echelon[j])
		plan.Local[j] = least
	}
	for j := len(stages) - 1; j > 0; j-- {
		plan.Local[j] -= plan.Local[j-1]
	}
	_, err := finite("cost", plan.Cost)
	return plan, err
}

func checkStages(stages []Stage, backorder float64) error {
	if len(stages) == 0 {
		return &SettingError{"number of stages", 0, "at least one"}
	}
	if !(backorder > 0 && backorder <= MaxDemand) {
		return &SettingError{"backorder cost", backorder, "above 0"}
	}
	values := 0
	for j, s := range stages {
		most := MaxDemand
		if j > 0 {
			most = stages[j-1].Holding
		}
		if !(s.Holding > 0 && s.Holding <= most) {
			return &SettingError{fmt.Sprintf("holding cost of stage %d", j), s.Holding, "above 0, and no more than nearer to the customers"}
		}
		values += s.Over.most()
	}
	if values > 20_000 {
		return &SettingError{"units of demand", float64(values), "at most 20000 over all lead times: count in larger units"}
	}
	return nil
}
