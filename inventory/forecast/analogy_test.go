package forecast

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

func TestAnalogy(t *testing.T) {
	// One is twice the other; their profile is 0.5, 1.5, 1, 1.
	two := []Analogue{{Values: []float64{5, 15, 10, 10}}, {Values: []float64{10, 30, 20, 20}}}
	mixed := []Analogue{{Values: []float64{10, 10, 10}}, {Values: []float64{5, 10, 15}}} // 0.75, 1, 1.25
	weighed := slices.Clone(mixed)
	weighed[0].Weight, weighed[1].Weight = 1, 3
	for _, c := range []struct {
		name   string
		model  Analogy
		values []float64
		fitted []float64
		mean   []float64
	}{
		{"one sale", Analogy{Analogues: two}, []float64{4}, nil, []float64{12, 8, 8, 28 / 3.0}},
		{"two sales", Analogy{Analogues: two}, []float64{4, 8}, []float64{12}, []float64{6, 6, 7, 7}},
		{"only a total", Analogy{Analogues: two, Total: 20, Periods: 2}, nil, []float64{}, []float64{5, 15, 10, 10}},
		{"a total over more than there is", Analogy{Analogues: two, Total: 50, Periods: 5}, nil, []float64{}, []float64{50 / 5.1666666666666667 * 0.5}},
		{"different lengths", Analogy{Analogues: []Analogue{{Values: []float64{5, 15, 10, 10}}, {Values: []float64{10, 30}}}}, []float64{4}, nil, []float64{12, 8, 8, 28 / 3.0}},
		{"alike", Analogy{Analogues: mixed}, []float64{3}, nil, []float64{4, 5, 4}},
		{"weighed", Analogy{Analogues: weighed}, []float64{5}, nil, []float64{8, 11}},
		{"without weight", Analogy{Analogues: []Analogue{{Values: []float64{9, 1, 7}}, {Values: []float64{5, 10, 15}, Weight: 2}}}, []float64{5}, nil, []float64{10, 15}},
		{"after the end", Analogy{Analogues: two}, []float64{5, 15, 10, 10, 8}, []float64{15, 10, 10, 35 / 3.0}, []float64{48 / 5.1666666666666667 * 3.5 / 3}},
		{"before the beginning", Analogy{Analogues: []Analogue{{Values: []float64{0, 4, 4}}}}, []float64{6}, nil, []float64{9, 9}},
		{"nothing sold", Analogy{Analogues: two}, []float64{0, 0}, []float64{0}, []float64{0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var f *Fit
			var err error
			if c.values == nil {
				f, err = c.model.Launch("new")
			} else {
				f, err = c.model.Fit(Series{ID: "new", Values: c.values})
			}
			require.NoError(t, err)
			if c.fitted != nil {
				require.InDeltaSlice(t, c.fitted, f.Fitted, 1e-9)
			}
			next, err := f.Forecast(len(c.mean), 0.8)
			require.NoError(t, err)
			require.InDeltaSlice(t, c.mean, next.Mean, 1e-9)
		})
	}
	// Levels and profile agree: each level is sales over profile, and the profile
	// the mean of the scaled sales.
	c := newCommon([]Analogue{{Values: []float64{5, 15, 10, 10}}, {Values: []float64{10, 30}}})
	require.InDeltaSlice(t, []float64{0.5, 1.5, 1, 1}, c.profile, 1e-9)
	require.InDeltaSlice(t, []float64{10, 20}, c.levels, 1e-9)
	c = newCommon(mixed)
	require.InDeltaSlice(t, []float64{0.75, 1, 1.25}, c.profile, 1e-12)
	// Left out: 10, 10, 10 by the profile 0.5, 1, 1.5 and 5, 10, 15 by 1, 1, 1.
	// The first tell a level of 20 where 8 came later, of a whole of 10, and of 5
	// where 12.5 came.
	require.InDelta(t, (1.2*1.2+0.75*0.75)/2, c.misses[0], 1e-12)
	require.Equal(t, 2.0, c.few)
	require.InDelta(t, math.Sqrt((0.25/0.5+0.25/1.5+0.25+0.25)/6), c.sigma, 1e-12)
}

func TestAnalogyLevel(t *testing.T) {
	m := Analogy{Analogues: []Analogue{{Values: []float64{10, 10, 10}}, {Values: []float64{5, 10, 15}}}, Total: 60, Periods: 3, Uncertainty: 0.4}
	f, err := m.Fit(Series{Values: []float64{6}})
	require.NoError(t, err)
	given, told := 1/0.16, 1/((1.2*1.2+0.75*0.75)/2)
	level, _ := f.Parameter("level")
	require.InDelta(t, (20*given+8*told)/(given+told), level, 1e-9)
	uncertainty, _ := f.Parameter("uncertainty")
	require.InDelta(t, 1/math.Sqrt(given+told/2), uncertainty, 1e-12)
	require.Equal(t, 0, f.Skipped)
	require.InDelta(t, 15, f.Fitted[0], 1e-9)

	// The deviation of the total has that of the level, all of it, and those of
	// the periods.
	_, sd, err := f.Total(2)
	require.NoError(t, err)
	require.InDelta(t, level*math.Sqrt(f.Sigma*f.Sigma*2.25+math.Pow(uncertainty*2.25, 2)), sd, 1e-9)

	// Alone: half of it all.
	m.Analogues = m.Analogues[:1]
	m.Uncertainty = 0
	f, err = m.Launch("x")
	require.NoError(t, err)
	uncertainty, _ = f.Parameter("uncertainty")
	require.InDelta(t, 0.5, uncertainty, 1e-12)
	require.InDelta(t, 0.5, f.Sigma, 1e-12)
}

