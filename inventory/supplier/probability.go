package supplier

import "math"

// The probabilities of this file follow Loader (2000), Fast and accurate
// computation of binomial probabilities: a saddle-point form in which nothing
// cancels, so that they hold ten digits for samples of a billion.

var smallStirling = func() (table [16]float64) {
	for i := 1; i < len(table); i++ {
		x := float64(i)
		g, _ := math.Lgamma(x + 1)
		table[i] = g - (float64((x+0.5)*math.Log(x)) - x + 0.5*math.Log(2*math.Pi))
	}
	return table
}()

// stirlingError returns ln n! - ln(√(2πn)·(n/e)^n).
func stirlingError(n float64) float64 {
	if n < 16 {
		return smallStirling[int(n)]
	}
	s := 1 / (n * n)
	return (1.0/12 - s*(1.0/360-s*(1.0/1260-s*(1.0/1680-s/1188)))) / n
}

// deviance returns x·ln(x/m) + m - x.
func deviance(x, m float64) float64 {
	if math.Abs(x-m) < 0.1*(x+m) {
		v := (x - m) / (x + m)
		s := (x - m) * v
		e := 2 * x * v
		v *= v
		for j := 3.0; ; j += 2 {
			e *= v
			next := s + e/j
			if next == s {
				return s
			}
			s = next
		}
	}
	return float64(x*math.Log(x/m)) + m - x
}

// binomialAt returns P(X = x) of a binomial variable; n and x are whole.
func binomialAt(x, n, p float64) float64 {
	q := 1 - p
	switch {
	case x < 0 || x > n:
		return 0
	case p <= 0:
		return indicator(x == 0)
	case q <= 0:
		return indicator(x == n)
	case x == 0:
		return math.Exp(n * math.Log1p(-p))
	case x == n:
		return math.Exp(n * math.Log(p))
	}
	l := stirlingError(n) - stirlingError(x) - stirlingError(n-x) - deviance(x, n*p) - deviance(n-x, n*q)
	return math.Exp(l) * math.Sqrt(n/(2*math.Pi*x*(n-x)))
}

func poissonAt(x, mean float64) float64 {
	switch {
	case x < 0:
		return 0
	case mean <= 0:
		return indicator(x == 0)
	case x == 0:
		return math.Exp(-mean)
	}
	return math.Exp(-stirlingError(x)-deviance(x, mean)) / math.Sqrt(2*math.Pi*x)
}

// hypergeometricAt returns the probability of x defectives in a sample of n from
// a lot with the given numbers of bad and good units.
func hypergeometricAt(x, n, bad, good float64) float64 {
	if x < 0 || x > bad || n-x < 0 || n-x > good {
		return 0
	}
	if n == 0 || n == bad+good {
		return 1
	}
	p := n / (bad + good)
	return binomialAt(x, bad, p) * binomialAt(n-x, good, p) / binomialAt(n, bad+good, p)
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

const negligible = 1e-17

// binomialLower returns P(X <= c). O(min(c, √n)).
func binomialLower(c, n int, p float64) float64 {
	switch {
	case c < 0:
		return 0
	case c >= n || p <= 0:
		return 1
	case p >= 1:
		return 0
	}
	k, m, odds := float64(c), float64(n), p/(1-p)
	if k < (m+1)*p {
		sum, term := 1.0, 1.0
		for ; k > 0 && term > negligible*sum; k-- {
			term *= k / ((m - k + 1) * odds)
			sum += term
		}
		return binomialAt(float64(c), m, p) * sum
	}
	k++
	sum, term := 1.0, 1.0
	for ; k < m && term > negligible*sum; k++ {
		term *= (m - k) * odds / (k + 1)
		sum += term
	}
	return 1 - binomialAt(float64(c+1), m, p)*sum
}

// poissonLower returns P(X <= c).
func poissonLower(c int, mean float64) float64 {
	if c < 0 {
		return 0
	}
	if mean <= 0 {
		return 1
	}
	k := float64(c)
	if k < mean {
		sum, term := 1.0, 1.0
		for ; k > 0 && term > negligible*sum; k-- {
			term *= k / mean
			sum += term
		}
		return poissonAt(float64(c), mean) * sum
	}
	k++
	sum, term := 1.0, 1.0
	for ; term > negligible*sum; k++ {
		term *= mean / (k + 1)
		sum += term
	}
	return 1 - poissonAt(float64(c+1), mean)*sum
}

// hypergeometricLower returns P(X <= c) for a sample of n from lot units of which
// bad are defective.
func hypergeometricLower(c, n, bad, lot int) float64 {
	least, most := max(0, n-(lot-bad)), min(n, bad)
	switch {
	case c < least:
		return 0
	case c >= most:
		return 1
	}
	k, m, b, g := float64(c), float64(n), float64(bad), float64(lot-bad)
	if k < (m+1)*(b+1)/(b+g+2) {
		sum, term := 1.0, 1.0
		for ; k > float64(least) && term > negligible*sum; k-- {
			term *= k * (g - m + k) / ((b - k + 1) * (m - k + 1))
			sum += term
		}
		return hypergeometricAt(float64(c), m, b, g) * sum
	}
	k++
	sum, term := 1.0, 1.0
	for ; k < float64(most) && term > negligible*sum; k++ {
		term *= (b - k) * (m - k) / ((k + 1) * (g - m + k + 1))
		sum += term
	}
	return 1 - hypergeometricAt(float64(c+1), m, b, g)*sum
}
