package replenish

import "math"

// Newsvendor is the choice of one stock level for one uncertain demand, such as
// a season, a print run or a periodic order without fixed cost.
type Newsvendor struct {
	// Over is lost with each unit left over: cost less salvage, or holding.
	Over float64
	// Under is lost with each unit short: price less cost, or a penalty.
	Under float64
}

func (n Newsvendor) check() error {
	for _, f := range []struct {
		name  string
		value float64
	}{{"cost over", n.Over}, {"cost under", n.Under}} {
		if !(f.value > 0 && f.value <= MaxDemand) {
			return &SettingError{f.name, f.value, "above 0"}
		}
	}
	return nil
}

// Ratio returns the critical ratio Under/(Under + Over): the probability of
// meeting all demand at the best level.
func (n Newsvendor) Ratio() float64 { return n.Under / (n.Under + n.Over) }

// Level returns the level with the least mean cost: the quantile of the demand
// at [Newsvendor.Ratio] (Arrow, Harris & Marschak, 1951).
func (n Newsvendor) Level(d Distribution) (float64, error) {
	if err := n.check(); err != nil {
		return 0, err
	}
	level, err := finite("level", d.Quantile(n.Ratio()))
	return math.Max(level, 0), err
}

// Cost returns the mean cost of a level.
func (n Newsvendor) Cost(level float64, d Distribution) (float64, error) {
	if err := n.check(); err != nil {
		return 0, err
	}
	if !(level >= -MaxUnits && level <= MaxUnits) {
		return 0, &SettingError{"level", level, "a finite number"}
	}
	return finite("cost", float64(n.Over*d.Leftover(level))+float64(n.Under*d.Shortage(level)))
}

// finite refuses what a distribution with bad figures gives.
func finite(name string, value float64) (float64, error) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, &SettingError{name, value, "a distribution with finite figures"}
	}
	return value, nil
}
