package forecast

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

func batchSeries(n int) []Series {
	all := make([]Series, n)
	for i := range all {
		y := demandLike(20 + i%30)
		if i%3 == 0 {
			y = sporadic(40)
		}
		for t := range y {
			y[t] += float64(i % 7)
		}
		all[i] = Series{ID: fmt.Sprint(i), Values: y, Season: 1 + i%5}
	}
	all[1].Values = []float64{3, math.NaN(), 5, 4, 6, 5, 3}
	all[2].Values = nil
	all[3].Values = []float64{1, math.Inf(1)}
	return all
}

// The results are the same bytes on any number of goroutines, in order, and a
// series that fails does not stop the rest.
func TestBatchIsTheSameOnAnyNumberOfThreads(t *testing.T) {
	all := batchSeries(100)
	run := func(workers int) []string {
		var lines []string
		b := Batch{Horizon: 3, Levels: []float64{0.8}, Workers: workers}
		err := b.Each(t.Context(), slices.Values(all), func(r *Result) error {
			lines = append(lines, fmt.Sprintf("%s %s %v %v %d %v", r.Series.ID, r.Model, r.Forecast, r.Warnings, r.Filled, r.Err))
			return nil
		})
		require.NoError(t, err)
		return lines
	}
	one := run(1)
	require.Len(t, one, len(all))
	require.Equal(t, one, run(2))
	require.Equal(t, one, run(7))
	require.Contains(t, one[1], " 1 <nil>")
	require.Contains(t, one[2], "no observations")
	require.Contains(t, one[3], "not a finite number")
	for i, line := range one {
		require.Contains(t, line, fmt.Sprint(i)+" ")
	}
}

// The total is that of the model that was fitted, and of a series without a
// forecast the error it has.
func TestBatchTotals(t *testing.T) {
	all := batchSeries(10)
	err := Batch{Horizon: 3}.Each(t.Context(), slices.Values(all), func(r *Result) error {
		mean, sd, err := r.Total(4)
		if r.Err != nil {
			require.Equal(t, r.Err, err)
			return nil
		}
		require.NoError(t, err)
		s, _, err := Fill(r.Series)
		require.NoError(t, err)
		fit, err := Auto{}.Fit(s)
		require.NoError(t, err)
		wantMean, wantSD, err := fit.Total(4)
		require.NoError(t, err)
		require.Equal(t, [2]float64{wantMean, wantSD}, [2]float64{mean, sd})
		_, _, err = r.Total(0)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
		return nil
	})
	require.NoError(t, err)
	_, _, err = new(Result).Total(1)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

func TestBatchStops(t *testing.T) {
	all := batchSeries(100)
	stop := errors.New("enough")
	n := 0
	err := Batch{Horizon: 1}.Each(t.Context(), slices.Values(all), func(*Result) error {
		if n++; n == 5 {
			return stop
		}
		return nil
	})
	require.ErrorIs(t, err, stop)
	require.Equal(t, 5, n)

	ctx, cancel := context.WithCancel(t.Context())
	n = 0
	err = Batch{Horizon: 1, Workers: 1}.Each(ctx, slices.Values(all), func(*Result) error {
		n++
		cancel()
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, batchSize, n)

	for _, b := range []Batch{{}, {Horizon: 1, Levels: []float64{80}}} {
		require.NoError(t, b.Each(t.Context(), slices.Values(all[:1]), func(r *Result) error {
			require.ErrorIs(t, r.Err, flywheel.ErrOutOfRange)
			return nil
		}))
	}
}

// Filling leaves observations alone, and puts a line or a season where it was.
func TestFill(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name         string
		season       int
		values, want []float64
	}{
		{"inside", 1, []float64{1, nan, nan, 4}, []float64{1, 2, 3, 4}},
		{"ends", 1, []float64{nan, 2, 3, nan}, []float64{2, 2, 3, 3}},
		{"season", 2, []float64{1, 9, 1, 9, nan, 9, 1, nan}, []float64{1, 9, 1, 9, 1, 9, 1, 9}},
		{"none", 3, []float64{1, 2}, []float64{1, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, n, err := Fill(Series{Values: c.values, Season: c.season})
			require.NoError(t, err)
			require.InDeltaSlice(t, c.want, s.Values, 1e-12)
			missing := 0
			for _, v := range c.values {
				if math.IsNaN(v) {
					missing++
				}
			}
			require.Equal(t, missing, n)
		})
	}
	_, _, err := Fill(Series{Values: []float64{nan, nan}})
	require.ErrorIs(t, err, ErrEmpty)
	_, _, err = Fill(Series{Values: []float64{1, math.Inf(1)}})
	require.ErrorIs(t, err, ErrNotFinite)
	_, _, err = Fill(Series{Values: []float64{1, 2}, Season: -1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)

	rapid.Check(t, func(t *rapid.T) {
		s := demandSeries(t, 2)
		given := slices.Clone(s.Values)
		for i := range s.Values {
			if rapid.IntRange(0, 3).Draw(t, "missing") == 0 {
				s.Values[i] = nan
			}
		}
		filled, n, err := Fill(s)
		if err != nil {
			require.ErrorIs(t, err, ErrEmpty)
			return
		}
		for i, v := range filled.Values {
			if math.IsNaN(s.Values[i]) {
				n--
				require.False(t, math.IsNaN(v) || math.IsInf(v, 0))
			} else {
				require.Equal(t, given[i], v)
			}
		}
		require.Zero(t, n)
	})
}
