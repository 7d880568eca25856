package review

import "math"

// betaCDF is the regularized incomplete beta function I_x(a, b), by the continued
// fraction of Didonato and Morris (1992) in Lentz's form (Press et al., Numerical
// Recipes, 3rd ed., 6.4).
func betaCDF(a, b, x float64) float64 {
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
		return front * betaFraction(a, b, x) / a
	}
	return 1 - front*betaFraction(b, a, 1-x)/b
}

func betaFraction(a, b, x float64) float64 {
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

// betaQuantile inverts betaCDF by bisection, which cannot fail: 80 halvings reach
// the last bit of every quantile that is not tiny.
func betaQuantile(a, b, p float64) float64 {
	low, high := 0.0, 1.0
	for range 80 {
		middle := (low + high) / 2
		if betaCDF(a, b, middle) < p {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// poissonTail returns P(X >= k) of a Poisson variable.
func poissonTail(k int64, mean float64) float64 {
	switch {
	case k <= 0:
		return 1
	case mean == 0:
		return 0
	}
	// The terms beyond the mean fall, so the tail is summed from k on; below it the
	// other side is.
	term := func(n int64) float64 {
		lg, _ := math.Lgamma(float64(n) + 1)
		return math.Exp(float64(float64(n)*math.Log(mean)) - mean - lg)
	}
	if float64(k) > mean {
		sum, t := 0.0, term(k)
		for n := k; t > sum*1e-17 && t > 0; n++ {
			sum += t
			t *= mean / float64(n+1)
		}
		return min(1, sum)
	}
	sum, t := 0.0, term(k-1)
	for n := k - 1; n >= 0 && t > sum*1e-17; n-- {
		sum += t
		t *= float64(n) / mean
	}
	return max(0, 1-sum)
}
