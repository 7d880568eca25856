package replenish

import "github.com/flywheel-go/flywheel/internal/normal"

// Newsvendor is the choice of one stock level for one uncertain demand, such as
// a season, a print run or a periodic order without fixed cost.
type Newsvendor struct {
	// Over is lost with each unit left over: cost less salvage, or holding.
	Over float64
	// Under is lost with each unit short: price less cost, or a penalty.
	Under float64
}

func (n Newsvendor) check(d Demand) error {
	for _, f := range []struct {
		name  string
		value float64
	}{{"cost over", n.Over}, {"cost under", n.Under}} {
		if !(f.value > 0 && f.value <= MaxDemand) {
			return &SettingError{f.name, f.value, "above 0"}
		}
	}
	return d.check()
}

// Ratio returns the critical ratio Under/(Under + Over): the probability of
// meeting all demand at the best level.
func (n Newsvendor) Ratio() float64 { return n.Under / (n.Under + n.Over) }

// Level returns the level with the least mean cost: the quantile of the demand
// at [Newsvendor.Ratio] (Arrow, Harris & Marschak, 1951).
func (n Newsvendor) Level(d Demand) (float64, error) {
	if err := n.check(d); err != nil {
		return 0, err
	}
	z := normal.Quantile(n.Ratio())
	if over := n.Over / (n.Under + n.Over); over < 0.5 {
		z = -normal.Quantile(over)
	}
	if d.SD == 0 {
		return d.Mean, nil
	}
	return d.Mean + float64(z*d.SD), nil
}

// Cost returns the mean cost of a level.
func (n Newsvendor) Cost(level float64, d Demand) (float64, error) {
	if err := n.check(d); err != nil {
		return 0, err
	}
	if !(level >= -MaxUnits && level <= MaxUnits) {
		return 0, &SettingError{"level", level, "a finite number"}
	}
	return float64(n.Over*d.Leftover(level)) + float64(n.Under*d.Shortage(level)), nil
}
