package replenish

import "math"

// CostCounts is [Reorder.Cost] for a demand in whole units, sold one by one: the
// position is each of point+1 to point+quantity equally often (Federgruen &
// Zheng, 1992).
func (c Reorder) CostCounts(point, quantity int64, over *Counts) (float64, error) {
	if err := c.check(); err != nil {
		return 0, err
	}
	if !(quantity > 0 && quantity <= MaxCounts) {
		return 0, &SettingError{"order quantity", float64(quantity), "1 to 1e6"}
	}
	if !(math.Abs(float64(point)) <= MaxUnits) {
		return 0, &SettingError{"reorder point", float64(point), "at most 1e15"}
	}
	sum := c.Fixed * c.Demand
	for y := point + 1; y <= point+quantity; y++ {
		sum += c.rateCounts(y, over)
	}
	return finite("cost", sum/float64(quantity))
}

func (c *Reorder) rateCounts(position int64, over *Counts) float64 {
	return newsvendorCost(c.Holding, c.Backorder, float64(position), over)
}

func newsvendorCost(over, under, level float64, d *Counts) float64 {
	short := d.Shortage(level)
	left := level - d.mean + short // leftover, without a second sum
	return float64(over*math.Max(left, 0)) + float64(under*short)
}

// BestCounts returns the policy with the least [Reorder.CostCounts], and that
// cost: positions are taken in the order of their cost rate, from the
// newsvendor's level outwards, for as long as each is below the mean so far
// (Federgruen & Zheng, 1992).
func (c Reorder) BestCounts(over *Counts) (point, quantity int64, cost float64, err error) {
	if err := c.check(); err != nil {
		return 0, 0, 0, err
	}
	level := int64(over.Quantile(c.Backorder / (c.Backorder + c.Holding)))
	low, high := level-1, level+1 // the next positions on either side
	sum := c.Fixed*c.Demand + c.rateCounts(level, over)
	quantity = 1
	below, above := c.rateCounts(low, over), c.rateCounts(high, over)
	for quantity < MaxCounts {
		rate := math.Min(below, above)
		if rate >= sum/float64(quantity) {
			return low, quantity, sum / float64(quantity), nil
		}
		sum += rate
		quantity++
		if below <= above {
			low--
			below = c.rateCounts(low, over)
		} else {
			high++
			above = c.rateCounts(high, over)
		}
	}
	return 0, 0, 0, &SettingError{"order quantity", float64(quantity), "at most 1e6: use Best"}
}
