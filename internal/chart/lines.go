package chart

import (
	"html"
	"strconv"
)

// Series is one named series of values over the labels of its chart.
type Series struct {
	Name         string
	Values       []float64
	Lower, Upper []float64 // of a band around it, or nil
	Form         Form
}

// Form is how the values of a series are joined.
type Form int

// The forms of a series.
const (
	Line  Form = iota
	Dots       // not joined
	Steps      // each value holds until the next
)

// Mark is something at one label: a change, an outlier, today.
type Mark struct {
	At   int    // index of the label
	Name string // shown by the pointer and in the table
	// Value places a ring at the value; without it the mark is a line across.
	Value *float64
}

// Lines draws series over shared labels.
func Lines(title string, labels []string, series ...Series) Figure {
	return Marked(title, labels, nil, series...)
}

// Marked draws series over shared labels, with marks.
func Marked(title string, labels []string, marks []Mark, series ...Series) Figure {
	d := &drawing{}
	s := newSpan()
	n := len(labels)
	for _, l := range series {
		s.see(l.Values...)
		s.see(l.Lower...)
		s.see(l.Upper...)
		n = max(n, len(l.Values))
	}
	s.withZero()
	y := d.valueAxis(s)
	x := func(i int) float64 { return left + plotWidth*(float64(i)/float64(max(1, n-1))) }
	d.labels(labels, x)
	at := make([]float64, n)
	for i := range at {
		at[i] = x(i)
	}
	for i, l := range series {
		d.band(i, at, l.Lower, l.Upper, y)
	}
	for i, l := range series {
		d.line(i, l.Form, at, l.Values, y)
	}
	for _, m := range marks {
		if m.At < 0 || m.At >= n {
			continue
		}
		name := html.EscapeString(m.Name)
		if m.Value != nil && drawable(*m.Value) {
			d.printf(`<circle class="mark" cx="%s" cy="%s" r="5"><title>%s</title></circle>`, number(at[m.At]), number(y(*m.Value)), name)
			continue
		}
		d.printf(`<line class="mark" x1="%s" x2="%s" y1="%d" y2="%d"><title>%s</title></line>`, number(at[m.At]), number(at[m.At]), top, height-bottom, name)
	}
	d.legend(names(series), height)
	columns, rows := tabulate(labels, n, series)
	if len(marks) > 0 {
		columns = append(columns, "mark")
		for i := range rows {
			rows[i] = append(rows[i], "")
		}
		for _, m := range marks {
			if m.At < 0 || m.At >= n {
				continue
			}
			last := &rows[m.At][len(columns)-1]
			if *last != "" {
				*last += "; "
			}
			*last += m.Name
		}
	}
	return d.figure(title, height, columns, rows)
}

func names(series []Series) []string {
	out := make([]string, len(series))
	for i, s := range series {
		out[i] = s.Name
	}
	return out
}

func tabulate(labels []string, n int, series []Series) ([]string, [][]string) {
	columns := []string{""}
	for _, s := range series {
		columns = append(columns, s.Name)
		if s.Lower != nil {
			columns = append(columns, s.Name+" from", s.Name+" to")
		}
	}
	rows := make([][]string, n)
	value := func(values []float64, i int) string {
		if i < len(values) {
			return cell(values[i])
		}
		return ""
	}
	for i := range rows {
		label := strconv.Itoa(i + 1)
		if i < len(labels) {
			label = labels[i]
		}
		rows[i] = append(rows[i], label)
		for _, s := range series {
			rows[i] = append(rows[i], value(s.Values, i))
			if s.Lower != nil {
				rows[i] = append(rows[i], value(s.Lower, i), value(s.Upper, i))
			}
		}
	}
	return columns, rows
}

// band draws the area between two lines, one piece per stretch without gaps.
func (d *drawing) band(color int, x, lower, upper []float64, y func(float64) float64) {
	n := min(len(x), len(lower), len(upper))
	whole := func(i int) bool { return drawable(lower[i]) && drawable(upper[i]) }
	for i := 0; i < n; {
		if !whole(i) {
			i++
			continue
		}
		from := i
		for i < n && whole(i) {
			i++
		}
		stride := max(1, (i-from)/1000)
		d.printf(`<path class="band f%d" d="`, color%colors)
		pen := "M"
		for j := from; j < i; j += stride {
			d.printf("%s%s %s", pen, number(x[j]), number(y(upper[j])))
			pen = "L"
		}
		for j := from + (i-1-from)/stride*stride; j >= from; j -= stride {
			d.printf("L%s %s", number(x[j]), number(y(lower[j])))
		}
		d.printf(`Z"/>`)
	}
}

// line draws values in one of the forms.
func (d *drawing) line(color int, form Form, x, values []float64, y func(float64) float64) {
	n := min(len(x), len(values))
	at := thin(values[:n])
	if form == Dots {
		for _, i := range at {
			if drawable(values[i]) {
				d.printf(`<circle class="s%d" cx="%s" cy="%s" r="3"/>`, color%colors, number(x[i]), number(y(values[i])))
			}
		}
		return
	}
	d.printf(`<path class="line s%d" d="`, color%colors)
	pen := "M"
	for k, i := range at {
		if !drawable(values[i]) {
			pen = "M"
			continue
		}
		if form == Steps && pen == "L" {
			d.printf("L%s %s", number(x[i]), number(y(values[at[k-1]])))
		}
		d.printf("%s%s %s", pen, number(x[i]), number(y(values[i])))
		pen = "L"
	}
	d.printf(`"/>`)
}

// thin returns the indices to draw: all, or of long series the least and the
// largest value of each of a thousand stretches.
func thin(values []float64) []int {
	const most, stretches = 2000, 1000
	n := len(values)
	at := make([]int, 0, min(n, most))
	if n <= most {
		for i := range values {
			at = append(at, i)
		}
		return at
	}
	for s := range stretches {
		from, to := s*n/stretches, (s+1)*n/stretches
		low, high := from, from
		for i := from; i < to; i++ {
			if !drawable(values[low]) || values[i] < values[low] {
				low = i
			}
			if !drawable(values[high]) || values[i] > values[high] {
				high = i
			}
		}
		at = append(at, min(low, high))
		if low != high {
			at = append(at, max(low, high))
		}
	}
	return at
}
