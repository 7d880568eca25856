// Package chart draws the few charts of a report as inline SVG: lines over
// time, bars and a heat map. The same values give the same bytes.
//
// A chart takes its text colour from the page and its series colours from the
// classes s0 to s4, so that one style sheet serves light and dark pages; each
// carries a title and a description for screen readers.
package chart

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Series is one named line. NaN is a gap.
type Series struct {
	Name   string
	Values []float64
}

const (
	width, height = 760, 260
	left, right   = 64, 16
	top, bottom   = 16, 40
	plotWidth     = width - left - right
	plotHeight    = height - top - bottom
)

type drawing struct{ strings.Builder }

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(d, format, args...) }

// number writes a coordinate with one decimal at the most.
func number(x float64) string {
	return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64)
}

// short writes a value for an axis: 1500000 as 1.5M.
func short(x float64) string {
	for _, unit := range []struct {
		size float64
		sign string
	}{{1e9, "bn"}, {1e6, "M"}, {1e3, "k"}} {
		if math.Abs(x) >= unit.size {
			return strconv.FormatFloat(x/unit.size, 'g', 4, 64) + unit.sign
		}
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

func open(title string, h int) *drawing {
	d := &drawing{}
	d.printf(`<svg viewBox="0 0 %d %d" role="img" aria-label="%s"><title>%s</title>`,
		width, h, html.EscapeString(title), html.EscapeString(title))
	return d
}

func (d *drawing) close() template.HTML {
	d.printf("</svg>")
	return template.HTML(d.String()) // all text in it went through EscapeString
}

// axis chooses round ticks that cover [lo, hi].
func axis(lo, hi float64) (from, to, step float64) {
	if !(hi > lo) {
		hi = lo + 1
	}
	step = math.Pow(10, math.Floor(math.Log10((hi-lo)/4)))
	for _, m := range []float64{1, 2, 5, 10} {
		if (hi-lo)/(step*m) <= 5 {
			step *= m
			break
		}
	}
	return math.Floor(lo/step) * step, math.Ceil(hi/step) * step, step
}

func extent(series []Series) (lo, hi float64) {
	for _, s := range series {
		for _, v := range s.Values {
			if !math.IsNaN(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	return lo, hi
}

// frame draws the value axis and returns the height at which a value stands.
func (d *drawing) frame(lo, hi float64) func(v float64) float64 {
	from, to, step := axis(lo, hi)
	y := func(v float64) float64 { return top + plotHeight*(to-v)/(to-from) }
	for i := 0; from+float64(i)*step <= to+step/2; i++ {
		v := from + float64(i)*step
		d.printf(`<line class="grid" x1="%d" x2="%d" y1="%s" y2="%s"/>`, left, width-right, number(y(v)), number(y(v)))
		d.printf(`<text x="%d" y="%s" text-anchor="end">%s</text>`, left-8, number(y(v)+4), short(v))
	}
	return y
}

func (d *drawing) labels(labels []string, x func(i int) float64) {
	every := max(1, (len(labels)+11)/12)
	for i := 0; i < len(labels); i += every {
		d.printf(`<text x="%s" y="%d" text-anchor="middle">%s</text>`, number(x(i)), height-bottom+18, html.EscapeString(labels[i]))
	}
}

func (d *drawing) legend(series []Series) {
	x := left
	for i, s := range series {
		d.printf(`<rect class="s%d" x="%d" y="%d" width="12" height="4"/>`, i%5, x, height-10)
		d.printf(`<text x="%d" y="%d">%s</text>`, x+18, height-4, html.EscapeString(s.Name))
		x += 40 + 7*len(s.Name)
	}
}

// Lines draws series over shared labels.
func Lines(title string, labels []string, series ...Series) template.HTML {
	d := open(title, height)
	lo, hi := extent(series)
	y := d.frame(lo, hi)
	x := func(i int) float64 {
		return left + plotWidth*float64(i)/float64(max(1, len(labels)-1))
	}
	d.labels(labels, x)
	for i, s := range series {
		d.printf(`<path class="line s%d" d="`, i%5)
		pen := "M"
		for j, v := range s.Values {
			if math.IsNaN(v) {
				pen = "M"
				continue
			}
			d.printf("%s%s %s", pen, number(x(j)), number(y(v)))
			pen = "L"
		}
		d.printf(`"/>`)
	}
	d.legend(series)
	return d.close()
}

// Bars draws series as groups of bars over shared labels.
func Bars(title string, labels []string, series ...Series) template.HTML {
	d := open(title, height)
	lo, hi := extent(series)
	y := d.frame(lo, hi)
	slot := plotWidth / float64(max(1, len(labels)))
	d.labels(labels, func(i int) float64 { return left + slot*(float64(i)+0.5) })
	bar := slot * 0.8 / float64(max(1, len(series)))
	for i, s := range series {
		for j, v := range s.Values {
			if math.IsNaN(v) {
				continue
			}
			a, b := y(max(v, 0)), y(min(v, 0))
			d.printf(`<rect class="s%d" x="%s" y="%s" width="%s" height="%s"><title>%s: %s</title></rect>`, i%5,
				number(left+slot*(float64(j)+0.1)+bar*float64(i)), number(a), number(bar), number(b-a),
				html.EscapeString(labels[j]), short(v))
		}
	}
	if len(series) > 1 {
		d.legend(series)
	}
	return d.close()
}

// Heat draws a grid of counts, darker for more. cells[r][c] belongs to rows[r]
// and columns[c].
func Heat(title string, rows, columns []string, cells [][]int) template.HTML {
	const cell = 44
	d := open(title, top+cell*len(rows)+bottom)
	most := 1
	for _, r := range cells {
		for _, v := range r {
			most = max(most, v)
		}
	}
	wide := float64(plotWidth) / float64(max(1, len(columns)))
	for r, name := range rows {
		d.printf(`<text x="%d" y="%d" text-anchor="end">%s</text>`, left-8, top+cell*r+cell/2+4, html.EscapeString(name))
		for c, v := range cells[r] {
			x := left + wide*float64(c)
			d.printf(`<rect class="s0" x="%s" y="%d" width="%s" height="%d" fill-opacity="%s"/>`,
				number(x), top+cell*r, number(wide-2), cell-2, number3(0.06+0.94*math.Sqrt(float64(v)/float64(most))))
			d.printf(`<text x="%s" y="%d" text-anchor="middle">%d</text>`, number(x+wide/2), top+cell*r+cell/2+4, v)
		}
	}
	for c, name := range columns {
		d.printf(`<text x="%s" y="%d" text-anchor="middle">%s</text>`, number(left+wide*(float64(c)+0.5)), top+cell*len(rows)+18, html.EscapeString(name))
	}
	return d.close()
}

func number3(x float64) string { return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64) }
