package forecast

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func TestAdjust(t *testing.T) {
	f := &Forecast{Mean: []float64{10, 20}, Intervals: []Interval{{0.8, []float64{8, 15}, []float64{12, 25}}}}
	o := func(period int, kind OverrideKind, value float64, hours int) Override {
		return Override{period, kind, value, "ada", "fair", monday.Add(time.Duration(hours) * time.Hour)}
	}
	for _, c := range []struct {
		name               string
		overrides          []Override
		mean, lower, upper []float64
		changes            [][2]float64
	}{
		{"none", nil, []float64{10, 20}, []float64{8, 15}, []float64{12, 25}, nil},
		{"replace", []Override{o(2, Replace, 50, 0)}, []float64{10, 50}, []float64{8, 45}, []float64{12, 55}, [][2]float64{{20, 50}}},
		{"shift", []Override{o(1, Shift, -3, 0)}, []float64{7, 20}, []float64{5, 15}, []float64{9, 25}, [][2]float64{{10, 7}}},
		{"scale", []Override{o(1, Scale, 2, 0)}, []float64{20, 20}, []float64{16, 15}, []float64{24, 25}, [][2]float64{{10, 20}}},
		// The list is not in order of time: first 10+2, then twice that.
		{"by time", []Override{o(1, Scale, 2, 5), o(1, Shift, 2, 1)}, []float64{24, 20}, []float64{20, 15}, []float64{28, 25}, [][2]float64{{10, 12}, {12, 24}}},
		{"by place", []Override{o(1, Scale, 2, 1), o(1, Shift, 2, 1)}, []float64{22, 20}, []float64{18, 15}, []float64{26, 25}, [][2]float64{{10, 20}, {20, 22}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := f.Adjust(c.overrides...)
			require.NoError(t, err)
			require.Equal(t, c.mean, a.Forecast.Mean)
			require.Equal(t, []Interval{{0.8, c.lower, c.upper}}, a.Forecast.Intervals)
			require.Equal(t, *f, a.Original)
			require.Equal(t, []float64{10, 20}, f.Mean)
			require.Len(t, a.Changes, len(c.changes))
			for i, w := range c.changes {
				require.Equal(t, w, [2]float64{a.Changes[i].Before, a.Changes[i].After})
			}
		})
	}
}

func TestOverrideErrors(t *testing.T) {
	f := &Forecast{Mean: []float64{10}, Intervals: []Interval{{0.8, []float64{8}, []float64{12}}}}
	good := Override{1, Shift, 1, "ada", "fair", monday}
	for _, c := range []struct {
		field string
		spoil func(*Override)
	}{
		{"period", func(o *Override) { o.Period = 0 }},
		{"period", func(o *Override) { o.Period = 2 }},
		{"kind", func(o *Override) { o.Kind = 7 }},
		{"value", func(o *Override) { o.Value = math.NaN() }},
		{"value", func(o *Override) { o.Value = math.Inf(-1) }},
		{"value", func(o *Override) { o.Kind, o.Value = Scale, -1 }},
		{"author", func(o *Override) { o.Author = " " }},
		{"reason", func(o *Override) { o.Reason = "" }},
		{"time", func(o *Override) { o.At = time.Time{} }},
		{"result", func(o *Override) { o.Kind, o.Value = Scale, 1e100 }},
	} {
		bad := good
		c.spoil(&bad)
		_, err := f.Adjust(good, bad)
		var e *OverrideError
		require.ErrorAs(t, err, &e, c.field)
		require.Equal(t, 1, e.Index)
		require.Equal(t, c.field, e.Field)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
		require.Equal(t, []float64{10}, f.Mean)
	}
	_, err := (&Forecast{Mean: []float64{1}, Intervals: []Interval{{Level: 0.8}}}).Adjust(good)
	require.ErrorIs(t, err, flywheel.ErrInvalid)

	a, err := f.Adjust(good)
	require.NoError(t, err)
	_, err = a.Outcomes([]float64{1, 2})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = a.Outcomes([]float64{math.NaN()})
	require.ErrorIs(t, err, ErrNotFinite)
	_, err = ReviewOverrides([]Outcome{{Change{good, 1, 2}, math.NaN()}})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

func TestOverrideKindText(t *testing.T) {
	for _, k := range []OverrideKind{Replace, Shift, Scale} {
		o := Override{1, k, 2, "ada", "fair", monday}
		text, err := json.Marshal(o)
		require.NoError(t, err)
		require.Contains(t, string(text), `"`+k.String()+`"`)
		var back Override
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, o, back)
	}
	var k OverrideKind
	require.ErrorIs(t, k.UnmarshalText([]byte("Scale")), flywheel.ErrInvalid)
	_, err := OverrideKind(9).MarshalText()
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	require.Equal(t, "OverrideKind(9)", OverrideKind(9).String())
}

