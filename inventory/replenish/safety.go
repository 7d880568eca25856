package replenish

import (
	"math"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// SafetyStock returns z·√(L·σd² + d²·σL²), in units of stock: what to hold
// above the mean demand of the lead time so that a cycle passes without a
// stock-out with probability service, whose normal quantile is z. It is
// negative below one half. d is the demand per period, L and σL the mean and
// the deviation of the lead time in periods. Silver, Pyke & Thomas (2017),
// ch. 6. O(1).
func SafetyStock(service float64, d Demand, l LeadTime) (float64, error) {
	over, err := protected(d, l, 0)
	if err != nil {
		return 0, err
	}
	if err := checkShare("service level", service); err != nil {
		return 0, err
	}
	return normal.Quantile(service) * over.SD, nil
}

// ReorderPoint returns the stock position at which to order: the mean demand of
// the lead time plus [SafetyStock].
func ReorderPoint(service float64, d Demand, l LeadTime) (float64, error) {
	return OrderUpTo(service, d, l, 0)
}

// OrderUpTo returns the level to which a periodic review orders:
// an order must last until the one of the next review arrives, so that it is
// the [ReorderPoint] for a lead time that is longer by the review interval.
func OrderUpTo(service float64, d Demand, l LeadTime, review float64) (float64, error) {
	over, err := protected(d, l, review)
	if err != nil {
		return 0, err
	}
	if err := checkShare("service level", service); err != nil {
		return 0, err
	}
	return over.Mean + float64(normal.Quantile(service)*over.SD), nil
}

// protected returns the demand over lead time and review, after a check of all
// three.
func protected(d Demand, l LeadTime, review float64) (Demand, error) {
	if err := d.check(); err != nil {
		return Demand{}, err
	}
	if err := l.check(); err != nil {
		return Demand{}, err
	}
	if err := within("review interval", review, MaxPeriods); err != nil {
		return Demand{}, err
	}
	l.Mean += review
	return d.Over(l), nil
}

// FillRate returns the share of demand that is met from stock when quantity is
// ordered each time the position reaches reorderPoint: with the demand of the
// lead time and its shortage function S,
//
//	1 - (S(r) - S(r + Q))/Q
//
// (Silver, Pyke & Thomas, 2017, section 6.7; the second term, which many leave
// out, counts the shortage that was there before the order).
func FillRate(reorderPoint, quantity float64, overLeadTime Demand) (float64, error) {
	if err := overLeadTime.check(); err != nil {
		return 0, err
	}
	if !(math.Abs(reorderPoint) <= MaxUnits) {
		return 0, &SettingError{"reorder point", reorderPoint, "a finite number"}
	}
	if !(quantity > 0 && quantity <= MaxUnits) {
		return 0, &SettingError{"order quantity", quantity, "above 0"}
	}
	short := overLeadTime.Shortage(reorderPoint) - overLeadTime.Shortage(reorderPoint+quantity)
	return math.Min(math.Max(1-short/quantity, 0), 1), nil
}

// SafetyStockForFillRate returns the safety stock with which [FillRate] is the
// target. It is negative where the target is met without any.
func SafetyStockForFillRate(target, quantity float64, overLeadTime Demand) (float64, error) {
	if err := checkShare("fill rate", target); err != nil {
		return 0, err
	}
	if err := overLeadTime.check(); err != nil {
		return 0, err
	}
	if !(quantity > 0 && quantity <= MaxUnits) {
		return 0, &SettingError{"order quantity", quantity, "above 0"}
	}
	if overLeadTime.SD <= 1e-12*quantity {
		return -(1 - target) * quantity, nil
	}
	return fillRateFactor(target, quantity/overLeadTime.SD) * overLeadTime.SD, nil
}

// fillRateFactor solves G(k) - G(k + q) = (1 - target)·q for k. The left side
// falls from q to 0, so that there is one solution.
func fillRateFactor(target, q float64) float64 {
	q = math.Min(q, 1e12)
	goal := (1 - target) * q
	if q < 1e-5 {
		// An order that is small against the variation: the difference is
		// q·(1 - Φ(k + q/2)).
		return normal.Quantile(target) - q/2
	}
	excess := func(k float64) float64 { return normal.Loss(k) - normal.Loss(k+q) - goal }
	// Without the second term k is too high, and G(k) - G(k+q) > -k - G(k+q)
	// makes -q-10 too low.
	low, high := -q-10, normal.InverseLoss(goal)
	if low > high {
		low = high - 10
	}
	k := high
	for range 200 {
		f := excess(k)
		if f > 0 {
			low = k
		} else {
			high = k
		}
		next := k + f/(normal.Upper(k)-normal.Upper(k+q))
		if !(next > low && next < high) {
			next = (low + high) / 2
		}
		if math.Abs(next-k) <= 1e-14*math.Max(1, math.Abs(k)) {
			return next
		}
		k = next
	}
	return k
}
