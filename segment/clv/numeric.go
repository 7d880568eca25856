package clv

import "math"

// lgamma is ln Γ(x) of x > 0.
func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

func lbeta(a, b float64) float64 { return lgamma(a) + lgamma(b) - lgamma(a+b) }

// series is 2F1(a, b; c; z) for 0 <= z < 1 and c > 0 by its power series; it reports
// false where that converges too slowly.
func series(a, b, c, z float64) (float64, bool) {
	if z > 0.95 {
		return 0, false
	}
	sum, term := 1.0, 1.0
	for n := 0.0; n < 2000; n++ {
		term *= (a + n) / (c + n) * (b + n) / (n + 1) * z
		sum += term
		if math.Abs(term) < 1e-17*math.Abs(sum) {
			return sum, true
		}
	}
	return 0, false
}

// overBeta is the mean of f over p distributed as Beta(a, b), by the trapezoidal rule in the
// logit of p. f gets p and is analytic but for singularities on the negative axis.
func overBeta(a, b float64, f func(p float64) float64) float64 {
	h := min(0.25, 0.6/math.Sqrt(1+min(a, b)))
	mode := math.Log(a / b)
	norm := -lbeta(a, b)
	sum := 0.0
	density := func(u float64) (float64, float64) {
		// ln p = -ln(1+e^-u), ln(1-p) = -ln(1+e^u)
		lp, lq := -softplus(-u), -softplus(u)
		return math.Exp(norm + a*lp + b*lq), math.Exp(lp)
	}
	for side := -1.0; side <= 1; side += 2 {
		for i := 0; i < 100_000; i++ {
			if side > 0 && i == 0 {
				continue
			}
			w, p := density(mode + side*float64(i)*h)
			v := w * f(p)
			if sum += v; math.Abs(v) <= 1e-18*math.Abs(sum) && i > 2 {
				break
			}
		}
	}
	return sum * h
}

// softplus is ln(1+e^x).
func softplus(x float64) float64 {
	if x > 40 {
		return x
	}
	return math.Log1p(math.Exp(x))
}

// overGamma is the mean of f over λ distributed as Gamma(k, rate), by the trapezoidal rule in
// the logarithm of λ.
func overGamma(k, rate float64, f func(lambda float64) float64) float64 {
	h := min(0.2, 0.6/math.Sqrt(1+k))
	mode := math.Log(k / rate)
	norm := k*math.Log(rate) - lgamma(k)
	sum := 0.0
	for side := -1.0; side <= 1; side += 2 {
		for i := 0; i < 100_000; i++ {
			if side > 0 && i == 0 {
				continue
			}
			u := mode + side*float64(i)*h
			lambda := math.Exp(u)
			w := math.Exp(norm + k*u - rate*lambda)
			v := w * f(lambda)
			if sum += v; v <= 1e-18*sum && i > 2 {
				break
			}
		}
	}
	return sum * h
}

// fraction is 2F1(1, b; c; z) for c > b > 0 and z < 1 by Gauss's continued fraction
// (Abramowitz and Stegun 15.3.5 and Wall, Analytic Theory of Continued Fractions, §89),
// evaluated by the modified Lentz method.
func fraction(b, c, z float64) float64 {
	const tiny = 1e-300
	f, cc, d := 1.0, 1.0, 0.0
	for n := 1; n < 100_000; n++ {
		var k float64
		i := float64((n - 1) / 2)
		if n%2 == 1 {
			k = (b + i) * (c - 1 + i) / ((c + 2*i - 1) * (c + 2*i))
		} else {
			k = (i + 1) * (c - b + i) / ((c + 2*i) * (c + 2*i + 1))
		}
		e := -k * z
		if d = 1 + e*d; d == 0 {
			d = tiny
		}
		if cc = 1 + e/cc; cc == 0 {
			cc = tiny
		}
		d = 1 / d
		delta := cc * d
		f *= delta
		if math.Abs(delta-1) < 1e-16 {
			break
		}
	}
	return 1 / f
}

// legendre16 are the nodes and weights of Gauss-Legendre quadrature on [-1, 1].
var legendre16 = [8][2]float64{
	{0.09501250983763744018531934, 0.18945061045506849628539672}, {0.28160355077925891323046050, 0.18260341504492358886676367},
	{0.45801677765722738634241944, 0.16915651939500253818931208}, {0.61787624440264374844667176, 0.14959598881657673208150173},
	{0.75540440835500303389510119, 0.12462897125553387205247628}, {0.86563120238783174388046790, 0.09515851168249278480992511},
	{0.94457502307323257607798842, 0.06225352393864789286284383}, {0.98940093499164993259615417, 0.02715245941175409485178057},
}
