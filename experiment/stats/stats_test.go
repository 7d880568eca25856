package stats_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment/stats"
)

var nan, inf = math.NaN(), math.Inf(1)

func TestBadInputIsRefused(t *testing.T) {
	ok := stats.SampleOf(10, 1, 1)
	half := stats.Proportion{Successes: 5, Trials: 10}
	welch := func(w stats.Welch, a, b stats.Sample) error { _, err := w.Test(a, b); return err }
	rates := func(w stats.TwoProportions, a, b stats.Proportion) error { _, err := w.Test(a, b); return err }
	ratio := func(s stats.SampleRatio, observed []int64, weights ...float64) error {
		_, err := s.Test(observed, weights)
		return err
	}
	adjust := func(p stats.Procedure, list ...float64) error { _, err := p.Adjust(list); return err }
	for name, c := range map[string]struct {
		err, want error
	}{
		"empty arm":            {welch(stats.Welch{}, stats.Sample{}, ok), stats.ErrEmptyArm},
		"negative size":        {welch(stats.Welch{}, ok, stats.SampleOf(-1, 0, 1)), stats.ErrNegative},
		"one observation":      {welch(stats.Welch{}, ok, stats.SampleOf(1, 0, 1)), stats.ErrTooFew},
		"NaN mean":             {welch(stats.Welch{}, stats.SampleOf(9, nan, 1), ok), stats.ErrNotANumber},
		"infinite variance":    {welch(stats.Welch{}, ok, stats.SampleOf(9, 0, inf)), stats.ErrNotANumber},
		"negative variance":    {welch(stats.Welch{}, ok, stats.Sample{N: 9, Variance: -1}), stats.ErrNegative},
		"zero variance":        {welch(stats.Welch{}, stats.SampleOf(9, 1, 0), stats.SampleOf(9, 2, 0)), stats.ErrZeroVariance},
		"overflowing variance": {welch(stats.Welch{}, stats.Sample{N: 2, Variance: 1.7e308}, stats.Sample{N: 2, Variance: 1.7e308}), stats.ErrBeyond},
		"alpha":                {welch(stats.Welch{Alpha: 1}, ok, ok), stats.ErrBeyond},
		"NaN alpha":            {welch(stats.Welch{Alpha: nan}, ok, ok), stats.ErrBeyond},
		"alternative":          {welch(stats.Welch{Alternative: 9}, ok, ok), stats.ErrBeyond},
		"margin":               {welch(stats.Welch{Margin: inf}, ok, ok), stats.ErrNotANumber},
		"relative interval":    {welch(stats.Welch{Relative: 9}, ok, ok), stats.ErrBeyond},
		"no trials":            {rates(stats.TwoProportions{}, stats.Proportion{}, half), stats.ErrEmptyArm},
		"negative trials":      {rates(stats.TwoProportions{}, half, stats.Proportion{Trials: -1}), stats.ErrNegative},
		"negative successes":   {rates(stats.TwoProportions{}, half, stats.Proportion{Successes: -1, Trials: 3}), stats.ErrNegative},
		"more successes":       {rates(stats.TwoProportions{}, half, stats.Proportion{Successes: 4, Trials: 3}), stats.ErrBeyond},
		"nobody succeeds":      {rates(stats.TwoProportions{}, stats.Proportion{Trials: 3}, stats.Proportion{Trials: 3}), stats.ErrZeroVariance},
		"all succeed":          {rates(stats.TwoProportions{}, stats.Proportion{Successes: 3, Trials: 3}, stats.Proportion{Successes: 3, Trials: 3}), stats.ErrZeroVariance},
		"unpooled zero":        {rates(stats.TwoProportions{Unpooled: true}, stats.Proportion{Successes: 3, Trials: 3}, stats.Proportion{Trials: 3}), stats.ErrZeroVariance},
		"interval":             {rates(stats.TwoProportions{Interval: 9}, half, half), stats.ErrBeyond},
		"lengths":              {ratio(stats.SampleRatio{}, []int64{1, 2}, 1), stats.ErrShape},
		"one arm":              {ratio(stats.SampleRatio{}, []int64{1}, 1), stats.ErrShape},
		"one weight":           {ratio(stats.SampleRatio{}, []int64{1, 1}, 1, 0), stats.ErrShape},
		"NaN weight":           {ratio(stats.SampleRatio{}, []int64{1, 1}, 1, nan), stats.ErrNotANumber},
		"negative weight":      {ratio(stats.SampleRatio{}, []int64{1, 1}, 1, -1), stats.ErrNegative},
		"negative count":       {ratio(stats.SampleRatio{}, []int64{1, -1}, 1, 1), stats.ErrNegative},
		"overflowing weights":  {ratio(stats.SampleRatio{}, []int64{1, 1}, 1e308, 1e308), stats.ErrNotANumber},
		"nobody":               {ratio(stats.SampleRatio{}, []int64{0, 0}, 1, 1), stats.ErrEmptyArm},
		"p above one":          {adjust(stats.Holm, 0.5, 1.1), stats.ErrBeyond},
		"NaN p":                {adjust(stats.Hommel, nan), stats.ErrNotANumber},
		"unknown procedure":    {adjust(stats.Procedure(99), 0.5), stats.ErrBeyond},
	} {
		t.Run(name, func(t *testing.T) {
			if c.want == nil {
				require.NoError(t, c.err)
				return
			}
			require.ErrorIs(t, c.err, c.want)
			var input *stats.InputError
			require.ErrorAs(t, c.err, &input)
			require.NotEmpty(t, input.What)
			require.True(t, errors.Is(c.err, flywheel.ErrInvalid) != errors.Is(c.err, flywheel.ErrOutOfRange), "one kind")
		})
	}
	_, err := stats.TwoProportions{}.OddsRatio(half, stats.Proportion{Trials: 5})
	require.ErrorIs(t, err, stats.ErrBeyond)
	_, _, err = stats.Welch{}.Equivalent(ok, ok, 0)
	require.ErrorIs(t, err, stats.ErrBeyond)
	_, err = stats.Pair{}.RatioSample()
	require.ErrorIs(t, err, stats.ErrEmptyArm)
	_, err = stats.PairFromSums(3, 1, 1, 0, 0, 0).RatioSample()
	require.ErrorIs(t, err, stats.ErrBeyond)
}

