package stats_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// choose returns a binomial coefficient, exactly.
func choose(n, k int64) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Binomial(n, k))
}

// Fisher's test equals the sum over all tables in exact arithmetic.
func TestFisherIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.Int64Range(1, 40).Draw(t, "n"), rapid.Int64Range(1, 40).Draw(t, "m")
		x, y := rapid.Int64Range(0, n).Draw(t, "x"), rapid.Int64Range(0, m).Draw(t, "y")
		all := choose(n+m, x+y)
		probability := func(i int64) *big.Rat {
			p := new(big.Rat).Mul(choose(m, i), choose(n, x+y-i))
			return p.Quo(p, all)
		}
		observed := probability(y)
		want := map[stats.Alternative]*big.Rat{stats.TwoSided: new(big.Rat), stats.Greater: new(big.Rat), stats.Less: new(big.Rat)}
		for i := max(0, x+y-n); i <= min(m, x+y); i++ {
			p := probability(i)
			if p.Cmp(observed) <= 0 {
				want[stats.TwoSided].Add(want[stats.TwoSided], p)
			}
			if i >= y {
				want[stats.Greater].Add(want[stats.Greater], p)
			}
			if i <= y {
				want[stats.Less].Add(want[stats.Less], p)
			}
		}
		for alternative, exact := range want {
			p, logP, err := stats.Fisher{Alternative: alternative}.Test(stats.Proportion{Successes: x, Trials: n}, stats.Proportion{Successes: y, Trials: m})
			require.NoError(t, err)
			f, _ := exact.Float64()
			require.InEpsilon(t, f, p, 1e-11, alternative)
			require.InDelta(t, math.Log(f), logP, 1e-11, alternative)
		}
	})
}

// The exact U test is the share of all deals of the values to the arms.
func TestUTestIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfNDistinct(rapid.IntRange(0, 1000), 4, 9, rapid.ID[int]).Draw(t, "values")
		n := rapid.IntRange(2, len(values)-2).Draw(t, "n")
		statistic := func(mask int) (u int) {
			for i := range values {
				for j := range values {
					if mask>>i&1 == 1 && mask>>j&1 == 0 && values[i] > values[j] {
						u++
					}
				}
			}
			return u
		}
		bits := func(mask int) (k int) {
			for ; mask > 0; mask &= mask - 1 {
				k++
			}
			return k
		}
		observed := 1<<n - 1 // the first n values are the treatment
		u, all, above, below := statistic(observed), 0, 0, 0
		for mask := range 1 << len(values) {
			if bits(mask) != n {
				continue
			}
			all++
			if statistic(mask) >= u {
				above++
			}
			if statistic(mask) <= u {
				below++
			}
		}
		var treatment, control []float64
		for i, v := range values {
			if i < n {
				treatment = append(treatment, float64(v))
			} else {
				control = append(control, float64(v))
			}
		}
		for alternative, want := range map[stats.Alternative]float64{
			stats.Greater: float64(above) / float64(all), stats.Less: float64(below) / float64(all),
			stats.TwoSided: min(1, 2*float64(min(above, below))/float64(all)),
		} {
			r, err := stats.UTest{Alternative: alternative}.Test(control, treatment)
			require.NoError(t, err)
			require.True(t, r.Exact)
			require.Equal(t, float64(u), r.U)
			require.InEpsilon(t, want, r.P, 1e-11, alternative)
		}
	})
}

// The Hodges-Lehmann shift is the median of all differences, and a shift of the
// treatment moves it.
func TestShiftLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Custom(func(t *rapid.T) float64 { return float64(rapid.IntRange(-50, 50).Draw(t, "value")) / 4 })
		a, b := rapid.SliceOfN(value, 2, 20).Draw(t, "a"), rapid.SliceOfN(value, 2, 20).Draw(t, "b")
		var differences []float64
		for _, x := range a {
			for _, y := range b {
				differences = append(differences, y-x)
			}
		}
		slices.Sort(differences)
		n := len(differences)
		r, err := stats.UTest{Alpha: 0.2}.Test(a, b)
		if err != nil {
			require.ErrorIs(t, err, stats.ErrZeroVariance)
			return
		}
		require.Equal(t, (differences[(n-1)/2]+differences[n/2])/2, r.Shift)
		moved := make([]float64, len(b))
		for i := range b {
			moved[i] = b[i] + 8
		}
		s, err := stats.UTest{Alpha: 0.2}.Test(a, moved)
		require.NoError(t, err)
		require.InDelta(t, r.Shift+8, s.Shift, 1e-12)
		require.True(t, r.Lower <= r.Shift && r.Shift <= r.Upper)
	})
}

