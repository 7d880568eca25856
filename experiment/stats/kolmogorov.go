package stats

import (
	"math"
	"slices"
)

// KolmogorovSmirnov asks whether two arms have the same distribution at all, from
// the largest distance between their empirical distribution functions.
type KolmogorovSmirnov struct {
	// Approximate takes the distribution of the one-sample statistic with
	// n·m/(n+m) values for small samples, too.
	Approximate bool
}

// KolmogorovResult is the outcome of a [KolmogorovSmirnov] test.
type KolmogorovResult struct {
	// Distance is the largest difference of the distribution functions.
	Distance float64 `json:"distance"`
	P        float64 `json:"p"`
	Exact    bool    `json:"exact"`
}

// mostExactPaths bounds the grid of the exact distribution.
const mostExactPaths = 4_000_000

// Test compares the values, which it leaves as they are. Up to four million pairs
// the p value is exact, with ties given the values: the share of all orders of
// the values whose distance is at least the observed one, by a walk over the grid
// of counts. Hodges (1957); ties: Schröer & Trenkler (1995). Beyond, it is that of
// the one-sample statistic. O(n·m). The error is an [*InputError].
func (k KolmogorovSmirnov) Test(control, treatment []float64) (KolmogorovResult, error) {
	if err := checkValues("control", control); err != nil {
		return KolmogorovResult{}, err
	}
	if err := checkValues("treatment", treatment); err != nil {
		return KolmogorovResult{}, err
	}
	a, b := slices.Sorted(slices.Values(control)), slices.Sorted(slices.Values(treatment))
	na, nb := float64(len(a)), float64(len(b))
	var r KolmogorovResult
	closed := make([]bool, len(a)+len(b)+1) // after how many values no tie is open
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		x := math.Inf(1)
		if i < len(a) {
			x = a[i]
		}
		if j < len(b) {
			x = min(x, b[j])
		}
		for ; i < len(a) && a[i] == x; i++ {
		}
		for ; j < len(b) && b[j] == x; j++ {
		}
		closed[i+j] = true
		r.Distance = max(r.Distance, math.Abs(float64(i)/na-float64(j)/nb))
	}
	if r.Exact = !k.Approximate && na*nb <= mostExactPaths; r.Exact {
		r.P = exactDistance(r.Distance, len(a), len(b), closed)
	} else {
		r.P = kolmogorovTail(r.Distance, math.Round(na*nb/(na+nb)))
	}
	return r, nil
}

// exactDistance returns the share of all orders of n and m values that reach a
// distance of at least d where no tie is open. From each count (i, j) the walk
// goes on with a value of either arm in proportion to what is left of them.
func exactDistance(d float64, n, m int, closed []bool) float64 {
	limit := d - 1e-9/(float64(n)*float64(m)) // distances are multiples of 1/(n·m)
	reach := make([]float64, m+2)
	for i := n; i >= 0; i-- {
		for j := m; j >= 0; j-- {
			left := float64(n - i + m - j)
			switch {
			case closed[i+j] && math.Abs(float64(i)/float64(n)-float64(j)/float64(m)) >= limit && i+j > 0:
				reach[j] = 1
			case left == 0:
				reach[j] = 0
			default:
				p := 0.0
				if i < n {
					p += float64(n-i) / left * reach[j] // still that of i+1
				}
				if j < m {
					p += float64(m-j) / left * reach[j+1]
				}
				reach[j] = p
			}
		}
	}
	return min(1, reach[0])
}

// kolmogorovTail returns the probability that the one-sample statistic of n values
// is at least d. Ranges of the methods as in Simard & L'Ecuyer (2011).
func kolmogorovTail(d, n float64) float64 {
	x := d * math.Sqrt(n)
	switch {
	case d >= 1:
		return 0
	case d <= 0.5/n:
		return 1
	case x*x >= 4 || n > 140 && x*x >= 2.2:
		return min(1, 2*smirnovTail(d, n)) // both sides at once are too rare to matter
	case n <= 140 || n <= 100_000 && n*d*math.Sqrt(d) <= 1.4:
		return max(0, 1-durbin(d, n))
	}
	return max(0, 1-pelzGood(x, n))
}

