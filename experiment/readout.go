package experiment

import (
	"cmp"
	"context"
	"fmt"
	"math"
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
	experiment Experiment
	metrics    []Metric
	opts       ReadoutOptions

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
	value  float64
}

// NewReadout returns an empty readout. The first metric is the goal that decides,
// the others are told beside it.
func NewReadout(e Experiment, opts *ReadoutOptions, goal Metric, others ...Metric) (*Readout, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	e = e.clone()
	if e.Unit == "" {
		e.Unit = ByCustomer
	}
	if opts == nil {
		opts = &ReadoutOptions{}
	}
	r := &Readout{experiment: e, opts: *opts, seen: map[string]struct{}{}, units: map[string]*unitRecord{}}
	for _, alpha := range []*float64{&r.opts.Alpha, &r.opts.SampleRatioAlpha} {
		if !(*alpha >= 0 && *alpha < 1) {
			return nil, fmt.Errorf("experiment: alpha %v: %w", *alpha, flywheel.ErrOutOfRange)
		}
	}
	if r.opts.Alpha == 0 {
		r.opts.Alpha = 0.05
	}
	if r.opts.PlannedUnits < 0 {
		return nil, fmt.Errorf("experiment: planned units %d: %w", r.opts.PlannedUnits, flywheel.ErrOutOfRange)
	}
	r.metrics = append([]Metric{goal}, others...)
	for i := range r.metrics {
		if err := r.metrics[i].validate(); err != nil {
			return nil, err
		}
		if slices.IndexFunc(r.metrics, func(m Metric) bool { return m.Name == r.metrics[i].Name }) != i {
			return nil, fmt.Errorf("experiment: metric %q is there twice: %w", r.metrics[i].Name, flywheel.ErrInvalid)
		}
	}
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
		if !ok && !foreign {
			continue
		}
		if record == nil {
			if !r.first(e.ID) {
				return
			}
			record = r.unit(unit)
		}
		if foreign {
			r.foreign[i]++
			continue
		}
		record.outcomes = append(record.outcomes, outcome{at: e.Time.UnixMicro(), id: e.ID, metric: i, value: value})
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

// values returns the metrics of an exposed unit and how many of its outcomes
// came before the exposure. Outcomes are added in order of time, so that the
// sums do not depend on the order of arrival.
func (r *Readout) values(u *unitRecord, into []float64) (early int64) {
	clear(into)
	slices.SortFunc(u.outcomes, func(a, b outcome) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id), cmp.Compare(a.metric, b.metric))
	})
	exposed := u.exposed.UnixMicro()
	last := ""
	for _, o := range u.outcomes {
		m := &r.metrics[o.metric]
		if o.at < exposed {
			if o.id != last {
				early++
				last = o.id
			}
			continue
		}
		if m.Window > 0 && o.at-exposed >= m.Window.Microseconds() {
			continue
		}
		if m.Kind == Conversion {
			into[o.metric] = 1
		} else {
			into[o.metric] += o.value
		}
	}
	return early
}

// Report analyses what has been collected. It may be called at any time; the
// verdict says whether reading it now means anything. The error matches
// [flywheel.ErrInvalid] where nobody has been exposed yet.
func (r *Readout) Report() (Report, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := Report{Experiment: r.experiment.ID, Alpha: r.opts.Alpha, PlannedUnits: r.opts.PlannedUnits}
	for _, a := range r.experiment.Arms {
		report.Arms = append(report.Arms, ArmReport{Arm: a.ID, Metrics: make([]stats.Moments, len(r.metrics))})
	}
	values := make([]float64, len(r.metrics))
	ids := make([]string, 0, len(r.units))
	for id := range r.units {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		u := r.units[id]
		switch {
		case u.arm < 0:
			continue
		case u.crossed:
			report.Crossed++
			continue
		}
		report.Early += r.values(u, values)
		arm := &report.Arms[u.arm]
		arm.Units++
		for i, v := range values {
			arm.Metrics[i].Add(v)
		}
	}
	for _, n := range r.foreign {
		report.Foreign += n
	}
	report.Strange = r.strange
	if err := r.compare(&report); err != nil {
		return Report{}, err
	}
	report.Verdict = r.judge(&report)
	return report, nil
}

// compare fills in the sample ratio and the comparisons.
func (r *Readout) compare(report *Report) error {
	observed := make([]int64, len(report.Arms))
	for i, a := range report.Arms {
		observed[i] = a.Units
	}
	ratio, err := stats.SampleRatio{Alpha: r.opts.SampleRatioAlpha}.Test(observed, r.experiment.Weights())
	if err != nil {
		return fmt.Errorf("experiment: %q: %w", r.experiment.ID, err)
	}
	report.SampleRatio = ratio
	for i := range r.metrics {
		m := MetricReport{Metric: r.metrics[i]}
		for arm := 1; arm < len(report.Arms); arm++ {
			m.Comparisons = append(m.Comparisons, r.comparison(report, i, arm))
		}
		adjust(m.Comparisons)
		report.Metrics = append(report.Metrics, m)
	}
	return nil
}

func (r *Readout) comparison(report *Report, metric, arm int) Comparison {
	c := Comparison{Arm: report.Arms[arm].Arm}
	control, treatment := report.Arms[0].Metrics[metric], report.Arms[arm].Metrics[metric]
	if r.metrics[metric].Kind == Conversion {
		c.Result, c.Err = stats.TwoProportions{Alpha: r.opts.Alpha}.Test(proportion(control), proportion(treatment))
	} else {
		c.Result, c.Err = stats.Welch{Alpha: r.opts.Alpha}.Test(control.Sample(), treatment.Sample())
	}
	return c
}

// proportion reads the moments of ones and zeros.
func proportion(m stats.Moments) stats.Proportion {
	return stats.Proportion{Successes: int64(math.Round(m.Sum())), Trials: m.N}
}

// adjust corrects the p values of the arms of one metric by Holm's procedure. A
// comparison that could not be made takes no part.
func adjust(comparisons []Comparison) {
	var p []float64
	for _, c := range comparisons {
		if c.Err == nil {
			p = append(p, c.Result.Absolute.P)
		}
	}
	adjusted, err := stats.Holm.Adjust(p)
	for i := range comparisons {
		comparisons[i].AdjustedP = 1
		if err == nil && comparisons[i].Err == nil {
			comparisons[i].AdjustedP, adjusted = adjusted[0], adjusted[1:]
		}
	}
}