// The three ways to the distribution of Kolmogorov's statistic agree where they
// meet.
func TestKolmogorovRangesMeet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{60, 300, 1500} {
		a, b := make([]float64, n), make([]float64, n)
		for _, shift := range []float64{0.05, 0.3, 1} {
			for i := range n {
				a[i], b[i] = random.NormFloat64(), random.NormFloat64()+shift
			}
			exact, err := stats.KolmogorovSmirnov{}.Test(a, b)
			require.NoError(t, err)
			rough, err := stats.KolmogorovSmirnov{Approximate: true}.Test(a, b)
			require.NoError(t, err)
			require.True(t, exact.Exact && !rough.Exact)
			require.InDelta(t, 1, (exact.P+1e-12)/(rough.P+1e-12), 0.35, "n %d shift %g: exact %g, rough %g", n, shift, exact.P, rough.P)
		}
	}
}

// Quantiles invert tails, on both sides and far out.
func TestQuantilesInvertTails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := math.Exp(rapid.Float64Range(-30, -0.01).Draw(t, "log p"))
		shape := func(name string) float64 { return math.Exp(rapid.Float64Range(-2, 10).Draw(t, name)) }
		beta := stats.Beta{Alpha: shape("alpha"), Beta: shape("beta")}
		gamma := stats.Gamma{Shape: shape("shape"), Rate: shape("rate")}
		student := stats.StudentT{Location: 3, Scale: 2, DF: 1 + shape("df")}
		for _, d := range []stats.Posterior{beta, gamma, student} {
			x := d.Quantile(1 - p)
			if p > 1e-9 && x < 1-1e-9 { // beyond, 1-p has no digits left
				require.InEpsilon(t, p, d.Above(x), 1e-6, "%+v", d)
			}
			low := d.Quantile(p)
			if _, isRate := d.(stats.Beta); !isRate || low < 1-1e-6 {
				require.InDelta(t, 1-p, d.Above(low), 1e-9, "%+v", d)
			}
			require.LessOrEqual(t, low, d.Quantile(min(1, p*1.5)))
		}
	})
}

// Rank agrees with the closed form of Miller (2014) for whole counts, and what
// must sum to one does.
func TestRankLaws(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 0))
	for range 12 {
		draw := func() stats.Beta {
			return stats.Beta{Alpha: float64(1 + random.IntN(200)), Beta: float64(1 + random.IntN(2000))}
		}
		a, b, c := draw(), draw(), draw()
		two, err := stats.Rank(a, b)
		require.NoError(t, err)
		logBeta := func(x, y float64) float64 {
			gx, _ := math.Lgamma(x)
			gy, _ := math.Lgamma(y)
			gxy, _ := math.Lgamma(x + y)
			return gx + gy - gxy
		}
		want := 0.0
		for i := range int(b.Alpha) {
			want += math.Exp(logBeta(a.Alpha+float64(i), a.Beta+b.Beta) - math.Log(b.Beta+float64(i)) - logBeta(1+float64(i), b.Beta) - logBeta(a.Alpha, a.Beta))
		}
		require.InDelta(t, want, two.Best[1], 1e-8)
		require.InDelta(t, 1, two.Best[0]+two.Best[1], 1e-9)
		require.InDelta(t, b.Mean()-a.Mean(), two.Loss[0]-two.Loss[1], 1e-9)

		three, err := stats.Rank(a, b, c)
		require.NoError(t, err)
		best, second := 0.0, 0.0
		for i := range three.Best {
			best += three.Best[i]
			second += three.Second[i]
			require.InDelta(t, three.ExpectedBest-[]stats.Beta{a, b, c}[i].Mean(), three.Loss[i], 1e-9)
		}
		require.InDelta(t, 1, best, 1e-9)
		require.InDelta(t, 1, second, 1e-9)

		lift, err := stats.LiftOf(a, b)
		require.NoError(t, err)
		require.InDelta(t, two.Best[1], lift.Above(0), 1e-8)
		require.InDelta(t, 0.3, lift.Above(lift.Quantile(0.7)), 1e-8)
	}
}

