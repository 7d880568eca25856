package forecast

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

func TestClean(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name         string
		cleaning     Cleaning
		season       int
		values       []float64
		availability []float64
		want         []Correction
	}{
		{name: "nothing to do", values: []float64{3, 4, 3, 5, 4, 3, 4, 5, 4}},
		{name: "missing", values: []float64{1, nan, 3, 4}, want: []Correction{{1, nan, 2, Missing}}},
		// The zero of a day without stock is no demand of zero.
		{name: "out of stock", values: []float64{4, 6, 0, 8}, availability: []float64{1, 1, 0, 1},
			want: []Correction{{2, 0, 7, OutOfStock}}},
		{name: "sold without stock", values: []float64{4, 6, 9, 8}, availability: []float64{1, 1, 0, 1}},
		// 4 + 0.5·(4 + 8)/1.5
		{name: "half a day", values: []float64{8, 4, 8}, availability: []float64{1, 0.5, 1},
			want: []Correction{{1, 4, 8, PartlyOutOfStock}}},
		{name: "half a day, sold as much as in whole ones", values: []float64{8, 8, 8}, availability: []float64{1, 0.5, 1},
			want: []Correction{{1, 8, 8 + 0.5*16/1.5, PartlyOutOfStock}}},
		// All that is known: 6 sold in 1.5 days. 4 + 0.5·(4 + 4)/1.5 and 2 + 0·… with 1 day short.
		{name: "never all day", values: []float64{4, 2, 0}, availability: []float64{0.75, 0.75, 0},
			want: []Correction{{0, 4, 4 + 0.25*8/1.75, PartlyOutOfStock}, {1, 2, 2 + 0.25*6/1.75, PartlyOutOfStock}, {2, 0, 4, OutOfStock}}},
		// The medians of three are 4 on both sides.
		{name: "outlier", values: []float64{9, 4, 9, 4, 9, 4, 900, 4, 9, 4, 9, 4, 9},
			want: []Correction{{6, 900, 4, Outlying}}},
		{name: "kept", cleaning: Cleaning{KeepOutliers: true}, values: []float64{9, 4, 9, 4, 9, 4, 900, 4, 9, 4, 9, 4, 9}},
		{name: "too few to judge", values: []float64{9, 4, 9, 900, 4, 9, 4}},
		{name: "a trend", values: []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		{name: "a step", values: []float64{9, 11, 10, 9, 10, 11, 10, 90, 91, 90, 89, 91, 90, 90}},
		{name: "the last is left", values: []float64{9, 11, 10, 9, 10, 11, 10, 11, 9, 10, 90}},
		{name: "the last too", cleaning: Cleaning{IncludeLast: true}, values: []float64{9, 11, 10, 9, 10, 11, 10, 11, 9, 10, 90},
			want: []Correction{{10, 90, 10, Outlying}}},
		{name: "the first", values: []float64{90, 9, 11, 10, 9, 10, 11, 10, 11, 9, 10},
			want: []Correction{{0, 90, 10, Outlying}}},
		{name: "a step just before the end", cleaning: Cleaning{IncludeLast: true}, values: []float64{9, 11, 10, 9, 10, 11, 10, 11, 9, 10, 90, 91}},
		{name: "mostly alike", cleaning: Cleaning{IncludeLast: true}, values: []float64{5, 5, 5, 5, 5, 5, 11, 5, 5, 5, 16, 5, 5, 5, 5, 1},
			want: []Correction{{10, 16, 5, Outlying}, {15, 1, 5, Outlying}}},
		{name: "negative", values: []float64{-1, 1, -1, 1, -1, 1, -1, 50, -1, 1, -1, 1, -1, 1},
			want: []Correction{{7, 50, -1, Outlying}}},
		// A peak that comes back is a season; one that does not is none.
		{name: "season", season: 4, values: []float64{10, 12, 11, 90, 11, 14, 12, 95, 13, 15, 90, 99, 14, 15, 14, 102},
			want: []Correction{{10, 90, 13.4, Outlying}}},
		{name: "peak that is missing", season: 4, values: []float64{10, 12, 11, 90, 11, 14, 12, 95, 13, 15, 14, 11, 14, 15, 14, 102},
			want: []Correction{{11, 11, 98.2, Outlying}}},
		{name: "two cycles", season: 7, values: []float64{10, 12, 11, 13, 12, 60, 80, 11, 12, 90, 12, 13, 62, 81},
			want: []Correction{{9, 90, 12, Outlying}}},
		{name: "less than two cycles", season: 6, values: []float64{10, 12, 11, 90, 11, 10, 12, 13, 11}},
		// Intermittent: no demand is an outlier because the others are zero.
		{name: "intermittent", values: []float64{0, 0, 4, 0, 0, 0, 5, 0, 0, 3, 0, 0, 4, 0, 0, 0, 6, 0}},
		{name: "bulk order", values: []float64{0, 0, 4, 0, 0, 0, 5, 0, 0, 3, 0, 0, 80, 0, 0, 0, 6, 0},
			want: []Correction{{12, 80, 5, Outlying}}},
		{name: "few demands", values: []float64{0, 0, 4, 0, 0, 0, 5, 0, 0, 3, 0, 0, 80, 0, 0}},
		// The mean of 6 periods in stock, not the line from 6 to 0.
		{name: "out of stock after a demand", values: []float64{0, 0, 6, 0, 0, 0, 0}, availability: []float64{1, 1, 1, 0, 1, 1, 1},
			want: []Correction{{3, 0, 1, OutOfStock}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			given := slices.Clone(c.values)
			s, corrections, err := c.cleaning.Clean(Series{ID: "s", Values: c.values, Season: c.season}, c.availability)
			require.NoError(t, err)
			require.Len(t, corrections, len(c.want), "%v", corrections)
			want := slices.Clone(given)
			for i, w := range c.want {
				got := corrections[i]
				require.Equal(t, w.Index, got.Index)
				require.Equal(t, w.Cause, got.Cause)
				require.Equal(t, math.IsNaN(w.Was), math.IsNaN(got.Was))
				if !math.IsNaN(w.Was) {
					require.Equal(t, w.Was, got.Was)
				}
				require.InDelta(t, w.Is, got.Is, 0.35, "observation %d", w.Index)
				if w.Cause != Outlying {
					require.InDelta(t, w.Is, got.Is, 1e-12)
				}
				want[w.Index] = got.Is
			}
			require.Equal(t, want, s.Values)
			for i, v := range c.values { // were not touched
				require.True(t, v == given[i] || math.IsNaN(v))
			}
		})
	}
}

