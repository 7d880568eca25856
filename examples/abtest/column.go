package main

import (
	"fmt"
	"strconv"
	"strings"

	rowtable "github.com/flywheel-go/flywheel/internal/table"
)

// kind is how a column becomes a metric.
type kind string

const (
	binary   kind = "binary"
	mean     kind = "mean"
	ratio    kind = "ratio"
	quantile kind = "quantile"
)

// column is a metric: a column and what is made of it.
type column struct {
	name  string
	kind  kind
	per   string  // ratio: the denominator's column
	level float64 // quantile
}

// label names the metric in the report.
func (c column) label() string {
	switch c.kind {
	case ratio:
		return c.name + " per " + c.per
	case quantile:
		return fmt.Sprintf("%s, quantile %g", c.name, c.level)
	default:
		return c.name
	}
}

// parseColumn reads column[:binary|mean|ratio/column|quantile=0.9].
func parseColumn(s string) (column, error) {
	name, form, given := strings.Cut(s, ":")
	c := column{name: strings.TrimSpace(name), kind: mean}
	if c.name == "" {
		return c, fmt.Errorf("metric %q names no column", s)
	}
	switch per, isRatio := strings.CutPrefix(form, "ratio/"); {
	case !given || form == "mean":
	case form == "binary":
		c.kind = binary
	case isRatio && per != "":
		c.kind, c.per = ratio, per
	case strings.HasPrefix(form, "quantile="):
		level, err := strconv.ParseFloat(strings.TrimPrefix(form, "quantile="), 64)
		if err != nil || !(level > 0 && level < 1) {
			return c, fmt.Errorf("metric %q: the level of a quantile is between 0 and 1", s)
		}
		c.kind, c.level = quantile, level
	default:
		return c, fmt.Errorf("metric %q: %q is not binary, mean, ratio/column or quantile=level", s, form)
	}
	return c, nil
}

// value reads a cell: a number, or a truth value.
func value(rows *rowtable.Reader, k int, kind kind) (float64, error) {
	if truth, err := rows.Bool(k); err == nil {
		if truth {
			return 1, nil
		}
		return 0, nil
	}
	if kind == binary {
		if x, err := rows.Number(k); err == nil && x != 0 && x != 1 {
			return 0, rows.Fail(k, fmt.Errorf("%q is neither 0 nor 1", rows.Raw(k)))
		} else if err != nil {
			return 0, err
		}
	}
	return rows.NumberBetween(k, -1e100, 1e100) // squares are summed
}

// parseWeights reads shares such as 0.5,0.25,0.25; none for equal shares.
func parseWeights(s string) ([]float64, error) {
	if s == "" {
		return nil, nil
	}
	var weights []float64
	for part := range strings.SplitSeq(s, ",") {
		w, err := strconv.ParseFloat(part, 64)
		if err != nil || !(w > 0 && w < 1) {
			return nil, fmt.Errorf("-weights: %q is no share", part)
		}
		weights = append(weights, w)
	}
	return weights, nil
}
