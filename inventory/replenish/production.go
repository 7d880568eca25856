package replenish

import "math"

// Production is the choice of a batch for a steady demand that is made, not bought: units
// come in at a rate while the batch runs (Taft, 1918). Costs, demand and rate are per the
// same unit of time. With an infinite rate it is [EconomicOrder].
type Production struct {
	EconomicOrder
	Rate float64 // units made per unit of time, above the demand
}

func (p *Production) check() error {
	if !(p.Rate > p.Demand) { // infinite is as good as any
		return &SettingError{"production rate", p.Rate, "above the demand"}
	}
	return nil
}

// idle is the share of the batch that is ever in stock: what is sold meanwhile is not.
func (p *Production) idle() float64 { return 1 - p.Demand/p.Rate }

// Quantity returns the batch √(2·K·λ/(h·(1 - λ/μ))) with the least cost, with backorders
// times √((h + p)/p), and the share of demand that waits.
func (p Production) Quantity() (quantity, waiting float64, err error) {
	if err := p.check(); err != nil {
		return 0, 0, err
	}
	quantity, waiting, err = p.EconomicOrder.Quantity()
	if err != nil {
		return 0, 0, err
	}
	quantity, err = finite("batch", quantity/math.Sqrt(p.idle()))
	return quantity, waiting, err
}

// Cost returns the cost per unit of time of a batch, with the share of demand that waits
// chosen best.
func (p Production) Cost(quantity float64) (float64, error) {
	_, waiting, err := p.Quantity()
	if err != nil {
		return 0, err
	}
	return p.CostAt(quantity, waiting)
}

// CostAt is [EconomicOrder.CostAt] of a batch.
func (p Production) CostAt(quantity, waiting float64) (float64, error) {
	if err := p.check(); err != nil {
		return 0, err
	}
	order := p.EconomicOrder
	order.Holding *= p.idle()
	order.Backorder *= p.idle()
	return order.CostAt(quantity, waiting)
}
