package forecast

import "math"

// HoltWinters is exponential smoothing with trend and season in the classical
// form (Winters, 1960), that of R's stats::HoltWinters: with s = s(t-m),
//
//	l(t) = α·(y(t) ⊖ s) + (1-α)·(l(t-1) + b(t-1))
//	b(t) = β·(l(t) - l(t-1)) + (1-β)·b(t-1)
//	s(t) = γ·(y(t) ⊖ l(t)) + (1-γ)·s,
//
// where ⊖ is a difference or, when Multiplicative, a quotient. Beta and Gamma
// are therefore on another scale than those of [ETS]. The state starts from the
// classical decomposition of the first two cycles and a line through their
// trend; the first cycle has no fitted values. Parameters are "alpha", "beta",
// "gamma", "level" and "trend" of the start. Sigma is the standard deviation of
// the errors, divided by the season where Multiplicative.
//
// A series without a season, or shorter than two cycles and a period, gets
// damped [Holt], and so does one with values of zero or less where
// Multiplicative asks for a quotient.
type HoltWinters struct {
	Multiplicative bool
	// Alpha, Beta and Gamma are in (0, 1]; 0 estimates the one or the other by
	// least squares.
	Alpha, Beta, Gamma float64
}

// Fit implements [Model].
func (m HoltWinters) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n), with 100 to 500 passes where parameters are
// estimated.
func (m HoltWinters) FitTo(dst *Fit, s Series) error {
	for _, p := range []struct {
		name  string
		value float64
	}{{"alpha", m.Alpha}, {"beta", m.Beta}, {"gamma", m.Gamma}} {
		if err := checkSetting("HoltWinters", p.name, p.value); err != nil {
			return err
		}
	}
	if err := s.check(); err != nil {
		return err
	}
	seasons := s.season()
	possible := seasons > 1 && len(s.Values) > 2*seasons
	for _, y := range s.Values {
		possible = possible && (!m.Multiplicative || y > 0)
	}
	if !possible {
		return withoutSeason(dst, s)
	}
	dst.reset("HoltWinters", &s)
	start := dst.startOfCycles(s.Values[:2*seasons], seasons, m.Multiplicative)
	later := s.Values[seasons:]

	p := reuse[winters](dst)
	season := append(p.season[:0], start.Season...)
	unscaled := 0.0 // squared errors divided by the season
	run := func(at [3]float64, fitted []float64) float64 {
		copy(season, start.Season)
		*p = winters{
			alpha: at[0], beta: at[1], gamma: at[2],
			level: start.Level, trend: start.Trend, season: season, multiplicative: m.Multiplicative,
		}
		sse := 0.0
		unscaled = 0
		for i, y := range later {
			scale := p.scale(1)
			mean := p.observe(y)
			if fitted != nil {
				fitted[i] = mean
			}
			e := y - mean
			sse += float64(e * e)
			e /= scale
			unscaled += float64(e * e)
		}
		if math.IsNaN(sse) || math.IsNaN(unscaled) || math.IsInf(unscaled, 0) {
			return math.Inf(1)
		}
		return sse
	}
	given := [3]float64{m.Alpha, m.Beta, m.Gamma}
	with := func(at [3]float64) [3]float64 {
		for i, v := range given {
			if v != 0 {
				at[i] = v
			}
		}
		return at
	}
	best := with([3]float64{0.3, 0.1, 0.1}) // where R's search starts
	if given[0] == 0 || given[1] == 0 || given[2] == 0 {
		objective := func(at [3]float64) float64 { return run(with(at), nil) }
		least, _ := minimizeUnitCube(best, objective(best), 3, objective)
		best = with(least)
	}
	fitted := dst.fitted(seasons, len(later))
	if math.IsInf(run(best, fitted), 0) {
		// A value next to zero makes a season that nothing can be divided by.
		if given[0] == 0 || given[1] == 0 || given[2] == 0 {
			return withoutSeason(dst, s)
		}
		return &SettingError{Model: "HoltWinters", Setting: "alpha", Value: best[0], Want: "parameters with which the seasons stay finite"}
	}
	for i, name := range []string{"alpha", "beta", "gamma"} {
		dst.parameter(name, best[i], given[i] == 0)
	}
	dst.parameter("level", start.Level, true)
	dst.parameter("trend", start.Trend, true)
	dst.setSigma(unscaled, len(later), 3)
	return nil
}

// withoutSeason fits a series whose seasonal pattern cannot be had.
func withoutSeason(dst *Fit, s Series) error {
	err := Holt{Damped: true}.FitTo(dst, s)
	dst.warn(WarnNoSeason)
	return err
}

// startOfCycles returns the state that the classical decomposition of the first
// cycles gives: the seasons by the mean distance from the centered moving
// average, level and trend by a line through that average.
func (f *Fit) startOfCycles(values []float64, seasons int, multiplicative bool) Start {
	f.trend = centeredAverage(f.trend, values, seasons)
	f.scratch = seasonalIndices(f.scratch, values, f.trend, seasons/2, seasons, multiplicative)
	level, slope := line(f.trend)
	return Start{Level: level, Trend: slope, Season: f.scratch}
}

// winters is the state of [HoltWinters].
type winters struct {
	alpha, beta, gamma float64
	level, trend       float64
	season             []float64
	next               int
	multiplicative     bool
}

func (w *winters) observe(y float64) float64 {
	s := w.season[w.next]
	before := w.level + w.trend
	var mean, level float64
	if w.multiplicative {
		mean = float64(before * s)
		level = float64(w.alpha*(y/s)) + float64((1-w.alpha)*before)
		w.season[w.next] = float64(w.gamma*(y/level)) + float64((1-w.gamma)*s)
	} else {
		mean = before + s
		level = float64(w.alpha*(y-s)) + float64((1-w.alpha)*before)
		w.season[w.next] = float64(w.gamma*(y-level)) + float64((1-w.gamma)*s)
	}
	w.trend = float64(w.beta*(level-w.level)) + float64((1-w.beta)*w.trend)
	w.level = level
	if w.next++; w.next == len(w.season) {
		w.next = 0
	}
	return mean
}

func (w *winters) mean(dst []float64) {
	for i := range dst {
		level := w.level + float64(float64(i+1)*w.trend)
		if s := w.season[(w.next+i)%len(w.season)]; w.multiplicative {
			dst[i] = level * s
		} else {
			dst[i] = level + s
		}
	}
}

func (w *winters) weight(lag int) float64 {
	c := w.alpha * (1 + float64(float64(lag)*w.beta))
	if lag%len(w.season) == 0 {
		c += float64(w.gamma * (1 - w.alpha))
	}
	return c
}

func (w *winters) estimation(int) float64 { return 0 }

func (w *winters) scale(h int) float64 {
	if w.multiplicative {
		return w.season[(w.next+h-1)%len(w.season)]
	}
	return 1
}
