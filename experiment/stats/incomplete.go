package stats

import "math"

// incompleteBeta returns the logarithms of the regularised incomplete beta
// function I_x(a, b) and of its complement, with y = 1-x given apart so that
// neither end loses digits. O(√max(a, b)) near the mean, less elsewhere.
// Abramowitz & Stegun (1964), 26.5.8.
func incompleteBeta(a, b, x, y float64) (logLower, logUpper float64) {
	switch {
	case x <= 0:
		return math.Inf(-1), 0
	case y <= 0:
		return 0, math.Inf(-1)
	}
	front := logBetaFront(a, b, x, y)
	if x < (a+1)/(a+b+2) {
		logLower = min(0, front+math.Log(betaFraction(a, b, x)/a))
		return logLower, logComplement(logLower)
	}
	logUpper = min(0, front+math.Log(betaFraction(b, a, y)/b))
	return logComplement(logUpper), logUpper
}

// logComplement returns ln(1 - e^l) for l <= 0.
func logComplement(l float64) float64 {
	if l > -math.Ln2 {
		return math.Log(-math.Expm1(l))
	}
	return math.Log1p(-math.Exp(l))
}

// logBetaFront returns ln(x^a y^b / B(a, b)), the density of the log-odds of a
// beta variable, by Loader's (2000) saddle-point form: for large a and b nothing
// cancels.
func logBetaFront(a, b, x, y float64) float64 {
	n := a + b
	p, q := a/n, b/n
	// x-p = q-y; the smaller of x and y is the more exact one.
	d := x - p
	if y < x {
		d = q - y
	}
	return a*logRatio(x, p, d) + b*logRatio(y, q, -d) +
		0.5*math.Log(a/(2*math.Pi)*q) + stirlingError(n) - stirlingError(a) - stirlingError(b)
}

// logRatio returns ln(x/p), where d = x-p.
func logRatio(x, p, d float64) float64 {
	if u := d / p; math.Abs(u) < 0.5 {
		return math.Log1p(u)
	}
	return math.Log(x / p)
}

// stirlingError returns ln Γ(x) - [(x-1/2) ln x - x + ln √(2π)].
func stirlingError(x float64) float64 {
	if x >= 15 {
		return stirling(x)
	}
	g, _ := math.Lgamma(x)
	return g - ((x-0.5)*math.Log(x) - x + 0.5*math.Log(2*math.Pi))
}

// incompleteGamma returns the logarithms of the regularised incomplete gamma
// function P(a, x) and of its complement Q(a, x): the series below the mean,
// the continued fraction above. Abramowitz & Stegun (1964), 6.5.29 and 6.5.31.
// O(√a) near the mean.
func incompleteGamma(a, x float64) (logLower, logUpper float64) {
	switch {
	case x <= 0:
		return math.Inf(-1), 0
	case math.IsInf(x, 1):
		return 0, math.Inf(-1)
	}
	front := logGammaFront(a, x)
	if x < a+1 {
		sum, term := 1/a, 1/a
		for k := 1.0; k < 1e6 && term > sum*1e-17; k++ {
			term *= x / (a + k)
			sum += term
		}
		logLower = min(0, front+math.Log(sum))
		return logLower, logComplement(logLower)
	}
	const tiny = 1e-300
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	f := d
	for k := 1.0; k < 1e6; k++ {
		step := -k * (k - a)
		b += 2
		d = 1 / (step*d + b)
		c = b + step/c
		f *= c * d
		if math.Abs(c*d-1) < 1e-16 {
			break
		}
	}
	logUpper = min(0, front+math.Log(f))
	return logComplement(logUpper), logUpper
}

// logGammaFront returns ln(x^a e^-x / Γ(a)), the density of the logarithm of a
// gamma variable.
func logGammaFront(a, x float64) float64 {
	d := x - a
	return a*logRatio(x, a, d) - d + 0.5*math.Log(a/(2*math.Pi)) - stirlingError(a)
}

// solveTail returns the t at which the log of a tail probability is target. f
// returns the log tail at t and its slope, which has the given sign everywhere.
// Newton's method within a bracket that grows as needed; start and scale say
// where to look first.
func solveTail(target, start, scale float64, f func(t float64) (logTail, slope float64)) float64 {
	t, low, high := start, math.Inf(-1), math.Inf(1)
	for range 200 {
		value, slope := f(t)
		if value == target {
			break
		}
		if (value < target) == (slope > 0) {
			low = t
		} else {
			high = t
		}
		next := t + max(-8*scale, min(8*scale, (target-value)/slope))
		if math.IsNaN(next) || next <= low || next >= high {
			switch {
			case math.IsInf(low, -1):
				next = high - 8*scale
			case math.IsInf(high, 1):
				next = low + 8*scale
			default:
				next = low + (high-low)/2
			}
		}
		step := math.Abs(next - t)
		t = next
		if step <= 1e-15*math.Abs(t) || step <= 1e-15*scale {
			break
		}
	}
	return t
}
