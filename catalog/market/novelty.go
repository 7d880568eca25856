package market

import (
	"math"
	"slices"
	"time"
)

// The rule of [Unknown] metrics, in deviations. The mean of many points varies less
// than they do, but hardly ever returns at once, so that its threshold is the low
// one.
const (
	noveltyValue   = 7.5 // Detector.Threshold; the others stand in proportion to it
	noveltyStep    = 20
	noveltyMean    = 2.8
	noveltyDay     = 3.75
	noveltySustain = 50 // points whose mean is watched
	daySustain     = 12 // distances from the usual value at the time of day that are averaged
	halfHours      = 48
	dayRate        = 0.08 // of learning the usual value
	leastOfPast    = 200  // distances before they are judged
)

// aspect is what of a point is new.
type aspect uint8

const (
	nothing aspect = iota
	valueOff
	stepOff
	meanOff
	dayOff
)

// novelty is the part of a [Stream] for [Unknown] metrics: the value, its last step,
// the mean of the last values and their mean distance from what is usual at the time of
// day, each compared with its own past.
type novelty struct {
	seen                       int
	base, before               float64
	values, steps, means, last *past

	usual                    [halfHours]float64 // value at the time of day
	days                     [halfHours]int     // values it was learned from
	distances, lastDistances *past
}

func newNovelty(memory int) *novelty {
	return &novelty{
		values: newPast(memory), steps: newPast(memory), means: newPast(memory), last: newPast(min(noveltySustain, memory)),
		distances: newPast(memory), lastDistances: newPast(min(daySustain, memory)),
	}
}

// next learns a value and, if it is to be judged, returns the largest share of a
// threshold that an aspect of it reaches. scale multiplies the thresholds. O(1), no
// allocation.
func (n *novelty) next(at time.Time, value, scale float64, judge bool) (share float64, what aspect) {
	if n.seen == 0 {
		n.base, n.before = value, 0
	}
	x := value - n.base // keeps the sums small
	step := x - n.before
	n.before = x
	n.last.add(x)
	mean := n.last.mean()
	distance := n.ofDay(at, x, noveltyDay*scale)
	if judge {
		for _, c := range [4]struct {
			share float64
			what  aspect
		}{
			{n.values.distance(x) / noveltyValue, valueOff}, {n.steps.distance(step) / noveltyStep, stepOff},
			{n.means.distance(mean) / noveltyMean, meanOff}, {distance / noveltyDay, dayOff},
		} {
			if c.share > share {
				share, what = c.share, c.what
			}
		}
	}
	n.values.add(x)
	n.steps.add(step)
	n.means.add(mean)
	n.seen++
	return share / scale, what
}

// ofDay returns how far the last values are from what is usual at their times of
// day, in deviations of that mean distance, and learns.
func (n *novelty) ofDay(at time.Time, x, threshold float64) (deviations float64) {
	hour, minute, _ := at.Clock()
	b := 2*hour + minute/30
	if n.days[b] > 0 {
		n.lastDistances.add(x - n.usual[b])
		mean := n.lastDistances.mean()
		if n.distances.n > leastOfPast {
			deviations = n.distances.distance(mean)
		}
		n.distances.add(mean)
	}
	n.days[b]++
	rate := math.Max(dayRate, 1/float64(n.days[b]))
	if deviations > threshold {
		rate *= 0.5 // what is news is not usual yet
	}
	n.usual[b] += rate * (x - n.usual[b])
	return deviations
}

// relevel moves the whole past, as after a change of the shop's own price.
func (n *novelty) relevel(by float64) {
	n.before += by
	n.values.shift(by)
	n.means.shift(by)
	n.last.shift(by)
	for i := range n.usual {
		n.usual[i] += by
	}
}

