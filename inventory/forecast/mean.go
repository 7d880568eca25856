package forecast

import "math"

// Mean expects the average of all observations: the best forecast of a series
// that varies about a level which never moves. Intervals include the
// uncertainty of the average. Its parameter is "level".
type Mean struct{}

// Fit implements [Model].
func (m Mean) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n).
func (m Mean) FitTo(dst *Fit, s Series) error {
	if err := s.check(); err != nil {
		return err
	}
	dst.reset("Mean", &s)
	level := average(s.Values)
	n := float64(len(s.Values))
	*reuse[runningMean](dst) = runningMean{flat{level, 1 / math.Sqrt(n)}, n}
	fitted := dst.fitted(0, len(s.Values))
	for i := range fitted {
		fitted[i] = level
	}
	dst.parameter("level", level, true)
	dst.measure(s.Values, 1)
	return nil
}

// average returns the mean of values, in two passes so that the mean of equal
// values is that value.
func average(values []float64) float64 {
	sum := 0.0
	for _, y := range values {
		sum += y
	}
	mean := sum / float64(len(values))
	sum = 0
	for _, y := range values {
		sum += y - mean
	}
	return mean + sum/float64(len(values))
}

// runningMean is the state of [Mean].
type runningMean struct {
	flat
	n float64
}

func (m *runningMean) observe(y float64) float64 {
	mean := m.level
	m.n++
	m.level += (y - mean) / m.n
	m.levelError = 1 / math.Sqrt(m.n)
	return mean
}

func (m *runningMean) describe(set func(string, float64)) { set("level", m.level) }

// flat expects the same in every period, with independent errors.
type flat struct {
	level      float64
	levelError float64 // standard error of level in units of sigma
}

func (f *flat) mean(dst []float64) {
	for i := range dst {
		dst[i] = f.level
	}
}

func (f *flat) weight(int) float64 { return 0 }

func (f *flat) estimation(int) float64 { return f.levelError }

func (f *flat) scale(int) float64 { return 1 }
