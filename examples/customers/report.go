package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/segment/cohort"
	"github.com/flywheel-go/flywheel/segment/rfm"
)

func amount(x float64) string { return strconv.FormatFloat(math.Round(x*100)/100, 'f', 2, 64) }

func part(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(math.Round(x*1000)/10, 'f', 1, 64)
}

func plain(x float64) string { return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64) }

var personColumns = []string{"customer", "first", "last", "purchase_days", "total", "r", "f", "m", "segment", "state", "alive", "expected_purchases", "low", "high", "value_per_purchase", "lifetime_value"}

func (p *person) row() []string {
	return []string{string(p.id), p.first.Format(time.DateOnly), p.last.Format(time.DateOnly), strconv.Itoa(p.orders), amount(p.total),
		strconv.Itoa(int(p.score.R)), strconv.Itoa(int(p.score.F)), strconv.Itoa(int(p.score.M)), string(p.score.Segment()), string(p.state),
		plain(p.alive), plain(p.expected), plain(p.low), plain(p.high), amount(p.spend), amount(p.value)}
}

func peopleRows(list []person) [][]string {
	rows := make([][]string, len(list))
	for i := range list {
		rows[i] = list[i].row()
	}
	return rows
}

// write writes the report, its tables and its charts.
func (a *analysis) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	save := func(name string, data []byte) error { return os.WriteFile(filepath.Join(dir, name), data, 0o644) }
	csv := func(name string, columns []string, rows [][]string) error {
		var b bytes.Buffer
		if err := table.WriteCSV(&b, columns, rows); err != nil {
			return err
		}
		return save(name, b.Bytes())
	}
	churn := a.churn(1000)
	cohortColumns, cohortRows, heat := a.cohorts()
	figures := a.figures(heat)
	for _, f := range figures {
		if err := save(f.name+".svg", f.figure.Document()); err != nil {
			return err
		}
	}
	if err := csv("customers.csv", personColumns, peopleRows(a.people)); err != nil {
		return err
	}
	if err := csv("churn.csv", personColumns, peopleRows(churn)); err != nil {
		return err
	}
	if err := csv("cohorts.csv", cohortColumns, cohortRows); err != nil {
		return err
	}
	var page bytes.Buffer
	if err := chart.Write(&page, "Customers", a.sections(figures, churn, cohortColumns, cohortRows)...); err != nil {
		return err
	}
	return save("report.html", page.Bytes())
}

type named struct {
	name   string
	figure chart.Figure
}

// cohorts returns retention in percent by cohort, and the counts for the heat map.
func (a *analysis) cohorts() (columns []string, rows [][]string, heat chart.Figure) {
	periods := a.months.Last - a.months.First + 1
	columns = []string{"cohort", "customers"}
	var labels, names []string
	var cells [][]int
	const most = 24
	for k := range periods {
		columns = append(columns, fmt.Sprint("month_", k))
		if k < most {
			labels = append(labels, strconv.Itoa(k))
		}
	}
	for i, r := range a.months.Rows {
		row := []string{r.Start.Format("2006-01"), strconv.Itoa(r.Size)}
		cell := make([]int, len(labels))
		for k := range periods {
			row = append(row, part(r.Retention(k, cohort.Exact)))
			if k < len(labels) && k < len(r.Active) {
				cell[k] = int(math.Round(100 * float64(r.Active[k]) / float64(r.Size)))
			}
		}
		rows = append(rows, row)
		if i >= len(a.months.Rows)-most {
			names, cells = append(names, row[0]), append(cells, cell)
		}
	}
	return columns, rows, chart.Heat("Retention by month of first purchase (%)", names, labels, cells)
}

func (a *analysis) figures(heat chart.Figure) []named {
	var months []string
	parts := make([]chart.Series, 4)
	for i, name := range []string{"new", "returning", "resurrecting", "dormant"} {
		parts[i].Name = name
	}
	for _, s := range a.months.Lifecycle() {
		months = append(months, a.months.Start(s.Period).Format("2006-01"))
		for i, n := range []int{s.New, s.Returning, s.Resurrecting, s.Dormant} {
			parts[i].Values = append(parts[i].Values, float64(n))
		}
	}
	var segments []string
	count, value := chart.Series{Name: "customers"}, chart.Series{Name: "expected value"}
	for _, s := range a.segments() {
		segments = append(segments, string(s.name))
		count.Values = append(count.Values, float64(s.n))
		value.Values = append(value.Values, s.value)
	}
	out := []named{{"cohorts", heat}, {"lifecycle", chart.Lines("Customers by month", months, parts...)}, {"segments", chart.Bars("Customers by RFM segment", segments, count)}}
	if a.model == "" {
		return out
	}
	out = append(out, named{"segment_value", chart.Bars(fmt.Sprintf("Expected value in %d weeks by RFM segment", a.options.weeks), segments, value)})
	top := slices.Clone(a.people)
	slices.SortFunc(top, func(x, y person) int { return cmp.Or(cmp.Compare(y.value, x.value), cmp.Compare(x.id, y.id)) })
	var intervals []chart.Interval
	for _, p := range top[:min(15, len(top))] {
		intervals = append(intervals, chart.Interval{Label: string(p.id), Series: "purchases", Estimate: p.expected, Lower: p.low, Upper: p.high})
	}
	return append(out, named{"top", chart.Intervals(fmt.Sprintf("Purchase days in %d weeks of the most valuable customers", a.options.weeks), plain, intervals...)})
}

