package forecast

import "math"

// SES is simple exponential smoothing: the level follows the series by the
// share Alpha of each error, and the forecast is the last level,
//
//	l(t) = l(t-1) + α·(y(t) - l(t-1)).
//
// It is ETS(A,N,N) (Hyndman, Koehler, Ord & Snyder, 2008). What is not given is
// estimated together by maximum likelihood, as R's forecast::ses does: for each
// α the best initial level has a closed form, which leaves a search in one
// dimension. Parameters are "alpha" and "level"; Sigma divides by n - 2.
type SES struct {
	// Alpha is the smoothing parameter, in (0, 1]; 0 estimates it between
	// 0.0001 and 0.9999.
	Alpha float64
	// Start gives the level before the first observation; nil estimates it.
	Start *Start
}

// Start is the state of an exponential smoothing model before its first
// observation. A model reads the fields it has a use for.
type Start struct {
	Level float64
	Trend float64
	// Season has one entry per season, in the order in which they are used:
	// the first is that of the first observation.
	Season []float64
}

// Bounds of estimated smoothing parameters, those of R's forecast::ets.
const (
	alphaLow  = 1e-4
	alphaHigh = 1 - 1e-4
)

// Fit implements [Model].
func (m SES) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n), with some 20 passes where Alpha is estimated.
func (m SES) FitTo(dst *Fit, s Series) error {
	if err := checkSetting("SES", "alpha", m.Alpha); err != nil {
		return err
	}
	if err := m.Start.check("SES", 0); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	dst.reset("SES", &s)
	y := s.Values
	alpha := m.Alpha
	free := sesObjective{values: y, origin: y[0]}
	if m.Start != nil {
		free.origin, free.fixed = m.Start.Level, true
	}
	if alpha == 0 {
		alpha = free.estimate()
	}
	level := free.level(alpha)
	dst.parameter("alpha", alpha, m.Alpha == 0)
	dst.parameter("level", level, m.Start == nil)

	fitted := dst.fitted(0, len(y))
	sse := 0.0
	for i, v := range y {
		fitted[i] = level
		e := v - level
		sse += float64(e * e)
		level += float64(alpha * e)
	}
	dst.setSigma(sse, len(y), 2)
	dst.setLikelihood(sse, 0, len(y), 3)
	*reuse[smoothing](dst) = smoothing{alpha: alpha, phi: 1, level: level}
	return nil
}

// sesGrid brackets α for maximum likelihood.
var sesGrid = [12]float64{alphaLow, 0.01, 0.025, 0.05, 0.1, 0.17, 0.27, 0.4, 0.55, 0.7, 0.85, alphaHigh}

// sesObjective is the sum of squared one-step errors of simple exponential
// smoothing as a function of α, at the initial level that is best for α, or
// with a fixed one.
type sesObjective struct {
	values []float64
	origin float64 // the fixed initial level, else a value near the levels
	fixed  bool
}

// The errors are linear in the initial level: with d the difference of the
// initial level to the origin, e(t) = a(t) - (1-α)^t·d, where a are the errors
// from the origin. Least squares give d.

// tiny keeps (1-α)^t and its square away from the denormal numbers, on which
// processors are a hundred times slower.
const tiny = 1e-140

// squares returns Σa², Σa·b and Σb² with b(t) = (1-α)^t.
func (o *sesObjective) squares(alpha float64) (aa, ab, bb float64) {
	level, b, decay := o.origin, 1.0, 1-alpha
	for _, y := range o.values {
		a := y - level
		level += float64(alpha * a)
		aa += float64(a * a)
		ab += float64(a * b)
		bb += float64(b * b)
		b = float64(b*decay) + tiny
	}
	return aa, ab, bb
}

// level returns the initial level that belongs to alpha.
func (o *sesObjective) level(alpha float64) float64 {
	if o.fixed {
		return o.origin
	}
	_, ab, bb := o.squares(alpha)
	return o.origin + ab/bb
}

