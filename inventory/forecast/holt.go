package forecast

import "math"

// Holt is exponential smoothing with a trend, damped or not: with the error
// e(t) = y(t) - l(t-1) - φ·b(t-1),
//
//	l(t) = l(t-1) + φ·b(t-1) + α·e(t)
//	b(t) = φ·b(t-1) + β·e(t).
//
// It is ETS(A,A,N) or ETS(A,Ad,N) (Hyndman, Koehler, Ord & Snyder, 2008). β
// multiplies the error itself, as in R's forecast package: it is α times the β
// of textbooks. What is not given is estimated together by maximum likelihood;
// the initial state has a closed form for each set of smoothing parameters.
// Parameters are "alpha", "beta", "phi" where damped, "level" and "trend".
// Sigma divides by n less their number.
//
// A trend that goes on for ever is rarely right far ahead: Damped is the better
// default.
type Holt struct {
	// Alpha and Beta are the smoothing parameters, 0 < Beta ≤ Alpha ≤ 1; 0
	// estimates the one or the other.
	Alpha, Beta float64
	// Damped lets the trend fade by the factor Phi each period.
	Damped bool
	// Phi is the damping in (0, 1]; it makes Damped true. 0 estimates it
	// between 0.8 and 0.98 where Damped is true.
	Phi float64
	// Start gives the level and trend before the first observation; nil
	// estimates them.
	Start *Start
}

// Fit implements [Model].
func (m Holt) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n), with 100 to 300 passes where parameters are
// estimated. With fewer than three observations it is [SES].
func (m Holt) FitTo(dst *Fit, s Series) error {
	if err := m.check(); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	if m.Start == nil && len(s.Values) < 3 {
		err := SES{Alpha: m.Alpha}.FitTo(dst, s)
		dst.warn(WarnShort)
		return err
	}
	isDamped := m.Damped || m.Phi != 0
	name := "Holt"
	if isDamped {
		name = "DampedHolt"
	}
	dst.reset(name, &s)
	y := s.Values
	o := holtObjective{values: y, given: m, damped: isDamped}
	alpha, beta, phi := o.estimate()
	level, trend := o.start(alpha, beta, phi)

	dst.parameter("alpha", alpha, m.Alpha == 0)
	dst.parameter("beta", beta, m.Beta == 0)
	if isDamped {
		dst.parameter("phi", phi, m.Phi == 0)
	}
	dst.parameter("level", level, m.Start == nil)
	dst.parameter("trend", trend, m.Start == nil)

	fitted := dst.fitted(0, len(y))
	sse := 0.0
	for i, v := range y {
		trend *= phi
		level += trend
		fitted[i] = level
		e := v - level
		sse += float64(e * e)
		level += float64(alpha * e)
		trend += float64(beta * e)
	}
	dst.setSigma(sse, len(y), len(dst.Parameters))
	dst.setLikelihood(sse, 0, len(y), len(dst.Parameters)+1)
	*reuse[smoothing](dst) = smoothing{alpha: alpha, beta: beta, phi: phi, level: level, trend: trend}
	return nil
}

func (m Holt) check() error {
	if err := checkSetting("Holt", "alpha", m.Alpha); err != nil {
		return err
	}
	if err := checkSetting("Holt", "beta", m.Beta); err != nil {
		return err
	}
	if m.Alpha != 0 && m.Beta > m.Alpha {
		return &SettingError{Model: "Holt", Setting: "beta", Value: m.Beta, Want: "at most alpha"}
	}
	if err := checkSetting("Holt", "phi", m.Phi); err != nil {
		return err
	}
	return m.Start.check("Holt", 0)
}

// holtObjective is the sum of squared one-step errors of Holt as a function of
// the parameters that are not given, at the best initial state.
type holtObjective struct {
	values []float64
	given  Holt
	damped bool
}

// Bounds of an estimated damping, those of R's forecast::ets.
const (
	phiLow  = 0.8
	phiHigh = 0.98
)

