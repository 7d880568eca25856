package market

import (
	"fmt"
	"time"
)

// Scale says how values vary around what is expected.
type Scale uint8

// Scales.
const (
	// Counts are not negative and vary in proportion to what is expected: sales,
	// orders, visits. Seasons and effects multiply.
	Counts Scale = iota
	// Level values vary by the same amount at any level; seasons and effects add.
	Level
	// Unknown is for a metric of which nothing is known: any scale, and no season but
	// that of the day, which is learned from the times. The value, its last step, the
	// mean of the last fifty values and their mean distance from the usual value at the
	// time of day are each compared with the mean and deviation of their own past.
	// Where the season is known the other scales see more and are wrong less often;
	// white noise is reported some six times in ten thousand points.
	Unknown
)

// Detector is the anomaly detector for one series: it knows the season and what the
// shop does itself, so that it reports neither the weekend nor the shop's own
// promotions, prices and empty shelves as news. The zero value is for daily sales;
// Detector{Scale: Unknown} is for any other metric, such as a load or a latency.
type Detector struct {
	Scale Scale
	// Season is the number of steps of a season; 0 is 7, and 1 is none. It is not to be
	// set for Unknown metrics, nor are Step and Shift.
	Season int
	// Step is the distance of points. Points may be missing; with 0 each point is
	// one step after the last, whatever its time.
	Step time.Duration
	// Warmup is the number of points that are learned from before anything is
	// reported; 0 is eight seasons, at least 28, and 100 for Unknown metrics, which
	// learn their level from as many points again after a change of the shop's price.
	Warmup int
	// Threshold is how many deviations a single point must be off; 0 is 3.8, and 7.5
	// for Unknown metrics, whose other thresholds stand in proportion to it: 20 for a
	// step, 2.8 for the mean, 3.75 for the time of day.
	Threshold float64
	// Shift is the evidence, in deviations beyond one per point, that several points
	// must gather: the decision interval of a cumulative sum chart with allowance 1
	// (Page, 1954). 0 is 3.5.
	Shift float64
	// Quiet is the number of ordinary points that close an incident; 0 is 5, and 90 for
	// Unknown metrics.
	Quiet int
	// Memory is the number of points that one of an Unknown metric is compared with; 0
	// is 6400. It is not to be set for the other scales.
	Memory int
}

// Point is one value with what the shop knows of its step.
type Point struct {
	At    time.Time
	Value float64
	// OutOfStock says that there was nothing to sell, for all or part of the step.
	OutOfStock bool
	// Promotion names the shop's own promotion, empty for none.
	Promotion string
	// Price is the shop's own price, 0 if it is not known.
	Price float64
}

// Cause is what of the shop's own doing explains a value.
type Cause uint8

// Causes.
const (
	NoCause Cause = iota
	OutOfStock
	Promotion
	AfterPromotion // the days after, in which customers buy less
	Price
)

var causeNames = [...]string{"none", "out of stock", "promotion", "after promotion", "price"}

// String returns the lower-case name.
func (c Cause) String() string {
	if int(c) < len(causeNames) {
		return causeNames[c]
	}
	return fmt.Sprintf("Cause(%d)", uint8(c))
}

// Shape is what an incident looks like.
type Shape uint8

// Shapes.
const (
	// Spike: few points are off and the series returns.
	Spike Shape = iota
	// Shift: the level moved.
	Shift
	// Drift: the level moves on and on.
	Drift
)

var shapeNames = [...]string{"spike", "shift", "drift"}

// String returns the lower-case name.
func (s Shape) String() string {
	if int(s) < len(shapeNames) {
		return shapeNames[s]
	}
	return fmt.Sprintf("Shape(%d)", uint8(s))
}