func TestReviewOverrides(t *testing.T) {
	outcome := func(author, reason string, before, after, actual float64) Outcome {
		return Outcome{Change{Override{1, Replace, after, author, reason, monday}, before, after}, actual}
	}
	r, err := ReviewOverrides([]Outcome{
		outcome("ben", "fair", 100, 130, 120), // right, too far: 20 to 10
		outcome("ada", "fair", 100, 105, 90),  // wrong: 10 to 15
		outcome("ada", "loss", 100, 60, 50),   // right: 50 to 10
		outcome("ben", "loss", 0, 8, 2),       // too far: 2 to 6
		outcome("ada", "fair", 50, 50, 50),    // nothing
	})
	require.NoError(t, err)
	require.Equal(t, OverrideGroup{Name: "all", Count: 5, Improved: 2, Worsened: 2, Wrong: 1, Overshot: 2,
		Gain: 10 - 5 + 40 - 4, MeanGain: 41.0 / 5, Share: Measure{41.0 / 82, true}, Bias: (-10.0 - 15 - 10 - 6) / 5}, r.All)
	require.Equal(t, 3, r.Upward.Count)
	require.Equal(t, 1.0, r.Upward.Gain)
	require.Equal(t, 1, r.Downward.Count)
	require.Equal(t, 40.0, r.Downward.Gain)
	require.Equal(t, [4]int{2, 0, 2, 1}, [4]int{r.BySize[0].Count, r.BySize[1].Count, r.BySize[2].Count, r.BySize[3].Count})
	require.Equal(t, "ada", r.ByAuthor[0].Name)
	require.Equal(t, 35.0, r.ByAuthor[0].Gain)
	require.Equal(t, 6.0, r.ByAuthor[1].Gain)
	require.Equal(t, []string{"fair", "loss"}, []string{r.ByReason[0].Name, r.ByReason[1].Name})
	require.Equal(t, 5.0, r.ByReason[0].Gain)

	none, err := ReviewOverrides(nil)
	require.NoError(t, err)
	require.False(t, none.All.Share.Defined)
}

// All groupings tell of the same gain, which is that of the adjusted forecast
// over the original.
func TestOverrideGainsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Float64Range(0, 100)
		f := &Forecast{Mean: rapid.SliceOfN(number, 1, 6).Draw(t, "mean")}
		n := len(f.Mean)
		f.Intervals = []Interval{{0.9, make([]float64, n), make([]float64, n)}}
		for h, m := range f.Mean {
			f.Intervals[0].Lower[h], f.Intervals[0].Upper[h] = m-rapid.Float64Range(0, 9).Draw(t, "down"), m+rapid.Float64Range(0, 9).Draw(t, "up")
		}
		overrides := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Override {
			return Override{
				rapid.IntRange(1, n).Draw(t, "period"), OverrideKind(rapid.IntRange(0, 2).Draw(t, "kind")), number.Draw(t, "value"),
				rapid.SampledFrom([]string{"ada", "ben", "eve"}).Draw(t, "author"), rapid.SampledFrom([]string{"fair", "loss"}).Draw(t, "reason"),
				monday.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "hours")) * time.Hour),
			}
		}), 0, 8).Draw(t, "overrides")
		actual := rapid.SliceOfN(number, n, n).Draw(t, "actual")
		a, err := f.Adjust(overrides...)
		require.NoError(t, err)
		for h, m := range a.Forecast.Mean {
			require.LessOrEqual(t, a.Forecast.Intervals[0].Lower[h], m+1e-9)
			require.GreaterOrEqual(t, a.Forecast.Intervals[0].Upper[h], m-1e-9)
		}
		outcomes, err := a.Outcomes(actual)
		require.NoError(t, err)
		r, err := ReviewOverrides(outcomes)
		require.NoError(t, err)
		before, err := Evaluate(Series{}, actual, a.Original.Mean)
		require.NoError(t, err)
		after, err := Evaluate(Series{}, actual, a.Forecast.Mean)
		require.NoError(t, err)
		near := func(want, got float64) { require.InDelta(t, want, got, 1e-6*(1+math.Abs(want))) }
		total := func(groups ...OverrideGroup) (gain float64) {
			count := 0
			for _, g := range groups {
				gain += g.Gain
				count += g.Count
			}
			require.Equal(t, len(overrides), count)
			return gain
		}
		near(float64(n)*(before.MAE-after.MAE), r.All.Gain)
		near(r.All.Gain, total(r.BySize[:]...))
		near(r.All.Gain, total(r.ByAuthor...))
		near(r.All.Gain, total(r.ByReason...))
		near(r.All.Gain, r.Upward.Gain+r.Downward.Gain)
	})
}
