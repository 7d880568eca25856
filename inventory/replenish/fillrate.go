package replenish

import (
	"math"
	"sort"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// A periodic review places an order that arrives after the lead time and must
// last until the next one has arrived, a review interval later. With S₁ and S₂
// the mean shortage at these two instants for a position y after the review, the
// demand that is not met between them is S₂(y) - S₁(y), against a demand of R·d
// (Silver, Pyke & Thomas, 2017, section 6.9; Johnson, Lee, Davis & Hall, 1995).
// Where orders come in lots the position after a review is not the level but
// spread evenly over so many units above it.

// spread returns over how many units above the level the position after a
// review varies.
func (p *Policy) spread(item *Item) float64 {
	if p.Quantity > 0 {
		return float64(p.Quantity)
	}
	lot := max(item.Lot.Pack, 1)
	if float64(item.Lot.Min) > p.Review*item.Demand.Mean {
		lot = max(lot, item.Lot.Min)
	}
	return float64(lot - 1)
}

// factorAtReviews returns the safety stock in deviations for a fill rate under
// periodic review.
func factorAtReviews(item *Item, policy *Policy, over Demand) float64 {
	goal := (1 - policy.FillRate) * policy.Review * item.Demand.Mean
	if !(goal > 0) {
		return 0 // nothing is sold
	}
	before := item.Demand.Over(item.LeadTime)
	width := policy.spread(item)
	if later, sooner := policy.counts(over), policy.counts(before); later != nil {
		if sooner == nil {
			sooner = &Counts{probability: []float64{1}} // no lead time
		}
		first := 0.0
		if policy.Quantity > 0 {
			first = 1 // the position after a review is above the point
			width--
		}
		return (levelAtReviews(later, sooner, first, width, goal) - over.Mean) / over.SD
	}
	short := func(level float64) float64 {
		return meanShortage(over, level, width) - meanShortage(before, level, width)
	}
	// What is left above the goal, as a function of the safety stock in
	// deviations; its logarithm is nearly straight.
	excess := func(k float64) float64 {
		return math.Log(math.Max(short(over.Mean+float64(k*over.SD)), 1e-300) / goal)
	}
	low, high := -3-width/over.SD, 3.0
	for excess(low) < 0 && low > -1e9 {
		low *= 2
	}
	for excess(high) > 0 && high < 1e9 {
		high *= 2
	}
	return crossing(low, high, excess)
}

// crossing returns where f, which falls through zero between low and high, does
// so: the method of false position in the Illinois form (Dowell & Jarratt, 1971).
func crossing(low, high float64, f func(float64) float64) float64 {
	atLow, atHigh := f(low), f(high)
	side := 0
	for range 100 {
		x := high - atHigh*(high-low)/(atHigh-atLow)
		if !(x > low && x < high) {
			x = low + (high-low)/2
		}
		y := f(x)
		switch {
		case math.Abs(y) < 1e-11 || high-low < 1e-11*(1+math.Abs(x)):
			return x
		case y > 0:
			if low, atLow = x, y; side > 0 {
				atHigh /= 2
			}
			side = 1
		default:
			if high, atHigh = x, y; side < 0 {
				atLow /= 2
			}
			side = -1
		}
	}
	return high
}

// meanShortage returns the mean of the shortages at the levels from one on to so
// many units above.
func meanShortage(d Demand, level, width float64) float64 {
	if width < 1e-6*d.SD || width == 0 {
		return d.Shortage(level)
	}
	if d.SD == 0 {
		below, above := math.Max(d.Mean-level, 0), math.Max(d.Mean-level-width, 0)
		return (float64(below*below) - float64(above*above)) / (2 * width)
	}
	z := (level - d.Mean) / d.SD
	return d.SD * (normal.SecondLoss(z) - normal.SecondLoss(z+width/d.SD)) / (width / d.SD)
}

// levelAtReviews returns the least whole level at which the shortage is within
// the goal, for positions from first above it on to width more.
func levelAtReviews(later, sooner *Counts, first, width, goal float64) float64 {
	units := width + 1
	short := func(c *Counts, level int64) float64 {
		return (c.SecondShortage(level-1) - c.SecondShortage(level-1+int64(units))) / units
	}
	n := sort.Search(later.most()+1, func(level int) bool {
		y := int64(level) + int64(first)
		return short(later, y)-short(sooner, y) <= goal
	})
	return float64(n)
}
