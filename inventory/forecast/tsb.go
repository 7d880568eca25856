package forecast

// TSB forecasts intermittent demand by smoothing the size of demands, each time
// there is one, and the probability of a demand, in every period, so that the
// forecast fades when an item dies (Teunter, Syntetos & Babai, 2011). [Croston]
// and [SBA] keep theirs until the next demand.
//
// Sizes start at the first demand and the probability at 1 or 0, as the first
// period has one or not. Parameters are "alpha", "beta", and the last "size"
// and "probability". Sigma is the root mean square of the one-step errors.
type TSB struct {
	// Alpha smooths the sizes and Beta the probability, in (0, 1]. Beta 0
	// takes Alpha. Both 0 estimates Alpha between 0.1 and 0.3 and Beta between
	// 0.02 and 0.3 by least squares of its own one-step errors.
	Alpha, Beta float64
}

// Fit implements [Model].
func (m TSB) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n).
func (m TSB) FitTo(dst *Fit, s Series) error {
	if err := checkRates("TSB", m.Alpha, m.Beta); err != nil {
		return err
	}
	if err := s.checkDemand(); err != nil {
		return err
	}
	dst.reset("TSB", &s)
	y := s.Values
	sizes, occurs, _ := dst.demands(y)
	dst.warnFew(len(sizes))
	alpha, beta := m.Alpha, m.Beta
	switch {
	case alpha != 0:
		if beta == 0 {
			beta = alpha
		}
	case len(sizes) == 0:
		alpha, beta = ratesLeast, ratesLeast
	default:
		alpha = smoothingRate(sizes, ratesLeast)
		occurs = occurs[:len(y)]
		for i, v := range y {
			occurs[i] = indicator(v)
		}
		beta = smoothingRate(occurs, 0.02)
	}
	p := reuse[tsb](dst)
	*p = tsb{alpha: alpha, beta: beta, probability: indicator(y[0])}
	if len(sizes) > 0 {
		p.size = sizes[0]
	}
	p.level = p.size * p.probability
	fitted := dst.fitted(0, len(y))
	for i, v := range y {
		fitted[i] = p.observe(v)
	}
	dst.parameter("alpha", alpha, m.Alpha == 0)
	dst.parameter("beta", beta, m.Alpha == 0)
	dst.parameter("size", p.size, true)
	dst.parameter("probability", p.probability, true)
	dst.measure(y, 0)
	return nil
}

// tsb is the state of [TSB].
type tsb struct {
	flat
	alpha, beta       float64
	size, probability float64 // size is 0 before the first demand
}

func (p *tsb) observe(y float64) float64 {
	mean := p.level
	if p.size == 0 {
		p.size = y
	} else if y != 0 {
		p.size += float64(p.alpha * (y - p.size))
	}
	p.probability += float64(p.beta * (indicator(y) - p.probability))
	p.level = p.size * p.probability
	return mean
}

func (p *tsb) describe(set func(string, float64)) {
	set("size", p.size)
	set("probability", p.probability)
}

func (p *tsb) demanding() bool { return true }

// indicator is 1 for a period with demand, else 0.
func indicator(demand float64) float64 {
	if demand != 0 {
		return 1
	}
	return 0
}
