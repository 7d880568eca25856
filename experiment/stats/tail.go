package stats

import "math"

// NormalTail returns the probability that a standard normal variable exceeds z,
// and its natural logarithm, which stays exact where the probability itself is
// below the smallest float64. O(1).
func NormalTail(z float64) (p, logP float64) {
	p = 0.5 * math.Erfc(z/math.Sqrt2)
	switch {
	case z < -1:
		return p, math.Log1p(-0.5 * math.Erfc(-z/math.Sqrt2))
	case z < 8:
		return p, math.Log(p)
	}
	return p, -0.5*z*z - 0.5*math.Log(2*math.Pi) - math.Log(millsFraction(z))
}

// StudentTail returns the probability that a Student t variable with df degrees
// of freedom exceeds t, and its natural logarithm. df may be fractional; with
// df = +Inf it is [NormalTail]. O(sqrt(df)) at worst, usually some twenty terms.
//
// With x = df/(df+t²) the tail is half the regularised incomplete beta function
// I_x(df/2, 1/2). Abramowitz & Stegun (1964), 26.7.1.
func StudentTail(t, df float64) (p, logP float64) {
	if math.IsInf(df, 1) {
		return NormalTail(t)
	}
	if math.IsInf(t, 0) {
		if t > 0 {
			return 0, math.Inf(-1)
		}
		return 1, 0
	}
	two, logTwo := studentTwoSided(math.Abs(t), df)
	if t >= 0 {
		return two / 2, logTwo - math.Ln2
	}
	return 1 - two/2, math.Log1p(-two / 2)
}

// studentTwoSided returns the probability that |T| exceeds t >= 0, and its log.
func studentTwoSided(t, df float64) (p, logP float64) {
	if df >= 100 && t*t < df/4 {
		return exact(min(0, studentLarge(t, df)))
	}
	// Written with log1p so that large df lose nothing: df·ln(1+t²/df) ≈ t².
	a := df / 2
	logX := -math.Log1p(t * t / df)
	y := t * t / (df + t*t)
	if df < 1e-3 || t*t > 1e300 { // far out the ratio above overflows or is 1
		logX = math.Log(df) - 2*math.Log(t)
		y = 1
	}
	logFront := a*logX + 0.5*math.Log(y) - logBetaHalf(a)
	if y*(a+2.5) < 1.5 {
		inner, _ := exact(logFront + math.Log(2*betaSeries(0.5, a, y)))
		return 1 - inner, math.Log1p(-inner)
	}
	return exact(logFront + math.Log(betaFraction(a, 0.5, math.Exp(logX))/a))
}

// studentLarge returns the log of the two-sided tail for many degrees of freedom
// and t² of at most a quarter of them, without cancellation and in constant time.
//
// With t = e^-s in the integral of the incomplete beta function the integrand is
// e^-νs s^-½ (sinh(s/2)/(s/2))^-½, ν = df/2 - 1/4; the last factor is expanded in
// powers of s², and each term is an incomplete gamma function that follows from
// the one before, the first from erfc. Temme (1996), section 11.3.3; Didonato &
// Morris (1992), equation 9.
func studentLarge(t, df float64) (logP float64) {
	nu := df/2 - 0.25
	from := math.Log1p(t * t / df)
	z := nu * from
	// Γ(α, z) e^z ν^-2n and z^α ν^-2n for α = 2n + 1/2.
	gamma, power := math.Sqrt(math.Pi)*scaledErfc(math.Sqrt(z)), math.Sqrt(z)
	sum, alpha := gamma, 0.5
	for _, coefficient := range sinhSeries[1:] {
		gamma = (alpha+1)/nu*(alpha*gamma+power)/nu + power*from/nu
		power *= from * from
		alpha += 2
		sum += coefficient * gamma
	}
	return -z - 0.5*math.Log(nu) - logBetaHalf(df/2) + math.Log(sum)
}

// sinhSeries are the coefficients of (sinh(s/2)/(s/2))^-½ in powers of s², by
// J. C. P. Miller's recurrence for a power of a series.
var sinhSeries = func() (c [10]float64) {
	var sinh [len(c)]float64
	sinh[0] = 1
	for k := 1; k < len(c); k++ {
		sinh[k] = sinh[k-1] / float64(4*2*k*(2*k+1))
	}
	c[0] = 1
	for n := 1; n < len(c); n++ {
		for k := 1; k <= n; k++ {
			c[n] -= (float64(k)/2 + float64(n-k)) * sinh[k] * c[n-k] / float64(n)
		}
	}
	return c
}()

