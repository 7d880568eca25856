// Package normal computes the standard normal distribution and its loss
// function to full precision, far into both tails: what prediction intervals
// and safety stocks need and math.Erfinv alone does not give.
package normal

import "math"

const (
	sqrt2Pi = 2.50662827463100050241576528481104525300698674060993831663
)

// Density returns φ(z).
func Density(z float64) float64 { return math.Exp(-z*z/2) / sqrt2Pi }

// Lower returns Φ(z), the probability of a value at most z.
func Lower(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// Upper returns 1 - Φ(z), with full relative precision for large z.
func Upper(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// Loss returns G(z) = E[max(Z - z, 0)] = φ(z) - z·(1 - Φ(z)), the expected
// amount by which a standard normal variable exceeds z.
func Loss(z float64) float64 {
	if z < 3 {
		return Density(z) - float64(z*Upper(z))
	}
	// The difference cancels in the tail. With Mills's ratio as the continued
	// fraction 1/(z + k), k = 1/(z + 2/(z + 3/(z + …))), it is φ(z)·k/(z + k)
	// (Abramowitz & Stegun, 1964, 26.2.14).
	k := tailFraction(z)
	return Density(z) * (k / (z + k))
}

// tailFraction evaluates 1/(z + 2/(z + 3/(z + …))) for z ≥ 3 from behind.
func tailFraction(z float64) float64 {
	f := z
	for n := 60.0; n >= 2; n-- {
		f = z + n/f
	}
	return 1 / f
}

// SecondLoss returns E[max(Z - z, 0)²]/2 = ((z² + 1)·(1 - Φ(z)) - z·φ(z))/2.
func SecondLoss(z float64) float64 {
	if z < 3 {
		return (float64((float64(z*z)+1)*Upper(z)) - float64(z*Density(z))) / 2
	}
	// With f = 2/(z + 3/(z + …)), so that k = 1/(z + f), the bracket becomes
	// φ(z)·(z² + 1 - z·(z + k))/(z + k) = φ(z)·k·f/(z + k).
	k := tailFraction(z)
	return Density(z) * (k * (1/k - z) / (z + k)) / 2
}

// InverseLoss returns the z for which Loss(z) = g. It wants g > 0 and returns
// +Inf for 0, NaN for less.
func InverseLoss(g float64) float64 {
	switch {
	case math.IsNaN(g) || g < 0:
		return math.NaN()
	case g == 0:
		return math.Inf(1)
	case g > 40:
		return -g // Loss(-40) differs from 40 by less than 1e-350
	}
	// log Loss is concave and decreasing: after one step Newton's method on it
	// lies right of the root and then moves left only. A small g starts from
	// Loss(z) ≈ φ(z)/z².
	z := -g
	if g < 0.1 {
		z = math.Sqrt(-2 * math.Log(g))
		z = math.Sqrt(math.Max(0, -2*(math.Log(g)+math.Log(sqrt2Pi)+2*math.Log(z))))
	}
	target := math.Log(g)
	for range 60 {
		loss := Loss(z)
		if loss == 0 {
			break // g is so small that the next representable loss is zero
		}
		step := (math.Log(loss) - target) * loss / Upper(z)
		z += step
		if math.Abs(step) <= 1e-15*math.Max(1, math.Abs(z)) {
			break
		}
	}
	return z
}
