package market

import "math"

// PageHinkley watches a stream for a lasting change of its mean without knowing
// the mean. Page (1954), Hinkley (1971).
type PageHinkley struct {
	// Delta is the change that is tolerated and Lambda the evidence that raises an
	// alarm, both in the unit of the values.
	Delta, Lambda float64
	// MinObservations come before any alarm.
	MinObservations int
	// Down watches for a fall instead of a rise.
	Down bool
}

// Stream returns a detector that has seen nothing.
func (p PageHinkley) Stream() (*PageHinkleyStream, error) {
	switch {
	case !(p.Delta >= 0 && p.Delta <= 1e100):
		return nil, refuse("delta", p.Delta, ErrRange)
	case !(p.Lambda > 0 && p.Lambda <= 1e100):
		return nil, refuse("lambda", p.Lambda, ErrRange)
	case p.MinObservations < 0:
		return nil, refuse("min observations", p.MinObservations, ErrRange)
	}
	return &PageHinkleyStream{rule: p}, nil
}

// PageHinkleyStream is a [PageHinkley] in progress. It belongs to one goroutine
// at a time.
type PageHinkleyStream struct {
	rule              PageHinkley
	n                 int
	mean, sum, lowest float64
}

// Next takes a value and reports an alarm, after which the detector starts over.
// The running mean includes the value. One that is not finite is ignored. O(1), no
// allocation.
func (s *PageHinkleyStream) Next(value float64) bool {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return false
	}
	if s.rule.Down {
		value = -value
	}
	s.n++
	s.mean += (value - s.mean) / float64(s.n)
	s.sum += value - s.mean - s.rule.Delta
	s.lowest = math.Min(s.lowest, s.sum)
	if s.n >= s.rule.MinObservations && s.sum-s.lowest > s.rule.Lambda {
		*s = PageHinkleyStream{rule: s.rule}
		return true
	}
	return false
}
