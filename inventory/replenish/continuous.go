package replenish

import (
	"math"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// Uniform is a demand that is anything between Low and High with the same
// probability.
type Uniform struct{ Low, High float64 }

// Quantile implements [Distribution].
func (u Uniform) Quantile(p float64) float64 { return u.Low + float64(p*(u.High-u.Low)) }

// Shortage implements [Distribution].
func (u Uniform) Shortage(level float64) float64 {
	if level <= u.Low || u.High <= u.Low {
		return math.Max((u.Low+u.High)/2-level, 0)
	}
	rest := math.Max(u.High-level, 0)
	return rest * (rest / (u.High - u.Low)) / 2
}

// Leftover implements [Distribution].
func (u Uniform) Leftover(level float64) float64 {
	return Uniform{-u.High, -u.Low}.Shortage(-level)
}

// Exponential is a demand with a density that falls from zero on, such as that
// of a project or of a part of which few are wanted.
type Exponential struct{ Mean float64 }

// Quantile implements [Distribution].
func (e Exponential) Quantile(p float64) float64 { return -e.Mean * math.Log1p(-p) }

// Shortage implements [Distribution].
func (e Exponential) Shortage(level float64) float64 {
	if level <= 0 {
		return e.Mean - level
	}
	return e.Mean * math.Exp(-level/e.Mean)
}

// Leftover implements [Distribution].
func (e Exponential) Leftover(level float64) float64 {
	if level <= 0 {
		return 0
	}
	return level + float64(e.Mean*math.Expm1(-level/e.Mean))
}

// Gamma is a demand that cannot be negative and is skewed: its mean is
// Shape·Scale, its variance Shape·Scale².
type Gamma struct{ Shape, Scale float64 }

// Quantile implements [Distribution].
func (g Gamma) Quantile(p float64) float64 {
	high := g.Shape*g.Scale + 1
	for range 2000 {
		if lower, _ := incompleteGamma(g.Shape, high/g.Scale); lower >= p {
			break
		}
		high *= 2
	}
	return bisect(0, high, func(x float64) bool {
		lower, _ := incompleteGamma(g.Shape, x/g.Scale)
		return lower >= p
	})
}

// Shortage implements [Distribution]: ab·Q(a + 1, x/b) - x·Q(a, x/b), with the
// upper incomplete gamma function Q.
func (g Gamma) Shortage(level float64) float64 {
	if level <= 0 {
		return float64(g.Shape*g.Scale) - level
	}
	_, upper := incompleteGamma(g.Shape, level/g.Scale)
	_, next := incompleteGamma(g.Shape+1, level/g.Scale)
	return math.Max(float64(g.Shape*g.Scale*next)-float64(level*upper), 0)
}

// Leftover implements [Distribution].
func (g Gamma) Leftover(level float64) float64 {
	if level <= 0 {
		return 0
	}
	lower, _ := incompleteGamma(g.Shape, level/g.Scale)
	next, _ := incompleteGamma(g.Shape+1, level/g.Scale)
	return math.Max(float64(level*lower)-float64(g.Shape*g.Scale*next), 0)
}

// Lognormal is a demand whose logarithm is normal with mean Location and
// deviation Spread.
type Lognormal struct{ Location, Spread float64 }

// Quantile implements [Distribution].
func (l Lognormal) Quantile(p float64) float64 {
	return math.Exp(l.Location + float64(l.Spread*normal.Quantile(p)))
}

// Mean returns the mean demand.
func (l Lognormal) Mean() float64 { return math.Exp(l.Location + l.Spread*l.Spread/2) }

// Shortage implements [Distribution].
func (l Lognormal) Shortage(level float64) float64 {
	if level <= 0 {
		return l.Mean() - level
	}
	z := (l.Location - math.Log(level)) / l.Spread
	return math.Max(float64(l.Mean()*normal.Lower(z+l.Spread))-float64(level*normal.Lower(z)), 0)
}

// Leftover implements [Distribution].
func (l Lognormal) Leftover(level float64) float64 {
	if level <= 0 {
		return 0
	}
	z := (l.Location - math.Log(level)) / l.Spread
	return math.Max(float64(level*normal.Upper(z))-float64(l.Mean()*normal.Upper(z+l.Spread)), 0)
}

// incompleteGamma returns the regularised incomplete gamma functions P(a, x)
// and Q(a, x) = 1 - P, each to full relative precision: a series below a + 1,
// a continued fraction above (Press et al., 2007, section 6.2).
func incompleteGamma(a, x float64) (lower, upper float64) {
	if !(x > 0) {
		return 0, 1
	}
	if math.IsInf(x, 1) {
		return 1, 0
	}
	log, _ := math.Lgamma(a)
	front := math.Exp(float64(a*math.Log(x)) - x - log)
	if x < a+1 {
		term, sum := 1/a, 1/a
		for n := a + 1; term > sum*1e-17; n++ {
			term *= x / n
			sum += term
		}
		lower = math.Min(front*sum, 1)
		return lower, 1 - lower
	}
	// Lentz's method, as modified by Thompson and Barnett.
	const tiny = 1e-300
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	for i := 1.0; i < 1e5; i++ {
		n := i * (a - i)
		b += 2
		d = 1 / nonzero(float64(n*d)+b)
		c = nonzero(b + n/c)
		h *= c * d
		if math.Abs(c*d-1) < 1e-16 {
			break
		}
	}
	upper = math.Min(front*h, 1)
	return 1 - upper, upper
}

func nonzero(x float64) float64 {
	if math.Abs(x) < 1e-300 {
		return 1e-300
	}
	return x
}

// bisect returns the least x between low and high at which reached, which is
// true from some point on and at high, is true.
func bisect(low, high float64, reached func(float64) bool) float64 {
	for {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			return high
		}
		if reached(middle) {
			high = middle
		} else {
			low = middle
		}
	}
}
