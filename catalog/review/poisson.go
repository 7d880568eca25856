package review

import "math"

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
