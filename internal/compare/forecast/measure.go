package main

import (
	"fmt"
	"syscall"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// result is what a model and R took for series of a class.
type result struct {
	series, alike int
	r, own        float64 // seconds of processor time
}

func (a *result) add(b result) {
	a.series += b.series
	a.alike += b.alike
	a.r += b.r
	a.own += b.own
}

const (
	// chunk is how many series R and Go do in turns.
	chunk = 5
	// atLeast is the time in seconds for which Go repeats a chunk, to be
	// measurable.
	atLeast = 0.02
)

// compare has R and each model of the method forecast the items from first on,
// n of them, in turns, and returns a result for each model.
func (m method) compare(r *rscript, all []item, first, n int) ([]result, error) {
	results := make([]result, len(m.models))
	for ; n > 0; first, n = first+chunk, n-chunk {
		size := min(chunk, n)
		seconds, answers, err := r.run(m.name, first, size)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		for i, own := range m.models {
			part := result{series: size, r: seconds}
			if part.own, part.alike, err = own.run(all[first:first+size], m.levels, answers); err != nil {
				return nil, err
			}
			results[i].add(part)
		}
	}
	return results, nil
}

// run forecasts the items and returns the processor time of one pass, and how
// many are alike.
func (m model) run(items []item, levels []float64, answers []answer) (seconds float64, alike int, err error) {
	var fit forecast.Fit
	var next forecast.Forecast
	do := func(s *item) error {
		if err := m.FitTo(&fit, s.Series); err != nil {
			return err
		}
		return fit.ForecastTo(&next, s.horizon, levels...)
	}
	for i := range items {
		if err := do(&items[i]); err != nil {
			return 0, 0, err
		}
		if m.alike == nil || m.alike(&fit, &next, answers[i]) {
			alike++
		}
	}
	start, passes := processorTime(), 0
	for seconds < atLeast {
		for i := range items {
			if err := do(&items[i]); err != nil {
				return 0, 0, err
			}
		}
		passes++
		seconds = processorTime() - start
	}
	return seconds / float64(passes), alike, nil
}

// processorTime returns the seconds that this process has computed.
func processorTime() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err) // it knows no other error than a bad argument
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}
