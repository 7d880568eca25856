package forecast

import (
	"math"
	"slices"
)

// ETS is the exponential smoothing state-space family (Hyndman, Koehler, Ord &
// Snyder, 2008): with the forecast m(t) = (l(t-1) + φ·b(t-1)) ⊕ s(t-m) and the
// error e(t) = y(t) - m(t),
//
//	l(t) = l(t-1) + φ·b(t-1) + α·e(t)/s,
//	b(t) = φ·b(t-1) + β·e(t)/s,
//	s(t) = s(t-m) + γ·e(t)/q,
//
// where a multiplicative season divides by s = s(t-m) and q = l(t-1) + φ·b(t-1)
// and an additive one by 1. Alpha, Beta and Gamma multiply the error itself, as
// in R's forecast package.
//
// The zero value chooses among the 15 forms that R's ets considers by AICc and
// estimates all their parameters by maximum likelihood, within R's bounds:
// 0.0001 ≤ β ≤ α ≤ 0.9999, γ ≤ 1 - α, 0.8 ≤ φ ≤ 0.98. Forms that are named and
// parameters that are given are taken as such. Parameters are "alpha", "beta",
// "gamma", "phi", "level" and "trend", as far as the form has them. Sigma is
// that of the relative errors e/m where the error is Multiplicative, and
// divides by n less the number of parameters and free initial states.
//
// A form that the series cannot bear gives way to a simpler one, with a
// [Warning]: a season longer than [MaxSmoothedSeason] or than the series, a
// trend in a very short one, and a form that multiplies where a value is zero or
// less.
//
// Intervals are analytic: class 1 and 2 of the book exactly, class 3
// (Multiplicative season with multiplicative error) by its recursion for the
// covariance. (R's forecast departs from these formulas in two places: it lets
// the season of ETS(A,N,A) come back a period early, and it does not damp the
// first step of ETS(M,Ad,M).) An additive error with a multiplicative season has no analytic
// variance and is refused.
type ETS struct {
	Error  Form // Any, Additive or Multiplicative
	Trend  Form // Any, Absent, Additive or Damped
	Season Form // Any, Absent, Additive or Multiplicative

	// Alpha, Beta, Gamma and the damping Phi are taken as given; 0 estimates
	// them. Beta wants a trend that is not Absent, Gamma a season, and Phi a
	// Damped trend.
	Alpha, Beta, Gamma, Phi float64
	// Start is the state before the first observation; nil estimates it. It
	// wants a form without Any.
	Start *Start
	// Criterion is what the choice among forms minimizes.
	Criterion Criterion
}

// MaxSmoothedSeason is the longest season for which [ETS] estimates one state
// per period, as in R. Longer ones want another description.
const MaxSmoothedSeason = 24

// Fit implements [Model].
func (m ETS) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n), where parameters are estimated with some 60
// passes per form without a season, and 50 to 300 per form with one.
func (m ETS) FitTo(dst *Fit, s Series) error {
	if err := s.check(); err != nil {
		return err
	}
	if err := m.check(s.season()); err != nil {
		return err
	}
	dst.reset("", &s)
	if m.Start != nil && m.complete() {
		return m.run(dst, &s, etsForm{m.Error, m.Trend, m.Season}, *m.Start)
	}
	if s.constant() || len(s.Values) < 5 {
		warnings := len(s.Values) < 5 && !s.constant()
		err := SES{Alpha: m.Alpha}.FitTo(dst, s)
		if warnings {
			dst.warn(WarnShort)
		}
		return err
	}
	if dst.search == nil {
		dst.search = new(etsSearch)
	}
	e := dst.search
	e.prepare(s.Values, s.season(), &m)
	given := m
	m.simplify(dst, &s)
	for _, form := range etsForms {
		if m.allows(form) {
			e.try(form, m.Criterion)
		}
	}
	best := &e.best
	if math.IsInf(best.score, 1) {
		err := SES{Alpha: m.Alpha}.FitTo(dst, s)
		dst.warn(WarnShort)
		return err
	}
	m.Alpha, m.Beta, m.Gamma, m.Phi = best.params[0], best.params[1], best.params[2], best.params[3]
	start := &best.start
	start.Level *= e.scale
	start.Trend *= e.scale
	best.normalize(e.scale, m.Start != nil)
	m.Start = given.Start
	err := m.run(dst, &s, best.form, *start)
	for i := range dst.Parameters {
		p := &dst.Parameters[i]
		switch p.Name {
		case "alpha":
			p.Estimated = given.Alpha == 0
		case "beta":
			p.Estimated = given.Beta == 0
		case "gamma":
			p.Estimated = given.Gamma == 0
		case "phi":
			p.Estimated = given.Phi == 0
		default:
			p.Estimated = given.Start == nil
		}
	}
	return err
}

