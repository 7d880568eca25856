package forecast

import (
	"math"
	"math/rand/v2"
)

// countRanges are the ranges of a demand in whole units of which only mean and
// variance are known: those of the negative binomial law with these.
type countRanges struct{}

// inWholeUnits reports whether all observations count units.
func (s *Series) inWholeUnits() bool {
	for _, y := range s.Values {
		if !(y >= 0 && y <= MaxCount && y == math.Trunc(y)) {
			return false
		}
	}
	return true
}

func (countRanges) quantiles(f *Fit, dst [][]float64, mean, probabilities []float64) {
	if len(dst) == 0 {
		return
	}
	variance := dst[0] // until it is filled
	f.variance(variance, mean)
	for h, m := range mean {
		law := countLaw{m, variance[h], 0}
		for i, p := range probabilities {
			dst[i][h] = law.quantile(p)
		}
	}
}

// sample draws each period by itself: what is known by mean and variance alone
// has errors that do not last.
func (countRanges) sample(f *Fit, all [][]float64, random *rand.Rand) {
	mean, variance := make([]float64, len(all[0])), make([]float64, len(all[0]))
	f.process.mean(mean)
	f.variance(variance, mean)
	for _, path := range all {
		for h := range path {
			path[h] = countLaw{mean[h], variance[h], 0}.quantile(random.Float64())
		}
	}
}

// countLaw is zero with probability zeros, else Poisson or negative binomial.
type countLaw struct {
	mean, variance float64 // of all, and after inflated of the part that is not zero for sure
	zeros          float64
}

// inflated returns the law with mean and variance of its part beside the zeros.
func (l countLaw) inflated() countLaw {
	if l.zeros > 0 {
		// Var = (1-ω)·v + ω·(1-ω)·m² where m and v are those of the part.
		l.mean /= 1 - l.zeros
		l.variance = l.variance/(1-l.zeros) - float64(l.zeros*l.mean*l.mean)
	}
	return l
}

// log returns the logarithm of the probability of y.
func (l countLaw) log(y float64) float64 {
	p := l.part(y)
	switch {
	case l.zeros == 0:
		return p
	case y == 0:
		return math.Log(l.zeros + float64((1-l.zeros)*math.Exp(p)))
	}
	return math.Log1p(-l.zeros) + p
}

func (l countLaw) part(y float64) float64 {
	factorial, _ := math.Lgamma(y + 1)
	excess := l.variance/l.mean - 1
	if !(excess > 1e-6) { // Poisson
		return float64(y*math.Log(l.mean)) - l.mean - factorial
	}
	r := l.mean / excess
	a, _ := math.Lgamma(y + r)
	b, _ := math.Lgamma(r)
	return a - b - factorial - float64(r*math.Log1p(excess)) + float64(y*(math.Log(excess)-math.Log1p(excess)))
}

// quantile is the least number of units that is not exceeded with probability p.
func (l countLaw) quantile(p float64) float64 {
	if !(l.mean > 0) {
		return 0
	}
	p = (p - l.zeros) / (1 - l.zeros)
	if p <= 0 {
		return 0
	}
	excess := l.variance/l.mean - 1
	deviation := math.Sqrt(max(l.variance, l.mean))
	k, probability, sum := 0.0, 0.0, 0.0
	if log := l.part(0); log > -600 {
		probability = math.Exp(log)
	} else {
		// Far from zero: what is more than nine deviations below the mean has a
		// probability of less than 1e-18.
		k = math.Floor(max(l.mean-float64(9*deviation), 0))
		probability = math.Exp(l.part(k))
	}
	limit := l.mean + float64(1e4*deviation) + 100
	for {
		if sum += probability; sum >= p || k > limit {
			return k
		}
		if !(excess > 1e-6) {
			probability *= l.mean / (k + 1)
		} else {
			r := l.mean / excess
			probability *= (k + r) / (k + 1) * (excess / (1 + excess))
		}
		if k++; probability == 0 && k > l.mean {
			return k
		}
	}
}