func kinds(warnings []stats.Warning) (list []stats.WarningKind) {
	for _, w := range warnings {
		list = append(list, w.Kind)
	}
	return list
}

func TestWarnings(t *testing.T) {
	for name, c := range map[string]struct {
		a, b stats.Sample
		want []stats.WarningKind
	}{
		"plain":          {stats.SampleOf(100, 10, 1), stats.SampleOf(100, 11, 1), nil},
		"small":          {stats.SampleOf(100, 10, 1), stats.SampleOf(29, 11, 1), []stats.WarningKind{stats.SmallSample}},
		"constant":       {stats.SampleOf(100, 10, 0), stats.SampleOf(100, 11, 1), []stats.WarningKind{stats.ConstantArm}},
		"zero control":   {stats.SampleOf(100, 0, 1), stats.SampleOf(100, 11, 1), []stats.WarningKind{stats.RelativeUndefined}},
		"uncertain base": {stats.SampleOf(100, 0.1, 1), stats.SampleOf(100, 11, 1), []stats.WarningKind{stats.UnboundedInterval}},
		"vanishing base": {stats.SampleOf(100, 1e-310, 1), stats.SampleOf(100, 11, 1), []stats.WarningKind{stats.RelativeUndefined}},
	} {
		r, err := stats.Welch{}.Test(c.a, c.b)
		require.NoError(t, err, name)
		require.Equal(t, c.want, kinds(r.Warnings), name)
		require.False(t, math.IsNaN(r.Absolute.P) || math.IsNaN(r.Absolute.Lower), name)
	}
	r, err := stats.TwoProportions{}.Test(stats.Proportion{Trials: 100}, stats.Proportion{Successes: 30, Trials: 100})
	require.NoError(t, err)
	require.Equal(t, []stats.WarningKind{stats.SmallSample, stats.RelativeUndefined}, kinds(r.Warnings))
	require.Nil(t, r.Relative)
	s, err := stats.SampleRatio{}.Test([]int64{4, 6}, []float64{0.4, 0.6})
	require.NoError(t, err)
	require.Equal(t, []stats.WarningKind{stats.SmallExpected}, kinds(s.Warnings))
}

// An arm of weight zero that has units breaks the ratio, however the others look;
// an empty one changes nothing.
func TestSampleRatioOfZeroWeight(t *testing.T) {
	two, err := stats.SampleRatio{}.Test([]int64{500, 510}, []float64{1, 1})
	require.NoError(t, err)
	empty, err := stats.SampleRatio{}.Test([]int64{500, 0, 510}, []float64{1, 0, 1})
	require.NoError(t, err)
	require.Equal(t, two.P, empty.P)
	stray, err := stats.SampleRatio{}.Test([]int64{500, 1, 510}, []float64{1, 0, 1})
	require.NoError(t, err)
	require.True(t, stray.Mismatch)
	require.Zero(t, stray.P)
	_, err = json.Marshal(stray)
	require.NoError(t, err)
}

