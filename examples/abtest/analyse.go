package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/stats"
)

// analysis is a table read by a plan.
type analysis struct {
	table  *table
	opts   options
	report experiment.Report
	// over are the goal's effects on all units up to each day, by intervals
	// that hold on all days at once.
	over []day
	// pairs and best are of -pairs.
	pairs []pair
	best  []best
}

type day struct {
	date        string
	comparisons []experiment.Comparison
}

func analyse(t *table, opts options) (*analysis, error) {
	plan := planOf(t, opts)
	reading, err := readingOf(t, opts, t.units)
	if err != nil {
		return nil, err
	}
	reading.Crossed = t.crossed
	a := &analysis{table: t, opts: opts}
	if a.report, err = plan.Analyze(reading); err != nil {
		return nil, err
	}
	if opts.pairs {
		if err := a.comparePairs(plan, reading); err != nil {
			return nil, err
		}
	}
	if t.dated && opts.plot != "" {
		return a, a.follow(plan)
	}
	return a, nil
}

// planOf says what is compared: the first metric decides.
func planOf(t *table, opts options) experiment.Plan {
	plan := experiment.Plan{
		Experiment: experiment.Experiment{ID: "abtest"},
		Design:     opts.design, Alpha: opts.alpha, Units: opts.planned,
	}
	for i, arm := range t.arms {
		a := experiment.Arm{ID: arm}
		if opts.weights != nil {
			a.Weight = opts.weights[i]
		}
		plan.Experiment.Arms = append(plan.Experiment.Arms, a)
	}
	for i, c := range opts.metrics {
		m := experiment.Metric{Name: c.label(), Kind: experiment.Count, Event: c.name}
		switch c.kind {
		case binary:
			m.Kind = experiment.Conversion
		case ratio:
			m.Per = c.per
		}
		if opts.covariate != "" && (c.kind == binary || c.kind == mean) {
			m.Before = time.Hour // that there is a covariate; how far back, the file knows
		}
		if i == 0 {
			plan.Goal = m
		} else {
			plan.Secondary = append(plan.Secondary, m)
		}
	}
	return plan
}

// readingOf sums up units by arm.
func readingOf(t *table, opts options, units []*unit) (experiment.Reading, error) {
	var reading experiment.Reading
	for arm, name := range t.arms {
		r := experiment.ArmReading{Arm: name, Metrics: make([]stats.Pair, len(opts.metrics))}
		var own []*unit
		for _, u := range units {
			if u.arm == arm {
				own = append(own, u)
			}
		}
		r.Units = int64(len(own))
		for i, c := range opts.metrics {
			if c.kind == quantile {
				sample, err := quantileOf(own, i, c.level)
				if err != nil {
					return experiment.Reading{}, fmt.Errorf("%s, arm %q: %w", c.label(), name, err)
				}
				// A quantile is compared as a mean with the variance that its
				// order statistics show.
				r.Metrics[i].X = stats.Moments{N: sample.N, Mean: sample.Mean, M2: sample.Variance * float64(sample.N-1)}
				continue
			}
			for _, u := range own {
				y := u.per[i]
				if c.kind != ratio {
					y = u.covariate
				}
				r.Metrics[i].Add(u.values[i], y)
			}
		}
		reading.Arms = append(reading.Arms, r)
	}
	return reading, nil
}

func quantileOf(units []*unit, metric int, level float64) (stats.Sample, error) {
	values := make([]float64, len(units))
	for i, u := range units {
		values[i] = u.values[metric]
	}
	q, err := stats.QuantileOf(values, level)
	if err != nil {
		return stats.Sample{}, err
	}
	return q.Sample()
}

// follow reads the goal again after each day. Looking often needs intervals that
// are made for it.
func (a *analysis) follow(plan experiment.Plan) error {
	plan.Design, plan.Secondary, plan.Units = experiment.AlwaysValid, nil, 0
	goal := a.opts
	goal.metrics = goal.metrics[:1]
	units := slices.Clone(a.table.units)
	slices.SortStableFunc(units, func(x, y *unit) int { return strings.Compare(x.date, y.date) })
	for end := 0; end < len(units); {
		date := units[end].date
		for end < len(units) && units[end].date == date {
			end++
		}
		reading, err := readingOf(a.table, goal, units[:end])
		if err != nil {
			continue // too few units for a quantile
		}
		report, err := plan.Analyze(reading)
		if err != nil {
			return err
		}
		a.over = append(a.over, day{date, report.Metrics[0].Comparisons})
	}
	return nil
}