// normalize makes the seasons average zero or one, and scales additive ones.
func (s *etsSolution) normalize(scale float64, given bool) {
	season := s.start.Season
	if s.form.season == Absent || s.form.season == Additive {
		for i := range season {
			season[i] *= scale
		}
	}
	if len(season) == 0 || given {
		return
	}
	mean := average(season)
	if s.form.season == Additive {
		for i := range season {
			season[i] -= mean
		}
		s.start.Level += mean
		return
	}
	for i := range season {
		season[i] /= mean
	}
	s.start.Level *= mean
	s.start.Trend *= mean
}

// state puts the scaled solution into p, before the first observation.
func (s *etsSolution) state(p *smoothing, scale float64) {
	season := p.season[:0]
	*p = smoothing{alpha: s.params[0], phi: 1, level: s.start.Level * scale}
	if s.form.trend != Absent {
		p.beta, p.trend = s.params[1], s.start.Trend*scale
	}
	if s.form.trend == Damped {
		p.phi = s.params[3]
	}
	if s.form.season != Absent {
		p.gamma, p.proportional = s.params[2], s.form.season == Multiplicative
		for _, v := range s.start.Season {
			if !p.proportional {
				v *= scale
			}
			season = append(season, v)
		}
	}
	p.season = season
}

// complete reports whether nothing is left to estimate.
func (m *ETS) complete() bool {
	return m.Alpha != 0 && (m.Trend == Absent || m.Beta != 0) &&
		(m.Season == Absent || m.Gamma != 0) && (m.Trend != Damped || m.Phi != 0)
}

// allows reports whether the settings leave the form open.
func (m *ETS) allows(f etsForm) bool {
	free := func(given, form Form) bool { return given == Any || given == form }
	return free(m.Error, f.err) && free(m.Trend, f.trend) && free(m.Season, f.season) &&
		(m.Beta == 0 || f.trend != Absent) && (m.Gamma == 0 || f.season != Absent) &&
		(m.Phi == 0 || f.trend == Damped)
}

// simplify takes back what the series cannot bear, with a warning where it was
// asked for.
func (m *ETS) simplify(dst *Fit, s *Series) {
	if slices.Min(s.Values) <= 0 {
		if m.Error == Multiplicative || m.Season == Multiplicative {
			dst.warn(WarnNotPositive)
		}
		m.Error = Additive
		if m.Season == Multiplicative {
			m.Season = Additive
		}
	}
	seasons := s.season()
	least := func() int {
		f := etsForm{m.Error, m.Trend, m.Season}
		if f.trend == Any {
			f.trend = Absent
		}
		if f.season == Any {
			f.season = Absent
		}
		return f.parameters(seasons) + 2
	}
	if seasons < 2 || seasons > MaxSmoothedSeason || len(s.Values) <= seasons || m.Season > Absent && len(s.Values) < least() {
		if m.Season > Absent {
			dst.warn(WarnNoSeason)
		}
		m.Season, m.Gamma = Absent, 0
	}
	if m.Trend > Absent && len(s.Values) < least() {
		dst.warn(WarnShort)
		m.Trend, m.Beta, m.Phi = Absent, 0, 0
	}
}

