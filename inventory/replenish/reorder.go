package replenish

import (
	"math"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// Reorder is the choice of an (r, Q) policy under continuous review: when the
// position has fallen to the reorder point r, order the quantity Q. Unmet
// demand waits. Costs and demand are per the same unit of time.
//
// With the cost rate g(y) of a position y, which is the newsvendor cost under
// the demand of the lead time, an (r, Q) policy costs (Zheng, 1992)
//
//	(K·λ + ∫ g(y) dy from r to r + Q)/Q
type Reorder struct {
	Demand    float64 // units per unit of time
	Fixed     float64 // cost of an order
	Holding   float64 // cost of a unit in stock per unit of time
	Backorder float64 // cost of a unit that a customer waits for, per unit of time
}

func (c *Reorder) check() error {
	for _, f := range []struct {
		name  string
		value float64
	}{{"demand", c.Demand}, {"fixed cost", c.Fixed}, {"holding cost", c.Holding}, {"backorder cost", c.Backorder}} {
		if !(f.value > 1e-12 && f.value <= MaxDemand) {
			return &SettingError{f.name, f.value, "above 0"}
		}
	}
	return nil
}

func (c *Reorder) checkOver(over Demand) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := over.check(); err != nil {
		return err
	}
	if !(over.SD > 1e-9*over.Mean && over.SD > 0) {
		return &SettingError{"deviation of the lead-time demand", over.SD, "above 0: else EconomicOrder has the answer"}
	}
	return nil
}

func checkQuantity(quantity float64) error {
	if !(quantity > 0 && quantity <= MaxUnits) {
		return &SettingError{"order quantity", quantity, "above 0"}
	}
	return nil
}

// Cost returns the cost of a policy per unit of time, for a normal demand over
// the lead time.
func (c Reorder) Cost(point, quantity float64, over Demand) (float64, error) {
	if err := c.checkOver(over); err != nil {
		return 0, err
	}
	if err := checkQuantity(quantity); err != nil {
		return 0, err
	}
	if !(math.Abs(point) <= MaxUnits) {
		return 0, &SettingError{"reorder point", point, "a finite number"}
	}
	return finite("cost", c.cost(point, quantity, over))
}

func (c *Reorder) cost(point, quantity float64, over Demand) float64 {
	low := (point - over.Mean) / over.SD
	high := (point + quantity - over.Mean) / over.SD
	short := normal.SecondLoss(low) - normal.SecondLoss(high)
	left := normal.SecondLoss(-high) - normal.SecondLoss(-low)
	area := float64(c.Holding*left) + float64(c.Backorder*short)
	return (float64(c.Fixed*c.Demand) + float64(over.SD*over.SD*area)) / quantity
}

// rate is the cost rate g of a position.
func (c *Reorder) rate(position float64, over Demand) float64 {
	return float64(c.Holding*over.Leftover(position)) + float64(c.Backorder*over.Shortage(position))
}

// Point returns the reorder point that is best for a given quantity: the one
// where g(r) = g(r + Q).
func (c Reorder) Point(quantity float64, over Demand) (float64, error) {
	if err := c.checkOver(over); err != nil {
		return 0, err
	}
	if err := checkQuantity(quantity); err != nil {
		return 0, err
	}
	return c.point(quantity, over), nil
}

func (c *Reorder) point(quantity float64, over Demand) float64 {
	// g is convex with its least value at the newsvendor's level, which lies
	// between r and r + Q.
	level := over.Quantile(c.Backorder / (c.Backorder + c.Holding))
	return bisect(level-quantity, level, func(r float64) bool { return c.rate(r, over) <= c.rate(r+quantity, over) })
}

// Best returns the policy with the least cost, and that cost: the quantity at
// which the cost is equal to g(r) at its best reorder point (Zheng, 1992).
func (c Reorder) Best(over Demand) (point, quantity, cost float64, err error) {
	if err := c.checkOver(over); err != nil {
		return 0, 0, 0, err
	}
	// The best quantity is at least that of the deterministic model, and less
	// than √2 times that plus some deviations.
	low := math.Sqrt(2 * c.Fixed * c.Demand * (c.Holding + c.Backorder) / (c.Holding * c.Backorder))
	high := float64(2*low) + float64(20*over.SD)
	quantity = bisect(low, high, func(q float64) bool {
		r := c.point(q, over)
		return c.rate(r, over) >= c.cost(r, q, over)
	})
	if err := checkQuantity(quantity); err != nil {
		return 0, 0, 0, err
	}
	point = c.point(quantity, over)
	cost, err = finite("cost", c.cost(point, quantity, over))
	return point, quantity, cost, err
}