func TestOneSidedResultsAreJSON(t *testing.T) {
	r, err := stats.TwoProportions{Alternative: stats.Greater}.Test(stats.Proportion{Successes: 50, Trials: 100}, stats.Proportion{Successes: 60, Trials: 100})
	require.NoError(t, err)
	require.True(t, math.IsInf(r.Absolute.Upper, 1))
	data, err := json.Marshal(r)
	require.NoError(t, err)
	require.Contains(t, string(data), `"upper":null`)
}

// Tails agree with values of R 4.2, given to the digits printed there.
func TestTails(t *testing.T) {
	for _, c := range []struct {
		source string
		p      float64
		want   float64
	}{
		{"pnorm(-1.5, lower.tail = FALSE)", first(stats.NormalTail(-1.5)), 0.9331927987311419},
		{"pnorm(9, lower.tail = FALSE)", first(stats.NormalTail(9)), 1.128588405953840e-19},
		{"pt(-3, 10, lower.tail = FALSE)", first(stats.StudentTail(-3, 10)), 0.9933281724887152},
		{"pt(1, 1, lower.tail = FALSE) = 1/4", first(stats.StudentTail(1, 1)), 0.25},
		{"pchisq(10, 2, lower.tail = FALSE) = exp(-5)", first(stats.ChiSquareTail(10, 2)), math.Exp(-5)},
		{"pf(1, 5, 5, lower.tail = FALSE) = 1/2", first(stats.FTail(1, 5, 5)), 0.5},
	} {
		require.InEpsilon(t, c.want, c.p, 1e-12, c.source)
	}
	for _, tail := range []func(float64) (float64, float64){
		stats.NormalTail,
		func(t float64) (float64, float64) { return stats.StudentTail(t, 3) },
	} {
		p, logP := tail(inf)
		require.Zero(t, p)
		require.True(t, math.IsInf(logP, -1))
		p, _ = tail(-inf)
		require.Equal(t, 1.0, p)
	}
}

func first(p, _ float64) float64 { return p }

// The laws of tails: they fall, both sides sum to one, the log is that of the
// probability, and many degrees of freedom come to the normal distribution.
func TestTailLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-40, 40).Draw(t, "x")
		df := math.Exp(rapid.Float64Range(-1, 16).Draw(t, "log df"))
		for _, tail := range []func(float64) (float64, float64){
			stats.NormalTail,
			func(x float64) (float64, float64) { return stats.StudentTail(x, df) },
		} {
			p, logP := tail(x)
			other, _ := tail(-x)
			further, _ := tail(x + 0.01)
			if math.Abs(p+other-1) > 1e-12 || further > p || p > 1e-300 && math.Abs(math.Exp(logP)-p) > 1e-12*p {
				t.Fatalf("at %v with %v degrees of freedom: %v, %v; other side %v, further %v", x, df, p, logP, other, further)
			}
		}
		normal, _ := stats.NormalTail(x / 10)
		student, _ := stats.StudentTail(x/10, 1e9)
		if math.Abs(normal-student) > 1e-7*normal {
			t.Fatalf("at %v: normal %v, Student %v", x/10, normal, student)
		}
	})
}

func drawSample(t *rapid.T, name string) stats.Sample {
	return stats.SampleOf(
		rapid.Int64Range(2, 1e6).Draw(t, name+" n"), rapid.Float64Range(-1e3, 1e3).Draw(t, name+" mean"),
		math.Exp(rapid.Float64Range(-5, 8).Draw(t, name+" log sd")))
}

// The laws of a comparison: it changes its sign with the arms, the interval is
// the set of differences that the test does not reject, and one-sided p values
// are the halves of the two-sided one.
func TestWelchLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawSample(t, "a"), drawSample(t, "b")
		alpha := rapid.Float64Range(0.001, 0.5).Draw(t, "alpha")
		ab, err := stats.Welch{Alpha: alpha}.Test(a, b)
		require.NoError(t, err)
		ba, err := stats.Welch{Alpha: alpha}.Test(b, a)
		require.NoError(t, err)
		require.InDelta(t, ab.Absolute.LogP, ba.Absolute.LogP, 1e-9*(1-ab.Absolute.LogP))
		require.InDelta(t, ab.Absolute.Lower, -ba.Absolute.Upper, 1e-9*ab.Absolute.StandardError)
		greater, err := stats.Welch{Alternative: stats.Greater}.Test(a, b)
		require.NoError(t, err)
		less, err := stats.Welch{Alternative: stats.Less}.Test(a, b)
		require.NoError(t, err)
		require.InDelta(t, 1, greater.Absolute.P+less.Absolute.P, 1e-12)
		require.InDelta(t, ab.Absolute.P, 2*min(greater.Absolute.P, less.Absolute.P), 1e-12)
		atBound, err := stats.Welch{Margin: ab.Absolute.Upper}.Test(a, b)
		require.NoError(t, err)
		require.InEpsilon(t, alpha, atBound.Absolute.P, 1e-6)
		if ab.Relative != nil && !math.IsInf(ab.Relative.Upper, 0) && math.Abs(ab.Absolute.P-alpha) > 1e-9 {
			require.Equal(t, ab.Absolute.Contains(0), ab.Relative.Contains(0), "Fieller's interval agrees with the test")
		}
	})
}

func TestTwoProportionsLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) stats.Proportion {
			n := rapid.Int64Range(1, 1e7).Draw(t, name+" n")
			return stats.Proportion{Trials: n, Successes: rapid.Int64Range(0, n).Draw(t, name+" x")}
		}
		a, b := draw("a"), draw("b")
		for _, test := range []stats.TwoProportions{{}, {Interval: stats.Newcombe + 1}, {Interval: stats.Wald}} {
			ab, err := test.Test(a, b)
			if err != nil {
				require.ErrorIs(t, err, stats.ErrZeroVariance)
				continue
			}
			ba, err := test.Test(b, a)
			require.NoError(t, err)
			require.InDelta(t, ab.Absolute.P, ba.Absolute.P, 1e-12)
			require.InDelta(t, ab.Absolute.Lower, -ba.Absolute.Upper, 1e-9)
			require.LessOrEqual(t, ab.Absolute.Lower, ab.Absolute.Estimate+1e-12)
			require.GreaterOrEqual(t, ab.Absolute.Upper, ab.Absolute.Estimate-1e-12)
			if test.Interval != stats.Wald {
				require.GreaterOrEqual(t, ab.Absolute.Lower, -1-1e-12)
				require.LessOrEqual(t, ab.Absolute.Upper, 1+1e-12)
			}
		}
	})
}

// Moments do not depend on how values are cut into parts, and removing a part
// leaves the rest.
func TestMomentsLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 0, 50).Draw(t, "values")
		cut := rapid.IntRange(0, len(values)).Draw(t, "cut")
		whole, left, right := stats.MomentsOf(values...), stats.MomentsOf(values[:cut]...), stats.MomentsOf(values[cut:]...)
		merged := left
		merged.Merge(right)
		near := func(got, want stats.Moments) {
			require.Equal(t, want.N, got.N)
			require.InDelta(t, want.Mean, got.Mean, 1e-6)
			require.InDelta(t, want.M2, got.M2, 1e-3+1e-9*whole.M2)
		}
		near(merged, whole)
		require.NoError(t, merged.Remove(right))
		near(merged, left)
		before := merged
		require.ErrorIs(t, merged.Remove(stats.Moments{N: merged.N + 1}), stats.ErrNegative)
		require.Equal(t, before, merged)

		var both, first, second stats.Pair
		for i, x := range values {
			y := values[len(values)-1-i]
			both.Add(x, y)
			if i < cut {
				first.Add(x, y)
			} else {
				second.Add(x, y)
			}
		}
		first.Merge(second)
		require.InDelta(t, both.C, first.C, 1e-3+1e-9*whole.M2)
		near(both.X, whole)
	})
}

// Welford's method keeps what sums of squares lose.
func TestMomentsDoNotCancel(t *testing.T) {
	m := stats.MomentsOf(1e9+4, 1e9+7, 1e9+13, 1e9+16)
	require.InDelta(t, 30, m.Variance(), 1e-9)
}

// Adjusted p values keep the order, are never below the raw ones, and the
// procedures are ordered by their power.
func TestAdjustLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 12).Draw(t, "p")
		adjust := func(procedure stats.Procedure) []float64 {
			q, err := procedure.Adjust(p)
			require.NoError(t, err)
			for i := range p {
				require.GreaterOrEqual(t, q[i], p[i]-1e-15)
				for j := range p {
					if p[i] < p[j] {
						require.LessOrEqual(t, q[i], q[j]+1e-15)
					}
				}
			}
			return q
		}
		bonferroni, holm, hochberg, hommel, discovery := adjust(stats.Bonferroni), adjust(stats.Holm), adjust(stats.Hochberg),
			adjust(stats.Hommel), adjust(stats.BenjaminiHochberg)
		adjust(stats.Sidak)
		adjust(stats.HolmSidak)
		adjust(stats.BenjaminiYekutieli)
		for i := range p {
			require.LessOrEqual(t, holm[i], bonferroni[i]+1e-12)
			require.LessOrEqual(t, hochberg[i], holm[i]+1e-12)
			require.LessOrEqual(t, hommel[i], hochberg[i]+1e-12)
			require.LessOrEqual(t, discovery[i], hommel[i]+1e-12)
		}
	})
}
