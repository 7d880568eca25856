package forecast

import "math"

// Naive expects the last observation to repeat: the random walk, and the method
// that every other has to beat. The error's variance is the mean squared
// change; h periods ahead it is h times that.
type Naive struct{}

// Fit implements [Model].
func (m Naive) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n).
func (m Naive) FitTo(dst *Fit, s Series) error {
	if err := s.check(); err != nil {
		return err
	}
	dst.reset("Naive", &s)
	fitWalk(dst, s.Values, 1, 0)
	dst.measure(s.Values, 0)
	return nil
}

// SeasonalNaive expects the observation of the same season a cycle ago. A
// series without a season, or shorter than a cycle, gets [Naive].
type SeasonalNaive struct{}

// Fit implements [Model].
func (m SeasonalNaive) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n).
func (m SeasonalNaive) FitTo(dst *Fit, s Series) error {
	if err := s.check(); err != nil {
		return err
	}
	dst.reset("SeasonalNaive", &s)
	season := s.season()
	if len(s.Values) < season {
		dst.warn(WarnNoSeason)
		season = 1
	}
	fitWalk(dst, s.Values, season, 0)
	dst.measure(s.Values, 0)
	return nil
}

// Drift is the random walk with a constant slope: the line from the first to
// the last observation goes on. Intervals include the uncertainty of the slope
// (Hyndman & Athanasopoulos, 2021, section 5.5). Its parameter is "slope".
type Drift struct{}

// Fit implements [Model].
func (m Drift) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n).
func (m Drift) FitTo(dst *Fit, s Series) error {
	if err := s.check(); err != nil {
		return err
	}
	dst.reset("Drift", &s)
	n := len(s.Values)
	slope := 0.0
	if n > 1 {
		slope = (s.Values[n-1] - s.Values[0]) / float64(n-1)
	}
	walk := fitWalk(dst, s.Values, 1, slope)
	dst.parameter("slope", slope, true)
	dst.measure(s.Values, 1)
	walk.first, walk.changes = s.Values[0], n-1
	if n > 1 {
		walk.slopeError = 1 / math.Sqrt(float64(n-1))
	}
	return nil
}

// walk repeats the last cycle and adds a slope.
type walk struct {
	last       []float64 // the last cycle
	next       int       // position in last of the oldest
	slope      float64
	slopeError float64 // standard error of slope in units of sigma
	first      float64 // observation, from which the slope is counted
	changes    int     // since the first; negative where there is no slope
}

// fitWalk leaves a walk and its one-step forecasts in dst.
func fitWalk(dst *Fit, values []float64, season int, slope float64) *walk {
	w := reuse[walk](dst)
	n := len(values)
	w.last = append(w.last[:0], values[n-season:]...)
	*w = walk{last: w.last, slope: slope, changes: -1}
	fitted := dst.fitted(season, n-season)
	for i := range fitted {
		fitted[i] = values[i] + slope
	}
	return w
}

func (w *walk) mean(dst []float64) {
	for i := range dst {
		dst[i] = w.last[(w.next+i)%len(w.last)] + float64(w.slope*float64(i+1))
	}
}

func (w *walk) observe(y float64) float64 {
	mean := w.last[w.next] + w.slope
	w.last[w.next] = y
	if w.next++; w.next == len(w.last) {
		w.next = 0
	}
	if w.changes >= 0 {
		w.changes++
		w.slope = (y - w.first) / float64(w.changes)
		w.slopeError = 1 / math.Sqrt(float64(w.changes))
	}
	return mean
}

func (w *walk) describe(set func(string, float64)) { set("slope", w.slope) }

func (w *walk) weight(lag int) float64 {
	if lag%len(w.last) == 0 {
		return 1
	}
	return 0
}

func (w *walk) estimation(h int) float64 { return w.slopeError * float64(h) }

func (w *walk) scale(int) float64 { return 1 }
