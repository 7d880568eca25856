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

// LevelWithYield returns the order with the least mean cost for a known demand when the
// supplier delivers Factor·Q + Extra with normal errors (Snyder & Shen, 2019, section 9.4):
// where only Extra is uncertain it is (demand - quantile of Extra at Over/(Over + Under))
// over Factor, else the least of [Newsvendor.CostWithYield], which is convex, is searched
// for.
func (n Newsvendor) LevelWithYield(demand float64, y Yield) (float64, error) {
	if err := n.checkYield(demand, &y); err != nil {
		return 0, err
	}
	if y.FactorSD == 0 {
		safe := Demand{y.Extra, y.ExtraSD}.Quantile(n.Over / (n.Over + n.Under))
		return finite("order quantity", math.Max((demand-safe)/y.Factor, 0))
	}
	high := math.Max((demand-y.Extra)/y.Factor, 1)
	spread := math.Hypot(y.FactorSD*high, y.ExtraSD)
	high = 4*high + float64(20*spread/y.Factor)
	return finite("order quantity", minimum(0, high, func(q float64) float64 { return n.costWithYield(q, demand, &y) }))
}

// CostWithYield returns the mean cost of an order for a known demand with that yield.
func (n Newsvendor) CostWithYield(quantity, demand float64, y Yield) (float64, error) {
	if err := n.checkYield(demand, &y); err != nil {
		return 0, err
	}
	if err := within("order quantity", quantity, MaxUnits); err != nil {
		return 0, err
	}
	return finite("cost", n.costWithYield(quantity, demand, &y))
}

func (n *Newsvendor) costWithYield(quantity, demand float64, y *Yield) float64 {
	arrives := Demand{float64(y.Factor*quantity) + y.Extra, math.Hypot(y.FactorSD*quantity, y.ExtraSD)}
	return float64(n.Over*arrives.Shortage(demand)) + float64(n.Under*arrives.Leftover(demand))
}

func (n *Newsvendor) checkYield(demand float64, y *Yield) error {
	if err := n.check(); err != nil {
		return err
	}
	if err := within("demand", demand, MaxDemand); err != nil {
		return err
	}
	return y.check()
}

// LevelWithDisruptions returns the base-stock level with the least cost per period for a
// steady demand when the supplier fails in a period with probability fail and recovers
// with probability recover: a whole number of periods of demand, the least n for which a
// disruption lasts for fewer than n periods with a probability of at least the critical
// ratio (Tomlin, 2006; Snyder & Shen, 2019, section 9.2).
func (n Newsvendor) LevelWithDisruptions(demand, fail, recover float64) (float64, error) {
	if err := n.checkDisruptions(demand, fail, recover); err != nil {
		return 0, err
	}
	down := fail / (fail + recover) // of the periods
	periods := 1.0
	if lasting := 1 - n.Ratio(); lasting < down && recover < 1 {
		periods += math.Ceil(math.Log(lasting/down)/math.Log1p(-recover) - 1e-12)
	} else if lasting < down {
		periods++
	}
	return finite("level", periods*demand)
}

// CostWithDisruptions returns the mean cost per period of a base-stock level with such a
// supplier: after n periods without deliveries (n + 1) periods of demand are drawn from
// it.
func (n Newsvendor) CostWithDisruptions(level, demand, fail, recover float64) (float64, error) {
	if err := n.checkDisruptions(demand, fail, recover); err != nil {
		return 0, err
	}
	if err := within("level", level, MaxUnits); err != nil {
		return 0, err
	}
	up := recover / (fail + recover)
	cost, p, rest := 0.0, up, 1.0
	for k := 1.0; rest > 1e-15; k++ {
		left := level - float64(k*demand)
		cost += float64(p * (float64(n.Over*math.Max(left, 0)) + float64(n.Under*math.Max(-left, 0))))
		rest -= p
		if k == 1 {
			p = up * fail
		} else {
			p *= 1 - recover
		}
		if left < 0 && k > 1 { // from here on a geometric series
			short := float64(k*demand) - level + demand
			cost += float64(n.Under * p * (short/recover + demand*(1-recover)/(recover*recover)))
			break
		}
	}
	return finite("cost", cost)
}

func (n *Newsvendor) checkDisruptions(demand, fail, recover float64) error {
	if err := n.check(); err != nil {
		return err
	}
	if err := within("demand", demand, MaxDemand); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		value float64
	}{{"probability of failure", fail}, {"probability of recovery", recover}} {
		if !(f.value > 0 && f.value <= 1) {
			return &SettingError{f.name, f.value, "above 0, to 1"}
		}
	}
	return nil
}

// finite refuses what a distribution with bad figures gives.
func finite(name string, value float64) (float64, error) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, &SettingError{name, value, "a distribution with finite figures"}
	}
	return value, nil
}