// Means with heavy tails: the difference of two Cauchy-like posteriors is
// symmetric, and equal arms are equally good.
func TestRankOfHeavyTails(t *testing.T) {
	d := stats.StudentT{Location: 5, Scale: 2, DF: 1.5}
	r, err := stats.Rank(d, d, d)
	require.NoError(t, err)
	for i := range 3 {
		require.InDelta(t, 1.0/3, r.Best[i], 1e-7)
	}
	_, err = stats.Rank(d, stats.StudentT{Location: 5, Scale: 2, DF: 1})
	require.ErrorIs(t, err, stats.ErrBeyond)
}

// An arm far behind has a chance that is small, not zero.
func TestRankFarBehind(t *testing.T) {
	r, err := stats.Rank(stats.Beta{Alpha: 1001, Beta: 9001}, stats.Beta{Alpha: 1501, Beta: 8501})
	require.NoError(t, err)
	require.Greater(t, r.Best[0], 1e-40)
	require.Less(t, r.Best[0], 1e-20)
	require.InEpsilon(t, 1, r.Best[1], 1e-9)
}

// A group-sequential design spends what it may, its boundaries give that alpha,
// its power rises with the drift, and more looks cost power.
func TestGroupSequentialLaws(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 0))
	between := func(low, high float64) float64 { return low + (high-low)*random.Float64() }
	for run := range 9 {
		information := make([]float64, 1+run%6)
		total := 0.0
		for i := range information {
			total += between(0.2, 3)
			information[i] = total
		}
		for i := range information {
			information[i] /= total
		}
		looks := len(information)
		information[looks-1] = 1
		boundaries := map[string]stats.Boundary{
			"O'Brien-Fleming": stats.Spending(stats.SpendOBrienFleming), "Pocock": stats.Spending(stats.SpendPocock),
			"gamma": stats.SpendGamma(between(-6, 3)), "Wang-Tsiatis": stats.WangTsiatis(between(-0.2, 0.6)),
		}
		alternative := stats.Alternative(run % 3)
		for name, boundary := range boundaries {
			l, err := stats.GroupSequential{Alternative: alternative, Information: information, Boundary: boundary}.Design()
			require.NoError(t, err, name)
			require.InDelta(t, 0.05, l.Spent[looks-1], 1e-8, name)
			require.True(t, slices.IsSorted(l.Spent))
			share := 1.0
			if alternative == stats.TwoSided {
				share = 0.5
			}
			require.InDelta(t, 0.05*share, l.Power(0), 1e-8, name)
			sign := 1.0
			if alternative == stats.Less {
				sign = -1
			}
			require.Less(t, l.Power(sign), l.Power(2*sign))
			drift, err := l.Drift(0.9)
			require.NoError(t, err)
			require.InDelta(t, 0.9, l.Power(drift), 1e-9)
			inflation, err := l.Inflation(0.9)
			require.NoError(t, err)
			require.GreaterOrEqual(t, inflation, 1-1e-6)
			require.LessOrEqual(t, l.ExpectedInformation(drift), 1+1e-9)
		}
	}
}

