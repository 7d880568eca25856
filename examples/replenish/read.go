package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/table"
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

// columns are those of the input, in the order of the constants.
func columns() []table.Column {
	return []table.Column{
		{Name: "sku", Aliases: []string{"item", "article"}},
		{Name: "location", Aliases: []string{"place", "warehouse", "store"}},
		{Name: "on_hand", Aliases: []string{"stock"}},
		{Name: "on_order", Aliases: []string{"incoming"}},
		{Name: "lead_time", Aliases: []string{"lead"}},
		{Name: "cost", Aliases: []string{"unit_cost"}},
		{Name: "pack", Aliases: []string{"pack_size"}},
		{Name: "demand", Aliases: []string{"sales", "units"}},
	}
}

const (
	colSKU = iota
	colLocation
	colOnHand
	colOnOrder
	colLead
	colCost
	colPack
	colDemand
)

const (
	mostItems = 100_000
	mostWeeks = 1_000
	mostLead  = 104
)

// mostUnread is how many rows that cannot be read are skipped: a file of more is
// another file.
const mostUnread = 100

// read reads the input in the dialect of form; name is what errors call it. A row that
// cannot be read stops no other: the error, which is errUnplanned, names each.
func read(name string, in io.Reader, form table.Spec) ([]item, error) {
	form.Columns = columns()
	form.MaxRows = mostItems
	r, err := table.New(name, in, form)
	if err != nil {
		return nil, err
	}
	var items []item
	var unread []error
	seen := map[[2]string]bool{}
	for r.Next() && len(unread) < mostUnread {
		it, err := parse(r)
		key := [2]string{string(it.sku), it.location}
		if err == nil && seen[key] {
			err = r.Fail(colSKU, fmt.Errorf("%s at %s was there already: %w", it.sku, it.location, flywheel.ErrConflict))
		}
		if err != nil {
			unread = append(unread, err)
			continue
		}
		seen[key] = true
		items = append(items, it)
	}
	switch err := errors.Join(unread...); {
	case r.Err() != nil:
		return nil, r.Err()
	case len(unread) == mostUnread:
		return nil, fmt.Errorf("%s has %d rows that cannot be read, or more: %w", name, mostUnread, err)
	case len(items) == 0 && err == nil:
		return nil, fmt.Errorf("%s has no items", name)
	case len(items) == 0:
		return nil, err
	case err != nil:
		return items, fmt.Errorf("%w: %w", errUnplanned, err)
	}
	return items, nil
}

func parse(r *table.Reader) (it item, err error) {
	sku, err := r.Text(colSKU)
	if err != nil {
		return it, err
	}
	it.sku, it.location = flywheel.SKU(sku), strings.Clone(r.Raw(colLocation))
	if it.onHand, err = r.Int(colOnHand, -1e9, 1e9); err != nil {
		return it, err
	}
	if it.onOrder, err = r.Int(colOnOrder, 0, 1e9); err != nil {
		return it, err
	}
	lead, err := r.Int(colLead, 0, mostLead)
	if err != nil {
		return it, err
	}
	it.lead = int(lead)
	if it.cost, err = r.NumberBetween(colCost, 0, 1e9); err != nil {
		return it, err
	}
	if it.pack, err = r.Int(colPack, 0, 1e6); err != nil {
		return it, err
	}
	// The weeks have a sign of their own between them, or stand in one quoted cell.
	weeks := strings.FieldsFunc(r.Raw(colDemand), func(c rune) bool { return c == ';' || c == ' ' || c == '|' })
	if len(weeks) > mostWeeks { // none is an item that nobody has bought yet: the plan says so
		return it, r.Fail(colDemand, fmt.Errorf("%d weeks, at most %d: %w", len(weeks), mostWeeks, flywheel.ErrLimit))
	}
	for i, text := range weeks {
		units, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(units) || !(units >= 0 && units <= 1e9) {
			return it, r.Fail(colDemand, fmt.Errorf("week %d is %.20q, want a number from 0 to 1e9: %w", i+1, text, flywheel.ErrInvalid))
		}
		it.demand = append(it.demand, units)
	}
	return it, nil
}