// Deterministic returns the policy that takes the quantity of
// [EconomicOrder.Quantity] with backorders, which is at most 1/8 dearer than the
// best one (Zheng, 1992), and the reorder point that is best for it.
func (c Reorder) Deterministic(over Demand) (point, quantity float64, err error) {
	if err := c.checkOver(over); err != nil {
		return 0, 0, err
	}
	quantity, _, err = EconomicOrder(c).Quantity()
	if err != nil {
		return 0, 0, err
	}
	return c.point(quantity, over), quantity, nil
}

// Separate returns the policy that most textbooks teach: the quantity of
// [EconomicOrder.Quantity] without backorders, and the reorder point that is the
// newsvendor's level for the demand of the lead time.
func (c Reorder) Separate(over Demand) (point, quantity float64, err error) {
	if err := c.checkOver(over); err != nil {
		return 0, 0, err
	}
	quantity, _, err = EconomicOrder{Demand: c.Demand, Fixed: c.Fixed, Holding: c.Holding}.Quantity()
	if err != nil {
		return 0, 0, err
	}
	return over.Quantile(c.Backorder / (c.Backorder + c.Holding)), quantity, nil
}

// WithoutOvershoot returns the policy that is best when a shortage that an order
// does not cover is left out of account, so that the two conditions
//
//	G(r) = h·Q/(h + p),   Q = √(2(K·λ + (h + p)·G₂(r))/h)
//
// with the first and second loss functions G and G₂ of the lead-time demand hold
// (Snyder & Shen, 2019, section 5.3.3).
func (c Reorder) WithoutOvershoot(over Demand) (point, quantity float64, err error) {
	if err := c.checkOver(over); err != nil {
		return 0, 0, err
	}
	both := c.Holding + c.Backorder
	return c.settle(over, func(q float64) (float64, float64) {
		z := normal.InverseLoss(c.Holding * q / both / over.SD)
		area := over.SD * over.SD * normal.SecondLoss(z)
		return z, math.Sqrt(2 * (float64(c.Fixed*c.Demand) + float64(both*area)) / c.Holding)
	})
}

// PerUnitShort returns the policy with the least cost, and that cost, when
// Backorder is paid once for each unit short instead of over time, with the
// stock taken as r - μ + Q/2 on average (Hadley & Whitin, 1963):
//
//	1 - F(r) = h·Q/(p·λ),   Q = √(2λ(K + p·G(r))/h)
func (c Reorder) PerUnitShort(over Demand) (point, quantity, cost float64, err error) {
	if err := c.checkOver(over); err != nil {
		return 0, 0, 0, err
	}
	point, quantity, err = c.settle(over, func(q float64) (float64, float64) {
		z := -normal.Quantile(c.Holding * q / (c.Backorder * c.Demand))
		short := over.SD * normal.Loss(z)
		return z, math.Sqrt(2 * c.Demand * (c.Fixed + float64(c.Backorder*short)) / c.Holding)
	})
	if err != nil {
		return 0, 0, 0, err
	}
	held := c.Holding * (point - over.Mean + quantity/2)
	cost, err = finite("cost", held+(c.Fixed+float64(c.Backorder*over.Shortage(point)))*c.Demand/quantity)
	return point, quantity, cost, err
}

// settle repeats next, which gives the reorder point in deviations for a
// quantity and a better quantity, from that of the steady demand until it
// changes no more.
func (c *Reorder) settle(over Demand, next func(quantity float64) (z, better float64)) (point, quantity float64, err error) {
	quantity = math.Sqrt(2 * c.Fixed * c.Demand / c.Holding)
	for range 10_000 {
		z, better := next(quantity)
		if math.IsNaN(z) || math.IsInf(z, 0) || !(better > 0 && better <= MaxUnits) {
			return 0, 0, &SettingError{"backorder cost", c.Backorder, "high enough that some demand is worth meeting"}
		}
		done := math.Abs(better-quantity) <= 1e-12*quantity
		quantity = better
		if done {
			return over.Mean + float64(z*over.SD), quantity, nil
		}
	}
	return 0, 0, &SettingError{"order quantity", quantity, "costs for which it settles"}
}
