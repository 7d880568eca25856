package stats

import "math"

// Fisher compares two conversion rates by the exact test that conditions on the
// margins of the table: valid at any size, and conservative at small ones.
// Fisher (1935). The zero value is the two-sided test.
type Fisher struct {
	Alternative Alternative
}

// Test returns the p value and its natural logarithm. Two-sided, it adds the
// probabilities of all tables that are not more probable than the observed one.
// The cost grows with the standard deviation of the table's cell, not with the
// number of units. The error is an [*InputError].
func (f Fisher) Test(control, treatment Proportion) (p, logP float64, err error) {
	if err := f.Alternative.check(); err != nil {
		return 0, 0, err
	}
	if err := control.check("control"); err != nil {
		return 0, 0, err
	}
	if err := treatment.check("treatment"); err != nil {
		return 0, 0, err
	}
	h := hypergeometric{
		drawn: float64(treatment.Trials), successes: float64(treatment.Successes) + float64(control.Successes),
		total: float64(treatment.Trials) + float64(control.Trials),
	}
	x := float64(treatment.Successes)
	switch f.Alternative {
	case Greater:
		logP = h.logTail(x, 1)
	case Less:
		logP = h.logTail(x, -1)
	default:
		logP = h.logTwoSided(x)
	}
	logP = min(0, logP)
	return math.Exp(logP), logP, nil
}

// hypergeometric is the number of successes among drawn of total units.
type hypergeometric struct{ drawn, successes, total float64 }

func (h hypergeometric) bounds() (low, high float64) {
	return max(0, h.drawn+h.successes-h.total), min(h.drawn, h.successes)
}

func (h hypergeometric) mode() float64 {
	return math.Floor((h.drawn + 1) * (h.successes + 1) / (h.total + 2))
}

// logDensity is by Loader's (2000) form: three binomial densities at the common
// rate, so that no large logarithms cancel.
func (h hypergeometric) logDensity(x float64) float64 {
	p, q := h.drawn/h.total, (h.total-h.drawn)/h.total
	return logBinomial(x, h.successes, p, q) + logBinomial(h.drawn-x, h.total-h.successes, p, q) - logBinomial(h.drawn, h.total, p, q)
}

// logBinomial returns the log probability of x successes in n trials, q = 1-p.
func logBinomial(x, n, p, q float64) float64 {
	switch {
	case n == 0:
		return 0
	case x == 0:
		return n * math.Log(q)
	case x == n:
		return n * math.Log(p)
	}
	d := n*p - x
	return x*logRatio(n*p, x, d) + (n-x)*logRatio(n*q, n-x, -d) +
		stirlingError(n) - stirlingError(x) - stirlingError(n-x) - 0.5*math.Log(2*math.Pi*x/n*(n-x))
}

// ratio returns P(x+1)/P(x).
func (h hypergeometric) ratio(x float64) float64 {
	return (h.successes - x) / (x + 1) * (h.drawn - x) / (h.total - h.successes - h.drawn + x + 1)
}

// sum returns Σ P(i)/P(x) from i = x in the given direction, away from the mode,
// to the end of the support. The terms fall ever faster, so that it stops once
// the rest cannot matter.
func (h hypergeometric) sum(x, direction float64) float64 {
	low, high := h.bounds()
	total, term := 1.0, 1.0
	for i := x; direction > 0 && i < high || direction < 0 && i > low; i += direction {
		r := h.ratio(i)
		if direction < 0 {
			r = 1 / h.ratio(i-1)
		}
		term *= r
		total += term
		if term < total*1e-17*(1-r) {
			break
		}
	}
	return total
}

// logTail returns the log probability of x and all values beyond it. On the
// mode's near side it takes the complement, so that sums are over falling terms.
func (h hypergeometric) logTail(x, direction float64) float64 {
	if (x-h.mode())*direction >= 0 {
		return h.logDensity(x) + math.Log(h.sum(x, direction))
	}
	before := x - direction
	if low, high := h.bounds(); before < low || before > high {
		return 0
	}
	return logComplement(min(0, h.logDensity(before)+math.Log(h.sum(before, -direction))))
}

// logTwoSided adds to the tail beyond x the tables of the other tail that are
// not more probable, with R's allowance for rounding.
func (h hypergeometric) logTwoSided(x float64) float64 {
	const allowance = 1e-7
	low, high := h.bounds()
	mode, limit := h.mode(), h.logDensity(x)+allowance
	if h.logDensity(mode) <= limit {
		return 0
	}
	direction, inside, outside := 1.0, mode, low-1
	if x < mode {
		direction, outside = -1, high+1
	}
	// Bisection for the first table of the far tail within the limit.
	for math.Abs(outside-inside) > 1 {
		middle := math.Floor((inside + outside) / 2)
		if middle >= low && middle <= high && h.logDensity(middle) > limit {
			inside = middle
		} else {
			outside = middle
		}
	}
	near := h.logTail(x, direction)
	if outside < low || outside > high {
		return near
	}
	return logSum(near, h.logTail(outside, -direction))
}

// logSum returns ln(e^a + e^b).
func logSum(a, b float64) float64 {
	a, b = max(a, b), min(a, b)
	if math.IsInf(a, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}