// With one look nothing needs correction; with several, the interval holds the
// effects that the p value allows.
func TestAfterStoppingLaws(t *testing.T) {
	for _, alternative := range []stats.Alternative{stats.TwoSided, stats.Greater, stats.Less} {
		one, err := stats.GroupSequential{Alternative: alternative, Information: []float64{1}}.Design()
		require.NoError(t, err)
		e, err := one.AfterStopping(0, 2.5, 1)
		require.NoError(t, err)
		plain, err := stats.Welch{Alternative: alternative, LargeSample: true}.Test(stats.Sample{N: 1 << 40, Mean: 1, Variance: 1 << 39}, stats.Sample{N: 1 << 40, Mean: 3.5, Variance: 1 << 39})
		require.NoError(t, err)
		require.InDelta(t, plain.Absolute.P, e.P, 1e-12)
		require.InDelta(t, 2.5, e.Median, 1e-9)
		require.InDelta(t, 2.5, e.Unbiased, 1e-9)
		if alternative != stats.Less {
			require.InDelta(t, plain.Absolute.Lower, e.Lower, 1e-9)
		}
		if alternative != stats.Greater {
			require.InDelta(t, plain.Absolute.Upper, e.Upper, 1e-9)
		}
	}
	five, err := stats.GroupSequential{Boundary: stats.Pocock}.Design()
	require.NoError(t, err)
	for look := range 5 {
		z := five.Z[look]
		e, err := five.AfterStopping(look, z, 1)
		require.NoError(t, err)
		// Just at the boundary the p value is what was spent up to the look.
		require.InDelta(t, five.Spent[look], e.P, 1e-8)
		require.Less(t, e.Median, z+1e-9)
		require.Less(t, e.Unbiased, z)
		require.True(t, e.Lower < e.Median && e.Median < e.Upper)
		again, err := five.AfterStopping(look, -z, 1)
		require.NoError(t, err)
		require.InDelta(t, e.P, again.P, 1e-9)
		require.InDelta(t, e.Median, -again.Median, 1e-6)
		require.InDelta(t, e.Lower, -again.Upper, 1e-6)
	}
	power, err := five.ConditionalPower(0.5, 0, 0)
	require.NoError(t, err)
	require.Less(t, power, 0.01)
	power, err = five.ConditionalPower(0.9, 4, 4)
	require.NoError(t, err)
	require.Greater(t, power, 0.99)
}

// Futility never raises the false positives, and costs no more power than was
// planned.
func TestFutility(t *testing.T) {
	for _, alternative := range []stats.Alternative{stats.Greater, stats.Less} {
		l, err := stats.GroupSequential{Alternative: alternative, Futility: stats.SpendOBrienFleming, Power: 0.9}.Design()
		require.NoError(t, err)
		require.Less(t, l.Power(0), 0.05)
		drift, err := l.Drift(0.9)
		require.NoError(t, err)
		without, err := stats.GroupSequential{Alternative: alternative}.Design()
		require.NoError(t, err)
		plain, err := without.Drift(0.9)
		require.NoError(t, err)
		require.Greater(t, math.Abs(drift), math.Abs(plain))
		require.Less(t, l.ExpectedInformation(0), without.ExpectedInformation(0))
		sign := 1.0
		if alternative == stats.Less {
			sign = -1
		}
		d, err := l.Decide(3, sign*(l.FutilityZ[3]-0.1))
		require.NoError(t, err)
		require.Equal(t, stats.StopForFutility, d)
	}
	_, err := stats.GroupSequential{Futility: stats.SpendPocock}.Design()
	require.ErrorIs(t, err, stats.ErrBeyond)
}

// A plan's sample size has the plan's power, and finds its own effect.
func TestPlanLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alternative := stats.Alternative(rapid.IntRange(0, 2).Draw(t, "alternative"))
		plan := stats.Plan{
			Alpha: rapid.Float64Range(0.001, 0.2).Draw(t, "alpha"), Alternative: alternative,
			Power: rapid.Float64Range(0.5, 0.99).Draw(t, "power"), Ratio: rapid.Float64Range(0.2, 5).Draw(t, "ratio"),
		}
		sign := 1.0
		if alternative == stats.Less {
			sign = -1
		}
		means := stats.MeanPlan{Plan: plan, StandardDeviation: 10}
		difference := sign * rapid.Float64Range(0.1, 8).Draw(t, "difference")
		n, err := means.SampleSize(difference)
		require.NoError(t, err)
		power, err := means.PowerAt(n, difference)
		require.NoError(t, err)
		require.InDelta(t, plan.Power, power, 1e-8)
		found, err := means.DetectableDifference(n)
		require.NoError(t, err)
		require.InEpsilon(t, difference, found, 1e-6)

		rates := stats.RatePlan{Plan: plan, Baseline: rapid.Float64Range(0.05, 0.9).Draw(t, "baseline")}
		step := sign * 0.04
		n, err = rates.SampleSize(step)
		require.NoError(t, err)
		power, err = rates.PowerAt(n, step)
		require.NoError(t, err)
		require.InDelta(t, plan.Power, power, 0.01) // the far tail counts in one of them
		found, err = rates.DetectableDifference(n)
		require.NoError(t, err)
		require.InEpsilon(t, step, found, 1e-9)
	})
}

