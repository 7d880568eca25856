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
	if len(sizes) == 0 {
		return fitNoDemand(dst, y)
	}
	if len(sizes) == 1 {
		dst.warn(WarnFewDemands)
	}
	alpha, beta := m.Alpha, m.Beta
	if alpha == 0 {
		alpha = smoothingRate(sizes, 0.1)
		occurs = occurs[:len(y)]
		for i, v := range y {
			occurs[i] = indicator(v)
		}
		beta = smoothingRate(occurs, 0.02)
	} else if beta == 0 {
		beta = alpha
	}
	size, probability := sizes[0], indicator(y[0])
	fitted := dst.fitted(0, len(y))
	for i, v := range y {
		fitted[i] = size * probability
		if v != 0 {
			size += float64(alpha * (v - size))
		}
		probability += float64(beta * (indicator(v) - probability))
	}
	dst.parameter("alpha", alpha, m.Alpha == 0)
	dst.parameter("beta", beta, m.Alpha == 0)
	dst.parameter("size", size, true)
	dst.parameter("probability", probability, true)
	dst.measure(y, 0)
	*reuse[flat](dst) = flat{level: size * probability}
	return nil
}

// indicator is 1 for a period with demand, else 0.
func indicator(demand float64) float64 {
	if demand != 0 {
		return 1
	}
	return 0
}