// scaledErfc returns e^(x²) erfc(x) for x >= 0.
func scaledErfc(x float64) float64 {
	if x < 5 {
		return math.Exp(x*x) * math.Erfc(x)
	}
	return math.Sqrt(2/math.Pi) / millsFraction(x*math.Sqrt2)
}

// millsFraction returns the density of the standard normal distribution at z,
// divided by its tail, by Laplace's continued fraction evaluated backwards: for z
// of 7 or more. Abramowitz & Stegun (1964), 26.2.14.
func millsFraction(z float64) float64 {
	f := z
	for k := 60.0; k >= 1; k-- {
		f = z + k/f
	}
	return f
}

func exact(logP float64) (p, same float64) { return math.Exp(logP), logP }

// logBetaHalf returns ln B(a, 1/2) without the cancellation that the difference
// of two large log-gammas has.
func logBetaHalf(a float64) float64 {
	const logGammaHalf = 0.5723649429247001 // ln Γ(1/2) = ln √π
	return logGammaHalf - logGammaRise(a, 0.5)
}

// logGammaRise returns ln Γ(a+h) - ln Γ(a).
func logGammaRise(a, h float64) float64 {
	if a < 50 {
		high, _ := math.Lgamma(a + h)
		low, _ := math.Lgamma(a)
		return high - low
	}
	// Difference of two Stirling series. Abramowitz & Stegun (1964), 6.1.41.
	return (a-0.5)*math.Log1p(h/a) + h*math.Log(a+h) - h + stirling(a+h) - stirling(a)
}

// stirling returns the correction ln Γ(x) - [(x-1/2) ln x - x + ln √(2π)].
func stirling(x float64) float64 {
	r := 1 / (x * x)
	return (1.0/12 - r*(1.0/360-r*(1.0/1260-r*(1.0/1680-r/1188)))) / x
}

// betaSeries evaluates the series of the incomplete beta function
// I_y(b, a) = y^b (1-y)^a / (b B(a, b)) × Σ (a+b)_k/(b+1)_k y^k, whose terms are
// all positive. Abramowitz & Stegun (1964), 26.5.4.
func betaSeries(b, a, y float64) float64 {
	sum, term := 1.0, 1.0
	for k := 0.0; k < 10_000; k++ {
		term *= (a + b + k) / (b + 1 + k) * y
		sum += term
		if term < sum*1e-17 {
			break
		}
	}
	return sum
}

// betaFraction evaluates the continued fraction of the incomplete beta function
// I_x(a, b) = x^a (1-x)^b / (a B(a, b)) × fraction, by the modified Lentz method;
// it converges fast for x < (a+1)/(a+b+2). Abramowitz & Stegun (1964), 26.5.8.
func betaFraction(a, b, x float64) float64 {
	const tiny = 1e-300
	guard := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c := 1.0
	d := 1 / guard(1-(a+b)*x/(a+1))
	f := d
	for m := 1.0; m < 100_000; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / guard(1+even*d)
		c = guard(1 + even/c)
		f *= c * d
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / guard(1+odd*d)
		c = guard(1 + odd/c)
		f *= c * d
		if math.Abs(c*d-1) < 1e-16 {
			break
		}
	}
	return f
}

// ChiSquareTail returns the probability that a chi-square variable with df
// degrees of freedom exceeds x, and its natural logarithm. O(sqrt(df)).
//
// It is the regularised upper incomplete gamma function Q(df/2, x/2), by its
// series below the mean and its continued fraction above. Abramowitz & Stegun
// (1964), 6.5.29 and 6.5.31.
func ChiSquareTail(x, df float64) (p, logP float64) {
	_, logP = incompleteGamma(df/2, x/2)
	return exact(logP)
}

// FTail returns the probability that an F variable with df1 and df2 degrees of
// freedom exceeds x, and its natural logarithm: I_y(df2/2, df1/2) with
// y = df2/(df2 + df1·x). Abramowitz & Stegun (1964), 26.6.2.
func FTail(x, df1, df2 float64) (p, logP float64) {
	if x <= 0 {
		return 1, 0
	}
	if math.IsInf(x, 1) {
		return 0, math.Inf(-1)
	}
	ratio := df1 / df2 * x
	logP, _ = incompleteBeta(df2/2, df1/2, 1/(1+ratio), ratio/(1+ratio))
	return exact(logP)
}