// smirnovTail returns the probability that the one-sided statistic is at least d,
// d·Σ C(n, i) (1-d-i/n)^(n-i) (d+i/n)^(i-1). Smirnov (1944).
func smirnovTail(d, n float64) float64 {
	sum := math.Exp(n * math.Log1p(-d))
	for i := 1.0; i <= math.Floor(n*(1-d)); i++ {
		p := d + i/n
		if p >= 1 {
			break
		}
		g1, _ := math.Lgamma(n + 1)
		g2, _ := math.Lgamma(i + 1)
		g3, _ := math.Lgamma(n - i + 1)
		sum += d * math.Exp(g1-g2-g3+(n-i)*math.Log1p(-p)+(i-1)*math.Log(p))
	}
	return sum
}

// durbin returns the distribution function by Durbin's matrix, powered as in
// Marsaglia, Tsang & Wang (2003).
func durbin(d, n float64) float64 {
	k := int(math.Ceil(n * d))
	m := 2*k - 1
	h := float64(k) - n*d
	matrix := make([]float64, m*m)
	for i := range m {
		for j := range m {
			if i-j+1 >= 0 {
				matrix[i*m+j] = 1
			}
		}
	}
	for i := range m {
		matrix[i*m] -= math.Pow(h, float64(i+1))
		matrix[(m-1)*m+i] -= math.Pow(h, float64(m-i))
	}
	if 2*h-1 > 0 {
		matrix[(m-1)*m] += math.Pow(2*h-1, float64(m))
	}
	for i := range m {
		for j := range m {
			for g := 2; g <= i-j+1; g++ {
				matrix[i*m+j] /= float64(g)
			}
		}
	}
	power, exponent := matrixPower(matrix, m, int(n))
	s := power[(k-1)*m+k-1]
	for i := 1.0; i <= n; i++ {
		if s = s * i / n; s < 1e-140 {
			s *= 1e140
			exponent -= 140
		}
	}
	return s * math.Pow(10, float64(exponent))
}

// matrixPower returns the n-th power of a square matrix, scaled by 10^-exponent.
func matrixPower(a []float64, m, n int) (power []float64, exponent int) {
	if n == 1 {
		return a, 0
	}
	half, exponent := matrixPower(a, m, n/2)
	square := matrixProduct(half, half, m)
	exponent *= 2
	if n%2 == 1 {
		square = matrixProduct(a, square, m)
	}
	if square[(m/2)*m+m/2] > 1e140 {
		for i := range square {
			square[i] *= 1e-140
		}
		exponent += 140
	}
	return square, exponent
}

func matrixProduct(a, b []float64, m int) []float64 {
	c := make([]float64, m*m)
	for i := range m {
		for k := range m {
			if x := a[i*m+k]; x != 0 {
				for j := range m {
					c[i*m+j] += x * b[k*m+j]
				}
			}
		}
	}
	return c
}

// pelzGood returns the distribution function for large n, with terms to n^(-3/2).
// Pelz & Good (1976).
func pelzGood(x, n float64) float64 {
	const pi2 = math.Pi * math.Pi
	x2 := x * x
	x4, x6 := x2*x2, x2*x2*x2
	var k0, k1, k2a, k2b, k3a, k3b float64
	for i := 0.0; i < 40; i++ {
		c := i + 0.5
		c2 := c * c
		e := math.Exp(-pi2 * c2 / (2 * x2))
		k0 += e
		k1 += (pi2*c2 - x2) * e
		k2a += (6*x6 + 2*x4 + pi2*(2*x4-5*x2)*c2 + pi2*pi2*(1-2*x2)*c2*c2) * e
		k3a += (-30*x6 - 90*x6*x2 + pi2*(135*x4-96*x6)*c2 + pi2*pi2*(212*x4-60*x2)*c2*c2 + pi2*pi2*pi2*c2*c2*c2*(5-30*x2)) * e
		if i > 0 {
			i2 := i * i
			e := math.Exp(-pi2 * i2 / (2 * x2))
			k2b += pi2 * i2 * e
			k3b += (3*pi2*i2*x2 - pi2*pi2*i2*i2) * e
		}
	}
	root := math.Sqrt(2 * math.Pi)
	f0 := root / x * k0
	f1 := math.Sqrt(math.Pi/2) / (3 * x4) * k1
	f2 := root/(72*x6*x)*k2a - root/(36*x2*x)*k2b
	f3 := root/(6480*x6*x4)*k3a + root/(216*x6)*k3b
	s := math.Sqrt(n)
	return f0 + f1/s + f2/n + f3/(n*s)
}