// parameters maps a point of the unit cube to the parameters: α, β as a share
// of α, and φ, each within its bounds unless it is given.
func (o *holtObjective) parameters(p [3]float64) (alpha, beta, phi float64) {
	alpha, beta, phi = o.given.Alpha, o.given.Beta, o.given.Phi
	if alpha == 0 {
		low := math.Max(alphaLow, beta)
		alpha = low + float64(math.Max(alphaHigh-low, 0)*p[0])
	}
	if beta == 0 {
		low := math.Min(alphaLow, alpha)
		beta = low + float64((alpha-low)*p[1])
	}
	switch {
	case !o.damped:
		phi = 1
	case phi == 0:
		phi = phiLow + float64((phiHigh-phiLow)*p[2])
	}
	return alpha, beta, phi
}

// estimate returns the parameters with the least squared errors. The surface
// has several valleys, so that it refines the best points of a coarse grid.
func (o *holtObjective) estimate() (alpha, beta, phi float64) {
	objective := func(p [3]float64) float64 { return o.sse(o.parameters(p)) }
	point := [3]float64{0.3, 0.1, 1}
	if o.given.Alpha != 0 && o.given.Beta != 0 && (!o.damped || o.given.Phi != 0) {
		return o.parameters(point)
	}
	var best [4]struct {
		at    [3]float64
		value float64
	}
	for i := range best {
		best[i].value = math.Inf(1)
	}
	dampings, size := []float64{1, 0.3}, 3
	if !o.damped {
		dampings, size = dampings[:1], 2
	}
	for _, a := range [...]float64{0.005, 0.05, 0.25, 0.6, 0.95} {
		for _, b := range [...]float64{0, 0.05, 0.3, 0.95} {
			for _, f := range dampings {
				at := [3]float64{a, b, f}
				value := objective(at)
				for i := range best {
					if value < best[i].value {
						copy(best[i+1:], best[i:])
						best[i].at, best[i].value = at, value
						break
					}
				}
			}
		}
	}
	least := math.Inf(1)
	for _, b := range best {
		if math.IsInf(b.value, 1) {
			break
		}
		at, value := minimizeUnitCube(b.at, b.value, size, objective)
		if value < least {
			point, least = at, value
		}
	}
	return o.parameters(point)
}

// holtSums are the least-squares sums of the initial state. The errors are
// linear in it: e = a - u·Δl - v·Δb, with a the errors from a start at the first
// observation without trend.
type holtSums struct{ aa, au, av, uu, uv, vv float64 }

func (o *holtObjective) sums(alpha, beta, phi float64) holtSums {
	level, trend := o.values[0], 0.0
	if o.given.Start != nil {
		level, trend = o.given.Start.Level, o.given.Start.Trend
	}
	// Without observations the state (1, 0) forecasts u and (0, 1) forecasts v.
	ul, ub, vl, vb := 1.0, 0.0, 0.0, 1.0
	var s holtSums
	for _, y := range o.values {
		trend *= phi
		level += trend
		a := y - level
		level += float64(alpha * a)
		trend += float64(beta * a)

		ub *= phi
		u := ul + ub
		ul = u - float64(alpha*u)
		ub -= float64(beta * u)
		vb *= phi
		v := vl + vb
		vl = v - float64(alpha*v)
		vb -= float64(beta * v)

		s.aa += float64(a * a)
		s.au += float64(a * u)
		s.av += float64(a * v)
		s.uu += float64(u * u)
		s.uv += float64(u * v)
		s.vv += float64(v * v)
	}
	return s
}

// solve returns the change of the start that is best, and what it saves.
func (s *holtSums) solve() (level, trend, saved float64) {
	slope := s.uv / s.uu
	rest := s.vv - float64(slope*s.uv) // of v once u is taken out
	if rest > 1e-10*s.vv {
		trend = (s.av - float64(slope*s.au)) / rest
	}
	level = s.au/s.uu - float64(slope*trend)
	return level, trend, float64(level*s.au) + float64(trend*s.av)
}

func (o *holtObjective) sse(alpha, beta, phi float64) float64 {
	s := o.sums(alpha, beta, phi)
	if o.given.Start != nil {
		return s.aa
	}
	_, _, saved := s.solve()
	return s.aa - saved
}

func (o *holtObjective) start(alpha, beta, phi float64) (level, trend float64) {
	if o.given.Start != nil {
		return o.given.Start.Level, o.given.Start.Trend
	}
	s := o.sums(alpha, beta, phi)
	level, trend, _ = s.solve()
	return o.values[0] + level, trend
}
