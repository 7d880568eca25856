// Command market finds where a series changed and which of its days are news.
//
//	go run ./examples/market                         # a year of a shop that is built in
//	go run ./examples/market -in series.csv          # yours
//	go run ./examples/market -in load.csv -plain     # a metric of which nothing is known
//
// The file has a column date and a column value, and may have promotion, price and
// out_of_stock. -csv and -html write the result to files.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/internal/progress"
	"github.com/flywheel-go/flywheel/internal/table"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "market:", err)
		}
		os.Exit(1)
	}
}

// settings are what the flags say.
type settings struct {
	in, csv, html string
	detector      market.Detector
	penalty       float64
	spec          table.Spec
}

func run(args []string, out, messages io.Writer) error {
	flags := flag.NewFlagSet("market", flag.ContinueOnError)
	flags.SetOutput(messages)
	s := settings{spec: table.Spec{Columns: columns}}
	flags.StringVar(&s.in, "in", "", "a CSV `file`; without it a year of a shop that is built in")
	flags.StringVar(&s.csv, "csv", "", "write every point to this CSV `file`")
	flags.StringVar(&s.html, "html", "", "write the report to this HTML `file`")
	plain := flags.Bool("plain", false, "nothing is known of the series: any scale, and no season but that of the day")
	flags.IntVar(&s.detector.Season, "season", 7, "points of a season, 1 for none")
	level := flags.Bool("level", false, "values vary by the same amount at any level; else they are counts, such as sales")
	flags.Float64Var(&s.detector.Threshold, "threshold", 0, "deviations from which a single point is news; 0 is 3.8, and 7.5 with -plain")
	flags.Float64Var(&s.penalty, "penalty", 0, "of a change, in sums of squares; 0 is the rule of package market")
	s.spec.Flags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if *level {
		s.detector.Scale = market.Level
	}
	if *plain && *level {
		return errors.New("-plain and -level contradict each other")
	}
	if *plain {
		s.detector.Scale, s.detector.Season = market.Unknown, 0
	}
	points := builtIn()
	if s.in != "" {
		var err error
		if points, err = read(s.in, s.spec, messages); err != nil {
			return err
		}
	}
	if len(points) < 2 {
		return errors.New("a series needs two points")
	}
	r, err := s.analyze(points, progress.New(messages, len(points), "points"))
	if err != nil {
		return err
	}
	return r.write(out, s)
}
