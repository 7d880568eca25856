package stats_test

import (
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

var _ = register(map[string]func(golden){
	"cuped_mean":               cupedMean,
	"cuped_ratio":              cupedRatio,
	"quantile_iid":             quantile,
	"quantile_clustered":       quantile,
	"post_stratification_mean": postStratification,
	"winsorize_quantile":       winsorize,
})

func cupedMean(g golden) {
	type arm struct {
		N        int64
		Post     float64 `json:"post_sum"`
		Post2    float64 `json:"post_sum_squares"`
		Pre      float64 `json:"pre_sum"`
		Pre2     float64 `json:"pre_sum_squares"`
		Products float64 `json:"post_pre_sum_of_products"`
	}
	var in struct {
		A, B  arm
		Alpha float64
	}
	g.inputs(&in)
	pair := func(a arm) stats.Pair { return stats.PairFromSums(a.N, a.Post, a.Post2, a.Pre, a.Pre2, a.Products) }
	test := func(a stats.Alternative) stats.AdjustedResult {
		r, err := stats.CUPED{Alpha: in.Alpha, Alternative: a, Relative: stats.Delta}.Test(pair(in.A), pair(in.B))
		require.NoError(g.t, err)
		return r
	}
	two := test(stats.TwoSided)
	g.number("theta", two.Theta)
	g.number("unadjusted_absolute_std_error", two.UnadjustedError)
	g.number("variance_reduction", two.VarianceReduction())
	sides(g, two.Result, test(stats.Greater).Result)
	g.done()
}

func cupedRatio(g golden) {
	type arm struct {
		N  int64
		M  float64 `json:"m_post_sum"`
		MM float64 `json:"m_post_sum_squares"`
		D  float64 `json:"d_post_sum"`
		DD float64 `json:"d_post_sum_squares"`
		P  float64 `json:"m_pre_sum"`
		PP float64 `json:"m_pre_sum_squares"`
		Q  float64 `json:"d_pre_sum"`
		QQ float64 `json:"d_pre_sum_squares"`
		MP float64 `json:"m_post_m_pre"`
		DQ float64 `json:"d_post_d_pre"`
		PQ float64 `json:"m_pre_d_pre"`
		MD float64 `json:"m_post_d_post"`
		MQ float64 `json:"m_post_d_pre"`
		PD float64 `json:"m_pre_d_post"`
	}
	var in struct {
		A, B  arm
		Alpha float64
	}
	g.inputs(&in)
	history := func(a arm) stats.RatioHistory {
		return stats.RatioHistoryFromSums(a.N, [4]float64{a.M, a.D, a.P, a.Q}, [4][4]float64{
			{a.MM, a.MD, a.MP, a.MQ},
			{0, a.DD, a.PD, a.DQ},
			{0, 0, a.PP, a.PQ},
			{0, 0, 0, a.QQ},
		})
	}
	test := func(a stats.Alternative) stats.AdjustedResult {
		r, err := stats.CUPEDRatio{Alpha: in.Alpha, Alternative: a, Relative: stats.Delta}.Test(history(in.A), history(in.B))
		require.NoError(g.t, err)
		return r
	}
	two := test(stats.TwoSided)
	g.number("theta", two.Theta)
	sides(g, two.Result, test(stats.Greater).Result)
	g.done()
}

func quantile(g golden) {
	type arm struct {
		N        int64
		NStar    int64 `json:"n_star"`
		Nu       float64
		Hat      float64 `json:"quantile_hat"`
		Lower    float64 `json:"quantile_lower"`
		Upper    float64 `json:"quantile_upper"`
		Clusters int64   `json:"n_clusters"`
		D        float64 `json:"denominator_sum"`
		DD       float64 `json:"denominator_sum_squares"`
		M        float64 `json:"main_sum"`
		MM       float64 `json:"main_sum_squares"`
		MD       float64 `json:"main_denominator_sum_product"`
	}
	var in struct {
		A, B  arm
		Alpha float64
	}
	g.inputs(&in)
	sample := func(a arm) stats.Sample {
		q := stats.Quantile{Observations: a.N, BoundsFrom: a.NStar, Level: a.Nu, Value: a.Hat, Lower: a.Lower, Upper: a.Upper}
		s, err := q.Sample()
		if a.Clusters > 0 {
			s, err = q.ClusteredSample(stats.PairFromSums(a.Clusters, a.M, a.MM, a.D, a.DD, a.MD))
		}
		require.NoError(g.t, err)
		return s
	}
	a, b := sample(in.A), sample(in.B)
	g.number("variance_a", a.Variance)
	lift(g, in.Alpha, a, b)
	g.done()
}

func postStratification(g golden) {
	var in struct{ Strata []struct{ A, B sums } }
	g.inputs(&in)
	var strata []stats.Stratum
	var a, b stats.Moments
	for _, s := range in.Strata {
		strata = append(strata, stats.Stratum{Control: s.A.sample(), Treatment: s.B.sample()})
		a.Merge(stats.MomentsFromSums(s.A.N, s.A.Sum, s.A.Sum2))
		b.Merge(stats.MomentsFromSums(s.B.N, s.B.Sum, s.B.Sum2))
	}
	stratified, err := stats.PostStratified{Relative: stats.Delta}.Test(strata...)
	require.NoError(g.t, err)
	plain := g.welch(stats.Welch{Relative: stats.Delta}, a.Sample(), b.Sample())
	for name, e := range map[string]stats.Effect{
		"absolute": stratified.Absolute, "relative": *stratified.Relative,
		"absolute_unstratified": plain.Absolute, "relative_unstratified": *plain.Relative,
	} {
		inner := g.sub(name)
		inner.number("estimate", e.Estimate)
		inner.number("std_error", e.StandardError)
		inner.done()
	}
	g.done()
}

func winsorize(g golden) {
	var in struct {
		Values []float64
		Lower  float64 `json:"lower_quantile"`
		Upper  float64 `json:"upper_quantile"`
	}
	g.inputs(&in)
	caps, err := stats.Winsorize{Lower: in.Lower, Upper: in.Upper}.Caps(in.Values)
	require.NoError(g.t, err)
	g.number("lower_cap", caps.Lower)
	g.number("upper_cap", caps.Upper)
	m := caps.Moments(in.Values)
	g.number("mean", m.Mean)
	g.number("variance_ddof1", m.Variance())
	g.number("mean_raw", stats.MomentsOf(in.Values...).Mean)
	g.done()
}
