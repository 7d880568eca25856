package main

import (
	"math"

	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/stats"
	"github.com/flywheel-go/flywheel/internal/chart"
)

// svg draws the goal over time where there are dates, else each metric's
// relative effects.
func (a *analysis) svg() string {
	title := "Relative effects"
	var bars []chart.Interval
	add := func(label string, arm int, c experiment.Comparison) {
		if c.Err == nil && c.Result.Relative != nil && bounded(*c.Result.Relative) {
			e := *c.Result.Relative
			bars = append(bars, chart.Interval{Label: label, Color: arm - 1, Series: a.table.arms[arm] + " against " + a.table.arms[0], Estimate: e.Estimate, Lower: e.Lower, Upper: e.Upper})
		}
	}
	if len(a.over) > 0 {
		title = "Relative effect on " + a.report.Metrics[0].Metric.Name + ", all units up to the day; intervals hold on all days at once"
		for _, d := range a.over {
			for i, c := range d.comparisons {
				add(d.date, i+1, c)
			}
		}
	} else {
		for _, m := range a.report.Metrics {
			for i, c := range m.Comparisons {
				add(m.Metric.Name, i+1, c)
			}
		}
	}
	return string(chart.Intervals(title, chart.Percent, bars...).Document())
}

func bounded(e stats.Effect) bool { return !math.IsInf(e.Lower, 0) && !math.IsInf(e.Upper, 0) }
