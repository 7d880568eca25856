// Package betadist computes the beta distribution: quantiles of shares and, through
// them, of Student's t.
package betadist

import "math"

// CDF returns the regularized incomplete beta function I_x(a, b), by the continued
// fraction of Didonato and Morris (1992) in Lentz's form (Press et al., Numerical
// Recipes, 3rd ed., 6.4).
func CDF(a, b, x float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab - la - lb + float64(a*math.Log(x)) + float64(b*math.Log1p(-x)))
	if x < (a+1)/(a+b+2) {
		return front * fraction(a, b, x) / a
	}
	return 1 - front*fraction(b, a, 1-x)/b
}

func fraction(a, b, x float64) float64 {
	const tiny = 1e-300
	guard := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/guard(1-(a+b)*x/(a+1))
	h := d
	// It converges in O(sqrt(max(a, b))) steps.
	for m, last := 1.0, 200+20*math.Sqrt(a+b); m < last; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / guard(1+float64(even*d))
		c = guard(1 + even/c)
		h *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / guard(1+float64(odd*d))
		c = guard(1 + odd/c)
		step := d * c
		h *= step
		if math.Abs(step-1) < 1e-16 {
			break
		}
	}
	return h
}

// Quantile inverts CDF by bisection, which cannot fail: 80 halvings reach
// the last bit of every quantile that is not tiny.
func Quantile(a, b, p float64) float64 {
	low, high := 0.0, 1.0
	for range 80 {
		middle := (low + high) / 2
		if CDF(a, b, middle) < p {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// StudentQuantile returns the t that Student's variable with df degrees of freedom
// exceeds in absolute value with probability 1 - confidence.
func StudentQuantile(confidence, df float64) float64 {
	y := Quantile(0.5, df/2, confidence) // t² / (t² + df)
	return math.Sqrt(df * y / (1 - y))
}
