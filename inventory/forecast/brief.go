package forecast

import "math"

// briefRanges are the ranges of a series of fewer observations than [Auto] combines
// methods for: the errors in sample of what was fitted to them tell next to nothing. In
// units of the root mean square d of the differences, with g = log₂ of the same over two
// periods by d (1 for a line, a half for a random walk, 0 for noise) and v = d by the mean
// magnitude of the series, at most 1, the deviation h periods ahead is
//
//	d · exp(briefBase + briefVaries·v) · (7/n)^briefLength · h^max(0, briefReach + briefSlope·g + briefReturns·v)
//
// and errors have the tails of Student's t with four degrees of freedom. The figures are
// those of least squares on the logarithms of the errors of all M3 series, yearly,
// quarterly, monthly and other, cut to their last 3 to 9 observations. A series whose
// steps are as large as its level does not wander but returns, or it would be below zero
// soon: without v the ranges of retail demand, of which steps are as large as the level
// and M3 has next to none, were two thirds too wide.
type briefRanges struct{ unit, growth float64 }

const (
	briefBase    = 0.25
	briefVaries  = -0.37
	briefLength  = 0.33
	briefReach   = 0.32
	briefSlope   = 0.44
	briefReturns = -0.72
)

// briefly returns the ranges of a short series; false where it does not vary.
func briefly(values []float64) (briefRanges, bool) {
	n := len(values)
	rms := func(lag int) float64 {
		if n <= lag {
			return 0
		}
		sum := 0.0
		for i := lag; i < n; i++ {
			sum += float64((values[i] - values[i-lag]) * (values[i] - values[i-lag]))
		}
		return math.Sqrt(sum / float64(n-lag))
	}
	one, two := rms(1), rms(2)
	if one == 0 {
		return briefRanges{}, false
	}
	g := min(max(math.Log2(two/one), 0), 1) // -Inf for two observations
	if n == 2 {
		g = 0.5
	}
	level := 0.0 // not zero, since the series varies
	for _, y := range values {
		level += math.Abs(y) / float64(n)
	}
	v := min(one/level, 1)
	return briefRanges{
		unit:   one * math.Exp(briefBase+float64(briefVaries*v)) * math.Pow(7/float64(n), briefLength),
		growth: max(0, briefReach+float64(briefSlope*g)+float64(briefReturns*v)),
	}, true
}

func (b briefRanges) deviation(h int) float64 { return b.unit * math.Pow(float64(h+1), b.growth) }

func (b briefRanges) quantiles(_ *Fit, dst [][]float64, mean, probabilities []float64) {
	for i, p := range probabilities {
		z := standardized(1, p)
		for h, m := range mean {
			dst[i][h] = m + float64(z*b.deviation(h))
		}
	}
}

// weights fills weight with what an error moves the periods after it, in units of the
// deviation of the first period.
func (b briefRanges) weights(weight []float64) {
	variance, scale := make([]float64, len(weight)), make([]float64, len(weight))
	for h := range variance {
		d := b.deviation(h)
		variance[h], scale[h] = d*d, 1
	}
	remember(variance, scale, weight)
}

// total is the deviation of the sum of periods, each multiplied by its factor.
func (b briefRanges) total(horizon int, factor func(int) float64) float64 {
	weight, sum := make([]float64, horizon), 0.0
	b.weights(weight)
	for k := range horizon {
		moved := factor(k)
		for j := 1; k+j < horizon; j++ {
			moved += float64(factor(k+j) * weight[j])
		}
		sum += float64(moved * moved)
	}
	return b.deviation(0) * math.Sqrt(sum)
}
