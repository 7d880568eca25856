package replenish

import "math"

// Yield is a supplier who does not deliver just what was ordered: an order of Q
// brings Factor·Q + Extra, where each is uncertain by its deviation and the two
// are independent. {Factor: 1} delivers exactly.
type Yield struct {
	Factor, FactorSD float64 // share of the order that arrives
	Extra, ExtraSD   float64 // units that arrive beside it, negative when some are missing
}

func (y *Yield) check() error {
	for _, f := range []struct {
		name  string
		value float64
	}{{"deviation of the yield", y.FactorSD}, {"deviation of extra units", y.ExtraSD}, {"number of extra units", math.Abs(y.Extra)}} {
		if err := within(f.name, f.value, MaxDemand); err != nil {
			return err
		}
	}
	if !(y.Factor >= 1e-6 && y.Factor <= MaxDemand) {
		return &SettingError{"yield", y.Factor, "at least one in a million"}
	}
	return nil
}

// QuantityWithYield returns the order quantity with the least cost when
// deliveries are uncertain. With a and s the mean and the deviation of Factor,
// b and t those of Extra, what arrives is on average the m of
//
//	m² = (2Kλ/h + t² + (s·b/a)²)/(1 + (s/a)²),   Q = (m - b)/a
//
// which has the formulas of Snyder & Shen (2019, section 9.3) for additive and
// for multiplicative yield as its two special cases. Backorders are not allowed.
func (e EconomicOrder) QuantityWithYield(y Yield) (float64, error) {
	if err := e.checkYield(&y); err != nil {
		return 0, err
	}
	ratio := y.FactorSD / y.Factor
	square := 2*e.Fixed*e.Demand/e.Holding + float64(y.ExtraSD*y.ExtraSD) + float64(ratio*y.Extra*ratio*y.Extra)
	quantity := (math.Sqrt(square/(1+float64(ratio*ratio))) - y.Extra) / y.Factor
	if !(quantity > 0 && quantity <= MaxUnits) {
		return 0, &SettingError{"order quantity", quantity, "above 0, to 1e15"}
	}
	return quantity, nil
}

// CostWithYield returns the cost per unit of time of ordering quantity each time
// the stock is used up: (K·λ + h·E[R²]/2)/E[R], where R is what arrives.
func (e EconomicOrder) CostWithYield(quantity float64, y Yield) (float64, error) {
	if err := e.checkYield(&y); err != nil {
		return 0, err
	}
	mean := float64(y.Factor*quantity) + y.Extra
	if !(quantity > 0 && quantity <= MaxUnits && mean > 0) {
		return 0, &SettingError{"order quantity", quantity, "above 0, and so that something arrives"}
	}
	square := float64(mean*mean) + float64(y.FactorSD*quantity*y.FactorSD*quantity) + float64(y.ExtraSD*y.ExtraSD)
	return finite("cost", (float64(e.Fixed*e.Demand)+float64(e.Holding/2*square))/mean)
}

func (e *EconomicOrder) checkYield(y *Yield) error {
	if _, _, err := e.Quantity(); err != nil {
		return err
	}
	if e.Backorder != 0 {
		return &SettingError{"backorder cost", e.Backorder, "0 where the yield is uncertain"}
	}
	return y.check()
}

// Disruption is a supplier who at times cannot deliver at all: while up, a
// disruption begins at rate Begin, and it ends at rate End, both per unit of
// time (Parlar & Berkin, 1991, as corrected by Berk & Arreola-Risa, 1994).
// Demand that finds nothing in stock is lost.
type Disruption struct {
	Begin, End float64
	Lost       float64 // cost of a unit of demand that is lost
}

func (d *Disruption) check() error {
	for _, f := range []struct {
		name  string
		value float64
	}{{"rate of disruptions", d.Begin}, {"rate of recovery", d.End}, {"cost of a lost sale", d.Lost}} {
		if !(f.value > 0 && f.value <= MaxDemand) {
			return &SettingError{f.name, f.value, "above 0"}
		}
	}
	return nil
}

