package forecast

import (
	"math"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// Theta is the method that won the M3 competition (Assimakopoulos &
// Nikolopoulos, 2000) in its form as simple exponential smoothing with half the
// slope of the series as drift (Hyndman & Billah, 2003). A series whose
// autocorrelation at the season is significant is divided by its classical
// seasonal indices first, or has them subtracted where a value is negative.
// It forecasts as R's forecast::thetaf does. Parameters are "alpha", "level" and
// "drift"; Sigma is that of the smoothing, in units without season.
type Theta struct {
	// Alpha is the smoothing parameter, in (0, 1]; 0 estimates it.
	Alpha float64
}

// Fit implements [Model].
func (m Theta) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n), with some 20 passes.
func (m Theta) FitTo(dst *Fit, s Series) error {
	if err := checkSetting("Theta", "alpha", m.Alpha); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	dst.reset("Theta", &s)
	p := reuse[theta](dst)
	seasons := s.season()
	p.season, p.multiplicative = p.season[:0], false
	y := append(dst.scratch[:0], s.Values...)
	dst.scratch = y
	if seasons > 1 && !(seasonal(s.Values, seasons) && p.takeSeason(y, seasons)) {
		dst.warn(WarnNoSeason)
	}
	o := sesObjective{values: y, origin: y[0]}
	if p.alpha = m.Alpha; p.alpha == 0 {
		p.alpha = o.estimate()
	}
	start := o.level(p.alpha)
	_, slope := line(y)
	p.drift = slope / 2
	dst.parameter("alpha", p.alpha, m.Alpha == 0)
	dst.parameter("level", start, true)
	dst.parameter("drift", p.drift, true)

	// The drift that smoothing lags behind, drift·(1 - (1-α)^t)/α, grows from
	// one period to the next as a level of its own.
	fitted := dst.fitted(0, len(y))
	p.level, p.lag = start, 0
	sse := 0.0
	for i, v := range y {
		e := v - p.level
		sse += float64(e * e)
		fitted[i] = p.withSeason(p.level+p.lag, i)
		p.level += float64(p.alpha * e)
		p.lag = float64((1-p.alpha)*p.lag) + p.drift
	}
	p.next = len(y)
	dst.setSigma(sse, len(y), 2)
	return nil
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

// theta is the state of [Theta].
type theta struct {
	alpha, level   float64
	drift, lag     float64
	season         []float64
	multiplicative bool
	next           int // number of observations
}

// takeSeason removes the seasons from y and keeps them. It reports false, and
// does nothing, where a season has no demand at all.
func (p *theta) takeSeason(y []float64, seasons int) bool {
	p.multiplicative = true
	for _, v := range y {
		p.multiplicative = p.multiplicative && v >= 0
	}
	trend := centredAverage(y, seasons)
	index := seasonalIndices(y, trend, seasons/2, seasons, p.multiplicative)
	for _, s := range index {
		if p.multiplicative && !(s > 1e-10 && s < math.MaxFloat64) {
			p.multiplicative = false
			return false
		}
	}
	p.season = append(p.season, index...)
	for i := range y {
		if s := index[i%seasons]; p.multiplicative {
			y[i] /= s
		} else {
			y[i] -= s
		}
	}
	return true
}

// withSeason puts the season of observation i on a value.
func (p *theta) withSeason(value float64, i int) float64 {
	switch {
	case len(p.season) == 0:
		return value
	case p.multiplicative:
		return value * p.season[i%len(p.season)]
	default:
		return value + p.season[i%len(p.season)]
	}
}

func (p *theta) mean(dst []float64) {
	for i := range dst {
		dst[i] = p.withSeason(p.level+p.lag+float64(p.drift*float64(i)), p.next+i)
	}
}

func (p *theta) weight(int) float64 { return p.alpha }

func (p *theta) estimation(int) float64 { return 0 }

func (p *theta) scale(h int) float64 {
	if p.multiplicative {
		return p.season[(p.next+h-1)%len(p.season)]
	}
	return 1
}
