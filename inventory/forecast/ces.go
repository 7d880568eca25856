package forecast

import "math"

// CES is complex exponential smoothing (Svetunkov, Kourentzes & Ord, 2022,
// equation 14): the level l has a companion c that carries what is not seen,
//
//	e(t) = y(t) - l(t-1)
//	l(t) = l(t-1) - (1-a₁)·c(t-1) + (a₀-a₁)·e(t)
//	c(t) = l(t-1) + (1-a₀)·c(t-1) + (a₀+a₁)·e(t)
//
// so that one form covers flat and trending series. The initial state has a
// closed form for each pair of parameters; these are searched within the region
// where old observations lose their weight. The season is that of [Theta].
// Parameters are "a0", "a1", "level" and "companion". Sigma divides by n less 4.
type CES struct{}

// Fit implements [Model].
func (m CES) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n), with some 100 passes. With fewer than five
// observations, or a constant series, it is [SES].
func (m CES) FitTo(dst *Fit, s Series) error {
	if err := s.check(); err != nil {
		return err
	}
	if len(s.Values) < 5 || s.constant() {
		err := SES{}.FitTo(dst, s)
		if len(s.Values) < 5 {
			dst.warn(WarnShort)
		}
		return err
	}
	dst.reset("CES", &s)
	p := reuse[complexSmoothing](dst)
	y := append(dst.scratch[:0], s.Values...)
	dst.scratch = y
	if !p.cycle.take(dst, y, s.season()) && s.season() > 1 {
		dst.warn(WarnNoSeason)
	}
	fitted := dst.fitted(0, len(y))
	level, companion := p.fit(y, fitted)
	dst.parameter("a0", p.a0, true)
	dst.parameter("a1", p.a1, true)
	dst.parameter("level", level, true)
	dst.parameter("companion", companion, true)
	sse := 0.0
	for i, f := range fitted {
		sse += float64((y[i] - f) * (y[i] - f))
		fitted[i] = p.put(f, i)
	}
	dst.setSigma(sse, len(y), 4)
	return nil
}

// complexSmoothing is the state of [CES].
type complexSmoothing struct {
	cycle
	a0, a1, level, companion float64
}

// step takes an error into the state.
func (p *complexSmoothing) step(e float64) {
	l, c := p.level, p.companion
	p.level = l - float64((1-p.a1)*c) + float64((p.a0-p.a1)*e)
	p.companion = l + float64((1-p.a0)*c) + float64((p.a0+p.a1)*e)
}

// fit estimates, runs over y, which has no season, fills fitted and returns the
// initial state.
func (p *complexSmoothing) fit(y, fitted []float64) (level, companion float64) {
	scale := 0.0
	for _, v := range y {
		scale += math.Abs(v) / float64(len(y))
	}
	scaled := fitted[:len(y)] // until the end
	for i, v := range y {
		scaled[i] = v / scale
	}
	parameters := func(at [3]float64) (a0, a1 float64) { return 0.1 + float64(2.4*at[0]), 0.5 + at[1] }
	objective := func(at [3]float64) float64 {
		a0, a1 := parameters(at)
		if !stableCES(a0, a1) {
			return math.Inf(1)
		}
		s := cesSums(scaled, a0, a1)
		_, _, saved := s.solve()
		if sse := s.aa - saved; !math.IsNaN(sse) {
			return sse
		}
		return math.Inf(1)
	}
	least, best := math.Inf(1), [3]float64{}
	for _, a0 := range [...]float64{0.9, 1.1, 1.3, 1.6, 1.9} {
		for _, a1 := range [...]float64{0.8, 0.95, 1, 1.05, 1.1, 1.2} {
			at := [3]float64{(a0 - 0.1) / 2.4, a1 - 0.5}
			if value := objective(at); value < least {
				least, best = value, at
			}
		}
	}
	best, _ = minimizePlane(best, least, objective)
	p.a0, p.a1 = parameters(best)
	s := cesSums(scaled, p.a0, p.a1)
	level, companion, _ = s.solve()
	level, companion = level*scale, companion*scale
	p.level, p.companion = level, companion
	for i, v := range y {
		fitted[i] = p.level
		p.step(v - p.level)
	}
	return level, companion
}

// stableCES reports whether the weights of old observations fade (Svetunkov,
// Kourentzes & Ord, 2022, equation 20).
func stableCES(a0, a1 float64) bool {
	square := func(x float64) float64 { return float64(x * x) }
	return square(a0-2.5)+square(a1) > 1.25 && square(a0-0.5)+square(a1-1) > 0.25 && square(a0-1.5)+square(a1-0.5) < 1.5
}

// cesSums are the least-squares sums of the initial state (see [holtSums]), of
// scaled values. It is [complexSmoothing.step] three times over: for the values
// from a start at zero, and for the two states of size one without values.
func cesSums(y []float64, a0, a1 float64) holtSums {
	byCompanion, byError := 1-a1, a0-a1
	kept, toCompanion := 1-a0, a0+a1
	var s holtSums
	var level, companion float64
	ul, uc, wl, wc := 1.0, 0.0, 0.0, 1.0
	for _, v := range y {
		a, u, w := v-level, ul, wl
		level, companion = level-float64(byCompanion*companion)+float64(byError*a), level+float64(kept*companion)+float64(toCompanion*a)
		ul, uc = ul-float64(byCompanion*uc)-float64(byError*u), ul+float64(kept*uc)-float64(toCompanion*u)
		wl, wc = wl-float64(byCompanion*wc)-float64(byError*w), wl+float64(kept*wc)-float64(toCompanion*w)
		s.aa += float64(a * a)
		s.au += float64(a * u)
		s.av += float64(a * w)
		s.uu += float64(u * u)
		s.uv += float64(u * w)
		s.vv += float64(w * w)
	}
	return s
}

func (p *complexSmoothing) mean(dst []float64) {
	run := *p
	for i := range dst {
		dst[i] = p.put(run.level, p.next+i)
		run.step(0)
	}
}

func (p *complexSmoothing) observe(y float64) float64 {
	inner := p.level
	p.step(p.without(y, p.next, inner) - inner)
	p.next++
	return p.put(inner, p.next-1)
}

func (p *complexSmoothing) weight(lag int) float64 {
	run := complexSmoothing{a0: p.a0, a1: p.a1}
	run.step(1)
	for range lag - 1 {
		run.step(0)
	}
	return run.level
}

func (p *complexSmoothing) estimation(int) float64 { return 0 }