func TestAnalogyErrors(t *testing.T) {
	good := []Analogue{{Name: "a", Values: []float64{1, 2}}}
	one := Series{Values: []float64{1}}
	for _, m := range []Analogy{
		{}, {Analogues: good, Total: -1}, {Analogues: good, Total: math.NaN()}, {Analogues: good, Total: 5}, {Analogues: good, Uncertainty: -1},
		{Analogues: good, Uncertainty: math.Inf(1)}, {Analogues: good, Uncertainty: 1e-9}, {Analogues: []Analogue{{Values: []float64{1}, Weight: -1}}},
		{Analogues: []Analogue{{Values: []float64{0, 1}}}, Total: 5, Periods: 1},
	} {
		_, err := m.Fit(one)
		requireSetting(t, err)
	}
	for _, c := range []struct {
		values []float64
		err    error
	}{{nil, ErrEmpty}, {[]float64{0, 0}, ErrNoDemand}, {[]float64{1, -1}, ErrNegative}, {[]float64{math.NaN()}, ErrNotFinite}} {
		_, err := Analogy{Analogues: []Analogue{good[0], {Name: "b", Values: c.values}}}.Fit(one)
		var e *SeriesError
		require.ErrorAs(t, err, &e)
		require.Equal(t, "b", e.Series)
		require.ErrorIs(t, err, c.err)
	}
	_, err := Analogy{Analogues: good}.Launch("x")
	requireSetting(t, err)
	_, err = Analogy{Analogues: good}.Fit(Series{})
	require.ErrorIs(t, err, ErrEmpty)
	_, err = Analogy{Analogues: good}.Fit(Series{Values: []float64{-1}})
	require.ErrorIs(t, err, ErrNegative)
}

// Whatever the analogues are: figures are finite, going on is fitting to the
// longer series, and a product in dozens has a forecast in dozens.
func TestAnalogyLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m Analogy
		for range rapid.IntRange(1, 5).Draw(t, "analogues") {
			a := Analogue{Values: demandSeries(t, 1).Values, Weight: rapid.SampledFrom([]float64{0, 1, 2.5}).Draw(t, "weight")}
			a.Values[len(a.Values)-1] += 0.5
			m.Analogues = append(m.Analogues, a)
		}
		m.Uncertainty = rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0.001, 100)).Draw(t, "uncertainty")
		if rapid.Bool().Draw(t, "given") {
			m.Total, m.Periods = rapid.Float64Range(0.1, 1000).Draw(t, "total"), 100
		}
		s := demandSeries(t, 1)
		f, err := m.Fit(s)
		require.NoError(t, err)
		next, err := f.Forecast(70, 0.8)
		require.NoError(t, err)
		mean, sd, err := f.Total(70)
		require.NoError(t, err)
		require.False(t, math.IsNaN(mean+sd) || math.IsInf(mean+sd, 0) || mean < 0 || sd < 0)
		sum := 0.0
		for h, v := range next.Mean {
			sum += v
			require.LessOrEqual(t, next.Intervals[0].Lower[h], v)
			require.GreaterOrEqual(t, v, 0.0)
		}
		require.InDelta(t, sum, mean, 1e-9*(1+sum))

		same := func(want, got *Fit) {
			a, err := want.Forecast(5, 0.9)
			require.NoError(t, err)
			b, err := got.Forecast(5, 0.9)
			require.NoError(t, err)
			for h, v := range a.Mean {
				require.InDelta(t, v, b.Mean[h], 1e-9*(1+v))
				require.InDelta(t, a.Intervals[0].Upper[h], b.Intervals[0].Upper[h], 1e-9*(1+math.Abs(a.Intervals[0].Upper[h])))
			}
			require.True(t, slices.Equal(want.Fitted, got.Fitted))
			require.Equal(t, want.Parameters, got.Parameters)
			require.Equal(t, want.Sigma, got.Sigma)
		}
		var used Fit
		require.NoError(t, Analogy{Analogues: []Analogue{{Values: []float64{3, 2}}}}.FitTo(&used, Series{Values: []float64{1, 1, 1}}))
		require.NoError(t, m.FitTo(&used, s))
		same(f, &used)
		at := rapid.IntRange(1, len(s.Values)).Draw(t, "at")
		going, err := m.Fit(Series{Values: s.Values[:at]})
		require.NoError(t, err)
		require.NoError(t, going.Update(s.Values[at:]...))
		same(f, going)
		if m.Total > 0 {
			launched, err := m.Launch("")
			require.NoError(t, err)
			require.NoError(t, launched.Update(s.Values...))
			same(f, launched)
		}

		dozens := Series{Values: slices.Clone(s.Values)}
		for i := range dozens.Values {
			dozens.Values[i] *= 16
		}
		m.Total *= 16
		scaled, err := m.Fit(dozens)
		require.NoError(t, err)
		after, err := scaled.Forecast(70, 0.8)
		require.NoError(t, err)
		for h, v := range next.Mean {
			require.InDelta(t, 16*v, after.Mean[h], 1e-9*(1+16*v))
		}
	})
}

