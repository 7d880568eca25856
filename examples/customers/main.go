// Customers reads the orders of a shop and says who its customers are: recency,
// frequency and value, cohorts and retention, lifetime value with intervals, and who is
// about to be lost. Or it follows a stream of events and prints who enters and leaves
// segments, and why.
//
//	go run ./examples/customers -in orders.csv -out report
//	go run ./examples/customers -events events.csv -segments segments.json
//
// The orders need the columns customer and date, and amount or both quantity and price; currency is
// optional. The events need time and name, and customer or visitor; CSV with any further
// columns as properties, or JSON lines.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/flywheel-go/flywheel/internal/table"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "customers:", err)
		}
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	in, out          string
	events, segments string
	currency         string
	at               time.Time
	weeks            int
	discount         float64
	level            float64
	lenient          bool
	anonymous        bool
	spec             table.Spec
}

func parse(args []string, usage io.Writer) (*options, error) {
	o := &options{}
	set := flag.NewFlagSet("customers", flag.ContinueOnError)
	set.SetOutput(usage)
	set.StringVar(&o.in, "in", "", "order `file`: customer, date, amount[, currency]")
	set.StringVar(&o.out, "out", "customers-report", "`folder` for the report, tables and charts")
	set.StringVar(&o.events, "events", "", "event `file`, CSV or JSON lines; - is the standard input (JSON lines)")
	set.StringVar(&o.segments, "segments", "", "segment `file`: a JSON list of definitions")
	set.StringVar(&o.currency, "currency", "", "`code` of the currency to report on; default the one with the most orders")
	set.IntVar(&o.weeks, "weeks", 52, "horizon of the predictions in weeks")
	set.Float64Var(&o.discount, "discount", 0.10, "yearly rate at which future value is discounted")
	set.Float64Var(&o.level, "level", 0.90, "level of the intervals")
	set.BoolVar(&o.lenient, "lenient", false, "pass over rows that cannot be read, and count them")
	set.BoolVar(&o.anonymous, "anonymous", false, "devices that are nobody's are members of segments too")
	set.Func("at", "`date` of the report; default the day after the last order", func(s string) (err error) {
		o.at, err = time.Parse(time.DateOnly, s)
		return err
	})
	o.spec.Flags(set)
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case set.NArg() > 0:
		return nil, fmt.Errorf("unexpected %q", set.Arg(0))
	case (o.in == "") == (o.events == ""):
		return nil, errors.New("give -in ORDERS, or -events FILE and -segments FILE")
	case o.events != "" && o.segments == "":
		return nil, errors.New("-events needs -segments")
	case o.weeks < 1 || o.weeks > 5200:
		return nil, fmt.Errorf("-weeks %d: 1 to 5200", o.weeks)
	case !(o.discount >= 0 && o.discount < 10):
		return nil, fmt.Errorf("-discount %v: 0 to 10", o.discount)
	case !(o.level > 0 && o.level < 1):
		return nil, fmt.Errorf("-level %v: between 0 and 1", o.level)
	}
	return o, nil
}

func run(args []string, in io.Reader, out, errs io.Writer) error {
	o, err := parse(args, errs)
	if err != nil {
		return err
	}
	if o.events != "" {
		return follow(o, in, out)
	}
	orders, err := readOrders(o, errs)
	if err != nil {
		return err
	}
	a, err := analyze(orders, o, errs)
	if err != nil {
		return err
	}
	if err := a.write(o.out); err != nil {
		return err
	}
	return a.summary(out, o.out)
}
