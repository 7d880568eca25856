// Abtest reads the result of an experiment from a CSV file and says what it
// means and what to do, or plans one.
//
//	go run ./examples/abtest                      a built-in set
//	go run ./examples/abtest -in data.csv -variant group -metric bought:binary
//	go run ./examples/abtest plan -baseline 0.1 -effect 0.05 -per-day 2000
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/flywheel-go/flywheel/experiment"
	rowtable "github.com/flywheel-go/flywheel/internal/table"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "abtest:", err)
		}
		os.Exit(1)
	}
}

func run(args []string, out, usage io.Writer) error {
	if len(args) > 0 && args[0] == "plan" {
		return plan(args[1:], out, usage)
	}
	return read(args, out, usage)
}

// options are the flags of a reading.
type options struct {
	in, unit, variant, control, covariate, date string
	weights                                     []float64
	metrics                                     []column
	design                                      experiment.Design
	alpha                                       float64
	json, pairs                                 bool
	plot                                        string
	planned                                     int64
	form                                        rowtable.Spec // of the file
}

func read(args []string, out, usage io.Writer) error {
	opts, err := parseOptions(args, usage)
	if err != nil {
		return err
	}
	var table *table
	if opts.in == "" {
		table, err = readCSV("the built-in set", strings.NewReader(builtIn(builtInSeed)), opts)
	} else {
		table, err = readFile(opts.in, opts)
	}
	if err != nil {
		return err
	}
	a, err := analyse(table, opts)
	if err != nil {
		return err
	}
	if opts.plot != "" {
		if err := os.WriteFile(opts.plot, []byte(a.svg()), 0o644); err != nil {
			return err
		}
	}
	if opts.json {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(a.form())
	}
	_, err = io.WriteString(out, a.text())
	return err
}

func parseOptions(args []string, usage io.Writer) (options, error) {
	opts := options{}
	var design, weights string
	set := flag.NewFlagSet("abtest", flag.ContinueOnError)
	set.SetOutput(usage)
	set.StringVar(&opts.in, "in", "", "CSV `file` with a header, gzip or not; a built-in set when empty")
	set.StringVar(&opts.unit, "unit", "", "`column` that names the unit; each row is one when empty")
	set.StringVar(&opts.variant, "variant", "", "`column` that names the arm")
	set.StringVar(&opts.control, "control", "", "the control's `arm`; the first by name when empty")
	set.StringVar(&weights, "weights", "", "the arms' `shares` as planned, control first, such as 0.5,0.25,0.25; equal when empty")
	set.Func("metric", "`column`[:binary|mean|ratio/column|quantile=0.9]; the first is the goal", func(s string) error {
		c, err := parseColumn(s)
		opts.metrics = append(opts.metrics, c)
		return err
	})
	set.StringVar(&opts.covariate, "covariate", "", "`column` with what each unit did before the experiment")
	set.StringVar(&opts.date, "date", "", "`column` with the day a unit came in, for the plot over time")
	set.StringVar(&design, "design", "fixed", "fixed (read once, at the planned end), sequential (read at any time) or bayes")
	set.Float64Var(&opts.alpha, "alpha", 0.05, "chance to call a goal different that is not")
	set.Int64Var(&opts.planned, "planned", 0, "number of `units` at which the experiment was planned to be read; before that there is no winner")
	set.BoolVar(&opts.pairs, "pairs", false, "compare each arm with each other one, too, and tell how likely each is the best")
	set.BoolVar(&opts.json, "json", false, "print JSON")
	set.StringVar(&opts.plot, "plot", "", "write the intervals as SVG to this `file`")
	opts.form.Flags(set)
	if err := set.Parse(args); err != nil {
		return options{}, err
	}
	if set.NArg() > 0 {
		return options{}, fmt.Errorf("unknown argument %q", set.Arg(0))
	}
	var err error
	if opts.design, err = parseDesign(design); err != nil {
		return options{}, err
	}
	if !(opts.alpha > 0 && opts.alpha < 1) {
		return options{}, fmt.Errorf("-alpha %v is not between 0 and 1", opts.alpha)
	}
	if opts.planned < 0 {
		return options{}, fmt.Errorf("-planned %d is negative", opts.planned)
	}
	if opts.weights, err = parseWeights(weights); err != nil {
		return options{}, err
	}
	if opts.in == "" {
		opts.defaults()
	}
	if opts.variant == "" || len(opts.metrics) == 0 {
		return options{}, errors.New("-variant and -metric are needed with -in")
	}
	return opts, nil
}

// defaults fits the options to the built-in set where they are not given.
func (o *options) defaults() {
	if o.unit == "" {
		o.unit = "customer"
	}
	if o.variant == "" {
		o.variant = "button"
	}
	if o.control == "" {
		o.control = "blue"
	}
	if o.date == "" {
		o.date = "day"
	}
	if len(o.metrics) == 0 {
		o.metrics = []column{
			{name: "bought", kind: binary}, {name: "revenue", kind: mean},
			{name: "revenue", kind: ratio, per: "visits"}, {name: "seconds", kind: quantile, level: 0.9},
		}
	}
}

func parseDesign(s string) (experiment.Design, error) {
	switch s {
	case "fixed":
		return experiment.FixedHorizon, nil
	case "sequential":
		return experiment.AlwaysValid, nil
	case "bayes":
		return experiment.Bayesian, nil
	}
	return "", fmt.Errorf("-design %q is not fixed, sequential or bayes", s)
}
