package replenish

import (
	"fmt"
	"math"
)

// Break is a quantity discount: the price of a unit from a quantity on.
type Break struct {
	From  float64 // smallest quantity
	Price float64
}

// Discounts is the choice of an order quantity for a steady demand when larger
// orders are cheaper by the unit (Snyder & Shen, 2019, section 3.4). Costs and
// demand are per the same unit of time.
type Discounts struct {
	Demand      float64 // units per unit of time
	Fixed       float64 // cost of an order
	HoldingRate float64 // cost of holding per unit of value and time
	Breaks      []Break // the first from 0, each from a larger quantity on
}

func (d *Discounts) check() error {
	for _, f := range []struct {
		name  string
		value float64
	}{{"demand", d.Demand}, {"fixed cost", d.Fixed}, {"holding rate", d.HoldingRate}} {
		if !(f.value > 0 && f.value <= MaxDemand) {
			return &SettingError{f.name, f.value, "above 0"}
		}
	}
	if len(d.Breaks) == 0 {
		return &SettingError{"number of breaks", 0, "at least one, from quantity 0"}
	}
	for i, b := range d.Breaks {
		if !(b.Price > 0 && b.Price <= MaxDemand) {
			return &SettingError{fmt.Sprintf("price of break %d", i), b.Price, "above 0"}
		}
		if i == 0 && b.From != 0 || i > 0 && !(b.From > d.Breaks[i-1].From && b.From <= MaxUnits) {
			return &SettingError{fmt.Sprintf("quantity of break %d", i), b.From, "0 for the first, then rising"}
		}
	}
	return nil
}

// AllUnits returns the best order when the price of a break is paid for all
// units, the index of its break, and the cost per unit of time, purchase
// included.
func (d Discounts) AllUnits() (quantity float64, index int, cost float64, err error) {
	return d.best(func(int) float64 { return 0 })
}

// Incremental is [Discounts.AllUnits] when the price of a break is paid only for
// the units beyond its quantity.
func (d Discounts) Incremental() (quantity float64, index int, cost float64, err error) {
	return d.best(func(i int) float64 {
		// What the units below the break cost more than its price.
		extra := 0.0
		for k := 1; k <= i; k++ {
			extra += float64(d.Breaks[k].From * (d.Breaks[k-1].Price - d.Breaks[k].Price))
		}
		return extra
	})
}

// best tries each break with the least cost quantity that it is for. extra is
// paid for an order on top of the price of the break for each unit.
func (d *Discounts) best(extra func(i int) float64) (quantity float64, index int, cost float64, err error) {
	if err := d.check(); err != nil {
		return 0, 0, 0, err
	}
	cost = math.Inf(1)
	for i, b := range d.Breaks {
		fixed := d.Fixed + extra(i)
		q := b.From
		if best := math.Sqrt(2 * fixed * d.Demand / (d.HoldingRate * b.Price)); best > q { // also when fixed is below 0
			q = best
		}
		if i+1 < len(d.Breaks) && q >= d.Breaks[i+1].From {
			continue // there the next price holds
		}
		if !(q > 0 && q <= MaxUnits) {
			continue
		}
		c := float64(d.Demand*b.Price) + fixed*d.Demand/q + float64(d.HoldingRate/2*(extra(i)+float64(b.Price*q)))
		if c < cost {
			quantity, index, cost = q, i, c
		}
	}
	if math.IsInf(cost, 1) {
		return 0, 0, 0, &SettingError{"order quantity", quantity, "a price at which one is best"}
	}
	return quantity, index, cost, nil
}
