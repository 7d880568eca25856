package forecast

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

// The paths of every model are spread as its intervals and its total say.
func TestPathsAgreeWithIntervals(t *testing.T) {
	s := Series{Values: demandLike(48), Season: 12}
	for i := range s.Values {
		s.Values[i] += 30 + 4*math.Sin(float64(i)*math.Pi/6)
	}
	const n, horizon = 4000, 4
	for _, m := range everyModel {
		t.Run(label(m), func(t *testing.T) {
			f, err := m.Fit(s)
			require.NoError(t, err)
			next, err := f.Forecast(horizon, 0.8)
			require.NoError(t, err)
			paths, err := f.Paths(n, horizon, 7)
			require.NoError(t, err)
			again, err := f.Paths(n, horizon, 7)
			require.NoError(t, err)
			require.Equal(t, paths[:9], again[:9])
			v := next.Intervals[0]
			for h := range horizon {
				below, above := 0.0, 0.0
				for _, path := range paths {
					if path[h] < v.Lower[h] {
						below += 1.0 / n
					}
					if path[h] > v.Upper[h] {
						above += 1.0 / n
					}
				}
				// Five standard errors of a share of 10 % are 0.024.
				require.InDelta(t, 0.1, below, 0.03, "%d ahead", h+1)
				require.InDelta(t, 0.1, above, 0.03, "%d ahead", h+1)
			}
			if _, ok := f.process.(*relativeSmoothing); ok {
				return // its total takes the periods as fully dependent
			}
			mean, sd, err := f.Total(horizon)
			require.NoError(t, err)
			within := 0.0
			for _, path := range paths {
				total := 0.0
				for _, v := range path {
					total += v
				}
				if math.Abs(total-mean) <= math.Abs(sd) {
					within += 1.0 / n
				}
			}
			require.InDelta(t, 0.683, within, 0.04)
		})
	}
}

func TestPathErrors(t *testing.T) {
	f, err := Naive{}.Fit(Series{Values: []float64{1, 2, 4}})
	require.NoError(t, err)
	for _, c := range [][2]int{{0, 1}, {1, 0}, {MaxPaths + 1, 1}, {1, MaxHorizon + 1}, {MaxPaths, MaxHorizon}} {
		_, err := f.Paths(c[0], c[1], 1)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	_, err = new(Fit).Paths(1, 1, 1)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	// A constant series has one future.
	f, err = Auto{}.Fit(Series{Values: []float64{5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5}})
	require.NoError(t, err)
	paths, err := f.Paths(3, 2, 1)
	require.NoError(t, err)
	require.Equal(t, [][]float64{{5, 5}, {5, 5}, {5, 5}}, paths)
}
