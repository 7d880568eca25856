package markdown

import "math"

// tQuantile returns the t that a Student variable with the degrees of freedom
// exceeds in size in 5 of 100 cases, by bisection.
func tQuantile(freedom int) float64 {
	low, high := 1.9, 13.0 // 1.96 for many, 12.71 for one
	for range 60 {
		middle := (low + high) / 2
		if within(middle, freedom) < 0.95 {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// within returns the probability of a Student variable between -t and t, which
// for whole degrees of freedom is a finite sum (Abramowitz and Stegun, 1964, 26.7.3
// and 26.7.4).
func within(t float64, freedom int) float64 {
	theta := math.Atan(t / math.Sqrt(float64(freedom)))
	sin, cos := math.Sincos(theta)
	if freedom == 1 {
		return 2 * theta / math.Pi
	}
	term, sum, first := 1.0, 1.0, 2
	if freedom%2 == 1 {
		term, sum, first = cos, cos, 3
	}
	for k := first; k <= freedom-2; k += 2 {
		term *= float64(k-1) / float64(k) * cos * cos
		sum += term
	}
	if freedom%2 == 1 {
		return 2 / math.Pi * (theta + float64(sin*sum))
	}
	return sin * sum
}
