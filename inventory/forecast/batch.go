package forecast

import (
	"context"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
)

// Batch forecasts many series at once. The zero value but for Horizon is ready.
type Batch struct {
	// Model is fitted to each series; nil means [Auto].
	Model Model
	// Horizon is the number of periods to forecast.
	Horizon int
	// Levels are those of the intervals, such as 0.8 and 0.95.
	Levels []float64
	// Workers is the number of goroutines; 0 means GOMAXPROCS. The results do
	// not depend on it, to the last bit.
	Workers int
}

// Result is what a [Batch] has to say of one series. Its memory is used again
// for a later one: copy what is to be kept.
type Result struct {
	Series Series // as it was given
	// Filled counts the missing observations (NaN) that [Fill] replaced.
	Filled   int
	Model    string // that was fitted
	Forecast Forecast
	Warnings []Warning
	// Err says why there is no forecast: a [*SeriesError] or [*SettingError].
	Err error

	fit Fit
}

// Total is [Fit.Total] of the model that was fitted: the mean and the standard
// deviation of the demand of the next periods together, such as those until the
// order after the next one arrives, which may differ from series to series.
// Where there is no forecast it returns Err.
func (r *Result) Total(periods int) (mean, sd float64, err error) {
	if r.Err != nil {
		return 0, 0, r.Err
	}
	return r.fit.Total(periods)
}

// batchSize is how many series each worker has at a time.
const batchSize = 64

// Each forecasts the series and calls yield with the result of each, in their
// order and on the caller's goroutine, which is also where to tell of progress. A
// series that fails has an Err and does not stop the others. It ends early, with
// that error, when yield returns one or ctx is canceled. Only some 64 series per
// worker are held at a time: values must not change until their result was
// yielded.
func (b Batch) Each(ctx context.Context, series iter.Seq[Series], yield func(*Result) error) error {
	if b.Model == nil {
		b.Model = Auto{}
	}
	workers := b.Workers
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	results := make([]Result, 0, batchSize*workers)
	flush := func() error {
		b.run(ctx, results, workers)
		if err := ctx.Err(); err != nil {
			return err
		}
		for i := range results {
			if err := yield(&results[i]); err != nil {
				return err
			}
		}
		results = results[:0]
		return nil
	}
	for s := range series {
		results = results[:len(results)+1]
		results[len(results)-1].Series = s
		if len(results) == cap(results) {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// run fills the results, each worker taking the next that nobody has.
func (b *Batch) run(ctx context.Context, results []Result, workers int) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(workers, len(results)) {
		group.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(results) {
					return
				}
				results[i].forecast(b)
			}
		})
	}
	group.Wait()
}

func (r *Result) forecast(b *Batch) {
	r.Model, r.Warnings = "", r.Warnings[:0]
	r.Forecast.Mean, r.Forecast.Intervals = r.Forecast.Mean[:0], r.Forecast.Intervals[:0]
	var s Series
	if s, r.Filled, r.Err = Fill(r.Series); r.Err != nil {
		return
	}
	if r.Err = b.Model.FitTo(&r.fit, s); r.Err != nil {
		return
	}
	r.Model, r.Warnings = r.fit.Model, append(r.Warnings, r.fit.Warnings...)
	r.Err = r.fit.ForecastTo(&r.Forecast, b.Horizon, b.Levels...)
}