func (o *sesObjective) sse(alpha float64) float64 {
	if !o.fixed {
		aa, ab, bb := o.squares(alpha)
		return aa - ab*ab/bb
	}
	level, aa := o.origin, 0.0
	for _, y := range o.values {
		a := y - level
		level += float64(alpha * a)
		aa += float64(a * a)
	}
	return aa
}

// sse4 is sse at four points at once: the recursion is a chain of dependent
// operations, and four chains take hardly longer than one.
func (o *sesObjective) sse4(alpha, sse *[4]float64) {
	a0, a1, a2, a3 := alpha[0], alpha[1], alpha[2], alpha[3]
	l0, l1, l2, l3 := o.origin, o.origin, o.origin, o.origin
	var q0, q1, q2, q3 float64 // Σa²
	if o.fixed {
		for _, y := range o.values {
			e0, e1, e2, e3 := y-l0, y-l1, y-l2, y-l3
			l0 += float64(a0 * e0)
			l1 += float64(a1 * e1)
			l2 += float64(a2 * e2)
			l3 += float64(a3 * e3)
			q0 += float64(e0 * e0)
			q1 += float64(e1 * e1)
			q2 += float64(e2 * e2)
			q3 += float64(e3 * e3)
		}
		*sse = [4]float64{q0, q1, q2, q3}
		return
	}
	b0, b1, b2, b3 := 1.0, 1.0, 1.0, 1.0
	d0, d1, d2, d3 := 1-a0, 1-a1, 1-a2, 1-a3
	var p0, p1, p2, p3 float64 // Σa·b
	for _, y := range o.values {
		e0, e1, e2, e3 := y-l0, y-l1, y-l2, y-l3
		l0 += float64(a0 * e0)
		l1 += float64(a1 * e1)
		l2 += float64(a2 * e2)
		l3 += float64(a3 * e3)
		q0 += float64(e0 * e0)
		q1 += float64(e1 * e1)
		q2 += float64(e2 * e2)
		q3 += float64(e3 * e3)
		p0 += float64(e0 * b0)
		p1 += float64(e1 * b1)
		p2 += float64(e2 * b2)
		p3 += float64(e3 * b3)
		b0 = float64(b0*d0) + tiny
		b1 = float64(b1*d1) + tiny
		b2 = float64(b2*d2) + tiny
		b3 = float64(b3*d3) + tiny
	}
	*sse = [4]float64{q0, q1, q2, q3}
	cross, last := [4]float64{p0, p1, p2, p3}, [4]float64{b0, b1, b2, b3}
	for i, a := range alpha {
		// Σb² is the geometric sum over (1-α)^(2t).
		bb := (1 - float64(last[i]*last[i])) / (a * (2 - a))
		sse[i] -= cross[i] * cross[i] / bb
	}
}

// estimate returns the α with the least sse: the best point of sesGrid, refined
// between its neighbors.
func (o *sesObjective) estimate() float64 {
	grid := &sesGrid
	var sse [12]float64
	o.sse4((*[4]float64)(grid[:4]), (*[4]float64)(sse[:4]))
	o.sse4((*[4]float64)(grid[4:8]), (*[4]float64)(sse[4:8]))
	o.sse4((*[4]float64)(grid[8:]), (*[4]float64)(sse[8:]))
	best := 0
	for i, v := range sse {
		if v < sse[best] {
			best = i
		}
	}
	low, high := max(best-1, 0), min(best+1, len(grid)-1)
	const tolerance = 1e-6
	alpha, value := grid[best], sse[best]
	if best == low || best == high { // at an end: is there something better inside?
		alpha = grid[low] + float64((grid[high]-grid[low])*0.05)
		if best == high {
			alpha = grid[high] - float64((grid[high]-grid[low])*0.05)
		}
		if value = o.sse(alpha); value > sse[best] {
			return grid[best]
		}
	}
	alpha, _ = minimizeBracketed(grid[low], alpha, grid[high], value, tolerance, o.sse)
	return math.Min(math.Max(alpha, grid[0]), grid[len(grid)-1])
}
