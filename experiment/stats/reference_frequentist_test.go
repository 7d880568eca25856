package stats_test

import (
	"math"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

var _ = register(map[string]func(golden){
	"two_proportion_z":               twoProportions,
	"miettinen_nurminen_ci":          miettinenNurminen,
	"risk_and_odds_ratio":            riskAndOdds,
	"proportion_ci":                  rateIntervals,
	"fisher_exact":                   fisherExact,
	"t_test_summary":                 tTestSummary,
	"relative_lift_delta_vs_fieller": relativeLift,
	"srm_chi2":                       sampleRatio,
	"lift_mean":                      liftMean,
	"lift_proportion":                liftProportion,
	"lift_ratio_delta_method":        liftRatio,
	"non_inferiority_and_tost_mean":  equivalence,
	"extreme_tails_log10":            extremeTails,
	"adjusted_p":                     adjustedP,
})

var procedures = map[string]stats.Procedure{
	"bonferroni": stats.Bonferroni, "sidak": stats.Sidak, "holm": stats.Holm, "holm_sidak": stats.HolmSidak,
	"hochberg": stats.Hochberg, "hommel": stats.Hommel,
	"benjamini_hochberg": stats.BenjaminiHochberg, "benjamini_yekutieli": stats.BenjaminiYekutieli,
}

func adjustedP(g golden) {
	var in struct {
		P     []float64
		Alpha float64
	}
	g.inputs(&in)
	adjusted := g.sub("adjusted")
	rejected := g.sub("rejected_at_alpha")
	for name, procedure := range procedures {
		got, err := procedure.Adjust(in.P)
		require.NoError(g.t, err)
		adjusted.numbers(name, got...)
		count := 0
		for _, p := range got {
			if p <= in.Alpha {
				count++
			}
		}
		rejected.number(name, float64(count))
	}
	adjusted.done()
	rejected.done()
	g.done()
}

type table struct {
	Xa    int64 `json:"x_a"`
	Na    int64 `json:"n_a"`
	Xb    int64 `json:"x_b"`
	Nb    int64 `json:"n_b"`
	Alpha float64
}

func (in table) arms() (a, b stats.Proportion) {
	return stats.Proportion{Successes: in.Xa, Trials: in.Na}, stats.Proportion{Successes: in.Xb, Trials: in.Nb}
}

func twoProportions(g golden) {
	var in table
	g.inputs(&in)
	a, b := in.arms()
	test := func(p stats.TwoProportions) stats.Effect {
		p.Alpha = in.Alpha
		r, err := p.Test(a, b)
		require.NoError(g.t, err)
		return r.Absolute
	}
	pooled := test(stats.TwoProportions{})
	g.number("diff", pooled.Estimate)
	g.number("z_pooled", pooled.Statistic)
	g.number("p_pooled_two_sided", pooled.P)
	g.number("p_pooled_greater", test(stats.TwoProportions{Alternative: stats.Greater}).P)
	g.number("p_pooled_less", test(stats.TwoProportions{Alternative: stats.Less}).P)
	g.numbers("ci_newcombe", pooled.Lower, pooled.Upper)
	wald := test(stats.TwoProportions{Unpooled: true, Interval: stats.Wald})
	g.number("z_unpooled", wald.Statistic)
	g.number("p_unpooled_two_sided", wald.P)
	g.numbers("ci_wald", wald.Lower, wald.Upper)
	g.done()
}

// miettinenNurminen has a golden that is not Miettinen and Nurminen's interval:
// statsmodels 0.13.5 computes the restricted rates with x0·d where the linear
// term of their cubic has n0·d (score_test_proportions_2indep, tmp1). The test
// shows that the golden is exactly that formula, and that ours solves the
// score equation with restricted rates found by maximising the likelihood.
func miettinenNurminen(g golden) {
	var in table
	g.inputs(&in)
	a, b := in.arms()
	r, err := stats.TwoProportions{Alpha: in.Alpha, Interval: stats.MiettinenNurminen}.Test(a, b)
	require.NoError(g.t, err)
	z := math.Sqrt2 * math.Erfinv(1-in.Alpha)

	x1, n1, x0, n0 := float64(in.Xb), float64(in.Nb), float64(in.Xa), float64(in.Na)
	n, d0 := n1+n0, x1/n1-x0/n0
	statistic := func(d, r0 float64) float64 {
		r1 := r0 + d
		return (d0 - d) / math.Sqrt((r1*(1-r1)/n1+r0*(1-r0)/n0)*n/(n-1))
	}
	likeliest := func(d float64) float64 {
		return root(max(0, -d)+1e-15, min(1, 1-d)-1e-15, func(r float64) float64 {
			return x1/(r+d) - (n1-x1)/(1-r-d) + x0/r - (n0-x0)/(1-r)
		})
	}
	require.InDelta(g.t, z, statistic(r.Absolute.Lower, likeliest(r.Absolute.Lower)), 1e-9)
	require.InDelta(g.t, -z, statistic(r.Absolute.Upper, likeliest(r.Absolute.Upper)), 1e-9)

	slip := func(d float64) float64 {
		x := x1 + x0
		l2, l1, l0 := (n1+2*n0)*d-n-x, (x0*d-n-2*x0)*d+x, x0*d*(1-d)
		q := l2*l2*l2/(27*n*n*n) - l1*l2/(6*n*n) + l0/(2*n)
		p := math.Copysign(math.Sqrt(l2*l2/(9*n*n)-l1/(3*n)), q)
		return 2*p*math.Cos((math.Pi+math.Acos(q/(p*p*p)))/3) - l2/(3*n)
	}
	margin := 3 * (r.Absolute.Upper - r.Absolute.Lower)
	g.numbers("ci_diff",
		root(d0-margin, d0, func(d float64) float64 { return statistic(d, slip(d)) - z }),
		root(d0, d0+margin, func(d float64) float64 { return statistic(d, slip(d)) + z }))
	g.done()
}

// root returns where the falling function f crosses zero.
func root(low, high float64, f func(float64) float64) float64 {
	for range 200 {
		if middle := (low + high) / 2; f(middle) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

func riskAndOdds(g golden) {
	var in table
	g.inputs(&in)
	a, b := in.arms()
	test := stats.TwoProportions{Alpha: in.Alpha}
	r, err := test.Test(a, b)
	require.NoError(g.t, err)
	g.number("risk_ratio", 1+r.Relative.Estimate)
	g.numbers("rr_ci_log", 1+r.Relative.Lower, 1+r.Relative.Upper)
	odds, err := test.OddsRatio(a, b)
	require.NoError(g.t, err)
	g.number("odds_ratio", odds.Estimate)
	g.numbers("or_ci_log", odds.Lower, odds.Upper)
	g.done()
}

type meansInput struct {
	MeanA  float64 `json:"mean_a"`
	SDA    float64 `json:"sd_a"`
	NA     int64   `json:"n_a"`
	MeanB  float64 `json:"mean_b"`
	SDB    float64 `json:"sd_b"`
	NB     int64   `json:"n_b"`
	Alpha  float64
	Margin float64 `json:"absolute_margin"`
}

func (in meansInput) arms() (a, b stats.Sample) {
	return stats.SampleOf(in.NA, in.MeanA, in.SDA), stats.SampleOf(in.NB, in.MeanB, in.SDB)
}

func (g golden) welch(w stats.Welch, a, b stats.Sample) stats.Result {
	g.t.Helper()
	r, err := w.Test(a, b)
	require.NoError(g.t, err)
	return r
}

func tTestSummary(g golden) {
	var in meansInput
	g.inputs(&in)
	a, b := in.arms()
	w := g.welch(stats.Welch{Alpha: in.Alpha}, a, b).Absolute
	g.number("diff", w.Estimate)
	g.number("welch_t", w.Statistic)
	g.number("welch_df", w.DF)
	g.number("welch_p", w.P)
	g.numbers("welch_ci", w.Lower, w.Upper)
	g.number("welch_p_greater", g.welch(stats.Welch{Alpha: in.Alpha, Alternative: stats.Greater}, a, b).Absolute.P)
	s := g.welch(stats.Welch{Alpha: in.Alpha, EqualVariances: true}, a, b).Absolute
	g.number("student_t", s.Statistic)
	g.number("student_p", s.P)
	cohen, hedges, err := stats.StandardizedDifference(a, b)
	require.NoError(g.t, err)
	g.number("cohens_d_pooled", cohen)
	g.number("hedges_g_approx", hedges)
	g.done()
}

func relativeLift(g golden) {
	var in meansInput
	g.inputs(&in)
	a, b := in.arms()
	delta := g.welch(stats.Welch{Alpha: in.Alpha, LargeSample: true, Relative: stats.Delta}, a, b).Relative
	g.number("lift", delta.Estimate)
	g.number("delta_se", delta.StandardError)
	g.numbers("delta_ci_normal", delta.Lower, delta.Upper)
	fieller := g.welch(stats.Welch{Alpha: in.Alpha, LargeSample: true}, a, b).Relative
	if _, bounded := g.c.Expected["fieller_ci_normal"]; bounded {
		g.numbers("fieller_ci_normal", fieller.Lower, fieller.Upper)
	} else {
		require.True(g.t, math.IsInf(fieller.Lower, -1) && math.IsInf(fieller.Upper, 1))
	}
	g.done()
}

func equivalence(g golden) {
	var in meansInput
	g.inputs(&in)
	a, b := in.arms()
	g.number("p_non_inferior_higher_is_better", g.welch(stats.Welch{Alternative: stats.Greater, Margin: -in.Margin}, a, b).Absolute.P)
	g.number("p_non_inferior_lower_is_better", g.welch(stats.Welch{Alternative: stats.Less, Margin: in.Margin}, a, b).Absolute.P)
	g.number("p_superiority_greater", g.welch(stats.Welch{Alternative: stats.Greater}, a, b).Absolute.P)
	p, logP, err := stats.Welch{}.Equivalent(a, b, in.Margin)
	require.NoError(g.t, err)
	g.number("p_tost", p)
	require.InDelta(g.t, math.Log(p), logP, 1e-12)
	g.done()
}

func sampleRatio(g golden) {
	var in struct {
		Observed []int64
		Weights  []float64
	}
	g.inputs(&in)
	r, err := stats.SampleRatio{}.Test(in.Observed, in.Weights)
	require.NoError(g.t, err)
	g.number("chi2", r.ChiSquare)
	g.number("df", r.DF)
	g.number("p", r.P)
	g.done()
}

// lift compares the relative and the absolute effect of two samples.
func lift(g golden, alpha float64, a, b stats.Sample) {
	sides(g, g.welch(stats.Welch{Alpha: alpha, Relative: stats.Delta}, a, b),
		g.welch(stats.Welch{Alpha: alpha, Relative: stats.Delta, Alternative: stats.Greater}, a, b))
}

// sides compares the effects of a two-sided result and a one-sided one.
func sides(g golden, two, one stats.Result) {
	for _, side := range []struct {
		name     string
		two, one stats.Effect
	}{{"relative", *two.Relative, *one.Relative}, {"absolute", two.Absolute, one.Absolute}} {
		e := g.sub(side.name)
		e.number("estimate", side.two.Estimate)
		e.number("std_error", side.two.StandardError)
		e.number("dof", side.two.DF)
		e.number("t", side.two.Statistic)
		e.number("p_two_sided", side.two.P)
		e.numbers("ci_two_sided", side.two.Lower, side.two.Upper)
		e.number("p_greater", side.one.P)
		e.number("ci_lower_one_sided_greater", side.one.Lower)
		e.done()
	}
}

type sums struct {
	N    int64
	Sum  float64
	Sum2 float64 `json:"sum_squares"`
}

func (s sums) sample() stats.Sample { return stats.MomentsFromSums(s.N, s.Sum, s.Sum2).Sample() }

func liftMean(g golden) {
	var in struct {
		Kind  string
		A, B  sums
		Alpha float64
	}
	g.inputs(&in)
	require.Equal(g.t, "mean", in.Kind)
	lift(g, in.Alpha, in.A.sample(), in.B.sample())
	g.done()
}

func liftProportion(g golden) {
	var in struct {
		Kind  string
		A, B  sums
		Alpha float64
	}
	g.inputs(&in)
	require.Equal(g.t, "proportion", in.Kind)
	lift(g, in.Alpha,
		stats.Proportion{Successes: int64(in.A.Sum), Trials: in.A.N}.Sample(), stats.Proportion{Successes: int64(in.B.Sum), Trials: in.B.N}.Sample())
	g.done()
}

func liftRatio(g golden) {
	type arm struct {
		N  int64
		M  float64 `json:"m_sum"`
		MM float64 `json:"m_sum_squares"`
		D  float64 `json:"d_sum"`
		DD float64 `json:"d_sum_squares"`
		MD float64 `json:"m_d_sum_of_products"`
	}
	var in struct {
		Kind  string
		A, B  arm
		Alpha float64
	}
	g.inputs(&in)
	require.Equal(g.t, "ratio", in.Kind)
	sample := func(a arm) stats.Sample {
		s, err := stats.PairFromSums(a.N, a.M, a.MM, a.D, a.DD, a.MD).RatioSample()
		require.NoError(g.t, err)
		return s
	}
	a, b := sample(in.A), sample(in.B)
	g.number("ratio_a", a.Mean)
	g.number("ratio_b", b.Mean)
	g.number("variance_a", a.Variance)
	g.number("variance_b", b.Variance)
	lift(g, in.Alpha, a, b)
	g.done()
}

func extremeTails(g golden) {
	var in struct {
		Z     float64
		Chi2  float64
		DF    float64 `json:"chi2_df"`
		T     *float64
		DegFT float64 `json:"t_df"`
	}
	g.inputs(&in)
	log10 := func(_, logP float64) float64 { return logP / math.Ln10 }
	g.number("log10_normal_sf", log10(stats.NormalTail(in.Z)))
	g.number("log10_chi2_sf", log10(stats.ChiSquareTail(in.Chi2, in.DF)))
	if in.T != nil {
		g.number("log10_t_sf", log10(stats.StudentTail(*in.T, in.DegFT)))
	}
	g.done()
}

func rateIntervals(g golden) {
	var in struct {
		X, N  int64
		Alpha float64
	}
	g.inputs(&in)
	for name, method := range map[string]stats.RateInterval{
		"wald": stats.WaldRate, "wilson": stats.Wilson, "agresti_coull": stats.AgrestiCoull,
		"clopper_pearson": stats.ClopperPearson, "jeffreys": stats.Jeffreys,
	} {
		lower, upper, err := stats.Proportion{Successes: in.X, Trials: in.N}.Interval(method, in.Alpha)
		require.NoError(g.t, err)
		g.numbers(name, lower, upper)
	}
	g.done()
}

// fisherExact has tables of two rows, successes first; "greater" is of the first
// row, which is our treatment.
func fisherExact(g golden) {
	var in struct{ Table [2][2]int64 }
	g.inputs(&in)
	row := func(r [2]int64) stats.Proportion { return stats.Proportion{Successes: r[0], Trials: r[0] + r[1]} }
	for name, a := range map[string]stats.Alternative{"p_two_sided": stats.TwoSided, "p_less": stats.Less, "p_greater": stats.Greater} {
		p, logP, err := stats.Fisher{Alternative: a}.Test(row(in.Table[1]), row(in.Table[0]))
		require.NoError(g.t, err)
		g.number(name, p)
		g.number(name, math.Exp(logP))
	}
	g.done()
}
