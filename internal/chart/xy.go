package chart

import (
	"html"
	"math"
	"slices"
	"strconv"
)

// Curve is a named series of points.
type Curve struct {
	Name         string
	X, Y         []float64
	Lower, Upper []float64 // of a band around it, or nil
	Form         Form
}

// XY draws curves and points over numbers. x and y name the axes.
func XY(title, x, y string, curves ...Curve) Figure {
	d := &drawing{}
	across, up := newSpan(), newSpan()
	for _, c := range curves {
		across.see(c.X...) // a band may go on where there is no point
		up.see(gaps(c.Y, c.X)...)
		up.see(c.Lower...)
		up.see(c.Upper...)
	}
	across.withZero()
	up.withZero()
	const more = 18 // for the name of the x axis
	yAt := d.valueAxis(up)
	from, to, step := axis(across.lo, across.hi)
	xAt := func(v float64) float64 { return left + plotWidth*((v-from)/(to-from)) }
	for i := 0; i <= 12 && from+float64(float64(i)*step) <= to+step/2; i++ {
		v := from + float64(float64(i)*step)
		d.printf(`<text x="%s" y="%d" text-anchor="middle">%s</text>`, number(xAt(v)), height-bottom+18, short(tidy(v, step)))
	}
	d.printf(`<text x="%d" y="%d" text-anchor="end">%s</text>`, width-right, height-bottom+34, html.EscapeString(x))
	d.printf(`<text x="4" y="10">%s</text>`, html.EscapeString(y))
	columns := []string{"", x, y, "from", "to"}
	var rows [][]string
	place := func(c Curve) []float64 {
		at := make([]float64, len(c.X))
		for i, v := range c.X {
			at[i] = math.NaN()
			if drawable(v) {
				at[i] = xAt(v)
			}
		}
		return at
	}
	value := func(values []float64, i int) string {
		if i < len(values) {
			return cell(values[i])
		}
		return ""
	}
	for i, c := range curves {
		d.band(i, place(c), gaps(c.Lower, c.X), c.Upper, yAt)
	}
	for i, c := range curves {
		d.line(i, c.Form, place(c), gaps(c.Y, c.X), yAt)
		for j := range min(len(c.X), len(c.Y)) {
			rows = append(rows, []string{c.Name, cell(c.X[j]), cell(c.Y[j]), value(c.Lower, j), value(c.Upper, j)})
		}
	}
	var legend []string
	for _, c := range curves {
		legend = append(legend, c.Name)
	}
	d.legend(legend, height+more)
	return d.figure(title, height+more, columns, rows)
}

// gaps returns values with a gap wherever x has none.
func gaps(values, x []float64) []float64 {
	out := make([]float64, min(len(values), len(x)))
	for i := range out {
		out[i] = values[i]
		if !drawable(x[i]) {
			out[i] = math.NaN()
		}
	}
	return out
}

// Interval is an estimate with its limits. A limit that is NaN or infinite is
// open: the line ends at the edge.
type Interval struct {
	Label                  string
	Color                  int    // index of the series, from 0
	Series                 string // its name in the table
	Estimate, Lower, Upper float64
}

// Intervals draws estimates with their limits, one per row, against zero.
// format writes a value; nil for the plain form. What an interval has beyond a
// length of the largest distance of an estimate from zero and one is cut.
func Intervals(title string, format func(float64) string, intervals ...Interval) Figure {
	const rowHeight, margin, head = 22, 230, 24
	if format == nil {
		format = short
	}
	s := newSpan()
	s.see(0)
	reach := 0.0
	for _, v := range intervals {
		if drawable(v.Estimate) {
			s.see(v.Estimate)
			reach = max(reach, math.Abs(v.Estimate))
		}
	}
	reach += 1
	for _, v := range intervals {
		if drawable(v.Estimate) {
			s.see(max(v.Lower, v.Estimate-reach), min(v.Upper, v.Estimate+reach))
		}
	}
	from, to, step := axis(s.lo, s.hi)
	x := func(v float64) float64 {
		return margin + (width-margin-right-24)*((min(max(v, from), to)-from)/(to-from))
	}
	d := &drawing{}
	h := head + rowHeight*max(1, len(intervals)) + bottom
	for i := 0; i <= 12 && from+float64(float64(i)*step) <= to+step/2; i++ {
		v := tidy(from+float64(float64(i)*step), step)
		d.printf(`<line class="grid" x1="%s" x2="%s" y1="%d" y2="%d"/>`, number(x(v)), number(x(v)), head, h-bottom)
		d.printf(`<text x="%s" y="%d" text-anchor="middle">%s</text>`, number(x(v)), h-bottom+18, html.EscapeString(format(v)))
	}
	var legend []string
	var rows [][]string
	before := ""
	for i, v := range intervals {
		for len(legend) <= v.Color && v.Color >= 0 && v.Color < 1000 {
			legend = append(legend, "")
		}
		if v.Color >= 0 && v.Color < len(legend) {
			legend[v.Color] = v.Series
		}
		rows = append(rows, []string{v.Label, v.Series, cell(v.Estimate), cell(v.Lower), cell(v.Upper)})
		y := head + rowHeight*i + rowHeight/2
		if i == 0 || v.Label != before {
			d.printf(`<text x="8" y="%d">%s</text>`, y+4, html.EscapeString(clip(v.Label, 34)))
			before = v.Label
		}
		if !drawable(v.Estimate) {
			continue
		}
		low, high := v.Lower, v.Upper
		if math.IsNaN(low) {
			low = from
		}
		if math.IsNaN(high) {
			high = to
		}
		d.printf(`<line class="line s%d" x1="%s" x2="%s" y1="%d" y2="%d"/><circle class="s%d" cx="%s" cy="%d" r="4"><title>%s %s</title></circle>`,
			abs(v.Color)%colors, number(x(low)), number(x(high)), y, y, abs(v.Color)%colors, number(x(v.Estimate)), y,
			html.EscapeString(v.Label), html.EscapeString(format(v.Estimate)))
	}
	if slices.ContainsFunc(legend, func(name string) bool { return name != "" }) {
		d.legend(legend, h)
	}
	return d.figure(title, h, []string{"", "", "estimate", "from", "to"}, rows)
}

func abs(i int) int { return max(i, -(i + 1)) }

// Percent writes a share as a percentage with its sign, for [Intervals].
func Percent(v float64) string { return strconv.FormatFloat(100*v, 'f', 1, 64) + " %" }
