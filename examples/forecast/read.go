package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

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

// readFiles reads all files into one table, with the columns of regressors.
func readFiles(names, regressors []string) (*table, error) {
	t := &table{byID: map[string]*history{}, regressors: regressors}
	for _, name := range names {
		if err := t.readFile(name); err != nil {
			return nil, err
		}
	}
	if len(t.series) == 0 {
		return nil, errors.New("the input has no series")
	}
	return t, nil
}

func (t *table) readFile(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return t.read(file, name)
}

// read reads one file, gzip or not.
func (t *table) read(r io.Reader, name string) error {
	buffered := bufio.NewReaderSize(r, 1<<16)
	if magic, err := buffered.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		plain, err := gzip.NewReader(buffered)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		defer plain.Close()
		buffered = bufio.NewReaderSize(plain, 1<<16)
	}
	rows := csv.NewReader(buffered)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		return fmt.Errorf("%s: header: %w", name, err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	id, ds, y := slices.Index(header, "unique_id"), slices.Index(header, "ds"), slices.Index(header, "y")
	if id < 0 || ds < 0 || y < 0 {
		return fmt.Errorf("%s: the header is %q, want the columns unique_id, ds and y", name, strings.Join(header, ","))
	}
	columns := make([]int, len(t.regressors))
	for i, r := range t.regressors {
		if columns[i] = slices.Index(header, r); columns[i] < 0 {
			return fmt.Errorf("%s: the header is %q, want the column %s of a regressor", name, strings.Join(header, ","), r)
		}
	}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		line, _ := rows.FieldPos(0)
		at, err := parseMoment(row[ds])
		if err != nil {
			return fmt.Errorf("%s:%d: ds: %w", name, line, err)
		}
		value, err := parseValue(row[y])
		if err != nil {
			return fmt.Errorf("%s:%d: y: %w", name, line, err)
		}
		h := t.byID[row[id]]
		if h == nil {
			h = &history{id: strings.Clone(row[id]), file: name}
			t.byID[h.id] = h
			t.series = append(t.series, h)
		}
		var regressors []float64
		for i, c := range columns {
			v, err := strconv.ParseFloat(strings.TrimSpace(row[c]), 64)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("%s:%d: %s: %q is no finite number", name, line, t.regressors[i], row[c])
			}
			regressors = append(regressors, v)
		}
		h.rows = append(h.rows, observation{at, value, regressors, line})
	}
}

// parseValue reads a number; nothing, NaN and NA are missing. An infinity is the
// fault of its series alone, which the forecast will say.
func parseValue(text string) (float64, error) {
	switch text = strings.TrimSpace(text); text {
	case "", "NaN", "nan", "NA", "null":
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no finite number", text)
	}
	return v, nil
}

// regular orders the observations, puts NaN where a period has none, and
// returns the series with its calendar. With regressors the last rows without a
// value are the periods to come; where a period has no row they are as before.
func (h *history) regular(season int, regressors []string) (forecast.Series, calendar, error) {
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
	c := calendarOf(h.rows)
	s := forecast.Series{ID: h.id, Season: season}
	if season == 0 {
		s.Season = c.season()
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
			for at := c.after(h.rows[i-1].at, 1); at.compare(row.at) < 0; at = c.after(at, 1) {
				if periods++; periods > maxObservations {
					return fail("more than %d periods from %s to %s", maxObservations, h.rows[0].at, h.rows[len(h.rows)-1].at)
				}
				influence(h.rows[i-1])
				if i < observed {
					s.Values = append(s.Values, math.NaN())
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
	return s, c, nil
}

// maxObservations bounds the gaps that are filled.
const maxObservations = 10_000_000
