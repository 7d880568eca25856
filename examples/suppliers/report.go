package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/inventory/supplier"
)

// report is what there is to say.
type report struct {
	totals  supplier.Totals
	columns []string
	rows    [][]string
	names   []string
	shrunk  []supplier.Shrunk
}

// endOfTime is the day of a report of everything: all lines are due by then.
var endOfTime = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)

// criteria are the definitions of the rating.
var criteria = []supplier.Criterion{
	{Name: "on time in full", Weight: 4, Worst: 0.6, Best: 1},
	{Name: "fill rate", Weight: 2, Worst: 0.8, Best: 1},
	{Name: "defects", Weight: 3, Worst: 20000, Best: 0},
	{Name: "lead time varies", Weight: 1, Worst: 0.8, Best: 0},
}

// report scores what the service keeps.
func (s settings) report(ctx context.Context, purchasing *supplier.Service) (*report, error) {
	r := &report{columns: []string{
		"supplier", "orders", "lines", "on time", "in full", "OTIF", "OTIF shrunk", "fill rate", "lead days", "deviation", "defects ppm", "rating",
	}}
	rules := supplier.ScoreRules{GraceDays: s.grace, QuantityTolerance: s.tolerance, AsOf: s.asOf}
	if s.asOf.IsZero() {
		rules.AsOf = endOfTime
	}
	book, err := purchasing.Report(ctx, time.Time{}, rules)
	if err != nil {
		return nil, err
	}
	pool := book.Pool
	if pool.OTIF == nil {
		return nil, errors.New("no order line is due")
	}
	r.totals = book.Totals
	type rated struct {
		row    []string
		rating float64
		shrunk supplier.Shrunk
		name   string
	}
	var rows []rated
	for _, card := range book.Suppliers {
		name, shrunk := card.Supplier, card.Reliability
		rating, err := supplier.Rate(criteria, []*float64{&shrunk.Estimate, card.FillRate, card.DefectPPM, card.LeadTime.CV})
		if err != nil {
			return nil, err
		}
		lead, deviation := card.LeadTime.Mean, card.LeadTime.SD
		if pool.LeadTime.SD != nil {
			e, err := supplier.EstimateLeadTime(card.LeadTime, pool.LeadTime, 5)
			if err != nil {
				return nil, err
			}
			lead, deviation = &e.Mean, &e.SD
		}
		rows = append(rows, rated{[]string{
			name, strconv.Itoa(card.Totals.Orders), strconv.Itoa(card.Lines), percent(card.OnTime), percent(card.InFull), percent(card.OTIF), percent(&shrunk.Estimate),
			percent(card.FillRate), number(lead, 1), number(deviation, 1), number(card.DefectPPM, 0), number(&rating.Score, 3),
		}, rating.Score, shrunk, name})
	}
	slices.SortStableFunc(rows, func(a, b rated) int {
		switch {
		case a.rating > b.rating:
			return -1
		case a.rating < b.rating:
			return 1
		}
		return 0
	})
	for _, x := range rows {
		r.rows, r.names, r.shrunk = append(r.rows, x.row), append(r.names, x.name), append(r.shrunk, x.shrunk)
	}
	return r, nil
}

func percent(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100**v)
}

func number(v *float64, digits int) string {
	if v == nil {
		return "-"
	}
	return strconv.FormatFloat(*v, 'f', digits, 64)
}

func (r *report) totalsText(currency string) [][]string {
	t := r.totals
	return [][]string{
		{"orders", strconv.Itoa(t.Orders)}, {"lines", strconv.Itoa(t.Lines)}, {"ordered", strconv.FormatInt(t.Ordered, 10)},
		{"received", strconv.FormatInt(t.Received, 10)}, {"rejected", strconv.FormatInt(t.Rejected, 10)},
		{"stocked", strconv.FormatInt(t.Stocked, 10)}, {"still open", strconv.FormatInt(t.Open, 10)}, {"value " + currency, t.Value.String()},
	}
}

func (r *report) write(out io.Writer, s settings) error {
	totals := r.totalsText(s.currency.String())
	if err := table.WriteText(out, []string{"purchasing book", ""}, totals); err != nil {
		return err
	}
	fmt.Fprintln(out)
	if err := table.WriteText(out, r.columns, r.rows); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nOTIF shrunk: as if %g more lines had the rate of all suppliers. Rating: 0 to 1; a figure that is missing counts as 0.\n", s.strength)
	if s.csv != "" {
		if err := toFile(s.csv, func(w io.Writer) error { return table.WriteCSV(w, r.columns, r.rows) }); err != nil {
			return err
		}
	}
	if s.html == "" {
		return nil
	}
	var intervals []chart.Interval
	for i, x := range r.shrunk {
		v := chart.Interval{Label: r.names[i], Series: "OTIF", Estimate: x.Estimate, Lower: x.Estimate, Upper: x.Estimate}
		if x.Wilson != nil {
			v.Estimate, v.Lower, v.Upper = *x.Rate, x.Wilson.Lower, x.Wilson.Upper
		}
		intervals = append(intervals, v)
	}
	return toFile(s.html, func(w io.Writer) error {
		return chart.Write(w, "Suppliers",
			chart.Section{Title: "Purchasing book", Columns: []string{"", ""}, Rows: totals},
			chart.Section{
				Title: "Scorecards", Note: "Best rating first. Intervals are Wilson's, 95 %.",
				Figures: []chart.Figure{chart.Intervals("On time in full", chart.Percent, intervals...)}, Columns: r.columns, Rows: r.rows,
			})
	})
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
