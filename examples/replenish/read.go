package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// item is a row of the input.
type item struct {
	sku             flywheel.SKU
	location        string
	onHand, onOrder int64
	lead            int // weeks
	cost            float64
	pack            int64
	demand          []float64 // by week, oldest first
}

var header = []string{"sku", "location", "on_hand", "on_order", "lead_time", "cost", "pack", "demand"}

const (
	mostItems = 100_000
	mostWeeks = 1_000
	mostLead  = 104
)

// read reads the input; name is what errors call it.
func read(name string, r io.Reader) ([]item, error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = len(header)
	rows.ReuseRecord = true
	first, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s is empty, want the header %s", name, strings.Join(header, ","))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if !slices.Equal(first, header) {
		return nil, fmt.Errorf("%s: line 1: header %q, want %q", name, strings.Join(first, ","), strings.Join(header, ","))
	}
	var items []item
	seen := map[[2]string]bool{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := rows.FieldPos(0)
		it, err := parse(row)
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, line, err)
		}
		key := [2]string{string(it.sku), it.location}
		if seen[key] {
			return nil, fmt.Errorf("%s: line %d: %s at %s was there already", name, line, it.sku, it.location)
		}
		seen[key] = true
		if items = append(items, it); len(items) > mostItems {
			return nil, fmt.Errorf("%s: line %d: more than %d items", name, line, mostItems)
		}
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("%s has no items", name)
	}
	return items, nil
}

func parse(row []string) (it item, err error) {
	it.sku, it.location = flywheel.SKU(strings.Clone(row[0])), strings.Clone(row[1])
	if it.sku == "" {
		return it, errors.New("sku is empty")
	}
	whole := func(column int, least, most int64) int64 {
		n, e := strconv.ParseInt(row[column], 10, 64)
		if e != nil || n < least || n > most {
			err = errors.Join(err, fmt.Errorf("%s is %q, want a whole number from %d to %d", header[column], row[column], least, most))
		}
		return n
	}
	it.onHand, it.onOrder = whole(2, -1e9, 1e9), whole(3, 0, 1e9)
	it.lead, it.pack = int(whole(4, 0, mostLead)), whole(6, 0, 1e6)
	if it.cost, err = number("cost", row[5], err); err != nil {
		return it, err
	}
	weeks := strings.Split(row[7], ";")
	if len(weeks) > mostWeeks {
		return it, fmt.Errorf("demand has %d weeks, at most %d", len(weeks), mostWeeks)
	}
	for i, text := range weeks {
		units, err := number(fmt.Sprintf("demand of week %d", i+1), text, nil)
		if err != nil {
			return it, err
		}
		it.demand = append(it.demand, units)
	}
	return it, nil
}

// number parses a figure that is not negative, unless there is an error already.
func number(name, text string, err error) (float64, error) {
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 0 && v <= 1e9) || math.IsNaN(v) {
		return 0, fmt.Errorf("%s is %q, want a number from 0 to 1e9", name, text)
	}
	return v, nil
}
