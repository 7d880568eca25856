package experiment

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment/stats"
)

// ReadoutOptions configures a [Readout]. Nil and zero fields mean the defaults.
type ReadoutOptions struct {
	// Alpha is the chance, over all arms together, to call a goal different
	// that is not; 0.05 by default.
	Alpha float64
	// SampleRatioAlpha is the p value below which the sample ratio counts as
	// broken; 0.01 by default.
	SampleRatioAlpha float64
	// PlannedUnits is the number of units, all arms together, at which the
	// experiment was planned to be read. Before that there is no winner; 0
	// means that there is no plan, which the report warns of.
	PlannedUnits int64
}

// Readout collects the exposures and outcomes of one experiment from events and
// compares its arms. It is a [flywheel.Sink], idempotent by event ID and
// independent of the order in which events arrive: only outcomes from a unit's
// first exposure on count, by the time of the events. It is safe for concurrent
// use.
//
// It keeps each exposed unit, and the time and value of each outcome, in memory.
type Readout struct {
	plan       Plan
	experiment Experiment
	metrics    []Metric

	mu      sync.Mutex
	seen    map[string]struct{}
	units   map[string]*unitRecord
	foreign []int64 // by metric: values in another currency
	strange int64   // exposures to an arm that the experiment does not have
}

// unitRecord is what is known of one unit. A unit may have outcomes before its
// exposure arrives; arm is then -1.
type unitRecord struct {
	arm      int
	crossed  bool // exposed to another arm, too
	exposed  time.Time
	outcomes []outcome
}

type outcome struct {
	at     int64 // microseconds
	id     string
	metric int
	per    bool // counts for the metric's denominator
	value  float64
}

// NewReadout returns an empty readout. The first metric is the goal that decides,
// the others are reported beside it.
func NewReadout(e Experiment, opts *ReadoutOptions, goal Metric, others ...Metric) (*Readout, error) {
	if opts == nil {
		opts = &ReadoutOptions{}
	}
	plan := Plan{
		Experiment: e, Goal: goal, Secondary: others,
		Alpha: opts.Alpha, SampleRatioAlpha: opts.SampleRatioAlpha, Units: opts.PlannedUnits,
	}
	return plan.readout()
}

// readout returns an empty readout of a plan.
func (p Plan) readout() (*Readout, error) {
	p, err := p.normal()
	if err != nil {
		return nil, err
	}
	r := &Readout{plan: p, experiment: p.Experiment, metrics: p.metrics(), seen: map[string]struct{}{}, units: map[string]*unitRecord{}}
	r.foreign = make([]int64, len(r.metrics))
	return r, nil
}

// Publish implements [flywheel.Sink]. Events that do not concern the experiment
// or carry no unit are ignored.
func (r *Readout) Publish(_ context.Context, events ...flywheel.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range events {
		r.take(&events[i])
	}
	return nil
}

func (r *Readout) take(e *flywheel.Event) {
	if e.Name == flywheel.EventExperimentViewed {
		if x := exposureOf(e); x.Experiment == r.experiment.ID && x.Unit != "" && r.first(e.ID) {
			r.expose(x)
		}
		return
	}
	unit := r.unitOf(e)
	if unit == "" {
		return
	}
	var record *unitRecord
	for i := range r.metrics {
		value, ok, foreign := r.metrics[i].value(e)
		per := r.metrics[i].Per != "" && r.metrics[i].Per == e.Name
		if !ok && !foreign && !per {
			continue
		}
		if record == nil {
			if !r.first(e.ID) {
				return
			}
			record = r.unit(unit)
		}
		if per {
			record.outcomes = append(record.outcomes, outcome{at: e.Time.UnixMicro(), id: e.ID, metric: i, per: true, value: 1})
		}
		switch {
		case foreign:
			r.foreign[i]++
		case ok:
			record.outcomes = append(record.outcomes, outcome{at: e.Time.UnixMicro(), id: e.ID, metric: i, value: value})
		}
	}
}

// first reports whether the event ID is new.
func (r *Readout) first(id string) bool {
	_, seen := r.seen[id]
	r.seen[id] = struct{}{}
	return !seen
}

func (r *Readout) unit(id string) *unitRecord {
	u, ok := r.units[id]
	if !ok {
		u = &unitRecord{arm: -1}
		r.units[id] = u
	}
	return u
}