// Adjustment that has nothing to work with leaves the comparison as it is.
func TestConstantCovariate(t *testing.T) {
	var a, b stats.Pair
	for i := range 50 {
		a.Add(float64(i%7), 3)
		b.Add(float64(i%5)+1, 3)
	}
	plain, err := stats.Welch{}.Test(a.X.Sample(), b.X.Sample())
	require.NoError(t, err)
	adjusted, err := stats.CUPED{}.Test(a, b)
	require.NoError(t, err)
	require.Equal(t, []stats.WarningKind{stats.ConstantCovariate}, kinds(adjusted.Warnings))
	require.Zero(t, adjusted.Theta)
	require.Equal(t, plain.Absolute, adjusted.Absolute)
	require.InDelta(t, plain.Relative.Upper, adjusted.Relative.Upper, 1e-12)
	_, err = stats.Regression{}.Estimate([]bool{true, false, true, false}, []float64{1, 2, 3, 5}, []float64{4, 4, 4, 4})
	require.ErrorIs(t, err, stats.ErrZeroVariance)
	_, err = stats.CUPEDRatio{}.Test(stats.RatioHistory{N: 5}, stats.RatioHistory{N: 5})
	require.ErrorIs(t, err, stats.ErrBeyond, "zero denominators")
}

// Histories do not depend on how units are cut into parts.
func TestRatioHistoryLaws(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	var whole, left, right stats.RatioHistory
	for i := range 60 {
		x := [4]float64{random.NormFloat64() + 3, random.Float64(), random.NormFloat64(), random.Float64() + 1}
		whole.Add(x[0], x[1], x[2], x[3])
		if i < 20 {
			left.Add(x[0], x[1], x[2], x[3])
		} else {
			right.Add(x[0], x[1], x[2], x[3])
		}
	}
	merged := left
	merged.Merge(right)
	same := func(want, got stats.RatioHistory) {
		require.Equal(t, want.N, got.N)
		for i := range 4 {
			require.InDelta(t, want.Mean[i], got.Mean[i], 1e-12)
			for j := i; j < 4; j++ {
				require.InDelta(t, want.C[i][j], got.C[i][j], 1e-10)
			}
		}
	}
	same(whole, merged)
	require.NoError(t, merged.Remove(right))
	same(left, merged)
	require.ErrorIs(t, merged.Remove(whole), stats.ErrNegative)
}

func TestWeightsThatDoNotSum(t *testing.T) {
	r, err := stats.SampleRatio{}.Test([]int64{500, 510}, []float64{1, 1})
	require.NoError(t, err)
	require.Equal(t, []stats.WarningKind{stats.WeightsScaled}, kinds(r.Warnings))
	var watch stats.SampleRatioSequence
	e, err := watch.Look([]int64{500, 510}, []float64{0.4, 0.5})
	require.NoError(t, err)
	require.Equal(t, []stats.WarningKind{stats.WeightsScaled}, kinds(e.Warnings))
}

// Widening makes an interval wider and a p value larger, whatever it widens.
func TestWiden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawSample(t, "a"), drawSample(t, "b")
		fixed, err := stats.Welch{LargeSample: true}.Test(a, b)
		require.NoError(t, err)
		always, err := stats.ConfidenceSequence{PlannedUnits: rapid.Float64Range(10, 1e7).Draw(t, "planned")}.Widen(fixed)
		require.NoError(t, err)
		require.LessOrEqual(t, always.Absolute.Lower, fixed.Absolute.Lower)
		require.GreaterOrEqual(t, always.Absolute.Upper, fixed.Absolute.Upper)
		require.GreaterOrEqual(t, always.Absolute.LogP, fixed.Absolute.LogP-1e-9)
		if always.Absolute.P < 1 && math.Abs(always.Absolute.P-0.05) > 1e-9 {
			require.Equal(t, always.Absolute.P > 0.05, always.Absolute.Contains(0))
		}
	})
	_, err := stats.ConfidenceSequence{}.Widen(stats.Result{})
	require.ErrorIs(t, err, stats.ErrZeroVariance)
}
