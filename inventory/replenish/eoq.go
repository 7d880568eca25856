package replenish

import "math"

// EconomicOrder is the choice of an order quantity for a steady demand
// (Harris, 1913). Costs and demand are per the same unit of time.
type EconomicOrder struct {
	Demand  float64 // units per unit of time
	Fixed   float64 // cost of an order
	Holding float64 // cost of a unit in stock per unit of time
	// Backorder is the cost of a unit that a customer waits for, per unit of
	// time. 0 allows no backorders.
	Backorder float64
}

// Quantity returns the order quantity √(2·K·λ/h) with the least cost, and with
// backorders √(2·K·λ·(h + p)/(h·p)); waiting is the share of demand that waits,
// h/(h + p).
func (e EconomicOrder) Quantity() (quantity, waiting float64, err error) {
	for _, f := range []struct {
		name  string
		value float64
	}{{"demand", e.Demand}, {"fixed cost", e.Fixed}, {"holding cost", e.Holding}} {
		if !(f.value > 0 && f.value <= MaxDemand) {
			return 0, 0, &SettingError{f.name, f.value, "above 0"}
		}
	}
	if err := within("backorder cost", e.Backorder, MaxDemand); err != nil {
		return 0, 0, err
	}
	stretch := 1.0
	if e.Backorder > 0 {
		stretch = (e.Holding + e.Backorder) / e.Backorder
		waiting = e.Holding / (e.Holding + e.Backorder)
	}
	quantity = math.Sqrt(2 * e.Fixed * e.Demand / e.Holding * stretch)
	if !(quantity > 0 && quantity <= MaxUnits) {
		return 0, 0, &SettingError{"order quantity", quantity, "above 0, to 1e15"}
	}
	return quantity, waiting, nil
}

// Cost returns the cost per unit of time of ordering quantity each time, with
// the share of demand that waits chosen best.
func (e EconomicOrder) Cost(quantity float64) (float64, error) {
	_, waiting, err := e.Quantity()
	if err != nil {
		return 0, err
	}
	return e.CostAt(quantity, waiting)
}

// CostAt returns the cost per unit of time of ordering quantity each time a given share of
// it is waited for, 0 to 1: backorders that were planned by a rule and not by their cost.
func (e EconomicOrder) CostAt(quantity, waiting float64) (float64, error) {
	if _, _, err := e.Quantity(); err != nil {
		return 0, err
	}
	if !(quantity > 0 && quantity <= MaxUnits) {
		return 0, &SettingError{"order quantity", quantity, "above 0"}
	}
	if err := within("share of demand that waits", waiting, 1); err != nil {
		return 0, err
	}
	if waiting > 0 && e.Backorder == 0 {
		return 0, &SettingError{"backorder cost", e.Backorder, "above 0 where demand waits"}
	}
	held := 1 - waiting
	holding := float64(e.Holding*held*held) + float64(e.Backorder*waiting*waiting)
	return e.Fixed*e.Demand/quantity + float64(quantity/2*holding), nil
}