// unknown is [Stream.judge] for an [Unknown] metric.
func (s *Stream) unknown(p Point) Reading {
	n := s.news
	ready := n.seen >= s.rule.Warmup
	r := Reading{Ready: ready}
	mean, sd := 0.0, 0.0
	if ready {
		mean, sd = n.values.mean(), n.values.deviation()
		r.Expected = n.base + mean
		r.Plain = r.Expected
		r.Lower, r.Upper = r.Expected-s.rule.Threshold*sd, r.Expected+s.rule.Threshold*sd
	}
	move := p.Value - n.base - mean
	away := math.Copysign(math.Min(n.values.distance(move+mean), 1e9), move)
	if n.seen == 0 {
		away = 0
	}
	priceMoved := s.lastPrice > 0 && p.Price > 0 && p.Price != s.lastPrice
	if p.Price > 0 {
		s.lastPrice = p.Price
	}
	if priceMoved && ready {
		// As many points as at the beginning, so that the new level is known as well.
		s.settling, s.settleMoves = s.rule.Warmup, s.settleMoves[:0]
	}
	// What the shop does itself is neither judged nor learned from. Which way it moves
	// the metric is not known either.
	if p.OutOfStock || p.Promotion != "" {
		if r.Score = away; ready && math.Abs(away) > notice {
			if r.Cause = OutOfStock; !p.OutOfStock {
				r.Cause, r.Name = Promotion, p.Promotion
			}
		}
		if !ready {
			r.Score = 0
		}
		return s.hold(r)
	}
	if s.settling > 0 {
		s.settling--
		r.Score = away
		s.settleMoves = append(s.settleMoves, move)
		if math.Abs(away) > notice {
			r.Cause = Price
		}
		if s.settling == 0 {
			by := medianOf(s.settleMoves)
			// A median varies a quarter more than a mean.
			if sd > 0 && math.Abs(by)/sd*math.Sqrt(float64(len(s.settleMoves)))/1.25 > notice {
				r.Cause = Price
			}
			n.relevel(by)
		}
		return s.hold(r)
	}
	share, what := n.next(p.At, p.Value, s.rule.Threshold/noveltyValue, ready)
	if !ready {
		return r
	}
	r.Score = math.Copysign(math.Min(share*s.rule.Threshold, 1e9), move)
	off := share >= 1
	switch {
	case off && s.open == nil:
		i := &Incident{Start: p.At, Detected: p.At, Up: move > 0}
		if what == meanOff || what == dayOff {
			i.Shape = Shift
		}
		i.LookAt = lookAtAspect[what]
		s.open, s.quiet = i, 0
		r.Change = Opened
	case off:
		s.quiet = 0
	case s.open != nil:
		s.quiet++
	}
	if i := s.open; i != nil {
		if off {
			i.Points++
			i.Change += (move - i.Change) / float64(i.Points)
			i.Peak = math.Max(i.Peak, math.Abs(r.Score))
		}
		if s.quiet >= s.rule.Quiet {
			i.Closed = p.At
			r.Change = Closed
			s.open = nil
		}
		copied := *i
		copied.LookAt = slices.Clone(i.LookAt)
		r.Incident = &copied
	}
	return r
}

// lookAtAspect says where to look first when an aspect of a metric is off.
var lookAtAspect = [...][]string{
	valueOff: {"the point itself: an outage, a test, double counting"},
	stepOff:  {"what was deployed or restarted just before", "the point itself: an outage, a test, double counting"},
	meanOff:  {"what changed and stayed: load, configuration, a version"},
	dayOff:   {"what is usual at this time of day: jobs, traffic, holidays"},
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
		p.at = 0
		p.resum()
	}
}

func (p *past) resum() {
	p.sum, p.square = 0, 0
	for _, v := range p.values[:p.n] {
		p.sum += v
		p.square += float64(v * v)
	}
}

// shift moves every value.
func (p *past) shift(by float64) {
	for i := range p.values[:p.n] {
		p.values[i] += by
	}
	p.resum()
}

func (p *past) mean() float64 { return p.sum / float64(p.n) }

// deviation returns the standard deviation, with a floor for a constant past, in which
// any difference is far.
func (p *past) deviation() float64 {
	m := p.mean()
	v := p.square/float64(p.n) - m*m
	floor := 1e-12 * (1 + m*m)
	return math.Sqrt(math.Max(v, floor))
}

// distance returns how many deviations x is from the mean.
func (p *past) distance(x float64) float64 {
	if p.n == 0 {
		return 0
	}
	return math.Abs(x-p.mean()) / p.deviation()
}
