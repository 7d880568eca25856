package forecast

// Theta is the method that won the M3 competition (Assimakopoulos &
// Nikolopoulos, 2000) in its form as simple exponential smoothing with half the
// slope of the series as drift (Hyndman & Billah, 2003). A series whose
// autocorrelation at the season is significant is divided by its classical
// seasonal indices first, or has them subtracted where a value is negative.
// It forecasts as R's forecast::thetaf does. Parameters are "alpha", "level" and
// "drift"; Sigma is that of the smoothing, in units without season.
type Theta struct {
	// Alpha is the smoothing parameter, in (0, 1]; 0 estimates it.
	Alpha float64
}

// Fit implements [Model].
func (m Theta) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n), with some 20 passes.
func (m Theta) FitTo(dst *Fit, s Series) error {
	if err := checkSetting("Theta", "alpha", m.Alpha); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	dst.reset("Theta", &s)
	p := reuse[theta](dst)
	seasons := s.season()
	y := append(dst.scratch[:0], s.Values...)
	dst.scratch = y
	if !p.cycle.take(dst, y, seasons) && seasons > 1 {
		dst.warn(WarnNoSeason)
	}
	fitted := dst.fitted(0, len(y))
	start, sse := p.fit(y, m.Alpha, fitted)
	for i, v := range fitted {
		fitted[i] = p.put(v, i)
	}
	dst.parameter("alpha", p.alpha, m.Alpha == 0)
	dst.parameter("level", start, true)
	dst.parameter("drift", p.drift, true)
	dst.setSigma(sse, len(y), 2)
	return nil
}

// fit estimates what is not given, runs over y, which has no season, and fills
// fitted. It returns the initial level and the squared errors of the smoothing.
func (p *theta) fit(y []float64, alpha float64, fitted []float64) (start, sse float64) {
	o := sesObjective{values: y, origin: y[0]}
	if p.alpha = alpha; alpha == 0 {
		p.alpha = o.estimate()
	}
	start = o.level(p.alpha)
	_, slope := line(y)
	p.drift = slope / 2
	// The drift that smoothing lags behind, drift·(1 - (1-α)^t)/α, grows from
	// one period to the next as a level of its own.
	p.level, p.lag = start, 0
	for i, v := range y {
		e := v - p.level
		sse += float64(e * e)
		fitted[i] = p.level + p.lag
		p.level += float64(p.alpha * e)
		p.lag = float64((1-p.alpha)*p.lag) + p.drift
	}
	return start, sse
}

// theta is the state of [Theta].
type theta struct {
	cycle
	alpha, level float64
	drift, lag   float64
}

func (p *theta) mean(dst []float64) {
	for i := range dst {
		dst[i] = p.put(p.level+p.lag+float64(p.drift*float64(i)), p.next+i)
	}
}

func (p *theta) observe(y float64) float64 {
	inner := p.level + p.lag
	p.level += float64(p.alpha * (p.without(y, p.next, p.level) - p.level))
	p.lag = float64((1-p.alpha)*p.lag) + p.drift
	p.next++
	return p.put(inner, p.next-1)
}

func (p *theta) weight(int) float64 { return p.alpha }

func (p *theta) estimation(int) float64 { return 0 }
