package forecast

import (
	"math"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// Total returns the mean and the standard deviation of the sum of the next
// horizon periods: the demand that an order must last for. It accounts for
// errors that persist, so that it grows faster than the root of the horizon
// where the level moves. For models with relative errors, whose periods have
// no simple covariance, it takes the periods as fully dependent, the safe side. Where no
// observation was negative the mean counts no period below zero. A stock level needs the
// whole law, not a normal factor on the deviation: see [Fit.TotalDemand].
func (f *Fit) Total(horizon int) (mean, sd float64, err error) {
	if err := f.checkHorizon(horizon); err != nil {
		return 0, 0, err
	}
	buffer := make([]float64, 2*horizon)
	means, variances := buffer[:horizon], buffer[horizon:]
	f.process.mean(means)
	for h, m := range means {
		if m = f.added.on(h, m); f.demand {
			m = max(m, 0)
		}
		mean += m
	}
	if b, ok := f.shape.(briefRanges); ok {
		sd = b.total(horizon, f.added.factor)
	} else if r, ok := f.process.(relative); ok {
		r.variance(variances, means, f.Sigma)
		if t, ok := r.(totalled); ok {
			sd = t.total(means, variances, f.added.factor)
			return mean, sd, f.checkFinite([]float64{mean, sd})
		}
		for h, v := range variances {
			sd += float64(math.Sqrt(v) * f.added.factor(h))
		}
	} else {
		sd = f.Sigma * math.Sqrt(f.totalVariance(horizon))
	}
	return mean, sd, f.checkFinite([]float64{mean, sd})
}

// totalVariance is the variance of the sum of horizon periods at Sigma 1.
func (f *Fit) totalVariance(horizon int) float64 {
	// The error of period k moves the total by s(k) + Σ s(k+j)·w(j) over the
	// periods k+j after it. Without seasons that depends on horizon-k alone.
	p := f.process
	sum, shared, moved, plain := 0.0, 0.0, 0.0, true
	for h := 1; h <= horizon; h++ {
		scale := f.scale(h)
		plain = plain && scale == 1
		shared += float64(scale * p.estimation(h))
		if h == 1 {
			moved = 1
		} else {
			moved += p.weight(h - 1)
		}
		sum += float64(moved * moved)
	}
	if !plain {
		sum = 0
		for k := 1; k <= horizon; k++ {
			moved := f.scale(k)
			for j := 1; k+j <= horizon; j++ {
				moved += float64(f.scale(k+j) * p.weight(j))
			}
			sum += float64(moved * moved)
		}
	}
	return sum + float64(shared*shared)
}

// scale is the factor on the errors of the period h ≥ 1 periods ahead.
func (f *Fit) scale(h int) float64 { return f.process.scale(h) * f.added.factor(h-1) }

// TotalDemand is the law of the sum of the periods to come, with the tails that the
// errors of the model have. It is a Distribution of package replenish. Where no
// observation of the series was negative, no total is. The zero value is a demand of
// nothing.
type TotalDemand struct {
	// Mean is the expected sum, and SD half the width of the interval that 68 % of it
	// lie in.
	Mean, SD float64

	counts  *countLaw // the law of whole units, where that is it
	tail    float64   // weight of Student's t with four degrees of freedom beside the normal law
	demand  bool      // never below zero
	beneath float64   // mean of what the law has below zero, which counts as zero
}

// TotalDemand returns the law of the sum of the next horizon periods: what [Fit.Total]
// gives mean and deviation of. It has the tails of the intervals of [Fit.Forecast], and
// counts whole units where those do; the law of a [Bootstrap] or [Conformal] is that of
// its model.
func (f *Fit) TotalDemand(horizon int) (TotalDemand, error) {
	mean, sd, err := f.Total(horizon)
	if err != nil {
		return TotalDemand{}, err
	}
	d := TotalDemand{Mean: mean, SD: sd, demand: f.demand}
	switch f.shape.(type) {
	case countRanges, *counts:
		d.counts = &countLaw{mean: mean, variance: sd * sd}
		return d, nil
	case briefRanges:
		d.tail = 1
	}
	if c, ok := f.process.(*combination); ok {
		d.tail = c.tail()
	}
	if d.demand {
		d.beneath = d.leftover(0)
	}
	return d, nil
}

// Quantile returns the level that the total stays at or below with probability p, in
// (0, 1).
func (d TotalDemand) Quantile(p float64) float64 {
	if d.counts != nil {
		return d.counts.quantile(p)
	}
	q := d.Mean + float64(d.SD*standardized(d.tail, p))
	if d.demand {
		q = max(q, 0)
	}
	return q
}

// Shortage returns the mean of what the total exceeds a level by.
func (d TotalDemand) Shortage(level float64) float64 {
	if d.counts != nil {
		return d.counts.shortage(level)
	}
	if d.demand && level < 0 { // nothing of the law lies between
		return d.Shortage(0) - level
	}
	return d.shortage(level)
}

// Leftover returns the mean of what of a level the total does not use.
func (d TotalDemand) Leftover(level float64) float64 {
	if d.counts != nil {
		return level - d.Mean + d.counts.shortage(level)
	}
	if d.demand {
		if level <= 0 {
			return 0
		}
		return d.leftover(level) - d.beneath
	}
	return d.leftover(level)
}

func (d *TotalDemand) leftover(level float64) float64 { return level - d.Mean + d.shortage(level) }

// shortage is that of the law without a bound. Its quantiles are those of two laws
// added up, so that what exceeds a quantile of it is what exceeds those of the two
// (Dhaene, Denuit, Goovaerts, Kaas & Vyncke, 2002, theorem 6).
func (d *TotalDemand) shortage(level float64) float64 {
	if d.SD == 0 {
		return max(d.Mean-level, 0)
	}
	z := (level - d.Mean) / d.SD
	if d.tail == 0 {
		return d.SD * normal.Loss(z)
	}
	p := probabilityOf(d.tail, z)
	if p <= 0 {
		return d.Mean - level
	}
	if p >= 1 {
		return 0
	}
	t := studentQuantile(p)
	return d.SD * (float64((1-d.tail)*normal.Loss(normalQuantile(p))) + float64(d.tail/tailAtOne*studentLoss(t)))
}

// standardized is the quantile of the law of the errors: Student's t, in units of its
// share within one deviation, with the weight tail, and the normal law.
func standardized(tail, p float64) float64 {
	if tail == 0 {
		return normalQuantile(p)
	}
	t := studentQuantile(p) / tailAtOne
	if tail == 1 {
		return t
	}
	return float64(tail*t) + float64((1-tail)*normalQuantile(p))
}

// probabilityOf is the inverse of standardized in p.
func probabilityOf(tail, z float64) float64 {
	if tail == 1 {
		return studentProbability(z * tailAtOne)
	}
	// Between the probabilities of the two laws, in the tail that is exact.
	if z > 0 {
		return 1 - probabilityOf(tail, -z)
	}
	low, high := normal.Lower(z), studentProbability(z*tailAtOne)
	low, high = min(low, high), max(low, high)
	if tail > 1 { // beyond Student's t
		low, high = 0, 0.5
	}
	for range 200 {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			break
		}
		if standardized(tail, middle) < z {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// studentQuantile is that of Student's t with four degrees of freedom (Shaw, 2006,
// equation 36).
func studentQuantile(p float64) float64 {
	a := 4 * p * (1 - p)
	if a <= 0 {
		return math.Copysign(math.MaxFloat64, p-0.5)
	}
	root := math.Sqrt(a)
	q := math.Cos(math.Acos(min(root, 1))/3) / root
	return math.Copysign(2*math.Sqrt(max(q-1, 0)), p-0.5)
}

// studentProbability is that of at most x under Student's t with four degrees of
// freedom (Shaw, 2006, equation 35), written so that the lower tail keeps its digits.
func studentProbability(x float64) float64 {
	if x > 0 {
		return 1 - studentProbability(-x)
	}
	root := math.Sqrt(float64(x*x) + 4)
	u := 4 / ((root - x) * root)
	return 0.75 * u * u * (1 - u/3)
}

// studentLoss is the mean of what exceeds t under Student's t with four degrees of
// freedom: (4+t²)/3·f(t) - t·(1-F(t)) with its density f.
func studentLoss(t float64) float64 {
	square := float64(t*t) + 4
	density := 12 / (square * square * math.Sqrt(square))
	return square/3*density - float64(t*studentProbability(-t))
}

// shortage is the mean of what exceeds a level.
func (l countLaw) shortage(level float64) float64 {
	if !(l.mean > 0) {
		return max(-level, 0)
	}
	if level <= 0 {
		return l.mean - level
	}
	// The mean of what exceeds is the mean less what is within.
	short, k := l.mean-level, 0.0
	last := math.Ceil(level)
	from := math.Floor(max(l.mean-float64(12*math.Sqrt(max(l.variance, l.mean))), 0))
	for k = from; k < last; k++ {
		p := math.Exp(l.part(k))
		short += float64((level - k) * p)
		if k > l.mean && p < 1e-18 {
			break
		}
	}
	return max(short, 0)
}
