package market

import (
	"math"
	"time"
)

// Novelty is a detector for a metric of which nothing is known: any scale, no
// causes, and no season but that of the day, which it learns if it is told the
// times. It compares the value, its last step, the mean of the last values and their
// mean distance from the usual value at the time of day each with the mean and
// deviation of its own past, and reports the first point of a burst. Use [Detector] where the season and the shop's own doing are
// known: it sees more and is wrong less often.
type Novelty struct {
	// Memory is the number of points that a value is compared with; 0 is 6400.
	Memory int
	// Sustain is the number of points whose mean is watched; 0 is 50.
	Sustain int
	// Value, Step and Mean are how many deviations each must be off; zeros are 7.5,
	// 20 and 2.8. The mean of many points varies less than they do, but hardly ever
	// returns at once, so that its threshold is the low one.
	Value, Step, Mean float64
	// OfDay is the threshold of the distance from the usual value at the time of day,
	// by half hours, as the mean over the last DaySustain points; zeros are 3.75 and
	// 12.
	OfDay      float64
	DaySustain int
	// Quiet is the number of points after a report without another, counted anew
	// from each point that is off; 0 is 90.
	Quiet int
	// Warmup is the number of points before any report; 0 is 100.
	Warmup int
}

// Aspect is what of a point is new.
type Aspect uint8

// Aspects.
const (
	Nothing Aspect = iota
	ValueOff
	StepOff
	MeanOff
	OfDayOff
)

// Stream returns a detector that has seen nothing.
func (n Novelty) Stream() (*NoveltyStream, error) {
	for _, d := range []struct {
		field *int
		value int
	}{{&n.Memory, 6400}, {&n.Sustain, 50}, {&n.Quiet, 90}, {&n.Warmup, 100}, {&n.DaySustain, 12}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	for _, d := range []struct {
		field *float64
		value float64
	}{{&n.Value, 7.5}, {&n.Step, 20}, {&n.Mean, 2.8}, {&n.OfDay, 3.75}} {
		if *d.field == 0 {
			*d.field = d.value
		}
		if !(*d.field > 0 && *d.field <= 1e9) {
			return nil, refuse("threshold", *d.field, ErrRange)
		}
	}
	switch {
	case n.Memory < 10 || n.Memory > 10_000_000:
		return nil, refuse("memory", n.Memory, ErrRange)
	case n.Sustain < 1 || n.Sustain > n.Memory:
		return nil, refuse("sustain", n.Sustain, ErrRange)
	case n.DaySustain < 1 || n.DaySustain > n.Memory:
		return nil, refuse("day sustain", n.DaySustain, ErrRange)
	case n.Quiet < 0:
		return nil, refuse("quiet", n.Quiet, ErrRange)
	case n.Warmup < 2:
		return nil, refuse("warmup", n.Warmup, ErrRange)
	}
	return &NoveltyStream{
		rule: n, quiet: n.Quiet, values: newPast(n.Memory), steps: newPast(n.Memory), means: newPast(n.Memory), last: newPast(n.Sustain),
		distances: newPast(n.Memory), lastDistances: newPast(n.DaySustain),
	}, nil
}

// NoveltyStream is a [Novelty] in progress. It belongs to one goroutine at a time.
type NoveltyStream struct {
	rule                       Novelty
	seen, quiet                int
	base, before               float64
	values, steps, means, last *past

	usual                    [halfHours]float64 // value at the time of day
	days                     [halfHours]int     // values it was learned from
	distances, lastDistances *past
}

const (
	halfHours   = 48
	dayRate     = 0.08 // of learning the usual value
	leastOfPast = 200  // distances before they are judged
)

// Next takes a value at a time, of which only the time of day matters; the zero
// time is for a metric without one. It returns how far it is off, as the largest share of a
// threshold, in which aspect, and whether it is to be reported. A value that is
// not finite is an error that changes nothing. O(1), no allocation.
func (s *NoveltyStream) Next(at time.Time, value float64) (score float64, aspect Aspect, report bool, err error) {
	if !(value >= -1e100 && value <= 1e100) {
		return 0, Nothing, false, refuse("value", value, ErrRange)
	}
	if s.seen == 0 {
		s.base, s.before = value, 0
	}
	x := value - s.base // keeps the sums small
	step := x - s.before
	s.before = x
	s.last.add(x)
	mean := s.last.mean()
	distance := s.ofDay(at, x)
	if s.seen >= s.rule.Warmup {
		for _, c := range [4]struct {
			share  float64
			aspect Aspect
		}{
			{s.values.distance(x) / s.rule.Value, ValueOff}, {s.steps.distance(step) / s.rule.Step, StepOff},
			{s.means.distance(mean) / s.rule.Mean, MeanOff}, {distance / s.rule.OfDay, OfDayOff},
		} {
			if c.share > score {
				score, aspect = c.share, c.aspect
			}
		}
	}
	s.values.add(x)
	s.steps.add(step)
	s.means.add(mean)
	s.seen++
	s.quiet++
	if score < 1 {
		return score, Nothing, false, nil
	}
	report = s.quiet > s.rule.Quiet
	s.quiet = 0
	return score, aspect, report, nil
}

// ofDay returns how far the last values are from what is usual at their times of
// day, in deviations of that mean distance, and learns.
func (s *NoveltyStream) ofDay(at time.Time, x float64) (deviations float64) {
	if at.IsZero() {
		return 0
	}
	hour, minute, _ := at.Clock()
	b := 2*hour + minute/30
	if s.days[b] > 0 {
		s.lastDistances.add(x - s.usual[b])
		mean := s.lastDistances.mean()
		if s.distances.n > leastOfPast {
			deviations = s.distances.distance(mean)
		}
		s.distances.add(mean)
	}
	s.days[b]++
	rate := math.Max(dayRate, 1/float64(s.days[b]))
	if deviations > s.rule.OfDay {
		rate *= 0.5 // what is news is not usual yet
	}
	s.usual[b] += rate * (x - s.usual[b])
	return deviations
}

// past is a window of values with their sums.
type past struct {
	values      []float64
	n, at       int
	sum, square float64
}

func newPast(n int) *past { return &past{values: make([]float64, n)} }

func (p *past) add(x float64) {
	if p.n == len(p.values) {
		old := p.values[p.at]
		p.sum -= old
		p.square -= float64(old * old)
	} else {
		p.n++
	}
	p.values[p.at] = x
	p.sum += x
	p.square += float64(x * x)
	if p.at++; p.at == len(p.values) {
		// Once around: what rounding left in the sums goes.
		p.at, p.sum, p.square = 0, 0, 0
		for _, v := range p.values {
			p.sum += v
			p.square += float64(v * v)
		}
	}
}

func (p *past) mean() float64 { return p.sum / float64(p.n) }

// distance returns how many deviations x is from the mean; in a constant past any
// difference is far.
func (p *past) distance(x float64) float64 {
	if p.n == 0 {
		return 0
	}
	m := p.mean()
	v := p.square/float64(p.n) - m*m
	floor := 1e-12 * (1 + m*m)
	return math.Abs(x-m) / math.Sqrt(math.Max(v, floor))
}