func TestCleanErrors(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name         string
		cleaning     Cleaning
		values       []float64
		availability []float64
		index        int
		err          error
	}{
		{"nothing", Cleaning{}, nil, nil, -1, ErrEmpty},
		{"all missing", Cleaning{}, []float64{nan, nan}, nil, -1, ErrEmpty},
		{"never in stock", Cleaning{}, []float64{1, 2}, []float64{0, 0}, -1, ErrEmpty},
		{"infinite", Cleaning{}, []float64{1, math.Inf(1)}, []float64{1, 0}, 1, ErrNotFinite},
		{"too large", Cleaning{}, []float64{2e100}, nil, 0, ErrTooLarge},
		{"availability", Cleaning{}, []float64{1, 2}, []float64{1, 1.5}, 1, ErrAvailability},
		{"no availability", Cleaning{}, []float64{1, 2}, []float64{nan, 1}, 0, ErrAvailability},
		{"a rate beyond all bounds", Cleaning{}, []float64{1e90, 0}, []float64{1e-30, 0}, 0, ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := c.cleaning.Clean(Series{ID: "s", Values: c.values}, c.availability)
			var e *SeriesError
			require.ErrorAs(t, err, &e)
			require.Equal(t, "s", e.Series)
			require.Equal(t, c.index, e.Index)
			require.ErrorIs(t, err, c.err)
		})
	}
	s := Series{Values: []float64{1, 2}}
	for _, c := range []Cleaning{{Fence: -1}, {Fence: nan}, {Factor: 1}, {Factor: -3}, {Factor: math.Inf(1)}} {
		_, _, err := c.Clean(s, nil)
		var e *SettingError
		require.ErrorAs(t, err, &e, "%+v", c)
	}
	_, _, err := Cleaning{}.Clean(s, []float64{1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	require.Equal(t, "Cause(9)", Cause(9).String())
}

// Whatever comes in, corrections are in order and tell all that was changed,
// demand that was seen only in part is not less than what was seen, and a
// series in dozens is cleaned as the one in pieces.
func TestCleanLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := demandSeries(t, 1)
		var availability []float64
		if rapid.Bool().Draw(t, "stock-outs") {
			availability = rapid.SliceOfN(rapid.OneOf(rapid.Just(0.0), rapid.Just(1.0), rapid.Float64Range(0.01, 1)), len(s.Values), len(s.Values)).Draw(t, "availability")
		}
		for i := range s.Values {
			if rapid.IntRange(0, 9).Draw(t, "missing") == 0 {
				s.Values[i] = math.NaN()
			}
		}
		cleaning := Cleaning{Fence: rapid.Float64Range(0, 4).Draw(t, "fence")}
		cleaned, corrections, err := cleaning.Clean(s, availability)
		if err != nil {
			require.ErrorIs(t, err, ErrEmpty)
			return
		}
		at := map[int]Correction{}
		for i, c := range corrections {
			require.True(t, i == 0 || corrections[i-1].Index < c.Index)
			at[c.Index] = c
		}
		for i, v := range cleaned.Values {
			require.False(t, math.IsNaN(v) || math.IsInf(v, 0) || v < 0)
			c, changed := at[i]
			if !changed {
				require.Equal(t, s.Values[i], v)
				continue
			}
			require.Equal(t, c.Is, v)
			if c.Cause == PartlyOutOfStock || c.Cause == OutOfStock {
				require.Greater(t, v, c.Was)
			}
		}
		scaled := s
		scaled.Values = slices.Clone(s.Values)
		for i := range scaled.Values {
			scaled.Values[i] *= 64
		}
		again, _, err := cleaning.Clean(scaled, availability)
		require.NoError(t, err)
		for i, v := range again.Values {
			require.InEpsilon(t, 1+64*cleaned.Values[i], 1+v, 1e-12)
		}
	})
}

