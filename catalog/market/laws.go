package market

import (
	"math"

	"github.com/flywheel-go/flywheel/experiment/stats"
	"github.com/flywheel-go/flywheel/internal/normal"
)

// studentUpper returns the t that a Student variable exceeds with probability q,
// 0 < q <= 0.5, by Newton's method on the logarithm of the tail.
func studentUpper(q, df float64) float64 {
	t := -normal.Quantile(q)
	// Hill's first correction is a good start for all but very few degrees.
	t += (float64(t*t*t) + t) / (4 * df)
	target := math.Log(q)
	logBeta := lbeta(df/2, 0.5)
	low, high := 0.0, math.Inf(1)
	for range 200 {
		tail, _ := stats.StudentTail(t, df)
		if tail > q {
			low = t
		} else {
			high = t
		}
		density := math.Exp(-(df+1)/2*math.Log1p(t*t/df)-logBeta) / math.Sqrt(df)
		next := t + (math.Log(tail)-target)*tail/density
		if !(next > low && next < high) {
			if math.IsInf(high, 1) {
				next = 2*t + 1
			} else {
				next = low + (high-low)/2
			}
		}
		if math.Abs(next-t) <= 1e-15*math.Max(1, t) {
			return next
		}
		t = next
	}
	return t
}

func lbeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

// betaLower returns the regularized incomplete beta function I_x(a, b), as the
// tail of an F variable.
func betaLower(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	}
	p, _ := stats.FTail((1-x)/x*a/b, 2*b, 2*a)
	return p
}

// betaQuantile inverts the regularized incomplete beta function by bisection and
// Newton's method.
func betaQuantile(p, a, b float64) float64 {
	if p <= 0 {
		return 0
	}
	if p >= 1 {
		return 1
	}
	low, high := 0.0, 1.0
	x := a / (a + b)
	log := lbeta(a, b)
	for range 200 {
		f := betaLower(x, a, b) - p
		if f > 0 {
			high = x
		} else {
			low = x
		}
		density := math.Exp((a-1)*math.Log(x) + (b-1)*math.Log1p(-x) - log)
		next := x - f/density
		if !(next > low && next < high) {
			next = low + (high-low)/2
		}
		if math.Abs(next-x) <= 1e-16*x {
			return next
		}
		x = next
	}
	return x
}