// CostWithDisruptions returns the cost per unit of time of ordering quantity
// each time the stock is used up (Snyder & Shen, 2019, equation 9.5).
func (e EconomicOrder) CostWithDisruptions(quantity float64, d Disruption) (float64, error) {
	if err := e.checkDisruptions(&d); err != nil {
		return 0, err
	}
	if !(quantity > 0 && quantity <= MaxUnits) {
		return 0, &SettingError{"order quantity", quantity, "above 0"}
	}
	return finite("cost", e.disrupted(quantity, &d))
}

// disrupted needs checked figures.
func (e *EconomicOrder) disrupted(quantity float64, d *Disruption) float64 {
	// The probability that the supplier is down when a cycle ends.
	down := d.Begin / (d.Begin + d.End) * -math.Expm1(-(d.Begin+d.End)*quantity/e.Demand)
	without := down / d.End // mean time without stock in a cycle
	cycle := quantity/e.Demand + without
	return (e.Fixed + e.Holding*quantity/2*quantity/e.Demand + float64(d.Lost*e.Demand*without)) / cycle
}

// QuantityWithDisruptions returns the order quantity with the least
// [EconomicOrder.CostWithDisruptions]. The cost can have two valleys, so that a
// scan of quantities, each some percent above the one before, finds the deepest
// and a search its floor.
func (e EconomicOrder) QuantityWithDisruptions(d Disruption) (float64, error) {
	start, _, err := e.ApproximateWithDisruptions(d)
	if err != nil {
		return 0, err
	}
	const ratio = 1.04
	best, least := start, math.Inf(1)
	for q := start / 1024; q < 4*start; q *= ratio {
		if c := e.disrupted(q, &d); c < least {
			best, least = q, c
		}
	}
	quantity := minimum(best/ratio, best*ratio, func(q float64) float64 { return e.disrupted(q, &d) })
	return finite("order quantity", quantity)
}

// ApproximateWithDisruptions returns the order quantity that is best when the
// supplier is as likely down at the end of a cycle as at any other time, and
// its cost under that assumption (Snyder, 2014): with ψ = Begin/(Begin + End)
// and μ = End
//
//	Q = (√((ψ·h·λ)² + 2hμ(Kλμ + λ²pψ)) - ψ·h·λ)/(h·μ),   cost = h·Q
func (e EconomicOrder) ApproximateWithDisruptions(d Disruption) (quantity, cost float64, err error) {
	if err := e.checkDisruptions(&d); err != nil {
		return 0, 0, err
	}
	down := d.Begin / (d.Begin + d.End)
	drift := down * e.Demand * e.Holding
	inner := float64(e.Fixed*e.Demand*d.End) + float64(e.Demand*e.Demand*d.Lost*down)
	quantity = (math.Sqrt(float64(drift*drift)+2*e.Holding*d.End*inner) - drift) / (e.Holding * d.End)
	if !(quantity > 0 && quantity <= MaxUnits) {
		return 0, 0, &SettingError{"order quantity", quantity, "above 0, to 1e15"}
	}
	return quantity, e.Holding * quantity, nil
}

func (e *EconomicOrder) checkDisruptions(d *Disruption) error {
	if _, _, err := e.Quantity(); err != nil {
		return err
	}
	if e.Backorder != 0 {
		return &SettingError{"backorder cost", e.Backorder, "0 where the supply is disrupted"}
	}
	return d.check()
}

// minimum returns where f, which has one minimum between low and high, is
// least: golden section (Kiefer, 1953).
func minimum(low, high float64, f func(float64) float64) float64 {
	const golden = 0.6180339887498949
	a, b := high-golden*(high-low), low+golden*(high-low)
	atA, atB := f(a), f(b)
	for high-low > 1e-10*(math.Abs(low)+math.Abs(high)) && low < a && b < high {
		if atA <= atB {
			high, b, atB = b, a, atA
			a = high - float64(golden*(high-low))
			atA = f(a)
		} else {
			low, a, atA = a, b, atB
			b = low + float64(golden*(high-low))
			atB = f(b)
		}
	}
	return (low + high) / 2
}
