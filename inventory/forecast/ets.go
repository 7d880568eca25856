package forecast

import "math"

// Form says how a part enters an exponential smoothing model.
type Form uint8

// The forms of error, trend and season.
const (
	Absent Form = iota
	Additive
	Multiplicative
)

// ETS runs a model of the exponential smoothing state-space family with given
// parameters from a given state (Hyndman, Koehler, Ord & Snyder, 2008): with
// the forecast m(t) = (l(t-1) + φ·b(t-1)) ⊕ s(t-m) and the error e(t) = y(t) -
// m(t),
//
//	l(t) = l(t-1) + φ·b(t-1) + α·e(t)/s,
//	b(t) = φ·b(t-1) + β·e(t)/s,
//	s(t) = s(t-m) + γ·e(t)/q,
//
// where a multiplicative season divides by s = s(t-m) and q = l(t-1) + φ·b(t-1)
// and an additive one by 1. Alpha, Beta and Gamma multiply the error itself, as
// in R's forecast package. Parameters are "alpha", "beta", "gamma", "phi",
// "level" and "trend", as far as the form has them. Sigma is that of the
// relative errors e/m where Error is Multiplicative, and divides by n less the
// number of parameters and free initial states.
//
// Intervals are analytic: class 1 and 2 of the book exactly, class 3
// (Multiplicative season with multiplicative error) by its recursion for the
// covariance. (R's forecast departs from these formulas in two places: it lets
// the season of ETS(A,N,A) come back a period early, and it does not damp the
// first step of ETS(M,Ad,M).) An additive error with a multiplicative season has no analytic
// variance and is refused.
type ETS struct {
	Error  Form // Additive or Multiplicative
	Trend  Form // Absent or Additive
	Season Form // Absent, Additive or Multiplicative

	Alpha, Beta, Gamma float64
	// Phi damps the trend; 0 means 1, no damping.
	Phi float64
	// Start is the state before the first observation.
	Start Start
}

// Fit implements [Model].
func (m ETS) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n).
func (m ETS) FitTo(dst *Fit, s Series) error {
	if err := s.check(); err != nil {
		return err
	}
	seasons := 0
	if m.Season != Absent {
		seasons = s.season()
	}
	if err := m.check(seasons); err != nil {
		return err
	}
	dst.reset(m.name(), &s)
	var e *smoothing
	if m.Error == Multiplicative {
		e = &reuse[relativeSmoothing](dst).smoothing
	} else {
		e = reuse[smoothing](dst)
	}
	m.start(e)
	dst.parameter("alpha", m.Alpha, false)
	states := 1
	if m.Trend != Absent {
		dst.parameter("beta", m.Beta, false)
		states++
	}
	if m.Season != Absent {
		dst.parameter("gamma", m.Gamma, false)
		states += seasons - 1 // the seasons are relative to their mean
	}
	if e.phi != 1 {
		dst.parameter("phi", m.Phi, false)
	}
	free := len(dst.Parameters) + states
	dst.parameter("level", m.Start.Level, false)
	if m.Trend != Absent {
		dst.parameter("trend", m.Start.Trend, false)
	}
	fitted := dst.fitted(0, len(s.Values))
	sse, logScale := 0.0, 0.0
	for i, y := range s.Values {
		mean := e.observe(y)
		fitted[i] = mean
		r := y - mean
		if m.Error == Multiplicative {
			r /= mean
			logScale += math.Log(math.Abs(mean))
		}
		sse += float64(r * r)
	}
	if math.IsNaN(sse) || math.IsInf(sse, 0) {
		return &SettingError{Model: dst.Model, Setting: "start level", Value: m.Start.Level, Want: "a state from which every forecast is finite and, with relative errors, not zero"}
	}
	dst.setSigma(sse, len(s.Values), free)
	dst.setLikelihood(sse, logScale, len(s.Values), free+1)
	return nil
}

func (m *ETS) check(seasons int) error {
	wrong := func(setting string, value float64, want string) error {
		return &SettingError{Model: "ETS", Setting: setting, Value: value, Want: want}
	}
	switch {
	case m.Error != Additive && m.Error != Multiplicative:
		return wrong("error", float64(m.Error), "Additive or Multiplicative")
	case m.Trend != Absent && m.Trend != Additive:
		return wrong("trend", float64(m.Trend), "Absent or Additive")
	case m.Season > Multiplicative:
		return wrong("season", float64(m.Season), "Absent, Additive or Multiplicative")
	case m.Error == Additive && m.Season == Multiplicative:
		return wrong("season", float64(m.Season), "Absent or Additive where the error is")
	case !(m.Alpha > 0 && m.Alpha <= 1):
		return wrong("alpha", m.Alpha, "above 0, to 1")
	case !(m.Beta >= 0 && m.Beta <= m.Alpha) || m.Trend == Absent && m.Beta != 0:
		return wrong("beta", m.Beta, "0 to alpha, and 0 without a trend")
	case !(m.Gamma >= 0 && m.Gamma <= 1) || m.Season == Absent && m.Gamma != 0:
		return wrong("gamma", m.Gamma, "0 to 1, and 0 without a season")
	case !(m.Phi >= 0 && m.Phi <= 1):
		return wrong("phi", m.Phi, "0 (for none) or above, to 1")
	}
	if m.Season != Absent && seasons < 2 {
		return wrong("season of the series", float64(seasons), "2 or more where the model has a season")
	}
	return m.Start.check("ETS", seasons)
}

// name writes the form as R does, such as ETS(M,Ad,M).
func (m *ETS) name() string {
	letter := [...]string{"N", "A", "M"}
	trend := letter[m.Trend]
	if m.Trend != Absent && m.Phi != 0 && m.Phi != 1 {
		trend += "d"
	}
	return "ETS(" + letter[m.Error] + "," + trend + "," + letter[m.Season] + ")"
}

// start puts the state before the first observation into e.
func (m *ETS) start(e *smoothing) {
	season := e.season[:0]
	if m.Season != Absent {
		season = append(season, m.Start.Season...)
	}
	*e = smoothing{alpha: m.Alpha, beta: m.Beta, gamma: m.Gamma, phi: m.Phi, level: m.Start.Level, season: season}
	if m.Trend != Absent {
		e.trend = m.Start.Trend
	}
	if m.Phi == 0 || m.Trend == Absent {
		e.phi = 1
	}
	e.proportional = m.Season == Multiplicative
}
