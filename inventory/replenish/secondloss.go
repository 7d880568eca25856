package replenish

import (
	"math"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// The second loss function of a law is ∫ from x on of its first one, half of the mean
// square of what the demand exceeds x by; the cost of (r, Q) policies and fill rates with
// lots need it. With m₁ and m₂ the first two moments of the demand above x, and p its
// probability, it is (m₂ - 2x·m₁ + x²·p)/2. For a law in whole units it is a sum, see
// [Counts.SecondShortage].

// SecondShortage returns the second loss function, σ²·G₂((level - μ)/σ).
func (d Demand) SecondShortage(level float64) float64 {
	if d.SD == 0 {
		short := math.Max(d.Mean-level, 0)
		return short * short / 2
	}
	return d.SD * d.SD * normal.SecondLoss((level-d.Mean)/d.SD)
}

// SecondLeftover returns half of the mean square of what the demand does not use.
func (d Demand) SecondLeftover(level float64) float64 {
	return Demand{-d.Mean, d.SD}.SecondShortage(-level)
}

// SecondShortage returns the second loss function, (high - level)³/(6·(high - low))
// within.
func (u Uniform) SecondShortage(level float64) float64 {
	if u.High <= u.Low {
		short := math.Max(u.Low-level, 0)
		return short * short / 2
	}
	high, low := math.Max(u.High-level, 0), math.Max(u.Low-level, 0)
	return (float64(high*high*high) - float64(low*low*low)) / (6 * (u.High - u.Low))
}

// SecondLeftover returns half of the mean square of what the demand does not use.
func (u Uniform) SecondLeftover(level float64) float64 {
	return Uniform{-u.High, -u.Low}.SecondShortage(-level)
}

// SecondShortage returns the second loss function, μ²·exp(-level/μ) from zero on.
func (e Exponential) SecondShortage(level float64) float64 {
	if level <= 0 {
		return float64(e.Mean*e.Mean) - float64(e.Mean*level) + level*level/2
	}
	return e.Mean * e.Mean * math.Exp(-level/e.Mean)
}

// SecondLeftover returns half of the mean square of what the demand does not use.
func (e Exponential) SecondLeftover(level float64) float64 {
	if level <= 0 {
		return 0
	}
	return math.Max(level*level/2-float64(e.Mean*level)-float64(e.Mean*e.Mean*math.Expm1(-level/e.Mean)), 0)
}

// moments returns the probability of a demand below and above a level, and the parts of
// the first two moments that lie there.
func (g Gamma) moments(level float64) (below, above [3]float64) {
	scale := [3]float64{1, g.Shape * g.Scale, g.Shape * (g.Shape + 1) * g.Scale * g.Scale}
	for k := range below {
		lower, upper := incompleteGamma(g.Shape+float64(k), level/g.Scale)
		below[k], above[k] = scale[k]*lower, scale[k]*upper
	}
	return below, above
}

// SecondShortage returns the second loss function, with incomplete gamma functions.
func (g Gamma) SecondShortage(level float64) float64 {
	_, above := g.moments(math.Max(level, 0))
	return halfSquare(above, level)
}

// SecondLeftover returns half of the mean square of what the demand does not use.
func (g Gamma) SecondLeftover(level float64) float64 {
	below, _ := g.moments(math.Max(level, 0))
	return halfSquare(below, level)
}

func (l Lognormal) moments(level float64) (below, above [3]float64) {
	z := math.Inf(1)
	if level > 0 {
		z = (l.Location - math.Log(level)) / l.Spread
	}
	square := l.Spread * l.Spread
	for k, moment := range [...]float64{1, l.Mean(), math.Exp(2*l.Location + 2*square)} {
		at := z + float64(k)*l.Spread
		below[k], above[k] = moment*normal.Upper(at), moment*normal.Lower(at)
	}
	return below, above
}

// SecondShortage returns the second loss function, with the partial moments of the
// lognormal law.
func (l Lognormal) SecondShortage(level float64) float64 {
	_, above := l.moments(level)
	return halfSquare(above, level)
}

// SecondLeftover returns half of the mean square of what the demand does not use.
func (l Lognormal) SecondLeftover(level float64) float64 {
	below, _ := l.moments(level)
	return halfSquare(below, level)
}

func halfSquare(m [3]float64, level float64) float64 {
	return math.Max((m[2]-float64(2*level*m[1])+float64(level*level*m[0]))/2, 0)
}
