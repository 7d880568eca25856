package main

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// class is a file of series alike.
type class struct {
	name, file string
	season     int
	horizon    int
}

// classes are those of the M3 competition, and the car parts, which sell rarely.
var classes = []class{
	{"yearly", "m3_yearly", 1, 6},
	{"quarterly", "m3_quarterly", 4, 8},
	{"monthly", "m3_monthly", 12, 18},
	{"other", "m3_other", 1, 8},
	{parts, "carparts", 12, 6},
}

const parts = "car parts"

// item is a series to be forecast.
type item struct {
	forecast.Series
	class   string
	horizon int
	actual  []float64 // what followed, of generated series
}

// read returns the complete series of the class.
func (c class) read(folder string) ([]item, error) {
	path := filepath.Join(folder, "forecast", c.file+".csv.gz")
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the public data is not here (set FLYWHEEL_DATA): %w", err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	rows, err := csv.NewReader(plain).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	column := 0
	for i, name := range rows[0] {
		if name == "train" || name == "values" {
			column = i
		}
	}
	var all []item
	for _, row := range rows[1:] {
		if values, ok := parse(row[column]); ok {
			s := forecast.Series{ID: row[0], Values: values, Season: c.season}
			all = append(all, item{Series: s, class: c.name, horizon: c.horizon})
		}
	}
	return all, nil
}

// parse reads numbers, and reports false where one is missing or all are zero.
func parse(list string) (values []float64, ok bool) {
	for text := range strings.SplitSeq(list, ";") {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, false
		}
		ok = ok || v != 0
		values = append(values, v)
	}
	return values, ok
}

// every returns one of so many items, evenly spaced.
func every(all []item, step int) []item {
	var sample []item
	for i := step / 2; i < len(all); i += step {
		sample = append(sample, all[i])
	}
	return sample
}
