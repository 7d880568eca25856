package wheel

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
)

// Config says how large a world is.
type Config struct {
	// Shoppers is how many people enter the experiments, Clusters how many clusters of four
	// SKUs there are.
	Shoppers, Clusters int
	Policy             Policy
	modes              [features]Mode
	flipped            [features]bool
	measured           bool
}

// Default is the size at which the figures of the README were measured, chosen with other seeds.
var Default = Config{Shoppers: 4000, Clusters: 120}

// measure configures the experiments and begins their readouts.
func (w *World) measure(c Config, seed uint64, clock func() time.Time) (err error) {
	all := experiments(seed)
	var sink flywheel.Sink
	if c.measured {
		for f := range features {
			if w.readouts[f], err = (experiment.Plan{Experiment: all[f], Goal: margin(f)}).NewReadout(); err != nil {
				return err
			}
		}
		sink = exposures{w}
	}
	if w.assigns, err = experiment.New(nil, &experiment.Options{Now: clock, Sink: sink}); err != nil {
		return err
	}
	return w.assigns.Configure(all...)
}

// exposures hands each exposure to the readouts.
type exposures struct{ w *World }

// Publish implements [flywheel.Sink].
func (x exposures) Publish(ctx context.Context, events ...flywheel.Event) error {
	for _, r := range x.w.readouts {
		if err := r.Publish(ctx, events...); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) assign(f Feature, s experiment.Subject) (bool, error) {
	id := experiment.ID(f.String())
	d := w.assigns.Assign(id, s)
	if w.readouts[f] != nil {
		var err error
		if d, err = w.assigns.Expose(ctx, id, s); err != nil {
			return false, err
		}
	}
	return d.In && (d.Index == 1) != w.flipped[f], nil
}

// enterPerson assigns a person to all experiments at once, at the first visit.
func (w *World) enterPerson(p *person) (err error) {
	s := experiment.Subject{Customer: p.id, Attributes: outsider}
	if p.member {
		s.Attributes = insider
	}
	for f := range features {
		if f == Stock || !p.counted {
			continue
		}
		if p.arms[f], err = w.assign(f, s); err != nil {
			return err
		}
	}
	p.promoted = p.member && w.person(Promotions, p)
	return nil
}

var (
	insider  = map[string]any{"segment": segmentName}
	outsider = map[string]any{"segment": "others"}
)

// enterCluster assigns a cluster of SKUs on the day of its wave.
func (w *World) enterCluster(c int) (err error) {
	w.clusters[c].in = true
	w.clusters[c].enters = w.now
	w.clusters[c].arm, err = w.assign(Stock, experiment.Subject{Attributes: map[string]any{"cluster": clusterName(c)}})
	return err
}

// Reading is what an experiment of one world says.
type Reading struct {
	Units                         int64
	Without                       float64 // mean of the control
	Estimate, Error, Lower, Upper float64
	Looks                         []Look // weekly, by a confidence sequence
}

// Look is an interval that holds at all looks together.
type Look struct{ Lower, Upper float64 }

// readings analyzes each experiment at its horizon, and each week before as one that may be looked
// at at any time.
func (w *World) readings() (all [features]Reading, err error) {
	for f, r := range w.readouts {
		cohorts := r.Cohorts(time.Time{})
		plan := experiment.Plan{Experiment: experiments(0)[f], Goal: margin(Feature(f))}
		total := int64(0)
		for _, c := range cohorts {
			total += c.Reading.Units()
		}
		plan.Units = total
		watch := plan
		watch.Design = experiment.AlwaysValid
		var sum experiment.Reading
		next := 0
		for week := firstDay/7 + 1; week <= days/7; week++ {
			// Windows that have closed by then.
			until := opening.AddDate(0, 0, 7*week).Add(-window).Format(time.DateOnly)
			grown := false
			for ; next < len(cohorts) && cohorts[next].Day < until; next++ {
				if len(sum.Arms) == 0 {
					sum = cohorts[next].Reading
				} else if err := sum.Merge(cohorts[next].Reading); err != nil {
					return all, err
				}
				grown = true
			}
			if !grown {
				continue
			}
			report, err := watch.Analyze(sum)
			if err != nil {
				return all, fmt.Errorf("%s: %w", Feature(f), err)
			}
			if c := report.Metrics[0].Comparisons[0]; c.Err == nil {
				all[f].Looks = append(all[f].Looks, Look{c.Result.Absolute.Lower, c.Result.Absolute.Upper})
			}
		}
		report, err := plan.Analyze(sum)
		if err != nil {
			return all, fmt.Errorf("%s: %w", Feature(f), err)
		}
		c := report.Metrics[0].Comparisons[0]
		if c.Err != nil {
			return all, fmt.Errorf("%s: %w", Feature(f), c.Err)
		}
		a := &all[f]
		a.Units, a.Without = report.Analyzed, report.Arms[0].Metrics[0].X.Mean
		a.Estimate, a.Error = c.Result.Absolute.Estimate, c.Result.Absolute.StandardError
		a.Lower, a.Upper = c.Result.Absolute.Lower, c.Result.Absolute.Upper
	}
	return all, nil
}
