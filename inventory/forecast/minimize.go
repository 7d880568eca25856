package forecast

import "math"

// minimizeBracketed finds a minimum of f between low and high, given a point
// inside at which f is at most what it is at both ends, by Brent's method
// (Brent, 1973, chapter 5). It returns the best point seen and its value.
func minimizeBracketed(low, inside, high, value, tolerance float64, f func(float64) float64) (float64, float64) {
	const golden = 0.3819660112501051
	x, w, v := inside, inside, inside
	fx, fw, fv := value, value, value
	step, previous := 0.0, 0.0
	for range 60 {
		middle := (low + high) / 2
		if math.Abs(x-middle) <= 2*tolerance-(high-low)/2 {
			break
		}
		parabolic := false
		if math.Abs(previous) > tolerance {
			r := (x - w) * (fx - fv)
			q := (x - v) * (fx - fw)
			p := float64((x-v)*q) - float64((x-w)*r)
			q = 2 * (q - r)
			if q > 0 {
				p = -p
			}
			q = math.Abs(q)
			if math.Abs(p) < math.Abs(q*previous/2) && p > q*(low-x) && p < q*(high-x) {
				previous, step = step, p/q
				if u := x + step; u-low < 2*tolerance || high-u < 2*tolerance {
					step = math.Copysign(tolerance, middle-x)
				}
				parabolic = true
			}
		}
		if !parabolic {
			previous = high - x
			if x >= middle {
				previous = low - x
			}
			step = golden * previous
		}
		u := x + step
		if math.Abs(step) < tolerance {
			u = x + math.Copysign(tolerance, step)
		}
		fu := f(u)
		if fu <= fx {
			if u >= x {
				low = x
			} else {
				high = x
			}
			v, w, x = w, x, u
			fv, fw, fx = fw, fx, fu
			continue
		}
		if u < x {
			low = u
		} else {
			high = u
		}
		if fu <= fw || w == x {
			v, fv, w, fw = w, fw, u, fu
		} else if fu <= fv || v == x || v == w {
			v, fv = u, fu
		}
	}
	return x, fx
}

// minimizeGolden narrows [low, high] by golden sections until it is no wider
// than tolerance and returns its middle. It finds the minimum of a function
// that has one.
func minimizeGolden(low, high, tolerance float64, f func(float64) float64) float64 {
	const ratio = 0.6180339887498949
	left, right := high-float64(ratio*(high-low)), low+float64(ratio*(high-low))
	fl, fr := f(left), f(right)
	for high-low > tolerance {
		if fl < fr {
			high, right, fr = right, left, fl
			left = high - float64(ratio*(high-low))
			fl = f(left)
		} else {
			low, left, fl = left, right, fr
			right = low + float64(ratio*(high-low))
			fr = f(right)
		}
	}
	return (low + high) / 2
}