// run runs the form with the parameters of m over the series.
func (m *ETS) run(dst *Fit, s *Series, form etsForm, start Start) error {
	dst.Model = form.String()
	var e *smoothing
	if form.err == Multiplicative {
		e = &reuse[relativeSmoothing](dst).smoothing
	} else {
		e = reuse[smoothing](dst)
	}
	season := e.season[:0]
	if form.season != Absent {
		season = append(season, start.Season...)
	}
	*e = smoothing{alpha: m.Alpha, phi: 1, level: start.Level, season: season}
	dst.parameter("alpha", m.Alpha, false)
	if form.trend != Absent {
		e.beta, e.trend = m.Beta, start.Trend
		dst.parameter("beta", m.Beta, false)
	}
	if form.season != Absent {
		e.gamma = m.Gamma
		e.proportional = form.season == Multiplicative
		dst.parameter("gamma", m.Gamma, false)
	}
	if form.trend == Damped {
		e.phi = m.Phi
		dst.parameter("phi", m.Phi, false)
	}
	dst.parameter("level", start.Level, false)
	if form.trend != Absent {
		dst.parameter("trend", start.Trend, false)
	}
	fitted := dst.fitted(0, len(s.Values))
	sse, logScale := 0.0, 0.0
	for i, y := range s.Values {
		mean := e.observe(y)
		fitted[i] = mean
		r := y - mean
		if form.err == Multiplicative {
			r /= mean
			logScale += math.Log(math.Abs(mean))
		}
		sse += float64(r * r)
	}
	if math.IsNaN(sse) || math.IsInf(sse, 0) {
		return &SettingError{Model: dst.Model, Setting: "start level", Value: start.Level, Want: "a state from which every forecast is finite and, with relative errors, not zero"}
	}
	k := form.parameters(s.season())
	dst.setSigma(sse, len(s.Values), k-1)
	dst.setLikelihood(sse, logScale, len(s.Values), k)
	return nil
}

func (m *ETS) check(seasons int) error {
	wrong := func(setting string, value float64, want string) error {
		return &SettingError{Model: "ETS", Setting: setting, Value: value, Want: want}
	}
	switch {
	case m.Error != Any && m.Error != Additive && m.Error != Multiplicative:
		return wrong("error", float64(m.Error), "Any, Additive or Multiplicative")
	case m.Trend == Multiplicative || m.Trend > Damped:
		return wrong("trend", float64(m.Trend), "Any, Absent, Additive or Damped")
	case m.Season > Multiplicative:
		return wrong("season", float64(m.Season), "Any, Absent, Additive or Multiplicative")
	case m.Error == Additive && m.Season == Multiplicative:
		return wrong("season", float64(m.Season), "Any, Absent or Additive where the error is additive")
	case !(m.Alpha >= 0 && m.Alpha <= 1):
		return wrong("alpha", m.Alpha, "0 (to estimate it) or above, to 1")
	case !(m.Beta >= 0 && m.Beta <= 1) || m.Alpha != 0 && m.Beta > m.Alpha || m.Trend == Absent && m.Beta != 0:
		return wrong("beta", m.Beta, "0 to alpha, and 0 without a trend")
	case !(m.Gamma >= 0 && m.Gamma <= 1) || m.Season == Absent && m.Gamma != 0:
		return wrong("gamma", m.Gamma, "0 to 1, and 0 without a season")
	case !(m.Phi >= 0 && m.Phi <= 1) || m.Trend != Damped && m.Trend != Any && m.Phi != 0:
		return wrong("phi", m.Phi, "0 (to estimate it) or above, to 1, and 0 without a damped trend")
	case m.Criterion > BIC:
		return wrong("criterion", float64(m.Criterion), "AICc, AIC or BIC")
	}
	if m.Start == nil {
		return nil
	}
	if m.Error == Any || m.Trend == Any || m.Season == Any {
		return wrong("start level", m.Start.Level, "none unless error, trend and season are named")
	}
	if m.Season == Absent {
		seasons = 0
	} else if seasons < 2 {
		return wrong("season of the series", float64(seasons), "2 or more where the model has a season")
	}
	return m.Start.check("ETS", seasons)
}
