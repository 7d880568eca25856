package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"

	rowtable "github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/inventory/forecast"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "forecast:", err)
		}
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	in       string
	with     string
	ranges   string
	horizon  int
	season   int
	model    string
	level    string
	out      string
	plot     string
	backtest int
	absent   string
	effects  string
	workers  int
}

// models are what -model can name.
var models = map[string]forecast.Model{
	"auto":    forecast.Auto{},
	"fast":    fast{},
	"naive":   forecast.Naive{},
	"snaive":  forecast.SeasonalNaive{},
	"mean":    forecast.Mean{},
	"drift":   forecast.Drift{},
	"ses":     forecast.SES{},
	"holt":    forecast.Holt{},
	"damped":  forecast.Holt{Damped: true},
	"hw":      forecast.HoltWinters{},
	"ets":     forecast.ETS{},
	"theta":   forecast.Theta{},
	"otm":     forecast.OptimizedTheta{},
	"dotm":    forecast.OptimizedTheta{Dynamic: true},
	"ces":     forecast.CES{},
	"arima":   forecast.ARIMA{},
	"ma":      forecast.MovingAverage{},
	"stl":     forecast.Decomposed{},
	"counts":  forecast.Counts{},
	"croston": forecast.Croston{}, "sba": forecast.SBA{}, "sbj": forecast.SBJ{},
	"tsb": forecast.TSB{}, "adida": forecast.ADIDA{}, "imapa": forecast.IMAPA{},
}

// fast is the model that forecast.Select names.
type fast struct{}

func (m fast) Fit(s forecast.Series) (*forecast.Fit, error) {
	f := new(forecast.Fit)
	return f, m.FitTo(f, s)
}

func (fast) FitTo(dst *forecast.Fit, s forecast.Series) error {
	m, err := forecast.Select(s)
	if err != nil {
		return err
	}
	return m.FitTo(dst, s)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var o options
	flags := flag.NewFlagSet("forecast", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.in, "in", "", "input CSV `files`, separated by commas")
	flags.StringVar(&o.with, "with", "", "`columns` of regressors such as price,promotion; the last rows without y are the periods to come")
	flags.StringVar(&o.effects, "effects", "auto", "whether regressors `add` or multiply; auto takes what explains the series better")
	flags.StringVar(&o.ranges, "intervals", "model", "where the `ranges` come from: model, bootstrap or conformal")
	flags.IntVar(&o.horizon, "h", 12, "`periods` to forecast")
	flags.IntVar(&o.season, "freq", 0, "observations in a `cycle`: 12 for months, 1 for none, 0 to tell from the dates")
	names := make([]string, 0, len(models))
	for name := range models {
		names = append(names, name)
	}
	slices.Sort(names)
	flags.StringVar(&o.model, "model", "auto", "`model`: "+strings.Join(names, ", "))
	flags.StringVar(&o.level, "level", "80,95", "`levels` of the intervals in percent")
	flags.StringVar(&o.out, "out", "", "output `file` instead of stdout")
	flags.StringVar(&o.plot, "plot", "", "HTML `file` with charts of the first 200 series")
	flags.IntVar(&o.backtest, "backtest", 0, "measure the accuracy from so many past `origins`")
	flags.IntVar(&o.workers, "threads", 0, "`number` of threads, 0 for all")
	flags.StringVar(&o.absent, "absent", absentMissing, "what a period without a row is: missing (it is filled), zero (nothing was sold) or closed (no period: weekdays that never come have no forecast)")
	var form rowtable.Spec
	form.Flags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	model, ok := models[o.model]
	if !ok {
		return fmt.Errorf("-model: %q is none of %s", o.model, strings.Join(names, ", "))
	}
	effects, ok := map[string]forecast.Form{"auto": forecast.Any, "add": forecast.Additive, "multiply": forecast.Multiplicative}[o.effects]
	if !ok {
		return fmt.Errorf("-effects: %q is none of auto, add, multiply", o.effects)
	}
	if effects != forecast.Any {
		model = forecast.Regression{Of: model, Effects: effects}
	}
	switch o.ranges {
	case "model":
	case "bootstrap":
		model = forecast.Bootstrap{Of: model, Seed: 1}
	case "conformal":
		model = forecast.Conformal{Of: model, Horizon: o.horizon}
	default:
		return fmt.Errorf("-intervals: %q is none of model, bootstrap, conformal", o.ranges)
	}
	if o.absent != absentMissing && o.absent != absentZero && o.absent != absentClosed {
		return fmt.Errorf("-absent: %q is none of missing, zero, closed", o.absent)
	}
	levels, percents, err := parseLevels(o.level)
	if err != nil {
		return err
	}
	switch {
	case o.horizon < 1 || o.horizon > forecast.MaxHorizon:
		return fmt.Errorf("-h: %d periods, want 1 to %d", o.horizon, forecast.MaxHorizon)
	case o.season < 0 || o.season > forecast.MaxSeason:
		return fmt.Errorf("-freq: %d, want 0 to %d", o.season, forecast.MaxSeason)
	case o.backtest < 0:
		return fmt.Errorf("-backtest: %d origins", o.backtest)
	}
	files := flags.Args()
	if o.in != "" {
		files = append(strings.Split(o.in, ","), files...)
	}
	t := builtIn()
	if len(files) > 0 {
		var regressors []string
		if o.with != "" {
			regressors = strings.Split(o.with, ",")
		}
		if t, err = readFiles(files, regressors, form); err != nil {
			return err
		}
	} else if o.with != "" {
		return errors.New("-with wants a file")
	}
	j := job{options: o, model: model, levels: levels, percents: percents, stderr: stderr, out: bufio.NewWriterSize(stdout, 1<<16)}
	if o.out == "" {
		return j.do(ctx, t)
	}
	return toFile(o.out, func(w io.Writer) error {
		j.out.Reset(w)
		return j.do(ctx, t)
	})
}

// toFile writes a file that appears under its name only when it is whole.
func toFile(name string, write func(io.Writer) error) error {
	file, err := os.Create(name + ".tmp")
	if err != nil {
		return err
	}
	failed := write(file)
	err = file.Close()
	if failed != nil && !errors.Is(failed, errFailed) || err != nil {
		return errors.Join(failed, err, os.Remove(file.Name()))
	}
	return errors.Join(failed, os.Rename(file.Name(), name))
}

// parseLevels reads percents such as 80,95 and returns them also as text.
func parseLevels(list string) ([]float64, []string, error) {
	var levels []float64
	var percents []string
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		v, err := strconv.ParseFloat(item, 64)
		if err != nil || !(v > 0 && v < 100) {
			return nil, nil, fmt.Errorf("-level: %q is no percentage between 0 and 100", item)
		}
		levels, percents = append(levels, v/100), append(percents, item)
	}
	return levels, percents, nil
}

// builtIn is the series that is forecast without input: airline passengers in
// thousands, monthly 1949 to 1960 (Box & Jenkins, 1976, series G).
func builtIn() *table {
	passengers := [...]float64{
		112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140,
		145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194,
		196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201, 204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229,
		242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278, 284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306,
		315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336, 340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337,
		360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432,
	}
	h := &history{id: "AirPassengers", file: "built in"}
	start := time.Date(1949, time.January, 1, 0, 0, 0, 0, time.UTC)
	for i, v := range passengers {
		h.rows = append(h.rows, observation{at: moment{time: start.AddDate(0, i, 0), layout: "2006-01-02"}, value: v, line: i + 1})
	}
	return &table{series: []*history{h}, byID: map[string]*history{h.id: h}}
}
