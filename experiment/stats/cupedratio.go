package stats

// RatioHistory is a running mean and covariance of a ratio metric's numerator
// and denominator during and before the experiment, for [CUPEDRatio]. The zero
// value holds nothing.
type RatioHistory struct {
	N int64 `json:"n"`
	// Mean is that of numerator, denominator, earlier numerator and earlier
	// denominator.
	Mean [4]float64 `json:"mean"`
	// C are the sums of products of deviations from the means; only those with
	// the first index not above the second are used.
	C [4][4]float64 `json:"c"`
}

// RatioHistoryFromSums returns the moments of n units known by their sums and
// sums of products; only products with the first index not above the second are
// read.
func RatioHistoryFromSums(n int64, sums [4]float64, products [4][4]float64) RatioHistory {
	h := RatioHistory{N: n}
	if n == 0 {
		return h
	}
	for i := range 4 {
		h.Mean[i] = sums[i] / float64(n)
	}
	for i := range 4 {
		for j := i; j < 4; j++ {
			h.C[i][j] = products[i][j] - float64(h.Mean[i]*sums[j])
		}
	}
	return h
}

// Add counts one more unit.
func (h *RatioHistory) Add(numerator, denominator, earlierNumerator, earlierDenominator float64) {
	x := [4]float64{numerator, denominator, earlierNumerator, earlierDenominator}
	h.N++
	var before [4]float64
	for i := range 4 {
		before[i] = x[i] - h.Mean[i]
		h.Mean[i] += before[i] / float64(h.N)
	}
	for i := range 4 {
		for j := i; j < 4; j++ {
			h.C[i][j] += float64(before[i] * (x[j] - h.Mean[j]))
		}
	}
}

// Merge counts all units of o.
func (h *RatioHistory) Merge(o RatioHistory) {
	if o.N == 0 {
		return
	}
	n := float64(h.N + o.N)
	weight := float64(h.N) * float64(o.N) / n
	for i := range 4 {
		for j := i; j < 4; j++ {
			h.C[i][j] += o.C[i][j] + float64((o.Mean[i]-h.Mean[i])*(o.Mean[j]-h.Mean[j]))*weight
		}
	}
	for i := range 4 {
		h.Mean[i] += (o.Mean[i] - h.Mean[i]) * (float64(o.N) / n)
	}
	h.N += o.N
}

// Remove takes the units of o, which were counted before, away again. It reports
// an [*InputError] and changes nothing when there are fewer than in o.
func (h *RatioHistory) Remove(o RatioHistory) error {
	n := h.N - o.N
	switch {
	case n < 0:
		return refuse("remaining size", float64(n), ErrNegative)
	case n == 0:
		*h = RatioHistory{}
		return nil
	}
	total := *h
	for i := range 4 {
		h.Mean[i] += (h.Mean[i] - o.Mean[i]) * (float64(o.N) / float64(n))
	}
	weight := float64(n) * float64(o.N) / float64(total.N)
	for i := range 4 {
		for j := i; j < 4; j++ {
			h.C[i][j] -= o.C[i][j] + float64((o.Mean[i]-h.Mean[i])*(o.Mean[j]-h.Mean[j]))*weight
		}
		h.C[i][i] = max(0, h.C[i][i])
	}
	h.N = n
	return nil
}

func (h RatioHistory) check(arm string) error {
	if err := (Sample{N: h.N}).check(arm); err != nil {
		return err
	}
	names := [4]string{" numerator", " denominator", " earlier numerator", " earlier denominator"}
	for i := range 4 {
		if err := (Sample{N: h.N, Mean: h.Mean[i], Variance: h.C[i][i]}).check(arm + names[i]); err != nil {
			return err
		}
		for j := i + 1; j < 4; j++ {
			if !finite(h.C[i][j]) {
				return refuse(arm+names[i]+" covariance", h.C[i][j], ErrNotANumber)
			}
		}
	}
	if h.Mean[1] == 0 {
		return refuse("mean of the"+names[1]+" of "+arm, 0, ErrBeyond)
	}
	if h.Mean[3] == 0 {
		return refuse("mean of the"+names[3]+" of "+arm, 0, ErrBeyond)
	}
	return nil
}

// form returns the covariance of two linear forms of a unit's four values.
func (h RatioHistory) form(g, k [4]float64) float64 {
	total := 0.0
	for i := range 4 {
		for j := range 4 {
			total += float64(g[i]*k[j]) * h.C[min(i, j)][max(i, j)]
		}
	}
	return total / float64(h.N-1)
}

// gradients returns the derivatives of the ratio during and before the
// experiment by the four means.
func (h RatioHistory) gradients() (during, before [4]float64) {
	m := h.Mean
	return [4]float64{1 / m[1], -m[0] / (m[1] * m[1]), 0, 0}, [4]float64{0, 0, 1 / m[3], -m[2] / (m[3] * m[3])}
}

// CUPEDRatio is [CUPED] for a ratio metric, with the same ratio before the
// experiment as covariate. Variances are by the delta method over the four means;
// θ is the covariance of the two ratios over the variance of the earlier one,
// each added over the arms. Deng, Knoblich & Lu (2018), section 2; Deng et al.
// (2013), section 3.
type CUPEDRatio struct {
	Alpha       float64 // 0 means 0.05
	Alternative Alternative
	// Relative is the method for the relative interval, a share of the control's
	// unadjusted ratio.
	Relative RelativeInterval
}

// Test compares treatment with control. The error is an [*InputError]; it
// matches [ErrBeyond] where a denominator is zero throughout.
func (c CUPEDRatio) Test(control, treatment RatioHistory) (AdjustedResult, error) {
	if err := control.check("control"); err != nil {
		return AdjustedResult{}, err
	}
	if err := treatment.check("treatment"); err != nil {
		return AdjustedResult{}, err
	}
	covariance, variance := 0.0, 0.0
	for _, h := range []RatioHistory{control, treatment} {
		during, before := h.gradients()
		covariance += h.form(during, before)
		variance += h.form(before, before)
	}
	out := AdjustedResult{}
	if variance > 0 {
		out.Theta = covariance / variance
	}
	arm := func(h RatioHistory) adjusted {
		during, before := h.gradients()
		return adjusted{
			n: h.N, mean: h.Mean[0] / h.Mean[1], base: max(0, h.form(during, during)), shift: out.Theta * (h.Mean[2] / h.Mean[3]),
			shiftVariance: out.Theta * out.Theta * h.form(before, before), covariance: out.Theta * h.form(during, before),
		}
	}
	if err := compareAdjusted(&out, arm(control), arm(treatment), adjustedLift, c.Alpha, c.Alternative, c.Relative); err != nil {
		return AdjustedResult{}, err
	}
	if !(variance > 0) {
		out.warn(ConstantCovariate, "the earlier ratio is the same for every unit and adjusts nothing")
	}
	return out, nil
}