// segmentSum is one named cell of recency and frequency.
type segmentSum struct {
	name  rfm.Segment
	n     int
	total float64
	value float64
}

func (a *analysis) segments() []segmentSum {
	place := map[rfm.Segment]int{}
	var sums []segmentSum
	for i := range a.people {
		name := a.people[i].score.Segment()
		at, ok := place[name]
		if !ok {
			at = len(sums)
			place[name] = at
			sums = append(sums, segmentSum{name: name})
		}
		sums[at].n++
		sums[at].total += a.people[i].total
		sums[at].value += a.people[i].value
	}
	slices.SortFunc(sums, func(x, y segmentSum) int { return cmp.Or(y.n-x.n, cmp.Compare(x.name, y.name)) })
	return sums
}

func (a *analysis) sections(figures []named, churn []person, cohortColumns []string, cohortRows [][]string) []chart.Section {
	figure := map[string]chart.Figure{}
	for _, f := range figures {
		figure[f.name] = f.figure
	}
	var summary [][]string
	for _, r := range a.facts() {
		summary = append(summary, []string{r[0], r[1]})
	}
	var bySegment [][]string
	for _, s := range a.segments() {
		bySegment = append(bySegment, []string{string(s.name), strconv.Itoa(s.n), amount(s.total), amount(s.value)})
	}
	notes := ""
	for _, n := range append(a.orders.notes(), a.warnings...) {
		notes += n + " "
	}
	sections := []chart.Section{
		{Title: "At a glance", Note: notes, Columns: []string{"", ""}, Rows: summary},
		{Title: "Recency, frequency, value", Note: "Five equal parts by each figure; 5 is best. Names by recency and frequency.",
			Figures: []chart.Figure{figure["segments"]}, Columns: []string{"segment", "customers", "total", "expected value"}, Rows: bySegment},
		{Title: "Cohorts and retention", Note: "Percent of the customers of a month who bought again in the k-th month after.",
			Figures: []chart.Figure{figure["cohorts"], figure["lifecycle"]}, Columns: cohortColumns, Rows: cohortRows, Most: 36},
	}
	if a.model != "" {
		var scores [][]string
		for _, s := range a.params {
			scores = append(scores, []string{s.Name, plain(s.MAE), plain(s.RMSE)})
		}
		sections = append(sections, chart.Section{Title: "Lifetime value",
			Note: fmt.Sprintf("Model: %s. Predictions for %d weeks; intervals hold %s %% of what may come, the uncertainty of the model included. The table compares the models on the last third of the time, held out.",
				a.model, a.options.weeks, part(a.options.level)),
			Figures: []chart.Figure{figure["segment_value"], figure["top"]}, Columns: []string{"model", "MAE", "RMSE"}, Rows: scores})
	}
	return append(sections, chart.Section{Title: "About to be lost", Note: "At risk or lapsed, by what would go with them.",
		Columns: personColumns, Rows: peopleRows(churn), Most: 50})
}

// facts are the figures of the shop as a whole.
func (a *analysis) facts() [][2]string {
	total, repeat, alive, expected, value := 0.0, 0, 0.0, 0.0, 0.0
	for i := range a.people {
		p := &a.people[i]
		total += p.total
		if p.orders > 1 {
			repeat++
		}
		alive += p.alive
		expected += p.expected
		value += p.value
	}
	n := float64(len(a.people))
	currency := a.orders.currency
	if currency != "" {
		currency = " " + currency
	}
	facts := [][2]string{
		{"as of", a.at.Format(time.DateOnly)}, {"customers", strconv.Itoa(len(a.people))}, {"total", amount(total) + currency},
		{"bought on more than one day", part(float64(repeat)/n) + " %"},
	}
	if a.model != "" {
		facts = append(facts, [2]string{"still customers, expected", strconv.Itoa(int(math.Round(alive)))},
			[2]string{fmt.Sprintf("purchase days expected in %d weeks", a.options.weeks), plain(expected)},
			[2]string{"their discounted value", amount(value) + currency}, [2]string{"model", a.model})
	}
	return facts
}

func (a *analysis) summary(out io.Writer, dir string) error {
	var rows [][]string
	for _, f := range a.facts() {
		rows = append(rows, []string{f[0], f[1]})
	}
	if err := table.WriteText(out, []string{"customers", ""}, rows); err != nil {
		return err
	}
	for _, n := range append(a.orders.notes(), a.warnings...) {
		fmt.Fprintln(out, "note:", n)
	}
	_, err := fmt.Fprintf(out, "report: %s\n", filepath.Join(dir, "report.html"))
	return err
}
