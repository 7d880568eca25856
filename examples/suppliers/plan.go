package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/inventory/supplier"
)

// plan looks a plan up, or makes one of two risk points, and says what it does.
func plan(args []string, out, messages io.Writer) error {
	flags := flag.NewFlagSet("suppliers plan", flag.ContinueOnError)
	flags.SetOutput(messages)
	lot := flags.Int("lot", 1000, "units in the lot")
	aql := flags.Float64("aql", 1, "acceptance quality limit in percent, of the series of ISO 2859-1")
	levelName := flags.String("level", "II", "inspection level: I, II, III, S-1 to S-4")
	severityName := flags.String("severity", "normal", "normal, tightened or reduced")
	samplingName := flags.String("sampling", "single", "single, double or multiple")
	good := flags.Float64("good", 0, "producer's point: fraction defective that is to be accepted; with -bad a plan is made of both")
	bad := flags.Float64("bad", 0, "consumer's point: fraction defective that is to be rejected")
	alpha := flags.Float64("alpha", 0.05, "most probability to reject good lots")
	beta := flags.Float64("beta", 0.10, "most probability to accept bad lots")
	html := flags.String("html", "", "write the curve to this HTML `file`")
	csv := flags.String("csv", "", "write the curve to this CSV `file`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	var m supplier.MultiplePlan
	top := 0.0
	if *good != 0 || *bad != 0 {
		p, err := supplier.FindPlan(supplier.RiskPoint{Quality: *good, Accept: 1 - *alpha}, supplier.RiskPoint{Quality: *bad, Accept: *beta}, supplier.Binomial, 0)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "Inspect %d units, accept with %d or fewer defective.\n\n", p.N, p.Accept)
		m = supplier.MultiplePlan{Stages: []supplier.Stage{{N: p.N, Accept: p.Accept, Reject: p.Accept + 1}}}
		top = min(1, 2**bad)
	} else {
		level, err := supplier.ParseLevel(*levelName)
		if err != nil {
			return err
		}
		severity, err := supplier.ParseSeverity(*severityName)
		if err != nil {
			return err
		}
		samplings := map[string]supplier.Sampling{"single": supplier.Single, "double": supplier.Double, "multiple": supplier.Multiple}
		sampling, ok := samplings[*samplingName]
		if !ok {
			return fmt.Errorf("-sampling is %q, want single, double or multiple", *samplingName)
		}
		p, err := supplier.Scheme{Level: level, AQL: *aql, Sampling: sampling}.Plan(*lot, severity)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "Lot of %d, level %s, AQL %g, %s inspection: code letter %s, plan of letter %s.\n", *lot, level, *aql, severity, p.Letter, p.PlanLetter)
		for i, st := range p.Stages {
			accept := fmt.Sprintf("accept up to %d", st.Accept)
			if st.Accept < 0 {
				accept = "no lot is accepted yet"
			}
			fmt.Fprintf(out, "  stage %d: inspect %d, %s, reject from %d on (of all so far)\n", i+1, st.N, accept, st.Reject)
		}
		if p.Full {
			fmt.Fprintln(out, "  That is the whole lot.")
			if *html != "" || *csv != "" {
				return errors.New("there is no curve where the whole lot is inspected")
			}
			return nil
		}
		fmt.Fprintln(out)
		m = p.Plan(supplier.Binomial, 0)
		top = min(1, *aql/100*10)
	}
	columns := []string{"defective", "accepted", "inspected"}
	var rows [][]string
	var x, y []float64
	const points = 100
	for i := range points + 1 {
		f := top * float64(i) / points
		o, err := m.At(f)
		if err != nil {
			return err
		}
		x, y = append(x, f), append(y, o.Accept)
		if i%10 == 0 {
			rows = append(rows, []string{
				fmt.Sprintf("%.2f %%", 100*f), fmt.Sprintf("%.2f %%", 100*o.Accept), strconv.FormatFloat(o.SampleNumber, 'f', 1, 64),
			})
		}
	}
	if err := table.WriteText(out, append(columns, ""), withBars(rows, y)); err != nil {
		return err
	}
	if *csv != "" {
		if err := toFile(*csv, func(w io.Writer) error { return table.WriteCSV(w, columns, rows) }); err != nil {
			return err
		}
	}
	if *html == "" {
		return nil
	}
	return toFile(*html, func(w io.Writer) error {
		return chart.Write(w, "Sampling plan", chart.Section{
			Title: "Operating characteristic", Note: "How often a lot is accepted, by its fraction defective.",
			Figures: []chart.Figure{chart.XY("Operating characteristic", "fraction defective", "accepted", chart.Curve{Name: "plan", X: x, Y: y})},
			Columns: columns, Rows: rows,
		})
	})
}

// withBars draws the curve beside the figures.
func withBars(rows [][]string, y []float64) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		out[i] = append(row[:len(row):len(row)], fmt.Sprintf("%-40s", strings.Repeat("#", int(40*y[i*10]+0.5))))
	}
	return out
}
