package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/internal/progress"
	"github.com/flywheel-go/flywheel/internal/table"
)

// report is what was found in a series.
type report struct {
	points   []market.Point
	readings []market.Reading
	events   [][]string // incidents
	causes   [][]string
	changes  market.Segmentation
	trend    market.Trend
	marks    []chart.Mark
}

func (s settings) analyze(points []market.Point, bar *progress.Bar) (*report, error) {
	defer bar.Clear()
	r := &report{points: points}
	values := make([]float64, len(points))
	for i, p := range points {
		values[i] = p.Value
	}
	err := r.watch(s.detector, bar)
	if err != nil {
		return nil, err
	}
	// Changes are looked for without the season and without what the shop did.
	clean := values
	if season := max(1, s.detector.Season); len(points) >= 2*season {
		kept := make([]float64, len(points))
		for i, p := range points {
			kept[i] = p.Value
			if x := r.readings[i]; x.Ready && (p.OutOfStock || p.Promotion != "") {
				kept[i] = x.Plain
			}
		}
		if clean, err = market.Seasonal(kept, season); err != nil {
			return nil, err
		}
	}
	r.changes, err = market.Changes{Penalty: s.penalty, MinSegment: min(7, len(points))}.Find(clean)
	if err != nil && !errors.Is(err, market.ErrNoSpread) {
		return nil, err
	}
	if r.trend, err = market.MannKendall(clean); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *report) watch(d market.Detector, bar *progress.Bar) error {
	w, err := d.Stream()
	if err != nil {
		return err
	}
	opened := 0
	var cause market.Cause
	var name string
	for i, p := range r.points {
		reading, err := w.Next(p)
		if err != nil {
			return err
		}
		r.readings = append(r.readings, reading)
		if reading.Change == market.Opened {
			opened = len(r.events)
			r.events = append(r.events, nil)
			r.mark(i, "incident")
		}
		if in := reading.Incident; in != nil {
			closed := "still open"
			if !in.Closed.IsZero() {
				closed = stamp(in.Closed)
			}
			direction := "below"
			if in.Up {
				direction = "above"
			}
			change := fmt.Sprintf("%+.0f %%", 100*in.Change)
			if d.Scale != market.Counts {
				change = fmt.Sprintf("%+.4g", in.Change)
			}
			r.events[opened] = []string{
				stamp(in.Start), stamp(in.Detected), closed, in.Shape.String(), direction, change, fmt.Sprintf("%.1f", in.Peak), strings.Join(in.LookAt, "; "),
			}
		}
		if reading.Cause != market.NoCause && (reading.Cause != cause || reading.Name != name) {
			r.causes = append(r.causes, []string{
				stamp(p.At), reading.Cause.String(), reading.Name, strconv.FormatFloat(p.Value, 'g', -1, 64), fmt.Sprintf("%.0f", reading.Expected), fmt.Sprintf("%+.1f", reading.Score),
			})
		}
		cause, name = reading.Cause, reading.Name
		bar.Step(i + 1)
	}
	return nil
}

func (r *report) mark(i int, name string) {
	v := r.points[i].Value
	r.marks = append(r.marks, chart.Mark{At: i, Name: name, Value: &v})
}

// stamp writes a day, with the time of day where there is one.
func stamp(t time.Time) string {
	if h, m, s := t.Clock(); h+m+s > 0 {
		return t.Format("2006-01-02 15:04")
	}
	return t.Format(time.DateOnly)
}

var incidentColumns = []string{"since", "reported", "until", "shape", "side", "change", "deviations", "look at"}

var causeColumns = []string{"from", "cause", "name", "value", "expected", "deviations"}

func (r *report) changeRows() [][]string {
	rows := [][]string{}
	for _, at := range r.changes.At {
		rows = append(rows, []string{stamp(r.points[at].At)})
	}
	return rows
}

func (r *report) write(out io.Writer, s settings) error {
	fmt.Fprintf(out, "%d points, %s to %s\n\nIncidents: %d\n", len(r.points), stamp(r.points[0].At), stamp(r.points[len(r.points)-1].At), len(r.events))
	if len(r.events) > 0 {
		if err := table.WriteText(out, incidentColumns, r.events); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\nExplained by the shop's own doing: %d\n", len(r.causes))
	if len(r.causes) > 0 {
		if err := table.WriteText(out, causeColumns, r.causes); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\nThe level changed %d times", len(r.changes.At))
	for i, row := range r.changeRows() {
		if i == 12 {
			fmt.Fprintf(out, " and %d more", len(r.changes.At)-12)
			break
		}
		fmt.Fprintf(out, "%s %s", map[bool]string{true: ":", false: ","}[i == 0], row[0])
	}
	fmt.Fprintf(out, "\nTrend: %+.3g a point (Sen), p = %.2g (Mann-Kendall)\n", r.trend.Slope, r.trend.P)
	if s.csv != "" {
		if err := toFile(s.csv, func(w io.Writer) error { return table.WriteCSV(w, pointColumns, r.pointRows()) }); err != nil {
			return err
		}
	}
	if s.html == "" {
		return nil
	}
	return toFile(s.html, r.page)
}

var pointColumns = []string{"date", "value", "expected", "lower", "upper", "deviations", "cause", "name", "incident"}

func (r *report) pointRows() [][]string {
	rows := make([][]string, len(r.points))
	f := func(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }
	for i, p := range r.points {
		row := []string{stamp(p.At), strconv.FormatFloat(p.Value, 'g', -1, 64), "", "", "", "", "", "", ""}
		if r.readings[i].Ready {
			x := r.readings[i]
			row[2], row[3], row[4], row[5] = f(x.Expected), f(x.Lower), f(x.Upper), f(x.Score)
			if x.Cause != market.NoCause {
				row[6], row[7] = x.Cause.String(), x.Name
			}
			if x.Incident != nil {
				row[8] = x.Incident.Shape.String()
			}
		}
		rows[i] = row
	}
	return rows
}

func (r *report) page(w io.Writer) error {
	labels, values := make([]string, len(r.points)), make([]float64, len(r.points))
	for i, p := range r.points {
		labels[i], values[i] = stamp(p.At), p.Value
	}
	expected, lower, upper := make([]float64, len(labels)), make([]float64, len(labels)), make([]float64, len(labels))
	for i, x := range r.readings {
		expected[i], lower[i], upper[i] = x.Expected, x.Lower, x.Upper
		if !x.Ready {
			expected[i], lower[i], upper[i] = values[i], values[i], values[i]
		}
	}
	series := []chart.Series{{Name: "value", Values: values}, {Name: "expected", Values: expected, Lower: lower, Upper: upper}}
	marks := r.marks
	for _, at := range r.changes.At {
		marks = append(marks, chart.Mark{At: at, Name: "change"})
	}
	return chart.Write(w, "Market", []chart.Section{
		{Title: "Series", Figures: []chart.Figure{chart.Marked("Values, what was expected, incidents and changes", labels, marks, series...)}},
		{Title: "Incidents", Columns: incidentColumns, Rows: r.events},
		{Title: "Explained by the shop's own doing", Columns: causeColumns, Rows: r.causes},
		{Title: "Changes of the level", Columns: []string{"from"}, Rows: r.changeRows()},
	}...)
}

// toFile writes a file, or leaves none behind.
func toFile(name string, write func(w io.Writer) error) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, os.Remove(name))
		}
	}()
	return write(f)
}
