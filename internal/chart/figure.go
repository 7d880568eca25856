package chart

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Figure is a chart with the values that it shows.
type Figure struct {
	title   string
	svg     string // without the outer element's start
	height  int
	columns []string
	rows    [][]string
}

// Title returns the title.
func (f Figure) Title() string { return f.title }

// SVG returns the chart as an element for a page that has the rules of [Style].
func (f Figure) SVG() template.HTML {
	return template.HTML(f.start("") + f.svg) // all text in it went through EscapeString
}

func (f Figure) start(attributes string) string {
	title := html.EscapeString(f.title)
	return fmt.Sprintf(`<svg%s viewBox="0 0 %d %d" role="img" aria-label="%s"><title>%s</title>`, attributes, width, f.height, title, title)
}

// Document returns the chart as an SVG document with its title and colors.
func (f Figure) Document() []byte {
	const room = 28
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s"><title>%s</title><style>%s</style>`,
		width, f.height+room, html.EscapeString(f.title), html.EscapeString(f.title), documentStyle)
	svg += fmt.Sprintf(`<rect class="paper" width="%d" height="%d"/><text x="8" y="18" class="name">%s</text><g transform="translate(0 %d)">`,
		width, f.height+room, html.EscapeString(f.title), room)
	return []byte(svg + strings.TrimSuffix(f.svg, "</svg>") + "</g></svg>\n")
}

// mostRows is how many rows of values a page shows of a figure.
const mostRows = 400

// Table returns the values as an HTML table, at most 400 rows of them.
func (f Figure) Table() template.HTML {
	var b strings.Builder
	writeTable(&b, f.columns, f.rows, mostRows)
	return template.HTML(b.String())
}

