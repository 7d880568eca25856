package stats

import "math"

// bracketed returns where the continuous f changes its sign between a and b, by
// the method of Brent (1973), chapter 4: inverse interpolation as long as it
// closes in fast, bisection otherwise.
func bracketed(a, b float64, f func(float64) float64) float64 {
	fa, fb := f(a), f(b)
	c, fc := a, fa
	d := b - a // the step before last
	e := d
	for range 300 {
		if (fb > 0) == (fc > 0) {
			c, fc = a, fa
			d = b - a
			e = d
		}
		if math.Abs(fc) < math.Abs(fb) {
			a, b, c = b, c, b
			fa, fb, fc = fb, fc, fb
		}
		tolerance := 2e-16*math.Abs(b) + 1e-300
		middle := (c - b) / 2
		if math.Abs(middle) <= tolerance || fb == 0 {
			return b
		}
		if math.Abs(e) < tolerance || math.Abs(fa) <= math.Abs(fb) || math.IsInf(fa, 0) || math.IsInf(fc, 0) {
			d = middle
			e = d
		} else {
			s := fb / fa
			p, q := 2*middle*s, 1-s // the secant, on two points only
			if a != c {
				u, v := fa/fc, fb/fc
				p = s * (2*middle*u*(u-v) - (b-a)*(v-1))
				q = (u - 1) * (v - 1) * (s - 1)
			}
			if p > 0 {
				q = -q
			} else {
				p = -p
			}
			if 2*p < min(3*middle*q-math.Abs(tolerance*q), math.Abs(e*q)) {
				e = d
				d = p / q
			} else {
				d = middle
				e = d
			}
		}
		a, fa = b, fb
		if math.Abs(d) > tolerance {
			b += d
		} else {
			b += math.Copysign(tolerance, middle)
		}
		fb = f(b)
	}
	return b
}
