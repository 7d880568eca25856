package forecast

import "math"

// MovingAverage expects the mean of the last observations: what planners use
// where a level moves now and then. Parameters are "window" and "level".
//
// The first one-step forecasts are from as many observations as there are; Sigma
// is the root mean square of all. Intervals grow with the horizon as those of
// [SES] with alpha 2/(window + 1), whose level has the same variance and whose
// observations the same mean age (Brown, 1963): a window of one is [Naive].
type MovingAverage struct {
	// Window is the number of observations; a shorter series is averaged as a
	// whole. 0 chooses it by the squared errors one step ahead over the second half
	// of the series: one of 1 to 24, one season or two, up to half of the
	// observations, and among equals the longest.
	Window int
}

// Fit implements [Model].
func (m MovingAverage) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n).
func (m MovingAverage) FitTo(dst *Fit, s Series) error {
	if m.Window < 0 {
		return &SettingError{Model: "MovingAverage", Setting: "window", Value: float64(m.Window), Want: "0 (to choose it) or above"}
	}
	if err := s.check(); err != nil {
		return err
	}
	dst.reset("MovingAverage", &s)
	n, window := len(s.Values), m.Window
	if window == 0 {
		window = chooseWindow(s.Values, s.season())
	}
	w := reuse[movingMean](dst)
	*w = movingMean{ring: w.ring[:0], window: window}
	fitted := dst.fitted(1, n-1)
	run(s.Values, window, func(t int, mean float64) { fitted[t-1] = mean })
	w.ring = append(w.ring, s.Values[max(0, n-window):]...)
	w.level = average(w.ring)
	dst.parameter("window", float64(window), m.Window == 0)
	dst.parameter("level", w.level, true)
	dst.measure(s.Values, 0)
	return nil
}

// run calls yield with the mean of up to window values before each but the first.
func run(values []float64, window int, yield func(t int, mean float64)) {
	mean := values[0]
	for t := 1; t < len(values); t++ {
		if t > 1 {
			if last := values[t-1]; t <= window {
				mean += (last - mean) / float64(t)
			} else {
				mean += (last - values[t-1-window]) / float64(window)
			}
		}
		yield(t, mean)
	}
}

// chooseWindow returns the one with the smallest squared errors.
func chooseWindow(values []float64, season int) int {
	half := len(values) / 2
	best, least := 1, math.Inf(1)
	try := func(window int) {
		if window > half {
			return
		}
		sse := 0.0
		run(values, window, func(t int, mean float64) {
			if t >= half {
				e := values[t] - mean
				sse += float64(e * e)
			}
		})
		if sse <= least {
			best, least = window, sse
		}
	}
	for window := 1; window <= 24; window++ {
		try(window)
	}
	for cycles := 1; cycles <= 2; cycles++ {
		if season*cycles > 24 {
			try(season * cycles)
		}
	}
	return best
}

// movingMean is the state of [MovingAverage].
type movingMean struct {
	ring   []float64 // the last observations, at most window
	next   int       // the oldest, once there are so many
	window int
	level  float64 // their mean
}

func (m *movingMean) mean(dst []float64) {
	for h := range dst {
		dst[h] = m.level
	}
}

func (m *movingMean) observe(y float64) float64 {
	mean := m.level
	if len(m.ring) < m.window {
		m.ring = append(m.ring, y)
	} else {
		m.ring[m.next] = y
		m.next = (m.next + 1) % m.window
	}
	m.level = average(m.ring)
	return mean
}

func (m *movingMean) describe(set func(string, float64)) { set("level", m.level) }

func (m *movingMean) weight(int) float64 { return 2 / float64(min(m.window, len(m.ring))+1) }

func (m *movingMean) estimation(int) float64 { return 0 }

func (m *movingMean) scale(int) float64 { return 1 }
