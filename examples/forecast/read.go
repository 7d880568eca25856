package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"

	rowtable "github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// observation is one row: when it was, where it stood, the value, NaN where it is
// missing, and the values of the regressors.
type observation struct {
	at         moment
	value      float64
	regressors []float64
	line       int
}

// history is one series as it was read.
type history struct {
	id   string
	rows []observation
	file string
}

// table holds the series in the order in which they first appear.
type table struct {
	series     []*history
	byID       map[string]*history
	regressors []string // columns
}

// readFiles reads all files into one table, with the columns of regressors, in the
// dialect of form.
func readFiles(names, regressors []string, form rowtable.Spec) (*table, error) {
	t := &table{byID: map[string]*history{}, regressors: regressors}
	for _, name := range names {
		if err := t.readFile(name, form); err != nil {
			return nil, err
		}
	}
	if len(t.series) == 0 {
		return nil, errors.New("the input has no series")
	}
	return t, nil
}

// latest returns the last moment of all series that has a value.
func (t *table) latest() (m moment) {
	for _, h := range t.series {
		for _, row := range h.rows {
			if !math.IsNaN(row.value) && (m == moment{} || m.layout == row.at.layout && m.compare(row.at) < 0) {
				m = row.at
			}
		}
	}
	return m
}

func (t *table) readFile(name string, form rowtable.Spec) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return t.read(file, name, form)
}

// read reads one file.
func (t *table) read(in io.Reader, name string, form rowtable.Spec) error {
	form.Columns = []rowtable.Column{
		{Name: "unique_id", Aliases: []string{"id", "series", "sku", "item"}},
		{Name: "ds", Aliases: []string{"date", "time", "period", "week", "month"}},
		{Name: "y", Aliases: []string{"value", "units", "demand", "sales"}},
	}
	for _, r := range t.regressors {
		form.Columns = append(form.Columns, rowtable.Column{Name: r})
	}
	rows, err := rowtable.New(name, in, form)
	if err != nil {
		return err
	}
	for rows.Next() {
		id, err := rows.Text(0)
		if err != nil {
			return err
		}
		at, err := parseMoment(rows.Raw(1))
		if err != nil {
			return rows.Fail(1, err)
		}
		value := math.NaN()
		switch {
		case rows.Missing(2):
		case infinite(rows.Raw(2)): // the fault of its series alone, which the forecast will say
			value = math.Inf(1)
		default:
			if value, err = rows.Number(2); err != nil {
				return err
			}
		}
		h := t.byID[id]
		if h == nil {
			h = &history{id: id, file: name}
			t.byID[h.id] = h
			t.series = append(t.series, h)
		}
		var regressors []float64
		for i := range t.regressors {
			v, err := rows.Number(3 + i)
			if err != nil {
				return err
			}
			regressors = append(regressors, v)
		}
		h.rows = append(h.rows, observation{at, value, regressors, rows.Line()})
	}
	return rows.Err()
}

func infinite(cell string) bool {
	v, err := strconv.ParseFloat(cell, 64)
	return err == nil && math.IsInf(v, 0)
}

// regular orders the observations, puts NaN where a period has none, and
// returns the series with its calendar. With regressors the last rows without a
// value are the periods to come; where a period has no row they are as before. What
// absent rows are is said by absent: missing, zero, or closed, which leaves them out.
func (h *history) regular(season int, regressors []string, absent string) (forecast.Series, calendar, error) {
	fail := func(format string, args ...any) (forecast.Series, calendar, error) {
		return forecast.Series{}, calendar{}, fmt.Errorf("series %q: "+format, append([]any{h.id}, args...)...)
	}
	slices.SortStableFunc(h.rows, func(a, b observation) int { return a.at.compare(b.at) })
	for i := 1; i < len(h.rows); i++ {
		a, b := h.rows[i-1], h.rows[i]
		if a.at.layout != b.at.layout {
			return fail("ds %s and %s are of different kinds", a.at, b.at)
		}
		if a.at.compare(b.at) == 0 {
			return fail("ds %s comes twice, in lines %d and %d", b.at, a.line, b.line)
		}
	}
	c, err := calendarOf(h.rows, absent == absentClosed)
	if err != nil {
		return fail("%w", err)
	}
	s := forecast.Series{ID: h.id, Season: season}
	fill := math.NaN()
	if absent == absentZero {
		fill = 0
	}
	observed := len(h.rows)
	for len(regressors) > 0 && observed > 1 && math.IsNaN(h.rows[observed-1].value) {
		observed--
	}
	for _, name := range regressors {
		s.Regressors = append(s.Regressors, forecast.Regressor{Name: name})
	}
	influence := func(row observation) {
		for i := range s.Regressors {
			s.Regressors[i].Values = append(s.Regressors[i].Values, row.regressors[i])
		}
	}
	periods := 0
	for i, row := range h.rows {
		if i > 0 {
			for range c.periods(h.rows[i-1].at, row.at) - 1 {
				if periods++; periods > maxObservations {
					return fail("more than %d periods from %s to %s", maxObservations, h.rows[0].at, h.rows[len(h.rows)-1].at)
				}
				influence(h.rows[i-1])
				if i < observed {
					s.Values = append(s.Values, fill)
				}
			}
		}
		periods++
		influence(row)
		if i < observed {
			s.Values = append(s.Values, row.value)
		}
	}
	c.last = h.rows[observed-1].at
	if season == 0 {
		s.Season = c.season(len(s.Values))
	}
	return s, c, nil
}

// What a period without a row is.
const (
	absentMissing = "missing" // it is filled
	absentZero    = "zero"    // nothing was sold
	absentClosed  = "closed"  // the shop was closed: it is no period
)

// maxObservations bounds the gaps that are filled.
const maxObservations = 10_000_000
