package replenish

import (
	"math"

	"github.com/flywheel-go/flywheel"
)

// Stock is the stock of one SKU at one place as [FindExcess] needs to know
// it.
type Stock struct {
	SKU      flywheel.SKU
	Location string
	OnHand   int64
	Demand   Demand  // forecast per period
	Idle     int     // periods since the last sale
	Cost     float64 // of a unit
}

// ExcessRule says from when on stock is too much.
type ExcessRule struct {
	Cover int // periods of demand that stock may cover; more is excess
	Dead  int // periods without a sale after which all stock is dead
}

// Excess is what [FindExcess] tells of one holding.
type Excess struct {
	SKU      flywheel.SKU
	Location string
	// Cover is how many periods the stock will last, MaxPeriods at most.
	Cover float64
	// Units are those above the rule, or all of a dead item, and Cost is what
	// they cost.
	Units int64
	Cost  float64
	Dead  bool
}

// FindExcess returns one finding per holding, in the same order: how long the
// stock will last and what of it is too much. O(n).
func FindExcess(stock []Stock, rule ExcessRule) ([]Excess, error) {
	for _, f := range []struct {
		name  string
		value int
	}{{"cover", rule.Cover}, {"periods until dead", rule.Dead}} {
		if !(f.value > 0 && float64(f.value) <= MaxPeriods) {
			return nil, &SettingError{f.name, float64(f.value), "1 to 1e6"}
		}
	}
	findings := make([]Excess, len(stock))
	for i, h := range stock {
		err := h.Demand.check()
		if err == nil {
			err = within("on hand", math.Abs(float64(h.OnHand)), MaxUnits)
		}
		if err == nil {
			err = within("unit cost", h.Cost, MaxDemand)
		}
		if err != nil {
			return nil, &ItemError{i, h.SKU, err}
		}
		e := Excess{SKU: h.SKU, Location: h.Location}
		if h.OnHand > 0 {
			e.Cover = math.Min(float64(h.OnHand)/h.Demand.Mean, MaxPeriods)
			e.Dead = h.Idle >= rule.Dead
			e.Units = max(h.OnHand-int64(math.Min(math.Ceil(h.Demand.Mean*float64(rule.Cover)), MaxUnits)), 0)
			if e.Dead {
				e.Units = h.OnHand
			}
			e.Cost = float64(e.Units) * h.Cost
		}
		findings[i] = e
	}
	return findings, nil
}

// LastOrder is the choice of a final order when an item can be ordered for the
// last time: for a model that ends, or a part that its maker gives up.
type LastOrder struct {
	Demand  Demand  // of the first period
	Decay   float64 // demand of a period as a share of that of the one before, such as 0.9
	Periods int     // until no more is needed
	// Costs weigh a unit left at the end against one that is missing then.
	Costs Newsvendor
}

// Remaining returns the demand of all periods together, each independent of the
// others.
func (l LastOrder) Remaining() (Demand, error) {
	if err := l.Demand.check(); err != nil {
		return Demand{}, err
	}
	if !(l.Decay >= 0 && l.Decay <= 1) {
		return Demand{}, &SettingError{"decay", l.Decay, "0 to 1"}
	}
	if !(l.Periods > 0 && float64(l.Periods) <= MaxPeriods) {
		return Demand{}, &SettingError{"number of periods", float64(l.Periods), "1 to 1e6"}
	}
	mean, variance, share := 0.0, 0.0, 1.0
	for range l.Periods {
		mean += share
		variance += float64(share * share)
		share *= l.Decay
	}
	return Demand{l.Demand.Mean * mean, l.Demand.SD * math.Sqrt(variance)}, nil
}

// Quantity returns what to order beside the present position, none where that
// is enough.
func (l LastOrder) Quantity(position int64) (int64, error) {
	rest, err := l.Remaining()
	if err != nil {
		return 0, err
	}
	level, err := l.Costs.Level(rest)
	if err != nil {
		return 0, err
	}
	need := math.Ceil(level - float64(position) - rounding)
	if !(math.Abs(need) <= MaxUnits) {
		return 0, &SettingError{"need", need, "at most 1e15 units"}
	}
	return max(int64(need), 0), nil
}
