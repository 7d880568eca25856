package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/internal/progress"
	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// errFailed says that some series have no forecast; the others were written.
var errFailed = errors.New("some series have no forecast")

// job is one run of the program.
type job struct {
	options
	model    forecast.Model
	levels   []float64
	percents []string
	stderr   io.Writer
	out      *bufio.Writer
}

// do forecasts all series of the table and writes what was asked for.
func (j *job) do(ctx context.Context, t *table) error {
	header := []string{"unique_id", "ds", "mean"}
	for _, p := range j.percents {
		header = append(header, "lo-"+p, "hi-"+p)
	}
	rows := csv.NewWriter(j.out)
	if err := rows.Write(header); err != nil {
		return err
	}
	calendars := make([]calendar, 0, len(t.series))
	failures := 0
	failed := func(err error) {
		failures++
		fmt.Fprintln(j.stderr, "forecast:", strings.TrimPrefix(err.Error(), "forecast: "))
	}
	all := func(yield func(forecast.Series) bool) {
		for i, h := range t.series {
			s, c, err := h.regular(j.season, t.regressors, j.absent)
			t.series[i] = nil // its memory is not needed again
			delete(t.byID, h.id)
			if err != nil {
				failed(err)
				continue
			}
			calendars = append(calendars, c)
			if !yield(s) {
				return
			}
		}
	}
	latest := t.latest()
	bar := progress.New(j.stderr, len(t.series), "series")
	var charts []chart.Section
	var test backtest
	done := 0
	b := forecast.Batch{Model: j.model, Horizon: j.horizon, Levels: j.levels, Workers: j.workers}
	record := make([]string, len(header))
	err := b.Each(ctx, all, func(r *forecast.Result) error {
		c := calendars[done]
		done++
		bar.Step(done)
		if r.Err != nil {
			failed(r.Err)
			return nil
		}
		if r.Filled > 0 {
			fmt.Fprintf(j.stderr, "forecast: series %q: %d missing observations were filled\n", r.Series.ID, r.Filled)
		}
		if c.last.layout == latest.layout && c.last.compare(latest) < 0 {
			fmt.Fprintf(j.stderr, "forecast: series %q ends at %s, others at %s: its forecast begins earlier\n", r.Series.ID, c.last, latest)
		}
		f := &r.Forecast
		if !slices.ContainsFunc(r.Series.Values, func(v float64) bool { return v < 0 }) {
			f.Clamp(0, math.Inf(1))
		}
		for h, mean := range f.Mean {
			record[0], record[1], record[2] = r.Series.ID, c.after(c.last, h+1).String(), format(mean)
			for i, v := range f.Intervals {
				record[3+2*i], record[4+2*i] = format(v.Lower[h]), format(v.Upper[h])
			}
			if err := rows.Write(record); err != nil {
				return err
			}
		}
		if j.plot != "" && len(charts) < chartsMost {
			charts = append(charts, newChart(r))
		}
		if j.backtest > 0 {
			test.add(j, r)
		}
		return nil
	})
	bar.Clear()
	if err != nil {
		return err
	}
	rows.Flush()
	if err := errors.Join(rows.Error(), j.out.Flush()); err != nil {
		return err
	}
	test.report(j)
	if j.plot != "" {
		html, err := page(charts)
		if err != nil {
			return err
		}
		if err := os.WriteFile(j.plot, html, 0o644); err != nil {
			return err
		}
	}
	if failures > 0 {
		return fmt.Errorf("%d of %d: %w", failures, len(t.series), errFailed)
	}
	return nil
}

// format writes a number with ten digits: more than any forecast deserves.
func format(v float64) string { return strconv.FormatFloat(v, 'g', 10, 64) }

// backtest sums the accuracy of all series.
type backtest struct {
	smape, mase, n, scaled, short float64
	coverage                      []float64
}

func (b *backtest) add(j *job, r *forecast.Result) {
	s, _, err := forecast.Fill(r.Series)
	if err != nil {
		return
	}
	result, err := forecast.CrossValidation{Horizon: j.horizon, Origins: j.backtest, Levels: j.levels}.Run(j.model, s)
	if err != nil {
		b.short++
		return
	}
	b.n++
	b.smape += result.SMAPE
	if result.MASE.Defined {
		b.mase += result.MASE.Value
		b.scaled++
	}
	if b.coverage == nil {
		b.coverage = make([]float64, len(j.levels))
	}
	for i, l := range result.Levels {
		b.coverage[i] += l.Coverage
	}
}

func (b *backtest) report(j *job) {
	if b.n == 0 {
		if b.short > 0 {
			fmt.Fprintf(j.stderr, "backtest: no series has enough observations\n")
		}
		return
	}
	fmt.Fprintf(j.stderr, "backtest of %s on %g series, %d origins each: sMAPE %.3f, MASE %.3f", j.options.model, b.n, j.backtest, b.smape/b.n, b.mase/max(b.scaled, 1))
	for i, c := range b.coverage {
		fmt.Fprintf(j.stderr, ", %s %% interval covers %.1f %%", j.percents[i], 100*c/b.n)
	}
	fmt.Fprintln(j.stderr)
	if b.short > 0 {
		fmt.Fprintf(j.stderr, "backtest: %g series have too few observations\n", b.short)
	}
}
