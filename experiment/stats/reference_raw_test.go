package stats_test

import (
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

var _ = register(map[string]func(golden){
	"two_sample_raw":            twoSampleRaw,
	"k_proportions":             kProportions,
	"k_means_raw":               kMeans,
	"bootstrap_mean_diff":       bootstrap,
	"regression_adjustment_raw": regression,
	"cluster_randomised_raw":    clusters,
})

func twoSampleRaw(g golden) {
	var in struct{ A, B []float64 }
	g.inputs(&in)
	w := g.welch(stats.Welch{}, stats.MomentsOf(in.A...).Sample(), stats.MomentsOf(in.B...).Sample())
	g.number("welch_t", w.Absolute.Statistic)
	g.number("welch_p", w.Absolute.P)

	test := func(u stats.UTest) stats.UResult {
		r, err := u.Test(in.A, in.B)
		require.NoError(g.t, err)
		return r
	}
	u := test(stats.UTest{})
	g.number("mwu_u_b", u.U)
	g.number("prob_b_greater_a_half_ties", u.Superiority)
	g.number("hodges_lehmann_shift", u.Shift)
	g.number("mwu_p_asymptotic_cc", test(stats.UTest{Approximate: true}).P)
	g.number("mwu_p_asymptotic_nocc", test(stats.UTest{Approximate: true, Uncorrected: true}).P)
	require.Equal(g.t, g.has("mwu_p_exact"), u.Exact, "ties have no exact distribution")
	if u.Exact {
		g.number("mwu_p_exact", u.P)
	}

	k, err := stats.KolmogorovSmirnov{}.Test(in.A, in.B)
	require.NoError(g.t, err)
	g.number("ks_d", k.Distance)
	if g.has("ks_p_exact") {
		g.number("ks_p_exact", k.P)
	}
	k, err = stats.KolmogorovSmirnov{Approximate: true}.Test(in.A, in.B)
	require.NoError(g.t, err)
	g.number("ks_p_asymptotic", k.P)

	b, err := stats.BrunnerMunzel{}.Test(in.A, in.B)
	require.NoError(g.t, err)
	g.number("brunner_munzel_stat", b.Statistic)
	g.number("brunner_munzel_p_t", b.P)
	g.done()
}

func kProportions(g golden) {
	var in struct{ X, N []int64 }
	g.inputs(&in)
	var arms []stats.Proportion
	for i := range in.X {
		arms = append(arms, stats.Proportion{Successes: in.X[i], Trials: in.N[i]})
	}
	h, err := stats.EqualRates(arms...)
	require.NoError(g.t, err)
	g.number("chi2", h.ChiSquare)
	g.number("df", h.DF)
	g.number("p", h.P)
	g.number("g_stat", h.G)
	g.number("g_p", h.GP)
	g.number("cramers_v", h.CramersV)
	g.done()
}

func kMeans(g golden) {
	var in struct{ Groups [][]float64 }
	g.inputs(&in)
	var arms []stats.Sample
	for _, values := range in.Groups {
		arms = append(arms, stats.MomentsOf(values...).Sample())
	}
	classic, err := stats.Anova{EqualVariances: true}.Test(arms...)
	require.NoError(g.t, err)
	g.number("anova_f", classic.F)
	g.number("anova_p", classic.P)
	welch, err := stats.Anova{}.Test(arms...)
	require.NoError(g.t, err)
	g.number("welch_anova_f", welch.F)
	g.number("welch_anova_df_denom", welch.DF2)
	g.number("welch_anova_p", welch.P)
	kruskal, err := stats.KruskalWallis(in.Groups...)
	require.NoError(g.t, err)
	g.number("kruskal_h", kruskal.H)
	g.number("kruskal_p", kruskal.P)
	g.done()
}

func bootstrap(g golden) {
	var in struct {
		A, B  []float64
		Alpha float64
	}
	g.inputs(&in)
	b := stats.Bootstrap{Alpha: in.Alpha, Resamples: 20_000, Seed: 1}
	r, err := b.Interval(in.A, in.B)
	require.NoError(g.t, err)
	g.number("diff", r.Estimate)
	g.number("exact_bootstrap_se", r.StandardError)
	g.numbers("bca_ci", r.Lower, r.Upper)
	b.Percentile = true
	r, err = b.Interval(in.A, in.B)
	require.NoError(g.t, err)
	g.numbers("percentile_ci", r.Lower, r.Upper)
	g.done()
}

// regression has cases whose CUPED takes θ from the covariance of the whole
// sample, where [stats.CUPED] pools the same covariance.
func regression(g golden) {
	var in struct {
		Treatment          []int
		Covariate, Outcome []float64
	}
	g.inputs(&in)
	treated := make([]bool, len(in.Treatment))
	arms := [2]stats.Pair{}
	for i, t := range in.Treatment {
		treated[i] = t == 1
		arms[t].Add(in.Outcome[i], in.Covariate[i])
	}
	cuped, err := stats.CUPED{}.Test(arms[0], arms[1])
	require.NoError(g.t, err)
	g.number("cuped_theta_pooled", cuped.Theta)
	g.number("cuped_diff", cuped.Absolute.Estimate)
	g.number("cuped_se", cuped.Absolute.StandardError)
	for name, kind := range map[string]stats.RobustError{"HC0": stats.HC0, "HC1": stats.HC1, "HC2": stats.HC2, "HC3": stats.HC3} {
		ancova, err := stats.Regression{CommonSlope: true, Error: kind}.Estimate(treated, in.Outcome, in.Covariate)
		require.NoError(g.t, err)
		g.number("ancova_effect", ancova.Estimate)
		g.number("ancova_se_"+name, ancova.StandardError)
		lin, err := stats.Regression{Error: kind}.Estimate(treated, in.Outcome, in.Covariate)
		require.NoError(g.t, err)
		g.number("lin_effect", lin.Estimate)
		g.number("lin_se_"+name, lin.StandardError)
	}
	g.done()
}

func clusters(g golden) {
	var in struct {
		Cluster, Treatment []int
		Outcome            []float64
	}
	g.inputs(&in)
	units, arm := map[int]*stats.Moments{}, map[int]int{}
	var names []int
	for i, c := range in.Cluster {
		if units[c] == nil {
			units[c] = &stats.Moments{}
			names = append(names, c)
		}
		units[c].Add(in.Outcome[i])
		arm[c] = in.Treatment[i]
	}
	var arms [2]stats.Clusters
	for _, c := range names {
		arms[arm[c]].Add(*units[c])
	}
	for name, kind := range map[string]stats.ClusterError{
		"se_cr0": stats.CR0, "se_cr1": stats.CR1, "se_delta_method_ddof1": stats.ClusterDelta,
	} {
		r, err := stats.ClusterRandomized{Error: kind}.Test(arms[0], arms[1])
		require.NoError(g.t, err)
		g.number("diff", r.Absolute.Estimate)
		g.number(name, r.Absolute.StandardError)
		g.number("se_naive_iid", r.UnitError)
	}
	g.done()
}
