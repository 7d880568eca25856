package forecast

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

// twoSeasons is, in R, with t <- 1:400,
//
//	y <- sin(t/24*2*pi)*5 + cos(t/7) + t/50 + ((t*7919) %% 13)/5
func twoSeasons() []float64 {
	y := make([]float64, 400)
	for i := range y {
		t := float64(i + 1)
		y[i] = math.Sin(t/24*2*math.Pi)*5 + math.Cos(t/7) + t/50 + float64((i+1)*7919%13)/5
	}
	return y
}

func at(values []float64, positions ...int) []float64 {
	var picked []float64
	for _, p := range positions {
		picked = append(picked, values[p-1])
	}
	return picked
}

func TestSTL(t *testing.T) {
	s := Series{Values: twoSeasons(), Season: 24}
	// R: stl(ts(y, frequency = 24), s.window = 7)$time.series[c(1, 5, 200, 400), ]
	d, err := STL(s, 7)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{1.462797199370, 5.112019687253, 4.215051261937, -4.239664019215}, at(d.Seasonal[0], 1, 5, 200, 400), 1e-9)
	require.InDeltaSlice(t, []float64{1.704073597371, 1.585807394485, 4.816645759223, 10.282087214396}, at(d.Trend, 1, 5, 200, 400), 1e-9)
	require.InDeltaSlice(t, []float64{-0.462962310782, 0.987363396408, 0.342238963687, -0.143947626812}, at(d.Remainder, 1, 5, 200, 400), 1e-9)
	// R: forecast::mstl(msts(y, c(7, 24)))
	d, err = MSTL(s, 7, 24)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{1.91845460372, 1.71981806522, 4.71805867787, 10.47901497971}, at(d.Trend, 1, 5, 200, 400), 1e-9)
	require.InDeltaSlice(t, []float64{-0.206710268313108, 0.000756534591953, 0.537935397691706, -0.367129313186648}, at(d.Seasonal[0], 1, 5, 200, 400), 1e-9)
	require.InDeltaSlice(t, []float64{1.36147014918, 5.02098168911, 4.24517130173, -4.34100809003}, at(d.Seasonal[1], 1, 5, 200, 400), 1e-9)

	for _, bad := range []struct {
		season, window int
		kind           error
	}{{1, 7, flywheel.ErrOutOfRange}, {24, 8, flywheel.ErrOutOfRange}, {24, 5, flywheel.ErrOutOfRange}, {200, 7, flywheel.ErrInvalid}} {
		_, err := STL(Series{Values: s.Values, Season: bad.season}, bad.window)
		require.ErrorIs(t, err, bad.kind, "%v", bad)
	}
	_, err = MSTL(s, 24, 7)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// The parts of a decomposition add up to the series, and a periodic season is
// the same in each cycle.
func TestDecompositionAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.IntRange(2, 7).Draw(t, "season")
		s := Series{Values: rapid.SliceOfN(rapid.Float64Range(-1e3, 1e3), 2*m+1, 60).Draw(t, "values"), Season: m}
		window := rapid.SampledFrom([]int{0, 7, 13, 101}).Draw(t, "window")
		d, err := STL(s, window)
		require.NoError(t, err)
		for i, v := range s.Values {
			require.InDelta(t, v, d.Trend[i]+d.Seasonal[0][i]+d.Remainder[i], 1e-9)
			if window == 0 && i >= m {
				require.Equal(t, d.Seasonal[0][i-m], d.Seasonal[0][i])
			}
		}
		strength := d.Strength(0)
		require.True(t, strength >= 0 && strength <= 1)
	})
}

func TestDieboldMariano(t *testing.T) {
	a := []float64{1, -2, 1, 0, -1, 2, 1, -1, 0, 1, -2, 1}
	b := []float64{3, -4, 2, 5, -3, 4, -5, 2, 3, -4, 5, -3}
	// R: forecast::dm.test(a, b, h = h, power = power)
	for _, c := range []struct {
		horizon      int
		power        float64
		statistic, p float64
	}{
		{1, 2, -5.68772020383197, 0.000140723356141616},
		{2, 2, -14.7946211155774, 1.31753960784282e-08},
		{3, 2, -5.68772020383197, 0.000140723356141616}, // "Variance is negative. Proceeding with horizon h=1"
		{2, 1, -37.0809924354783, 6.61930218572713e-13},
	} {
		statistic, p, err := DieboldMariano(a, b, c.horizon, c.power)
		require.NoError(t, err)
		require.InEpsilon(t, c.statistic, statistic, 1e-9)
		require.InEpsilon(t, c.p, p, 1e-6)
		other, q, err := DieboldMariano(b, a, c.horizon, c.power)
		require.NoError(t, err)
		require.InDelta(t, -statistic, other, 1e-12)
		require.InDelta(t, p, q, 1e-15)
	}
	statistic, p, err := DieboldMariano(a, a, 1, 2)
	require.NoError(t, err)
	require.Zero(t, statistic)
	require.Equal(t, 1.0, p)
	for _, bad := range []struct {
		b       []float64
		horizon int
		power   float64
	}{{b[:3], 1, 2}, {b, 0, 2}, {b, 12, 2}, {b, 1, 0}, {b, 1, 3}} {
		_, _, err := DieboldMariano(a, bad.b, bad.horizon, bad.power)
		require.Error(t, err)
	}
}

func TestResiduals(t *testing.T) {
	// R: Box.test(b, lag = 4, type = "Ljung-Box")
	b := []float64{3, -4, 2, 5, -3, 4, -5, 2, 3, -4, 5, -3}
	f := &Fit{Model: "zero", Fitted: make([]float64, len(b)), process: &smoothing{}}
	r, err := f.Residuals(Series{Values: b}, 4)
	require.NoError(t, err)
	require.InEpsilon(t, 13.0531748502368, r.LjungBox, 1e-9)
	require.InEpsilon(t, 0.0110188737257336, r.LjungBoxP, 1e-6)
	require.Equal(t, b, r.Values)
	_, err = f.Residuals(Series{Values: b[:5]}, 2)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = f.Residuals(Series{Values: b}, 12)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = new(Fit).Residuals(Series{Values: b}, 1)
	require.ErrorIs(t, err, flywheel.ErrInvalid)

	// A model that skips the first observations is measured on the others.
	s := Series{Values: []float64{1, 3, 2, 5, 4, 6}}
	fit, err := OptimizedTheta{}.Fit(s)
	require.NoError(t, err)
	r, err = fit.Residuals(s, 1)
	require.NoError(t, err)
	require.Len(t, r.Values, 4)
}

func TestDifferencesOfTrendAndSeason(t *testing.T) {
	y := make([]float64, 60)
	for i := range y {
		y[i] = float64(i*i) + 100*float64(i%4)
	}
	squares := make([]float64, 60)
	for i := range squares {
		squares[i] = float64(i * i)
	}
	d, err := Differences(Series{Values: squares})
	require.NoError(t, err)
	require.Equal(t, 2, d)
	d, err = SeasonalDifferences(Series{Values: y, Season: 4})
	require.NoError(t, err)
	require.Equal(t, 1, d)
	for _, s := range []Series{{Values: y[:8], Season: 4}, {Values: y}, {Values: []float64{3, 3, 3, 3, 3, 3}, Season: 2}} {
		d, err := SeasonalDifferences(s)
		require.NoError(t, err)
		require.Zero(t, d)
	}
	_, err = Autocorrelations(Series{Values: y}, 60)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}
