// Attribution credits marketing channels with the conversions they helped to
// bring, by several models side by side, sets the credit against what the channels
// cost, and proposes where the next budget should go.
//
//	go run ./examples/attribution                                   a built-in shop
//	go run ./examples/attribution -in paths.csv                     counted paths
//	go run ./examples/attribution -events events.csv -cost cost.csv
//
// README.md has the forms of the files.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel/campaign/attribution"
	"github.com/flywheel-go/flywheel/campaign/budget"
	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/internal/table"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "attribution:", err)
		}
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	in, events, cost, sales string
	separator               string
	lookback                time.Duration
	cut                     bool
	currency                string
	order                   int
	model                   string
	margin                  float64
	budget                  float64
	form                    string
	level                   float64
	seed                    uint64
	html, csv               string
	dialect                 table.Spec // its flags; each file has columns of its own
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	set := flag.NewFlagSet("attribution", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.StringVar(&o.in, "in", "", "`file` of counted paths; a built-in shop without it and -events")
	set.StringVar(&o.events, "events", "", "`file` of events, from which paths are built")
	set.StringVar(&o.cost, "cost", "", "`file` of what the channels cost; with dates for a proposal")
	set.StringVar(&o.sales, "sales", "", "`file` of what the shop sold by date, for a proposal with -in")
	set.StringVar(&o.separator, "separator", ">", "`sign` between the channels of a path")
	set.DurationVar(&o.lookback, "lookback", 30*24*time.Hour, "how old a touch may be")
	set.BoolVar(&o.cut, "cut", false, "a path begins behind the conversion before it")
	set.StringVar(&o.currency, "currency", "EUR", "`code` of the values' currency")
	set.IntVar(&o.order, "order", 0, "`order` of the Markov chain, 1 to 5; 0 to choose")
	set.StringVar(&o.model, "model", "markov", "`model` that is set against the costs: "+strings.Join(modelNames, ", "))
	set.Float64Var(&o.margin, "margin", 0.4, "share of revenue that is left after the cost of goods")
	set.Float64Var(&o.budget, "budget", 0, "money of a week to allocate; 0 for what was spent")
	set.StringVar(&o.form, "curve", "michaelis", "`form` of the response curves: log, exp, power, michaelis, hill")
	set.Float64Var(&o.level, "level", 0.9, "of the limits")
	set.Uint64Var(&o.seed, "seed", 1, "of the bootstrap and of the fit")
	set.StringVar(&o.html, "html", "", "write a page with charts to this `file`")
	set.StringVar(&o.csv, "csv", "", "write the credits as CSV to this `file`")
	o.dialect.Flags(set)
	if err := set.Parse(args); err != nil {
		return o, err
	}
	forms := []string{"log", "exp", "power", "michaelis", "hill"}
	switch {
	case set.NArg() > 0:
		return o, fmt.Errorf("unknown argument %q", set.Arg(0))
	case o.in != "" && o.events != "":
		return o, errors.New("-in and -events: give one of them")
	case o.in == "" && o.events == "" && o.cost+o.sales != "":
		return o, errors.New("-cost and -sales need -in or -events; the built-in shop has its own")
	case o.sales != "" && o.events != "":
		return o, errors.New("-sales goes with -in; events say themselves what was sold")
	case o.separator == "":
		return o, errors.New("-separator is empty")
	case o.lookback <= 0:
		return o, fmt.Errorf("-lookback %v is not above 0", o.lookback)
	case o.order < 0 || o.order > mostOrder:
		return o, fmt.Errorf("-order %d is not from 0 to %d", o.order, mostOrder)
	case !slices.Contains(modelNames, o.model):
		return o, fmt.Errorf("-model %q is none of %s", o.model, strings.Join(modelNames, ", "))
	case !(o.margin >= 0 && o.margin <= 1):
		return o, fmt.Errorf("-margin %v is not from 0 to 1", o.margin)
	case !(o.budget >= 0 && o.budget <= 1e12):
		return o, fmt.Errorf("-budget %v is not from 0 to 1e12", o.budget)
	case !slices.Contains(forms, o.form):
		return o, fmt.Errorf("-curve %q is none of %s", o.form, strings.Join(forms, ", "))
	case !(o.level > 0 && o.level < 1):
		return o, fmt.Errorf("-level %v is not between 0 and 1", o.level)
	}
	return o, nil
}

func run(args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	shop, err := load(&o, stderr)
	if err != nil {
		return err
	}
	r, err := credit(&o, shop, stderr)
	if err != nil {
		return err
	}
	if err := r.propose(&o, shop); err != nil {
		return err
	}
	// Nothing is written before all is known.
	var text, page, file bytes.Buffer
	if err := r.text(&text); err != nil {
		return err
	}
	if o.html != "" {
		if err := chart.Write(&page, "Attribution: "+shop.name, r.page()...); err != nil {
			return err
		}
		if err := os.WriteFile(o.html, page.Bytes(), 0o644); err != nil {
			return err
		}
	}
	if o.csv != "" {
		columns, rows := r.credits(true)
		if err := table.WriteCSV(&file, columns, rows); err != nil {
			return err
		}
		if err := os.WriteFile(o.csv, file.Bytes(), 0o644); err != nil {
			return err
		}
	}
	_, err = text.WriteTo(stdout)
	return err
}

// shop is what was read.
type shop struct {
	name     string
	set      *attribution.Set
	built    *attribution.Built // of events
	journeys []attribution.Journey
	costs    []cost
	sales    []sale
}

// model is one column of the report.
type model struct {
	name   string
	result *attribution.Result
}

const mostOrder = 5

var modelNames = []string{"first", "last", "linear", "u-shaped", "decay", "shapley", "markov"}

// report is all that is printed.
type report struct {
	shop     *shop
	model    string
	level    float64
	order    int
	chosen   bool
	scores   []attribution.OrderScore
	markov   *attribution.MarkovResult
	models   []model
	limits   []attribution.Limits
	costs    *attribution.Report
	fit      *budget.Fit
	plan     budget.Plan
	proposal *budget.Allocation
	now      []float64 // spend of a mean week by channel of the fit
	why      string    // there is no proposal
}