// A stock that is too small runs out on many days. What is sold is 8 to 25 % below
// demand; what Clean makes of it is not.
func TestCleaningRecoversDemand(t *testing.T) {
	for _, c := range []struct {
		name  string
		shape float64 // of the gamma law of the days' rates
		mean  float64
		stock float64
	}{
		{"alike", 100, 12, 13},
		{"varied", 4, 12, 14},
		{"small", 10, 3, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(4, 0))
			n := 3000
			demand, sales := 0.0, 0.0
			s := Series{Values: make([]float64, n)}
			availability := make([]float64, n)
			for i := range n {
				rate := 0.0
				for range int(c.shape) { // a gamma law of a whole shape
					rate += random.ExpFloat64() * c.mean / c.shape
				}
				availability[i] = 1
				for at := random.ExpFloat64() / rate; at < 1; at += random.ExpFloat64() / rate {
					demand++
					if s.Values[i] < c.stock {
						if s.Values[i]++; s.Values[i] == c.stock {
							availability[i] = at
						}
					}
				}
				sales += s.Values[i]
			}
			cleaned, _, err := Cleaning{KeepOutliers: true}.Clean(s, availability)
			require.NoError(t, err)
			sum := 0.0
			for _, v := range cleaned.Values {
				sum += v
			}
			t.Logf("sold %.3f of demand, cleaned %.3f", sales/demand, sum/demand)
			require.Less(t, sales/demand, 0.95)
			require.InDelta(t, 1, sum/demand, 0.05)
		})
	}
}

// What the documentation says of the M3 competition: spoiled series are forecast
// better when cleaned, and others no worse.
func TestCleaningOnM3(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		spoil         bool
		given, better float64 // sMAPE of Theta on the series as it is and cleaned
	}{{"spoiled", true, 15.81, 14.01}, {"as they are", false, 12.79, 12.83}} {
		random := rand.New(rand.NewPCG(5, 5))
		var given, cleaned, n float64
		for _, class := range m3Classes {
			for _, row := range readTable(t, class.file) {
				s, actual := Series{Values: numbers(t, row["train"]), Season: class.season}, numbers(t, row["test"])
				if c.spoil {
					k := random.IntN(len(s.Values))
					s.Values[k] *= []float64{3, 2, 0.4, 0.2}[random.IntN(4)]
				}
				smape := func(s Series) float64 {
					f, err := Theta{}.Fit(s)
					require.NoError(t, err)
					next, err := f.Forecast(len(actual))
					require.NoError(t, err)
					a, err := Evaluate(s, actual, next.Mean)
					require.NoError(t, err)
					return a.SMAPE
				}
				without, _, err := Cleaning{}.Clean(s, nil)
				require.NoError(t, err)
				given += smape(s)
				cleaned += smape(without)
				n++
			}
		}
		t.Logf("%s: sMAPE %.3f, cleaned %.3f", c.name, given/n, cleaned/n)
		if n > 3000 { // not on a sample
			require.InDelta(t, c.given, given/n, 0.1)
			require.InDelta(t, c.better, cleaned/n, 0.1)
		}
	}
}

