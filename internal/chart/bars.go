package chart

import (
	"html"
	"math"
	"strconv"
)

// Bars draws series as groups of bars over shared labels, from zero.
func Bars(title string, labels []string, series ...Series) Figure {
	d := &drawing{}
	s := newSpan()
	s.see(0)
	n := len(labels)
	for _, l := range series {
		s.see(l.Values...)
		s.see(l.Lower...)
		s.see(l.Upper...)
		n = max(n, len(l.Values))
	}
	s.withZero()
	y := d.valueAxis(s)
	slot := plotWidth / float64(max(1, n))
	d.labels(labels, func(i int) float64 { return left + slot*(float64(i)+0.5) })
	bar := slot * 0.8 / float64(max(1, len(series)))
	for i, l := range series {
		for j, v := range l.Values {
			if !drawable(v) {
				continue
			}
			label := ""
			if j < len(labels) {
				label = labels[j] + ": "
			}
			a, b := y(max(v, 0)), y(min(v, 0))
			x := left + float64(slot*(float64(j)+0.1)) + float64(bar*float64(i))
			d.printf(`<rect class="s%d" x="%s" y="%s" width="%s" height="%s"><title>%s%s</title></rect>`, i%colors,
				number(x), number(a), number(bar), number(math.Max(b-a, 0)), html.EscapeString(label), short(v))
			if j < len(l.Lower) && j < len(l.Upper) && drawable(l.Lower[j]) && drawable(l.Upper[j]) {
				middle := number(x + bar/2)
				d.printf(`<line class="whisker" x1="%s" x2="%s" y1="%s" y2="%s"/>`, middle, middle, number(y(l.Upper[j])), number(y(l.Lower[j])))
			}
		}
	}
	if len(series) > 1 {
		d.legend(names(series), height)
	}
	columns, rows := tabulate(labels, n, series)
	return d.figure(title, height, columns, rows)
}

// Heat draws a grid of counts, darker for more. cells[r][c] belongs to rows[r]
// and columns[c].
func Heat(title string, rows, columns []string, cells [][]int) Figure {
	const size = 44
	d := &drawing{}
	most := 1
	for _, r := range cells {
		for _, v := range r {
			most = max(most, v)
		}
	}
	values := make([][]string, len(rows))
	wide := float64(plotWidth) / float64(max(1, len(columns)))
	for r, name := range rows {
		values[r] = append(values[r], name)
		d.printf(`<text x="%d" y="%d" text-anchor="end">%s</text>`, left-8, top+size*r+size/2+4, html.EscapeString(name))
		if r >= len(cells) {
			continue
		}
		for c, v := range cells[r] {
			x := left + wide*float64(c)
			d.printf(`<rect class="s0" x="%s" y="%d" width="%s" height="%d" fill-opacity="%s"/>`,
				number(x), top+size*r, number(max(wide-2, 0)), size-2, number3(0.06+0.94*math.Sqrt(float64(max(v, 0))/float64(most))))
			d.printf(`<text x="%s" y="%d" text-anchor="middle">%d</text>`, number(x+wide/2), top+size*r+size/2+4, v)
			values[r] = append(values[r], strconv.Itoa(v))
		}
	}
	for c, name := range columns {
		d.printf(`<text x="%s" y="%d" text-anchor="middle">%s</text>`, number(left+wide*(float64(c)+0.5)), top+size*len(rows)+18, html.EscapeString(name))
	}
	return d.figure(title, top+size*len(rows)+bottom, append([]string{""}, columns...), values)
}