// Incident is an anomaly without a cause of the shop's own.
type Incident struct {
	// Start is the first point that belongs to it, Detected the one at which it was
	// reported, Closed the ordinary point that closed it, zero while it is open.
	Start, Detected, Closed time.Time
	Shape                   Shape
	// Up says that values are above what was expected.
	Up bool
	// Peak is the largest deviation of a point, in deviations.
	Peak float64
	// Change is the mean of value/expected - 1 for Counts, else of value - expected,
	// over the points of the incident.
	Change float64
	Points int
	// LookAt says what to look at first.
	LookAt []string
}

// Reading is what the detector makes of a point.
type Reading struct {
	// Expected is what was expected, Lower and Upper Threshold deviations around it;
	// while warming up they are zero and Ready is false.
	Expected, Lower, Upper float64
	Ready                  bool
	// Plain is what would be expected without a promotion. For an Unknown metric both
	// are the mean of its past.
	Plain float64
	// Score is the point's distance in deviations. For an Unknown metric it is that of
	// the aspect that is furthest off, in proportion to its threshold: Threshold and
	// more is news.
	Score float64
	// Cause explains a point that is off, or that is not to be judged; Name is the
	// promotion's.
	Cause Cause
	Name  string
	// Change says whether the point opened or closed an incident, which is then in
	// Incident, as it is while one is open.
	Change   Change
	Incident *Incident
}

func (d Detector) withDefaults() (Detector, error) {
	if d.Scale == Unknown {
		return d.unknownDefaults()
	}
	if d.Season == 0 {
		d.Season = 7
	}
	if d.Warmup == 0 {
		d.Warmup = max(28, 8*d.Season)
	}
	if d.Threshold == 0 {
		d.Threshold = 3.8
	}
	if d.Shift == 0 {
		d.Shift = 3.5
	}
	if d.Quiet == 0 {
		d.Quiet = 5
	}
	switch {
	case d.Scale > Unknown:
		return d, refuse("scale", uint8(d.Scale), ErrInput)
	case d.Season < 1 || d.Season > 100_000:
		return d, refuse("season", d.Season, ErrRange)
	case d.Step < 0:
		return d, refuse("step", d.Step, ErrRange)
	case d.Warmup < 2*d.Season || d.Warmup < 8 || d.Warmup > 1_000_000:
		return d, refuse("warmup", d.Warmup, ErrRange)
	case !(d.Threshold >= 1 && d.Threshold <= 100):
		return d, refuse("threshold", d.Threshold, ErrRange)
	case !(d.Shift >= 1 && d.Shift <= 1000):
		return d, refuse("shift", d.Shift, ErrRange)
	case d.Quiet < 1 || d.Quiet > 10_000:
		return d, refuse("quiet", d.Quiet, ErrRange)
	case d.Memory != 0:
		return d, refuse("memory of a scale that is known", d.Memory, ErrInput)
	}
	return d, nil
}

func (d Detector) unknownDefaults() (Detector, error) {
	if d.Memory == 0 {
		d.Memory = 6400
	}
	if d.Warmup == 0 {
		d.Warmup = 100
	}
	if d.Threshold == 0 {
		d.Threshold = noveltyValue
	}
	if d.Quiet == 0 {
		d.Quiet = 90
	}
	switch {
	case d.Season != 0:
		return d, refuse("season of an unknown metric", d.Season, ErrInput)
	case d.Step != 0:
		return d, refuse("step of an unknown metric", d.Step, ErrInput)
	case d.Shift != 0:
		return d, refuse("shift of an unknown metric", d.Shift, ErrInput)
	case d.Memory < 10 || d.Memory > 10_000_000:
		return d, refuse("memory", d.Memory, ErrRange)
	case d.Warmup < 2 || d.Warmup > 1_000_000:
		return d, refuse("warmup", d.Warmup, ErrRange)
	case !(d.Threshold >= 1 && d.Threshold <= 1000):
		return d, refuse("threshold", d.Threshold, ErrRange)
	case d.Quiet < 1 || d.Quiet > 10_000:
		return d, refuse("quiet", d.Quiet, ErrRange)
	}
	return d, nil
}
