package stats

import "math"

// bracketed returns where the continuous f changes its sign between low and high,
// by the method of Anderson & Björck (1973). Whenever three steps have not halved
// the bracket it is bisected, so that no f takes long.
func bracketed(low, high float64, f func(float64) float64) float64 {
	fl, fh := f(low), f(high)
	if fl == 0 {
		return low
	}
	if fh == 0 {
		return high
	}
	last := 0 // which end moved
	width, steps := high-low, 0
	for range 300 {
		x := high - fh*(high-low)/(fh-fl)
		if steps == 3 {
			if high-low > width/2 {
				x = math.NaN()
			}
			width, steps = high-low, 0
		}
		steps++
		if !(x > low && x < high) {
			x = low + (high-low)/2
		}
		if x == low || x == high || high-low <= 1e-15*max(math.Abs(low), math.Abs(high)) {
			return x
		}
		y := f(x)
		if y == 0 {
			return x
		}
		// The end that stays counts less each time, so that it moves at last.
		if (y < 0) == (fl < 0) {
			if last == -1 {
				fh *= shrunk(y, fl)
			}
			low, fl, last = x, y, -1
		} else {
			if last == 1 {
				fl *= shrunk(y, fh)
			}
			high, fh, last = x, y, 1
		}
	}
	return low + (high-low)/2
}

// shrunk returns 1 - y/replaced, or one half where that is not positive.
func shrunk(y, replaced float64) float64 {
	if m := 1 - y/replaced; m > 0 {
		return m
	}
	return 0.5
}
