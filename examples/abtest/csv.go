package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// table is the units of a file.
type table struct {
	name    string
	arms    []string // control first
	units   []*unit  // in the order of their first rows
	crossed int64    // units in two arms, left out
	dated   bool
}

// unit is one unit: the sums over its rows.
type unit struct {
	arm       int
	crossed   bool
	date      string
	values    []float64 // by metric; a binary one is the largest of its rows
	per       []float64 // by metric, of ratios
	covariate float64
}

// cellError names the file, line and column of what cannot be read.
type cellError struct {
	file   string
	line   int
	column string
	err    error
}

func (e *cellError) Error() string {
	if e.column == "" {
		return fmt.Sprintf("%s: line %d: %v", e.file, e.line, e.err)
	}
	return fmt.Sprintf("%s: line %d: column %q: %v", e.file, e.line, e.column, e.err)
}

func (e *cellError) Unwrap() error { return e.err }

func readFile(name string, opts options) (*table, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readCSV(name, f, opts)
}

// readCSV reads a table, unpacking it where it is compressed.
func readCSV(name string, r io.Reader, opts options) (*table, error) {
	buffered := bufio.NewReader(r)
	r = buffered
	if magic, _ := buffered.Peek(2); string(magic) == "\x1f\x8b" {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, &cellError{file: name, line: 1, err: err}
		}
		r = z
	}
	rows := csv.NewReader(r)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		return nil, &cellError{file: name, line: 1, err: err}
	}
	b, err := newBuilder(name, header, opts)
	if err != nil {
		return nil, err
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return b.finish()
		}
		if err != nil {
			line := 0
			if at, ok := errors.AsType[*csv.ParseError](err); ok {
				line, err = at.Line, at.Err
			}
			return nil, &cellError{file: name, line: max(line, 2), err: err}
		}
		line, _ := rows.FieldPos(0)
		if err := b.add(row, line); err != nil {
			return nil, err
		}
	}
}

// builder collects rows into units.
type builder struct {
	name                           string
	opts                           options
	unit, variant, covariate, date int // columns, -1 for none
	values, per                    []int
	byID                           map[string]*unit
	armOf                          map[string]int
	arms                           []string
	units                          []*unit
}

func newBuilder(name string, header []string, opts options) (*builder, error) {
	header = slices.Clone(header)
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	b := &builder{name: name, opts: opts, byID: map[string]*unit{}, armOf: map[string]int{}}
	var missing error
	find := func(column string) int {
		if column == "" {
			return -1
		}
		i := slices.Index(header, column)
		if i < 0 && missing == nil {
			missing = &cellError{file: name, line: 1, column: column, err: fmt.Errorf("not among the columns %s", strings.Join(header, ", "))}
		}
		return i
	}
	b.unit, b.variant = find(opts.unit), find(opts.variant)
	b.covariate, b.date = find(opts.covariate), find(opts.date)
	for _, m := range opts.metrics {
		b.values = append(b.values, find(m.name))
		b.per = append(b.per, find(m.per))
	}
	return b, missing
}

func (b *builder) add(row []string, line int) error {
	fail := func(column string, err error) error { return &cellError{b.name, line, column, err} }
	variant := strings.TrimSpace(row[b.variant])
	if variant == "" {
		return fail(b.opts.variant, errors.New("no arm"))
	}
	arm, ok := b.armOf[variant]
	if !ok {
		if len(b.arms) == maxArms {
			return fail(b.opts.variant, fmt.Errorf("more than %d arms: is this the column of the arms?", maxArms))
		}
		arm = len(b.arms)
		b.armOf[variant], b.arms = arm, append(b.arms, strings.Clone(variant))
	}
	u, err := b.unitOf(row)
	if err != nil {
		return fail(b.opts.unit, err)
	}
	fresh := u.arm < 0
	if fresh {
		u.arm = arm
	}
	u.crossed = u.crossed || u.arm != arm
	for i, m := range b.opts.metrics {
		x, err := value(row[b.values[i]], m.kind)
		if err != nil {
			return fail(m.name, err)
		}
		if m.kind == binary {
			u.values[i] = max(u.values[i], x)
		} else {
			u.values[i] += x
		}
		if m.kind == ratio {
			x, err := value(row[b.per[i]], mean)
			if err != nil {
				return fail(m.per, err)
			}
			u.per[i] += x
		}
	}
	if b.covariate >= 0 {
		x, err := value(row[b.covariate], mean)
		if err != nil {
			return fail(b.opts.covariate, err)
		}
		if fresh {
			u.covariate = x // the same in each row of a unit
		}
	}
	if b.date >= 0 {
		day := strings.TrimSpace(row[b.date])
		if len(day) > len(time.DateOnly) {
			day = day[:len(time.DateOnly)]
		}
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return fail(b.opts.date, fmt.Errorf("%q is no date of the form YYYY-MM-DD", row[b.date]))
		}
		if fresh || day < u.date {
			u.date = strings.Clone(day)
		}
	}
	return nil
}

// maxArms guards against a column that does not name arms.
const maxArms = 20

func (b *builder) unitOf(row []string) (*unit, error) {
	id := ""
	if b.unit >= 0 {
		if id = strings.TrimSpace(row[b.unit]); id == "" {
			return nil, errors.New("no unit")
		}
		if u := b.byID[id]; u != nil {
			return u, nil
		}
	}
	n := len(b.opts.metrics)
	numbers := make([]float64, 2*n)
	u := &unit{arm: -1, values: numbers[:n:n], per: numbers[n:]}
	b.units = append(b.units, u)
	if id != "" {
		b.byID[strings.Clone(id)] = u
	}
	return u, nil
}

// finish orders the arms, control first and the others by name.
func (b *builder) finish() (*table, error) {
	sorted := slices.Sorted(slices.Values(b.arms))
	if b.opts.control != "" {
		i := slices.Index(sorted, b.opts.control)
		if i < 0 {
			return nil, fmt.Errorf("%s: no arm %q among %s", b.name, b.opts.control, strings.Join(sorted, ", "))
		}
		sorted = append([]string{b.opts.control}, slices.Delete(sorted, i, i+1)...)
	}
	if len(sorted) < 2 {
		return nil, fmt.Errorf("%s: %d arms, want at least two", b.name, len(sorted))
	}
	if w := b.opts.weights; w != nil && len(w) != len(sorted) {
		return nil, fmt.Errorf("%s: %d weights for the arms %s", b.name, len(w), strings.Join(sorted, ", "))
	}
	position := make([]int, len(b.arms))
	for i, arm := range b.arms {
		position[i] = slices.Index(sorted, arm)
	}
	t := &table{name: b.name, arms: sorted, dated: b.date >= 0}
	for _, u := range b.units {
		if u.crossed {
			t.crossed++
			continue
		}
		u.arm = position[u.arm]
		t.units = append(t.units, u)
	}
	return t, nil
}
