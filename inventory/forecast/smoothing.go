package forecast

import "math"

// smoothing is the state of an exponential smoothing model after its last
// observation, in error-correction form: a new error e moves the level by
// alpha·e, the trend by beta·e and the season by gamma·e.
type smoothing struct {
	alpha, beta, gamma float64
	phi                float64 // damping of the trend, 1 for none
	level, trend       float64
	season             []float64 // one per season
	next               int       // position in season of the next observation
	proportional       bool      // the season multiplies; the errors are relative
}

// observe takes one more observation into the state and returns the forecast
// that it had for it.
func (s *smoothing) observe(y float64) float64 {
	s.trend *= s.phi
	s.level += s.trend
	switch {
	case len(s.season) == 0:
		mean := s.level
		s.update(y - mean)
		return mean
	case s.proportional:
		level, season := s.level, s.season[s.next]
		mean := float64(level * season)
		e := y - mean
		s.update(e / season)
		s.turn(float64(s.gamma * e / level))
		return mean
	default:
		mean := s.level + s.season[s.next]
		e := y - mean
		s.update(e)
		s.turn(float64(s.gamma * e))
		return mean
	}
}

func (s *smoothing) update(e float64) {
	s.level += float64(s.alpha * e)
	s.trend += float64(s.beta * e)
}

// turn corrects the present season and goes to the next.
func (s *smoothing) turn(correction float64) {
	s.season[s.next] += correction
	if s.next++; s.next == len(s.season) {
		s.next = 0
	}
}

func (s *smoothing) mean(dst []float64) {
	level, trend, next := s.level, s.trend, s.next
	for i := range dst {
		trend *= s.phi
		level += trend
		dst[i] = level
		if len(s.season) > 0 {
			if s.proportional {
				dst[i] *= s.season[next]
			} else {
				dst[i] += s.season[next]
			}
			if next++; next == len(s.season) {
				next = 0
			}
		}
	}
}

// weight is c(j) = α + β·(φ + … + φ^j) + γ·[j is a multiple of the season]
// (Hyndman, Koehler, Ord & Snyder, 2008, table 6.1).
func (s *smoothing) weight(lag int) float64 {
	w := s.alpha
	if s.beta != 0 {
		w += float64(s.beta * damped(s.phi, lag))
	}
	if len(s.season) > 0 && lag%len(s.season) == 0 {
		w += s.gamma
	}
	return w
}

func (s *smoothing) estimation(int) float64 { return 0 }

func (s *smoothing) scale(int) float64 { return 1 }

// damped returns φ + φ² + … + φ^j.
func damped(phi float64, j int) float64 {
	if phi == 1 {
		return float64(j)
	}
	return phi * (1 - math.Pow(phi, float64(j))) / (1 - phi)
}

// check reports a start that a model with this many seasons cannot use.
func (s *Start) check(model string, seasons int) error {
	if s == nil {
		return nil
	}
	if !(math.Abs(s.Level) <= MaxMagnitude) {
		return &SettingError{Model: model, Setting: "start level", Value: s.Level, Want: "a finite number"}
	}
	if !(math.Abs(s.Trend) <= MaxMagnitude) {
		return &SettingError{Model: model, Setting: "start trend", Value: s.Trend, Want: "a finite number"}
	}
	if seasons > 0 && len(s.Season) != seasons {
		return &SettingError{Model: model, Setting: "number of start seasons", Value: float64(len(s.Season)), Want: "one per season of the series"}
	}
	for _, v := range s.Season {
		if !(math.Abs(v) <= MaxMagnitude) {
			return &SettingError{Model: model, Setting: "start season", Value: v, Want: "a finite number"}
		}
	}
	return nil
}
