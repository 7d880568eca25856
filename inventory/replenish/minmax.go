package replenish

import "math"

// MinMax returns the levels of an (s, S) policy for a periodic review with a
// fixed cost per order: when the position is at or below least, order up to
// most. d is the demand per period, l the lead time in periods; costs are per
// unit and period. It is the power approximation of Ehrhardt & Mosier (1984) as
// in Snyder & Shen (2019, section 4.4.3), without their correction for fixed
// costs so small that an order covers less than one and a half periods.
func MinMax(fixed, holding, backorder float64, d Demand, l LeadTime) (least, most float64, err error) {
	for _, f := range []struct {
		name  string
		value float64
	}{{"fixed cost", fixed}, {"holding cost", holding}, {"backorder cost", backorder}, {"demand mean", d.Mean}, {"demand deviation", d.SD}} {
		if !(f.value > 1e-12 && f.value <= MaxDemand) {
			return 0, 0, &SettingError{f.name, f.value, "above 0"}
		}
	}
	over, err := protected(d, l, 1)
	if err != nil {
		return 0, 0, err
	}
	quantity := 1.30 * math.Pow(d.Mean, 0.494) * math.Pow(fixed/holding, 0.506) *
		math.Pow(1+float64(over.SD*over.SD)/(d.Mean*d.Mean), 0.116)
	z := math.Sqrt(quantity * holding / (over.SD * backorder))
	least = float64(0.973*over.Mean) + float64(over.SD*(0.183/z+1.063-float64(2.192*z)))
	return least, least + quantity, nil
}
