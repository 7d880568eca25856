package forecast

import "math"

// etsScoring is the method of Gauss & Newton within bounds, with the damping of
// Levenberg and Marquardt (Nocedal & Wright, 2006, section 10.3). How the errors
// of a model that fits change with its parameters has little to do with the
// errors themselves, so that few steps do.
type etsScoring struct {
	free      [pointSize]bool
	low, high etsPoint // of smoothing parameters
}

// etsPoint is a point of the search: α, the share of β between its bounds, φ,
// initial level and trend.
type etsPoint [pointSize]float64

// Positions in an etsPoint.
const (
	atAlpha = iota
	atShare
	atPhi
	atLevel
	atTrend
	pointSize
)

// etsSlope is the loss at a point, its gradient and the lower triangle of its
// approximate second derivatives.
type etsSlope struct {
	loss      float64
	gradient  etsPoint
	curvature [pointSize]etsPoint
}

// finish turns Σ r·d in the gradient and Σ d·d' in the curvature, where -d is the
// derivative of the error r, to those of the loss n·log Σ r² + 2·Σ log μ. The
// last is there where errors are relative, and mean is then Σ d(log μ),
// otherwise zero: the loss is n·log Σ (r·G)² with G the geometric mean of the
// means, a sum of squares too.
func (s *etsSlope) finish(n int, sse float64, mean *etsPoint) {
	size := float64(n)
	sse += float64(perfect * size)
	scale := 2 * size / sse
	for i, g := range s.gradient {
		for j := range i + 1 {
			cross := float64(g*mean[j]) + float64(mean[i]*s.gradient[j])
			s.curvature[i][j] = scale * (s.curvature[i][j] - (cross-float64(sse*mean[i]*mean[j]/size))/size)
		}
	}
	for i, g := range s.gradient {
		s.gradient[i] = 2*mean[i] - float64(scale*g)
	}
}

// step sets the change of x that is best in the damped quadratic model within
// the bounds, and returns by how much the model without damping falls.
func (b *etsScoring) step(x *etsPoint, s *etsSlope, damping float64, change *etsPoint) float64 {
	free := b.free
	*change = etsPoint{}
	for {
		s.solve(damping, &free, change)
		// The one that leaves its bounds by most stops there.
		worst, most := -1, 1e-12
		for i := range atPhi + 1 {
			to := x[i] + change[i]
			if over := max(b.low[i]-to, to-b.high[i]) / (b.high[i] - b.low[i]); free[i] && over > most {
				worst, most = i, over
			}
		}
		if worst < 0 {
			break
		}
		free[worst] = false
		change[worst] = min(max(x[worst]+change[worst], b.low[worst]), b.high[worst]) - x[worst]
	}
	falls := 0.0
	for i, d := range change {
		row := s.gradient[i] + float64(0.5*s.curvature[i][i]*d)
		for j := range i {
			row += float64(s.curvature[i][j] * change[j])
		}
		falls -= float64(row * d)
	}
	return falls
}

// solve sets the free entries of change to the minimum of the damped quadratic
// model with the others as they are, by Cholesky's decomposition.
func (s *etsSlope) solve(damping float64, free *[pointSize]bool, change *etsPoint) {
	var at [pointSize]int
	k := 0
	for i, f := range free {
		if f {
			at[k] = i
			k++
		}
	}
	var lower [pointSize]etsPoint // with the inverse of its diagonal
	var z etsPoint
	for p, i := range at[:k] {
		sum := -s.gradient[i]
		for j, d := range change {
			if !free[j] {
				sum -= float64(s.curvature[max(i, j)][min(i, j)] * d)
			}
		}
		pivot := s.curvature[i][i] * (1 + damping)
		least := 1e-11 * pivot
		for q, j := range at[:p] {
			v := s.curvature[i][j]
			for t := range q {
				v -= float64(lower[p][t] * lower[q][t])
			}
			v *= lower[q][q]
			lower[p][q] = v
			pivot -= float64(v * v)
			sum -= float64(v * z[q])
		}
		if pivot > least { // else the ones before do all that it could
			lower[p][p] = 1 / math.Sqrt(pivot)
		}
		z[p] = sum * lower[p][p]
	}
	for p := k - 1; p >= 0; p-- {
		v := z[p]
		for q := p + 1; q < k; q++ {
			v -= float64(lower[q][p] * z[q])
		}
		z[p] = v * lower[p][p]
		change[at[p]] = z[p]
	}
}

const (
	scoringSteps     = 200
	scoringTolerance = 1e-4 // of the loss
	// scoringHope is by how many times more than a step promises the loss may
	// still fall; the first two see little of the valley.
	scoringHope, scoringFirstHope = 4, 10
)

// minimize improves p until a step promises less than the tolerance. It gives
// up where the loss cannot be hoped to come below hopeless.
func (u *etsUnseasonal) minimize(p *etsStart, hopeless float64) {
	var slopes [2]etsSlope
	here, there := &slopes[0], &slopes[1]
	u.slope(&p.at, here)
	p.loss = here.loss
	damping := 0.0
	var change etsPoint
	for step := range scoringSteps {
		falls := u.step(&p.at, here, damping, &change)
		if falls < 0 && damping < 100 { // a bound turned it away
			damping = 4*damping + 0.25
			continue
		}
		hope := scoringHope * falls
		if step < 2 {
			hope = scoringFirstHope * falls
		}
		if !(falls*(1+damping) > scoringTolerance) || p.loss-hope > hopeless {
			return
		}
		next := p.at
		for i, d := range change {
			if next[i] += d; i <= atPhi && u.free[i] { // a bound exactly
				next[i] = min(max(next[i], u.low[i]), u.high[i])
			}
		}
		u.slope(&next, there)
		gained := p.loss - there.loss
		if !(gained > 0) {
			damping = 4*damping + 0.25
			continue
		}
		p.at, p.loss = next, there.loss
		here, there = there, here
		switch {
		case gained < falls/4:
			damping = 2*damping + 0.1
		case gained > falls/2:
			if damping /= 5; damping < 0.01 {
				damping = 0
			}
		}
	}
}
