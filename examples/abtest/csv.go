package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	rowtable "github.com/flywheel-go/flywheel/internal/table"
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

func readFile(name string, opts options) (*table, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readCSV(name, f, opts)
}

// readCSV reads a table of units; package internal/table says what forms it may
// have.
func readCSV(name string, in io.Reader, opts options) (*table, error) {
	rows, err := rowtable.New(name, in, opts.form)
	if err != nil {
		return nil, err
	}
	b := &builder{name: name, opts: opts, rows: rows, byID: map[string]*unit{}, armOf: map[string]int{}}
	if err := b.findColumns(); err != nil {
		return nil, err
	}
	for rows.Next() {
		if err := b.add(); err != nil {
			return nil, err
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return b.finish()
}

// builder collects rows into units.
type builder struct {
	name                           string
	opts                           options
	rows                           *rowtable.Reader
	unit, variant, covariate, date int // columns, -1 for none
	values, per                    []int
	byID                           map[string]*unit
	armOf                          map[string]int
	arms                           []string
	units                          []*unit
}

func (b *builder) findColumns() (err error) {
	find := func(header string) int {
		if header == "" || err != nil {
			return -1
		}
		var k int
		k, err = b.rows.Find(header)
		return k
	}
	b.unit, b.variant = find(b.opts.unit), find(b.opts.variant)
	b.covariate, b.date = find(b.opts.covariate), find(b.opts.date)
	for _, m := range b.opts.metrics {
		b.values = append(b.values, find(m.name))
		b.per = append(b.per, find(m.per))
	}
	return err
}

func (b *builder) add() error {
	variant := b.rows.Raw(b.variant)
	if variant == "" {
		return b.rows.Fail(b.variant, errors.New("no arm"))
	}
	arm, ok := b.armOf[variant]
	if !ok {
		if len(b.arms) == maxArms {
			return b.rows.Fail(b.variant, fmt.Errorf("more than %d arms: is this the column of the arms? %w", maxArms, flywheel.ErrLimit))
		}
		variant = strings.Clone(variant)
		arm = len(b.arms)
		b.armOf[variant], b.arms = arm, append(b.arms, variant)
	}
	u, err := b.unitOf()
	if err != nil {
		return err
	}
	fresh := u.arm < 0
	if fresh {
		u.arm = arm
	}
	u.crossed = u.crossed || u.arm != arm
	for i, m := range b.opts.metrics {
		x, err := value(b.rows, b.values[i], m.kind)
		if err != nil {
			return err
		}
		if m.kind == binary {
			u.values[i] = max(u.values[i], x)
		} else {
			u.values[i] += x
		}
		if m.kind == ratio {
			if x, err = value(b.rows, b.per[i], mean); err != nil {
				return err
			}
			u.per[i] += x
		}
	}
	if b.covariate >= 0 {
		x, err := value(b.rows, b.covariate, mean)
		if err != nil {
			return err
		}
		if fresh {
			u.covariate = x // the same in each row of a unit
		}
	}
	if b.date >= 0 {
		at, err := b.rows.Time(b.date)
		if err != nil {
			return err
		}
		if day := at.Format(time.DateOnly); fresh || day < u.date {
			u.date = day
		}
	}
	return nil
}

// maxArms guards against a column that does not name arms.
const maxArms = 20

func (b *builder) unitOf() (*unit, error) {
	id := ""
	if b.unit >= 0 {
		if id = b.rows.Raw(b.unit); id == "" {
			return nil, b.rows.Fail(b.unit, errors.New("no unit"))
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
