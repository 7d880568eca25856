package forecast

import (
	"math"
	"slices"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// cycle is a season that a model takes out of the series before it and puts
// back after it. A place of a multiplicative one that never has a demand, such as a
// closed weekday, is closed: its index is zero, and what a model sees there, of
// which nothing can be told, is what it expects.
type cycle struct {
	index          []float64 // one per season, none without
	multiplicative bool
	next           int // number of observations
}

// take removes the seasons from y, where the season is significant or tells when
// demand comes, and keeps them: by division where no value is negative and every place
// of the season has a demand or never had one, else by subtraction. In y closed places
// get what lies between their neighbors. It reports false, and does nothing,
// where there are none. It uses the memory of f for the trend.
func (c *cycle) take(f *Fit, y []float64, seasons int) bool {
	c.index, c.multiplicative, c.next = c.index[:0], true, len(y)
	if seasons < 2 || !seasonal(y, seasons) && !comesInSeason(y, seasons) {
		return false
	}
	for _, v := range y {
		c.multiplicative = c.multiplicative && v >= 0
	}
	f.trend = centeredAverage(f.trend, y, seasons)
	c.index = seasonalIndices(c.index, y, f.trend, seasons/2, seasons, c.multiplicative)
	for k, s := range c.index {
		if !c.multiplicative || s > 1e-10 && s < math.MaxFloat64 {
			continue
		}
		if c.index[k] = 0; !(s < math.MaxFloat64) || demanded(y, k, seasons) {
			c.multiplicative = false
			c.index = seasonalIndices(c.index, y, f.trend, seasons/2, seasons, false)
		}
	}
	for i, v := range y {
		y[i] = c.without(v, i, math.NaN())
	}
	if c.closes() {
		bridgeClosed(y)
	}
	return true
}

// demanded reports whether a place of the season ever had a demand.
func demanded(y []float64, place, seasons int) bool {
	for i := place; i < len(y); i += seasons {
		if y[i] != 0 {
			return true
		}
	}
	return false
}

// bridgeClosed puts lines where closed places left NaN.
func bridgeClosed(y []float64) {
	level, last := []float64{0}, -1
	for i, v := range y {
		if !math.IsNaN(v) {
			bridge(y, level, last, i)
			last = i
		}
	}
	if last >= 0 {
		bridge(y, level, last, len(y))
	}
}

// closes reports whether the season has closed places, and closed whether that of
// observation i is one.
func (c *cycle) closes() bool { return c.multiplicative && slices.Contains(c.index, 0) }

func (c *cycle) closed(i int) bool {
	return len(c.index) > 0 && c.multiplicative && c.index[i%len(c.index)] == 0
}

// put puts the season of observation i on a value.
func (c *cycle) put(value float64, i int) float64 {
	switch {
	case len(c.index) == 0:
		return value
	case c.multiplicative:
		return value * c.index[i%len(c.index)]
	default:
		return value + c.index[i%len(c.index)]
	}
}

// without takes the season of observation i from a value; that of a closed place is what
// is expected.
func (c *cycle) without(value float64, i int, expected float64) float64 {
	switch {
	case len(c.index) == 0:
		return value
	case c.closed(i):
		return expected
	case c.multiplicative:
		return value / c.index[i%len(c.index)]
	default:
		return value - c.index[i%len(c.index)]
	}
}

// scale is the factor on the errors of the h-th period to come.
func (c *cycle) scale(h int) float64 {
	if len(c.index) > 0 && c.multiplicative {
		return c.index[(c.next+h-1)%len(c.index)]
	}
	return 1
}

// seasonal is the test of the M competitions: whether the autocorrelation at
// the season is beyond 1.645 standard errors of Bartlett's formula.
func seasonal(values []float64, seasons int) bool {
	n := len(values)
	if n <= 2*seasons {
		return false
	}
	mean := average(values)
	variance := 0.0
	for _, y := range values {
		variance += float64((y - mean) * (y - mean))
	}
	if variance == 0 {
		return false
	}
	correlation := func(lag int) float64 {
		sum := 0.0
		for i := lag; i < n; i++ {
			sum += float64((values[i] - mean) * (values[i-lag] - mean))
		}
		return sum / variance
	}
	squares := 0.0
	for lag := 1; lag < seasons; lag++ {
		r := correlation(lag)
		squares += float64(r * r)
	}
	limit := normal.Quantile(0.95) * math.Sqrt((1+2*squares)/float64(n))
	return math.Abs(correlation(seasons)) > limit
}