func (r *Readout) unitOf(e *flywheel.Event) string {
	switch r.experiment.Unit {
	case ByCustomer:
		return string(e.Customer)
	case ByVisitor:
		return string(e.Visitor)
	}
	unit, _ := e.Properties[r.experiment.Unit].(string)
	return unit
}

func (r *Readout) expose(x Exposure) {
	arm := r.experiment.Index(x.Arm)
	if arm < 0 {
		r.strange++
		return
	}
	u := r.unit(x.Unit)
	u.crossed = u.crossed || u.arm >= 0 && u.arm != arm
	if u.arm < 0 || x.At.Before(u.exposed) {
		u.arm, u.exposed = arm, x.At
	}
}

// values gives the metrics of an exposed unit, value and denominator or
// covariate, and how many of its outcomes came before the exposure to no use.
// Outcomes are added in order of time, so that the sums do not depend on the
// order of arrival.
func (r *Readout) values(u *unitRecord, into [][2]float64) (early int64) {
	clear(into)
	slices.SortFunc(u.outcomes, func(a, b outcome) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id), cmp.Compare(a.metric, b.metric))
	})
	exposed := u.exposed.UnixMicro()
	last := ""
	for _, o := range u.outcomes {
		m := &r.metrics[o.metric]
		side, since := 0, o.at-exposed
		switch {
		case since < 0 && m.Before > 0:
			if -since > m.Before.Microseconds() {
				continue
			}
			side = 1
		case since < 0:
			if o.id != last {
				early++
				last = o.id
			}
			continue
		case since < m.After.Microseconds(), m.Window > 0 && since >= m.Window.Microseconds():
			continue
		case o.per:
			side = 1
		}
		if m.Kind == Conversion {
			into[o.metric][side] = 1
		} else {
			into[o.metric][side] += o.value
		}
	}
	for i := range r.metrics {
		if limit := r.metrics[i].Cap; limit > 0 {
			into[i][0] = min(into[i][0], limit)
			if r.metrics[i].Before > 0 {
				into[i][1] = min(into[i][1], limit)
			}
		}
	}
	return early
}

// Reading sums up what has been collected. Units whose window of a metric is
// still open at asOf do not count for it; a zero asOf counts them as if it had
// closed. It may be called at any time: looking spoils nothing, concluding may
// (see [Study]).
func (r *Readout) Reading(asOf time.Time) Reading {
	total := r.empty()
	for _, c := range r.Cohorts(asOf) {
		_ = total.Merge(c.Reading) // of the same experiment
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.foreign {
		total.Foreign += n
	}
	total.Strange = r.strange
	return total
}

func (r *Readout) empty() Reading {
	var reading Reading
	for _, a := range r.experiment.Arms {
		reading.Arms = append(reading.Arms, ArmReading{Arm: a.ID, Metrics: make([]stats.Pair, len(r.metrics))})
	}
	return reading
}

// Cohorts is [Readout.Reading] by the day of the units' first exposure, in
// order. A day that went wrong is left out of their sum, or removed from it.
func (r *Readout) Cohorts(asOf time.Time) []CohortReading {
	r.mu.Lock()
	defer r.mu.Unlock()
	byDay := map[string]*Reading{}
	values := make([][2]float64, len(r.metrics))
	for _, id := range slices.Sorted(maps.Keys(r.units)) {
		u := r.units[id]
		if u.arm < 0 {
			continue
		}
		day := u.exposed.UTC().Format(time.DateOnly)
		reading := byDay[day]
		if reading == nil {
			fresh := r.empty()
			reading = &fresh
			byDay[day] = reading
		}
		if u.crossed {
			reading.Crossed++
			continue
		}
		reading.Early += r.values(u, values)
		arm := &reading.Arms[u.arm]
		arm.Units++
		for i, v := range values {
			if w := r.metrics[i].Window; w > 0 && !asOf.IsZero() && u.exposed.Add(w).After(asOf) {
				continue
			}
			arm.Metrics[i].Add(v[0], v[1])
		}
	}
	var list []CohortReading
	for _, day := range slices.Sorted(maps.Keys(byDay)) {
		list = append(list, CohortReading{Day: day, Reading: *byDay[day]})
	}
	return list
}

// Report analyzes what has been collected as an experiment of a fixed horizon.
// It may be called at any time; the verdict says whether reading it now means
// anything. The error matches [flywheel.ErrInvalid] where nobody has been
// exposed yet.
func (r *Readout) Report() (Report, error) {
	return r.plan.Analyze(r.Reading(time.Time{}))
}