func writeTable(b *strings.Builder, columns []string, rows [][]string, most int) {
	b.WriteString(`<div class="wide" tabindex="0"><table><thead><tr>`)
	for _, c := range columns {
		fmt.Fprintf(b, `<th scope="col">%s</th>`, html.EscapeString(c))
	}
	b.WriteString("</tr></thead><tbody>\n")
	for _, row := range rows[:min(len(rows), most)] {
		b.WriteString("<tr>")
		for _, cell := range row {
			fmt.Fprintf(b, "<td>%s</td>", html.EscapeString(cell))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div>")
	if more := len(rows) - most; more > 0 {
		fmt.Fprintf(b, "<p>%d more rows are not shown.</p>", more)
	}
}

// HTML returns the chart with its table folded away below it.
func (f Figure) HTML() template.HTML {
	return "<figure>" + f.SVG() + "<figcaption>" + template.HTML(html.EscapeString(f.title)) + "</figcaption><details><summary>Values</summary>" +
		f.Table() + "</details></figure>\n"
}

// Values returns the values as a table: the columns' names and the rows.
func (f Figure) Values() (columns []string, rows [][]string) { return f.columns, f.rows }

const (
	width, height = 760, 260
	left, right   = 64, 16
	top, bottom   = 16, 40
	plotWidth     = width - left - right
	plotHeight    = height - top - bottom
	colors        = 8
)

type drawing struct{ strings.Builder }

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(d, format, args...) }

func (d *drawing) figure(title string, h int, columns []string, rows [][]string) Figure {
	d.WriteString("</svg>")
	return Figure{title: title, svg: d.String(), height: h, columns: columns, rows: rows}
}

// number writes a coordinate with one decimal at the most.
func number(x float64) string {
	x = math.Round(x*10) / 10
	if x == 0 {
		x = 0 // not -0
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

func number3(x float64) string { return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64) }

// short writes a value for an axis: 1500000 as 1.5M.
func short(x float64) string {
	for _, unit := range []struct {
		size float64
		sign string
	}{{1e9, "bn"}, {1e6, "M"}, {1e3, "k"}} {
		if math.Abs(x) >= unit.size && math.Abs(x) < 1e15 {
			return strconv.FormatFloat(x/unit.size, 'g', 4, 64) + unit.sign
		}
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

// cell writes a value for the table.
func cell(x float64) string {
	if !drawable(x) {
		return ""
	}
	if a := math.Abs(x); a != 0 && (a >= 1e15 || a < 1e-4) {
		return strconv.FormatFloat(x, 'g', 6, 64)
	}
	return strconv.FormatFloat(math.Round(x*1e6)/1e6, 'f', -1, 64)
}

// drawable reports whether a value has a place on an axis: the difference of two
// of them is finite.
func drawable(v float64) bool { return math.Abs(v) <= 1e300 }

// axis chooses round ticks that cover [lo, hi].
func axis(lo, hi float64) (from, to, step float64) {
	if !(hi-lo > 1e-12*max(math.Abs(lo), math.Abs(hi))) || hi-lo < 1e-300 {
		pad := max(math.Abs(lo)/2, 0.5)
		lo, hi = lo-pad, hi+pad
	}
	step = math.Pow(10, math.Floor(math.Log10((hi-lo)/4)))
	for _, m := range []float64{1, 2, 5, 10} {
		if (hi-lo)/(step*m) <= 5 {
			step *= m
			break
		}
	}
	return float64(math.Floor(lo/step) * step), float64(math.Ceil(hi/step) * step), step
}

// span is the range of what is drawn.
type span struct{ lo, hi float64 }

func newSpan() span { return span{math.Inf(1), math.Inf(-1)} }

func (s *span) see(values ...float64) {
	for _, v := range values {
		if drawable(v) {
			s.lo, s.hi = min(s.lo, v), max(s.hi, v)
		}
	}
}

// withZero widens the range to zero where zero is near.
func (s *span) withZero() {
	switch {
	case s.lo > s.hi:
		s.lo, s.hi = 0, 1
	case s.lo > 0 && s.lo < 0.6*s.hi:
		s.lo = 0
	case s.hi < 0 && s.hi > 0.6*s.lo:
		s.hi = 0
	}
}

// valueAxis draws the value axis and returns the height at which a value stands.
func (d *drawing) valueAxis(s span) func(v float64) float64 {
	from, to, step := axis(s.lo, s.hi)
	y := func(v float64) float64 { return top + plotHeight*((to-v)/(to-from)) }
	for i := 0; i <= 12 && from+float64(float64(i)*step) <= to+step/2; i++ {
		v := from + float64(float64(i)*step)
		d.printf(`<line class="grid" x1="%d" x2="%d" y1="%s" y2="%s"/>`, left, width-right, number(y(v)), number(y(v)))
		d.printf(`<text x="%d" y="%s" text-anchor="end">%s</text>`, left-8, number(y(v)+4), short(tidy(v, step)))
	}
	return y
}

// tidy removes what is left of rounding at a tick that should be zero.
func tidy(v, step float64) float64 {
	if math.Abs(v) < step/1e6 {
		return 0
	}
	return v
}

func (d *drawing) labels(labels []string, x func(i int) float64) {
	longest := 1
	for _, l := range labels {
		longest = max(longest, len([]rune(l)))
	}
	fit := max(2, min(12, plotWidth/(7*min(longest, 40)+10)))
	every := max(1, (len(labels)+fit-1)/fit)
	for i := 0; i < len(labels); i += every {
		d.printf(`<text x="%s" y="%d" text-anchor="middle">%s</text>`, number(x(i)), height-bottom+18, html.EscapeString(clip(labels[i], 40)))
	}
}

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func (d *drawing) legend(names []string, at int) {
	x := left
	for i, name := range names {
		name = clip(name, 30)
		wide := 40 + 7*len([]rune(name))
		if x+wide > width && x > left {
			return // the table names them all
		}
		d.printf(`<rect class="s%d" x="%d" y="%d" width="12" height="4"/>`, i%colors, x, at-10)
		d.printf(`<text x="%d" y="%d">%s</text>`, x+18, at-4, html.EscapeString(name))
		x += wide
	}
}
