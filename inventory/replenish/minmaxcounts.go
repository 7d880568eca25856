package replenish

import "math"

// MinMaxCosts are the costs of an (s, S) policy under periodic review: a fixed
// cost per order, and for each unit and period in stock or waited for.
type MinMaxCosts struct{ Fixed, Holding, Backorder float64 }

func (c *MinMaxCosts) check() error {
	for _, f := range []struct {
		name  string
		value float64
	}{{"fixed cost", c.Fixed}, {"holding cost", c.Holding}, {"backorder cost", c.Backorder}} {
		if !(f.value > 1e-12 && f.value <= MaxDemand) {
			return &SettingError{f.name, f.value, "above 0"}
		}
	}
	return nil
}

// Cost returns the mean cost per period of ordering up to most when the
// position at a review is at least or below. period is the demand of a period,
// over that of the lead time and one period: without a lead time the same
// (Veinott & Wagner, 1965). O((most - least)²).
func (c MinMaxCosts) Cost(least, most int64, period, over *Counts) (float64, error) {
	r, err := c.renewal(period, over)
	if err != nil {
		return 0, err
	}
	if !(least < most && most-least <= widest && math.Abs(float64(most)) <= MaxUnits) {
		return 0, &SettingError{"level to order at", float64(least), "below the level to order up to, by at most 5000"}
	}
	return finite("cost", r.cost(least, most))
}

// widest bounds the distance of the two levels, since the work grows with its
// square: demand in larger units than single ones goes further.
const widest = 5_000

func tooWide(width int64) error {
	return &SettingError{"distance of the levels", float64(width), "at most 5000: count in larger units, or use MinMax"}
}

// Best returns the levels with the least [MinMaxCosts.Cost], and that cost, by
// the algorithm of Zheng & Federgruen (1991).
func (c MinMaxCosts) Best(period, over *Counts) (least, most int64, cost float64, err error) {
	r, err := c.renewal(period, over)
	if err != nil {
		return 0, 0, 0, err
	}
	// The best level without a fixed cost.
	center := int64(over.Quantile(c.Backorder / (c.Backorder + c.Holding)))
	most, least = center, center
	total, periods := c.Fixed, 0.0
	for {
		m := r.visit(int(most - least))
		total += float64(m * r.rate(least))
		periods += m
		if least--; total/periods <= r.rate(least) {
			break
		}
		if most-least > widest {
			return 0, 0, 0, tooWide(most - least)
		}
	}
	cost = r.cost(least, most)
	// No level is worth ordering up to whose own rate is above the best cost.
	for up := center + 1; r.rate(up) <= cost; up++ {
		if up-least > widest {
			return 0, 0, 0, tooWide(up - least)
		}
		if r.cost(least, up) >= cost {
			continue
		}
		most = up
		for r.cost(least, most) <= r.rate(least+1) {
			least++
		}
		cost = r.cost(least, most)
	}
	return least, most, cost, nil
}

// renewal computes what an (s, S) policy costs between two orders.
type renewal struct {
	costs  MinMaxCosts
	period *Counts
	over   *Counts
	visits []float64 // expected periods at a position so many units below S
	rates  map[int64]float64
}

func (c *MinMaxCosts) renewal(period, over *Counts) (*renewal, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if period.at(0) >= 1-1e-9 {
		return nil, &SettingError{"demand mean", period.mean, "above 0"}
	}
	return &renewal{*c, period, over, []float64{1 / (1 - period.at(0))}, map[int64]float64{}}, nil
}

func (r *renewal) rate(position int64) float64 {
	v, ok := r.rates[position]
	if !ok {
		v = newsvendorCost(r.costs.Holding, r.costs.Backorder, float64(position), r.over)
		r.rates[position] = v
	}
	return v
}

// cost is (K + Σ m(j)·g(S - j))/Σ m(j) over the positions S - j above s, where
// m is the renewal density of the demand.
func (r *renewal) cost(least, most int64) float64 {
	total, periods := r.costs.Fixed, 0.0
	for j := int64(0); j < most-least; j++ {
		m := r.visit(int(j))
		total += float64(m * r.rate(most-j))
		periods += m
	}
	return total / periods
}

func (r *renewal) visit(j int) float64 {
	for k := len(r.visits); k <= j; k++ {
		sum := 0.0
		for d := 1; d <= min(k, r.period.most()); d++ {
			sum += float64(r.period.at(d) * r.visits[k-d])
		}
		r.visits = append(r.visits, sum*r.visits[0])
	}
	return r.visits[j]
}