// drawnLaunch is a launch with a peak and what stays after it, both drawn, and a
// noise of 15 % that is larger where little is sold.
func drawnLaunch(random *rand.Rand, n int) []float64 {
	level := 50 * math.Exp(random.NormFloat64())
	peak, rest := 6*math.Exp(0.3*random.NormFloat64()), 0.4*math.Exp(0.3*random.NormFloat64())
	values := make([]float64, n)
	for t := range values {
		x := float64(t+1) / peak
		p := x*math.Exp(1-x) + rest*(1-math.Exp(-x))
		values[t] = max(0, level*(p+0.15*math.Sqrt(p)*random.NormFloat64()))
	}
	return values
}

// On launches that differ in level, peak and rest, intervals of 80 % hold what
// they say, for periods and for sums, and the level told by a total helps.
func TestAnalogyCovers(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 0))
	for _, n := range []int{1, 4, 10} {
		var inside, sums, plain, told, naive float64
		const runs = 400
		for range runs {
			var m Analogy
			for range 6 {
				m.Analogues = append(m.Analogues, Analogue{Values: drawnLaunch(random, 20+random.IntN(7))})
			}
			y := drawnLaunch(random, 26)
			f, err := m.Fit(Series{Values: y[:n]})
			require.NoError(t, err)
			next, err := f.Forecast(10, 0.8)
			require.NoError(t, err)
			share, err := Coverage(y[n:n+10], next.Intervals[0])
			require.NoError(t, err)
			inside += share / runs
			mean, sd, err := f.Total(10)
			require.NoError(t, err)
			sum, whole := 0.0, 0.0
			for i, v := range y[:20] {
				whole += v
				if i >= n && i < n+10 {
					sum += v
				}
			}
			if math.Abs(sum-mean) < 1.2816*sd {
				sums += 1.0 / runs
			}
			error := func(f *Fit) float64 {
				next, err := f.Forecast(10)
				require.NoError(t, err)
				a, err := Evaluate(Series{}, y[n:n+10], next.Mean)
				require.NoError(t, err)
				return a.WAPE.Value / runs
			}
			plain += error(f)
			m.Periods, m.Uncertainty, m.Total = 20, 0.4, whole*max(0.1, 1+0.4*random.NormFloat64())
			f, err = m.Fit(Series{Values: y[:n]})
			require.NoError(t, err)
			told += error(f)
			f, err = Naive{}.Fit(Series{Values: y[:n]})
			require.NoError(t, err)
			naive += error(f)
		}
		t.Logf("after %d sales: periods %.2f, sums %.2f inside; WAPE %.3f, with a total %.3f, naive %.3f", n, inside, sums, plain, told, naive)
		require.InDelta(t, 0.84, inside, 0.06)
		require.InDelta(t, 0.83, sums, 0.08)
		require.Less(t, told, plain*1.02)
		if n != 4 { // about the peak, where nothing changes
			require.Less(t, plain, naive)
		}
	}
}

func TestSimilarities(t *testing.T) {
	nan := math.NaN()
	got, err := Similarities([]float64{10, 1, 0}, []float64{20, 1, 0}, []float64{30, 0, nan}, []float64{10, 1, 0}, []float64{nan, nan, nan})
	require.NoError(t, err)
	require.InDeltaSlice(t, []float64{1 - 0.5/3, 0, 1, 0}, got, 1e-12)
	got, err = Similarities(nil)
	require.NoError(t, err)
	require.Empty(t, got)
	_, err = Similarities([]float64{1}, []float64{1, 2})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = Similarities([]float64{1}, []float64{math.Inf(1)})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func BenchmarkAnalogy(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 0))
	var m Analogy
	for range 10 {
		m.Analogues = append(m.Analogues, Analogue{Values: drawnLaunch(random, 20+random.IntN(7))})
	}
	s := Series{Values: drawnLaunch(random, 8)}
	var f Fit
	b.ReportAllocs()
	for b.Loop() {
		if err := m.FitTo(&f, s); err != nil {
			b.Fatal(err)
		}
	}
}
