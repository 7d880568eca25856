package forecast

// Croston forecasts intermittent demand by smoothing two things apart, each
// time there is a demand: its size z and the number of periods p since the one
// before. The forecast per period is z/p (Croston, 1972).
//
// Sizes start at the first demand, intervals at its position counted from 1.
// The forecast is biased upward; [SBA] corrects it and is the better default.
// Parameters are "alpha", "beta", and the last "size" and "interval". Sigma is
// the root mean square of the one-step errors from the first demand on, and
// intervals treat the periods as independent.
type Croston struct {
	// Alpha smooths the sizes and Beta the intervals, in (0, 1]. Beta 0 takes
	// Alpha. Both 0 estimates each between 0.1 and 0.3 by least squares of its
	// own one-step errors.
	Alpha, Beta float64
}

// SBA is [Croston] with the bias corrected by the factor 1 - β/2 (Syntetos &
// Boylan, 2005).
type SBA struct {
	// Alpha and Beta are those of Croston.
	Alpha, Beta float64
}

// SBJ is [Croston] with the bias corrected by the factor 1 - β/(2 - β)
// (Shale, Boylan & Johnston, 2006).
type SBJ struct {
	// Alpha and Beta are those of Croston.
	Alpha, Beta float64
}

// Fit implements [Model].
func (m Croston) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n).
func (m Croston) FitTo(dst *Fit, s Series) error {
	return fitCroston(dst, s, "Croston", m.Alpha, m.Beta, func(float64) float64 { return 1 })
}

// Fit implements [Model].
func (m SBA) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n).
func (m SBA) FitTo(dst *Fit, s Series) error {
	return fitCroston(dst, s, "SBA", m.Alpha, m.Beta, func(beta float64) float64 { return 1 - beta/2 })
}

// Fit implements [Model].
func (m SBJ) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n).
func (m SBJ) FitTo(dst *Fit, s Series) error {
	return fitCroston(dst, s, "SBJ", m.Alpha, m.Beta, func(beta float64) float64 { return 1 - beta/(2-beta) })
}

func fitCroston(dst *Fit, s Series, name string, alpha, beta float64, correction func(beta float64) float64) error {
	if err := checkRates(name, alpha, beta); err != nil {
		return err
	}
	if err := s.checkDemand(); err != nil {
		return err
	}
	dst.reset(name, &s)
	sizes, intervals, first := dst.demands(s.Values)
	estimated := alpha == 0 && beta == 0
	dst.warnFew(len(sizes))
	switch {
	case estimated && len(sizes) == 0:
		alpha, beta = ratesLeast, ratesLeast
	case estimated:
		alpha = smoothingRate(sizes, ratesLeast)
		beta = smoothingRate(intervals, ratesLeast)
	}
	if beta == 0 {
		beta = alpha
	}
	c := reuse[croston](dst)
	*c = croston{alpha: alpha, beta: beta, factor: correction(beta)}
	if len(sizes) == 0 {
		first = -1
	}
	for _, y := range s.Values[:first+1] {
		c.observe(y)
	}
	fitted := dst.fitted(first+1, len(s.Values)-first-1)
	for i, y := range s.Values[first+1:] {
		fitted[i] = c.observe(y)
	}
	dst.parameter("alpha", alpha, estimated)
	dst.parameter("beta", beta, estimated)
	dst.parameter("size", c.size, true)
	dst.parameter("interval", c.interval, true)
	dst.measure(s.Values, 0)
	return nil
}

// croston is the state of [Croston] and its corrections.
type croston struct {
	flat
	alpha, beta, factor float64
	size, interval      float64 // 0 before the first demand
	since               float64 // periods since the last demand
}

func (c *croston) observe(y float64) float64 {
	mean := c.level
	if c.since++; y != 0 {
		if c.interval == 0 {
			c.size, c.interval = y, c.since
		} else {
			c.size += float64(c.alpha * (y - c.size))
			c.interval += float64(c.beta * (c.since - c.interval))
		}
		c.level = c.factor * c.size / c.interval
		c.since = 0
	}
	return mean
}

func (c *croston) describe(set func(string, float64)) {
	set("size", c.size)
	set("interval", c.interval)
}

func (c *croston) demanding() bool { return true }

// ratesLeast is the least rate that is estimated for intermittent demand, and
// the one where there is nothing to estimate it from.
const ratesLeast = 0.1

// warnFew warns of fewer than two demands.
func (f *Fit) warnFew(demands int) {
	switch demands {
	case 0:
		f.warn(WarnNoDemand)
	case 1:
		f.warn(WarnFewDemands)
	}
}

// checkRates checks the two smoothing parameters of an intermittent model.
func checkRates(name string, alpha, beta float64) error {
	if err := checkSetting(name, "alpha", alpha); err != nil {
		return err
	}
	if err := checkSetting(name, "beta", beta); err != nil {
		return err
	}
	if alpha == 0 && beta != 0 {
		return &SettingError{Model: name, Setting: "alpha", Value: 0, Want: "a value when beta has one"}
	}
	return nil
}

// demands returns the demands that are not zero, the number of periods from
// each to the one before it, and the position of the first.
func (f *Fit) demands(values []float64) (sizes, intervals []float64, first int) {
	n := len(values)
	if cap(f.scratch) < 2*n {
		f.scratch = make([]float64, 2*n)
	}
	sizes, intervals = f.scratch[:n], f.scratch[n:2*n]
	k, last := 0, -1
	for i, y := range values {
		if y != 0 {
			sizes[k], intervals[k] = y, float64(i-last)
			k++
			last = i
		}
	}
	if k > 0 {
		first = int(intervals[0]) - 1
	}
	return sizes[:k], intervals[:k], first
}

// smoothingRate returns the parameter between low and 0.3 with the least sum of
// squared one-step errors when smoothing starts at the first value.
func smoothingRate(values []float64, low float64) float64 {
	return minimizeGolden(low, 0.3, 1e-4, func(alpha float64) float64 {
		level, sse := values[0], 0.0
		for _, y := range values {
			e := y - level
			level += float64(alpha * e)
			sse += float64(e * e)
		}
		return sse
	})
}