func BenchmarkCleaning(b *testing.B) {
	for _, season := range []int{1, 12} {
		b.Run(fmt.Sprintf("season=%d/n=60", season), func(b *testing.B) {
			s := Series{Values: demandLike(60), Season: season}
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := (Cleaning{}).Clean(s, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A promotion is no outlier, and a stock-out in one is filled with it: 2.6 times the
// usual 35 to 45.
func TestCleanKnown(t *testing.T) {
	for _, c := range []struct {
		name   string
		season int
		factor float64
		level  func(i int) float64
	}{
		{"level", 1, 2.6, func(int) float64 { return 40 }},
		{"trend", 1, 2.6, func(i int) float64 { return 40 * math.Exp(0.01*float64(i)) }},
		{"season", 13, 1.8, func(i int) float64 { return 40 + 15*math.Sin(2*math.Pi*float64(i)/13) }},
		{"a price of half", 1, 0.4, func(int) float64 { return 400 }},
	} {
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(seed, 1))
			n := 104
			s := Series{ID: c.name, Season: c.season, Values: make([]float64, n), Regressors: []Regressor{{Name: "promo", Values: make([]float64, n+4)}}}
			availability := slices.Repeat([]float64{1}, n)
			whole := make([]float64, n)
			for i := range n {
				whole[i] = c.level(i) * math.Exp(0.08*r.NormFloat64())
				if i%8 == 3 {
					s.Regressors[0].Values[i] = 1
					whole[i] *= c.factor
				}
				s.Values[i] = whole[i]
			}
			s.Values[43], availability[43] = 0.4*whole[43], 0.4
			s.Values[75], availability[75] = 0, 0
			s.Values[50] = math.NaN()
			s.Values[60] *= 12
			clean, corrections, err := Cleaning{}.Clean(s, availability)
			require.NoError(t, err)
			found := map[int]Correction{}
			for _, x := range corrections {
				found[x.Index] = x
				require.Equal(t, clean.Values[x.Index], x.Is)
			}
			expected := func(i int) float64 {
				if i%8 == 3 {
					return c.factor * c.level(i)
				}
				return c.level(i)
			}
			for _, i := range []int{43, 75, 50, 60} {
				require.Contains(t, found, i, "%s, seed %d", c.name, seed)
				require.InEpsilon(t, expected(i), clean.Values[i], 0.3, "%s, seed %d, at %d", c.name, seed, i)
			}
			promotions := 0
			for i := 3; i < n; i += 8 {
				if _, ok := found[i]; ok {
					promotions++
				}
			}
			require.LessOrEqual(t, promotions, 3, "two for want of stock, and rarely another")
			require.Len(t, clean.Regressors, 1)
		}
	}
	bad := Series{Values: []float64{1, 2, 3}, Regressors: []Regressor{{Name: "short", Values: []float64{1}}}}
	_, _, err := Cleaning{}.Clean(bad, nil)
	var setting *SettingError
	require.ErrorAs(t, err, &setting)
}

// Regressors that say nothing, or the same twice, or more than there are observations
// for, change nothing; what they do to negative values adds.
func TestCleanKnownLittle(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	s := Series{Values: make([]float64, 60)}
	for i := range s.Values {
		s.Values[i] = 20 + 3*r.NormFloat64()
	}
	s.Values[30] = 200
	want, _, err := Cleaning{}.Clean(s, nil)
	require.NoError(t, err)
	flat, many := s, s
	flat.Regressors = []Regressor{{Name: "one", Values: slices.Repeat([]float64{1}, 60)}, {Name: "two", Values: slices.Repeat([]float64{2}, 60)}}
	for i := range 20 {
		x := make([]float64, 60)
		x[i] = 1
		many.Regressors = append(many.Regressors, Regressor{Name: fmt.Sprint(i), Values: x})
	}
	for _, s := range []Series{flat, many} {
		got, _, err := Cleaning{}.Clean(s, nil)
		require.NoError(t, err)
		require.InDeltaSlice(t, want.Values, got.Values, 1e-9)
	}
	balance := Series{Values: make([]float64, 60), Regressors: []Regressor{{Name: "fair", Values: make([]float64, 60)}}}
	for i := range balance.Values {
		balance.Values[i] = 3 * r.NormFloat64()
		if i%7 == 0 {
			balance.Regressors[0].Values[i] = 1
			balance.Values[i] += 100
		}
	}
	balance.Values[35] = math.NaN()
	got, _, err := Cleaning{}.Clean(balance, nil)
	require.NoError(t, err)
	require.InDelta(t, 100, got.Values[35], 10)
}
