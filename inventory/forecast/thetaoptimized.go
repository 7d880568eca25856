package forecast

// OptimizedTheta is the theta method with an estimated θ (Fiorucci, Pellegrini,
// Louzada, Petropoulos & Koehler, 2016, equations 10 to 17): simple
// exponential smoothing plus the share w = 1 - 1/θ of what its level lags behind
// the trend line,
//
//	m(t) = l(t-1) + w·((1-α)^(t-1)·A + (1 - (1-α)^t)/α·B)
//
// The line A + B·t is that of the whole series, or, where Dynamic, that of the
// observations so far. For each α the initial level and w have a closed form in
// least squares, with w held in [0, 1]; the first two observations have no fitted values. The
// season is that of [Theta]. Parameters are "alpha", "weight" (w), "level".
// Sigma divides by n less 3. Intervals take α as all the memory of an error.
type OptimizedTheta struct {
	// Dynamic lets the line follow the series.
	Dynamic bool
	// Alpha is in (0, 1]; 0 estimates it between 0.1 and 0.99.
	Alpha float64
}

// Fit implements [Model].
func (m OptimizedTheta) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n), with some 20 passes. With fewer than five
// observations it is [SES].
func (m OptimizedTheta) FitTo(dst *Fit, s Series) error {
	if err := checkSetting("OptimizedTheta", "alpha", m.Alpha); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	if len(s.Values) < 5 {
		err := SES{Alpha: m.Alpha}.FitTo(dst, s)
		dst.warn(WarnShort)
		return err
	}
	name := "OptimizedTheta"
	if m.Dynamic {
		name = "DynamicTheta"
	}
	dst.reset(name, &s)
	p := reuse[optimizedTheta](dst)
	y := append(dst.scratch[:0], s.Values...)
	dst.scratch = y
	if !p.cycle.take(dst, y, s.season()) && s.season() > 1 {
		dst.warn(WarnNoSeason)
	}
	fitted := dst.fitted(thetaSkipped, len(y))
	p.fit(y, m.Dynamic, m.Alpha, fitted)
	fitted = fitted[:copy(fitted, fitted[thetaSkipped:])]
	dst.Fitted = fitted
	dst.parameter("alpha", p.alpha, m.Alpha == 0)
	dst.parameter("weight", p.share, true)
	dst.parameter("level", p.start, true)
	sse := 0.0
	for i, f := range fitted {
		i += thetaSkipped
		sse += float64((y[i] - f) * (y[i] - f))
		fitted[i-thetaSkipped] = p.put(f, i)
	}
	dst.setSigma(sse, len(fitted), 3)
	return nil
}

// thetaSkipped is the number of first errors that do not count: the dynamic line
// starts with them.
const thetaSkipped = 2

// optimizedTheta is the state of [OptimizedTheta].
type optimizedTheta struct {
	cycle
	alpha, share, start float64
	level               float64
	line                thetaLine
}

// thetaLine is the trend line and how much of the series it has seen.
type thetaLine struct {
	dynamic         bool
	n               float64
	mean            float64
	intercept, rise float64
	decay           float64 // (1-α)^n
}

// lag is what smoothing with alpha lags behind the line at the next period.
func (l *thetaLine) lag(alpha float64) float64 {
	return float64(l.decay*l.intercept) + float64((1-float64(l.decay*(1-alpha)))/alpha*l.rise)
}

// observe takes one more observation into the line.
func (l *thetaLine) observe(y, alpha float64) {
	l.decay = float64(l.decay*(1-alpha)) + tiny
	l.n++
	if !l.dynamic {
		return
	}
	if l.n > 1 {
		l.rise = (float64((l.n-2)*l.rise) + float64(6/l.n*(y-l.mean))) / (l.n + 1)
	}
	l.mean += (y - l.mean) / l.n
	l.intercept = l.mean - float64((l.n+1)/2*l.rise)
}

// fit estimates what is not given, runs over y, which has no season, and fills
// fitted.
func (p *optimizedTheta) fit(y []float64, dynamic bool, alpha float64, fitted []float64) {
	begin := thetaLine{dynamic: dynamic, decay: 1}
	if !dynamic {
		begin.intercept, begin.rise = line(y)
	}
	p.alpha = alpha
	if alpha == 0 {
		objective := func(alpha float64) float64 { sse, _, _ := thetaSquares(y, begin, alpha); return sse }
		const steps = 9
		var sse [steps + 1]float64
		best := 0
		at := func(i int) float64 { return 0.1 + float64(0.89*float64(i))/steps }
		for i := range sse {
			if sse[i] = objective(at(i)); sse[i] < sse[best] {
				best = i
			}
		}
		p.alpha = at(best)
		if best > 0 && best < steps {
			p.alpha, _ = minimizeBracketed(at(best-1), at(best), at(best+1), sse[best], 1e-4, objective)
		}
	}
	_, p.share, p.start = thetaSquares(y, begin, p.alpha)
	p.line, p.level = begin, p.start
	for i, v := range y {
		fitted[i] = p.step(v)
	}
}

// step takes one more observation without season and returns its forecast.
func (p *optimizedTheta) step(y float64) float64 {
	mean := p.level + float64(p.share*p.line.lag(p.alpha))
	p.level += float64(p.alpha * (y - p.level))
	p.line.observe(y, p.alpha)
	return mean
}

func (p *optimizedTheta) observe(y float64) float64 {
	inner := p.step(p.without(y, p.next, p.level+float64(p.share*p.line.lag(p.alpha))))
	p.next++
	return p.put(inner, p.next-1)
}

// thetaSquares returns the least sum of squared errors for alpha, with the share
// of the line and the initial level that give it.
func thetaSquares(y []float64, l thetaLine, alpha float64) (sse, share, start float64) {
	// The errors are r - d·Δ - g·w with r those from a start at the first
	// observation, d = (1-α)^(t-1) and g the lag.
	var rr, rd, rg, dd, dg, gg float64
	origin := y[0]
	level := origin
	for i, v := range y {
		r, d, g := v-level, l.decay, l.lag(alpha)
		if i >= thetaSkipped {
			rr += float64(r * r)
			rd += float64(r * d)
			rg += float64(r * g)
			dd += float64(d * d)
			dg += float64(d * g)
			gg += float64(g * g)
		}
		level += float64(alpha * r)
		l.observe(v, alpha)
	}
	share = 0.5
	if determinant := float64(dd*gg) - float64(dg*dg); determinant > 1e-12*dd*gg {
		share = min(max((float64(dd*rg)-float64(dg*rd))/determinant, 0), 1)
	}
	if dd > 0 {
		start = (rd - float64(share*dg)) / dd
	}
	sse = rr - 2*(float64(start*rd)+float64(share*rg)) + float64(start*start*dd) + 2*float64(start*share*dg) + float64(share*share*gg)
	return max(sse, 0), share, origin + start
}

func (p *optimizedTheta) mean(dst []float64) {
	level, l := p.level, p.line
	for i := range dst {
		m := level + float64(p.share*l.lag(p.alpha))
		dst[i] = p.put(m, p.next+i)
		level += float64(p.alpha * (m - level))
		l.observe(m, p.alpha)
	}
}

func (p *optimizedTheta) weight(int) float64 { return p.alpha }

func (p *optimizedTheta) estimation(int) float64 { return 0 }
