package main

import (
	"fmt"
	"html"
	"math"
	"strings"

	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/stats"
)

// bar is one interval of the plot.
type bar struct {
	label string
	arm   int
	stats.Effect
}

// svg draws the goal over time where there are dates, else each metric's
// relative effects.
func (a *analysis) svg() string {
	title := "Relative effects"
	var bars []bar
	add := func(label string, arm int, c experiment.Comparison) {
		if c.Err == nil && c.Result.Relative != nil && bounded(*c.Result.Relative) {
			bars = append(bars, bar{label, arm, *c.Result.Relative})
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
	return draw(title, a.table.arms, bars)
}

func bounded(e stats.Effect) bool { return !math.IsInf(e.Lower, 0) && !math.IsInf(e.Upper, 0) }

const (
	width, rowHeight        = 760, 22
	left, right, top, below = 230, 40, 60, 50
)

var colours = []string{"#555555", "#1b6ca8", "#b3541e", "#3a7d44", "#7b4b94"}

func draw(title string, arms []string, bars []bar) string {
	low, high := 0.0, 0.0
	for _, b := range bars {
		// The first days' intervals are wide; what matters is near the estimates.
		low = min(low, max(b.Lower, b.Estimate-1))
		high = max(high, min(b.Upper, b.Estimate+1))
	}
	if high == low {
		low, high = -0.01, 0.01
	}
	x := func(v float64) float64 {
		return left + (min(max(v, low), high)-low)/(high-low)*(width-left-right)
	}
	height := top + below + rowHeight*max(1, len(bars))
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" role="img" aria-label="%s">`+"\n",
		width, height, html.EscapeString(title))
	fmt.Fprintf(&s, `<rect width="100%%" height="100%%" fill="white"/><text x="10" y="20" font-size="14">%s</text>`+"\n", html.EscapeString(title))
	for i, arm := range arms[1:] {
		fmt.Fprintf(&s, `<text x="%d" y="40" fill="%s">%s</text>`+"\n", 10+i*150, colours[(i+1)%len(colours)], html.EscapeString(arm+" against "+arms[0]))
	}
	for _, v := range []float64{low, 0, high} {
		fmt.Fprintf(&s, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#cccccc"/><text x="%.1f" y="%d" text-anchor="middle">%+.1f %%</text>`+"\n",
			x(v), top, x(v), height-below+10, x(v), height-below+26, 100*v)
	}
	previous := ""
	for i, b := range bars {
		y := top + rowHeight*i + rowHeight/2
		if b.label != previous {
			fmt.Fprintf(&s, `<text x="10" y="%d">%s</text>`+"\n", y+4, html.EscapeString(b.label))
			previous = b.label
		}
		colour := colours[b.arm%len(colours)]
		fmt.Fprintf(&s, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s" stroke-width="2"/><circle cx="%.1f" cy="%d" r="4" fill="%s"/>`+"\n",
			x(b.Lower), y, x(b.Upper), y, colour, x(b.Estimate), y, colour)
	}
	s.WriteString("</svg>\n")
	return s.String()
}
