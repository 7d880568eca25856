// Command replenish plans the orders of a small shop.
//
//	go run ./examples/replenish                    # a shop that is built in
//	go run ./examples/replenish -in stock.csv      # yours
//	go run ./examples/replenish -fill 0.98 -budget 800
//
// It forecasts each item from its weekly demand, decides what to order now, and
// prints the plan as a table: how much, why, and what to expect in the weeks
// ahead. Then it simulates the shop at several targets and draws the curve of
// service against cost.
//
// The input is a CSV file with the header
//
//	sku,location,on_hand,on_order,lead_time,cost,pack,demand
//
// in any order and case, where lead_time is in weeks, cost is what a unit costs,
// pack the size of a pack, and demand the units of each week, oldest first, joined
// by semicolons, bars or blanks. Other headers are named with -map field=header; a
// file with another delimiter or encoding is understood, too.
package main

import (
	"bytes"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/flywheel-go/flywheel/internal/table"
)

//go:embed shop.csv
var shop []byte

// settings are what the flags say.
type settings struct {
	fillRate float64
	holding  float64 // share of the cost of a unit that a week in stock costs
	ordering float64 // cost of an order
	margin   float64 // share of the cost of a unit that is lost with each unit short
	budget   float64
	weeks    int
	seed     uint64
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "replenish:", err)
		}
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("replenish", flag.ContinueOnError)
	file := flags.String("in", "", "a CSV `file`; without it a shop that is built in")
	var s settings
	flags.Float64Var(&s.fillRate, "fill", 0.95, "share of the demand to be met from stock")
	flags.Float64Var(&s.holding, "holding", 0.005, "cost of a week in stock as a share of a unit's cost")
	flags.Float64Var(&s.ordering, "ordering", 2, "cost of an order")
	flags.Float64Var(&s.margin, "margin", 0.5, "loss for a unit short as a share of a unit's cost")
	flags.Float64Var(&s.budget, "budget", 0, "what may be spent now; 0 is no limit")
	flags.IntVar(&s.weeks, "weeks", 12, "weeks to look ahead")
	flags.Uint64Var(&s.seed, "seed", 1, "of the simulation")
	var form table.Spec
	form.Flags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err := s.check(); err != nil {
		return err
	}
	items, unread := load(*file, form)
	if unread != nil && !errors.Is(unread, errUnplanned) {
		return unread
	}
	plans, unplanned := planAll(items, s)
	unplanned = errors.Join(unread, unplanned)
	if unplanned != nil && (!errors.Is(unplanned, errUnplanned) || len(plans) == 0) {
		return unplanned
	}
	curve, err := simulate(plans, s)
	if err != nil {
		return err
	}
	// Nothing is written before all is known.
	var out bytes.Buffer
	writePlan(&out, plans, s)
	writeCurve(&out, curve)
	_, err = out.WriteTo(stdout)
	return errors.Join(err, unplanned)
}

func (s *settings) check() error {
	for _, f := range []struct {
		name        string
		value       float64
		least, most float64
	}{
		{"fill", s.fillRate, 0.01, 0.9999}, {"holding", s.holding, 0, 1e6}, {"ordering", s.ordering, 0, 1e9},
		{"margin", s.margin, 0, 1e6}, {"budget", s.budget, 0, 1e12}, {"weeks", float64(s.weeks), 1, 520},
	} {
		if !(f.value >= f.least && f.value <= f.most) {
			return fmt.Errorf("-%s is %g, want %g to %g", f.name, f.value, f.least, f.most)
		}
	}
	return nil
}

func load(file string, form table.Spec) ([]item, error) {
	if file == "" {
		return read("the built-in shop", bytes.NewReader(shop), table.Spec{})
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	items, err := read(file, f, form)
	return items, errors.Join(err, f.Close())
}
