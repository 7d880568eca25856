package replenish

import "math"

// factorOfLaw returns the safety stock in deviations of [Item.Demand] that the law of
// the protected demand asks for: its quantile at the service level, or the level whose
// shortage is what the fill rate allows.
func factorOfLaw(item *Item, policy *Policy, over Demand) (float64, error) {
	if policy.FillRate == 0 {
		level, err := finite("level", item.Protected.Quantile(policy.Service))
		return (level - over.Mean) / over.SD, err
	}
	// Of each cycle, the demand that is not met: between two receipts under review, and
	// over the order quantity without.
	var goal float64
	var short func(level float64) float64
	if policy.Review > 0 {
		goal = (1 - policy.FillRate) * policy.Review * item.Demand.Mean
		width := policy.spread(item)
		short = func(level float64) float64 {
			s := shortageOver(item.Protected, level, width)
			if item.Lead != nil {
				s -= shortageOver(item.Lead, level, width)
			}
			return s
		}
	} else {
		quantity := float64(policy.Quantity)
		if quantity == 0 {
			quantity = float64(max(item.Lot.Min, item.Lot.Pack, 1))
		}
		goal = (1 - policy.FillRate) * quantity
		short = func(level float64) float64 {
			return item.Protected.Shortage(level) - item.Protected.Shortage(level+quantity)
		}
	}
	if !(goal > 0) {
		return 0, nil // nothing is sold
	}
	excess := func(k float64) float64 {
		return math.Log(math.Max(short(over.Mean+float64(k*over.SD)), 1e-300) / goal)
	}
	low, high := -3.0, 3.0
	for excess(low) < 0 && low > -1e9 {
		low *= 2
	}
	for excess(high) > 0 && high < 1e9 {
		high *= 2
	}
	return finite("safety stock in deviations", crossing(low, high, excess))
}

// shortageOver is the mean of the shortages at the levels from one on to so many units
// above, by the rule of Gauss and Legendre with five points.
func shortageOver(d Distribution, level, width float64) float64 {
	if width == 0 {
		return d.Shortage(level)
	}
	sum := 0.0
	for _, g := range [...]struct{ at, weight float64 }{
		{0, 128.0 / 225},
		{0.5384693101056831, 0.47862867049936647}, {-0.5384693101056831, 0.47862867049936647},
		{0.906179845938664, 0.23692688505618908}, {-0.906179845938664, 0.23692688505618908},
	} {
		sum += float64(g.weight / 2 * d.Shortage(level+float64(width*(1+g.at)/2)))
	}
	return sum
}
