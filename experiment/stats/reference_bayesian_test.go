package stats_test

import (
	"math"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

var _ = register(map[string]func(golden){
	"beta_binomial":           betaBinomial,
	"beta_binomial_multi_arm": betaBinomialArms,
	"gamma_poisson":           gammaPoisson,
	"normal_effect":           normalEffect,
	"normal_jeffreys_means":   jeffreysMeans,
})

func betaBinomial(g golden) {
	var in struct {
		Alpha float64 `json:"prior_alpha"`
		Beta  float64 `json:"prior_beta"`
		Xa    int64   `json:"x_a"`
		Na    int64   `json:"n_a"`
		Xb    int64   `json:"x_b"`
		Nb    int64   `json:"n_b"`
	}
	g.inputs(&in)
	prior := stats.Beta{Alpha: in.Alpha, Beta: in.Beta}
	a, err := prior.After(stats.Proportion{Successes: in.Xa, Trials: in.Na})
	require.NoError(g.t, err)
	b, err := prior.After(stats.Proportion{Successes: in.Xb, Trials: in.Nb})
	require.NoError(g.t, err)
	r, err := stats.Rank(a, b)
	require.NoError(g.t, err)
	g.number("prob_b_beats_a", r.Best[1])
	g.number("expected_loss_choose_a", r.Loss[0])
	g.number("expected_loss_choose_b", r.Loss[1])
	g.number("post_mean_a", a.Mean())
	g.number("post_mean_b", b.Mean())
	credible(g, "cri95_a", a)
	credible(g, "cri95_b", b)
	lower, upper, err := stats.HighestDensity(b, 0.05)
	require.NoError(g.t, err)
	hdi := g
	hdi.c.Tolerance.Abs = 1e-5 // as the source of the cases says
	hdi.numbers("hdi95_b", lower, upper)
	lift, err := stats.LiftOf(a, b)
	require.NoError(g.t, err)
	g.number("prob_lift_over_1pct", lift.Above(0.01))
	g.numbers("relative_uplift_cri95", lift.Quantile(0.025), lift.Quantile(0.975))
	g.done()
}

func credible(g golden, field string, d stats.Posterior) {
	g.t.Helper()
	lower, upper, err := stats.Credible(d, 0.05)
	require.NoError(g.t, err)
	g.numbers(field, lower, upper)
}

func betaBinomialArms(g golden) {
	var in struct {
		Alpha float64 `json:"prior_alpha"`
		Beta  float64 `json:"prior_beta"`
		X, N  []int64
	}
	g.inputs(&in)
	var arms []stats.Beta
	for i := range in.X {
		d, err := stats.Beta{Alpha: in.Alpha, Beta: in.Beta}.After(stats.Proportion{Successes: in.X[i], Trials: in.N[i]})
		require.NoError(g.t, err)
		arms = append(arms, d)
	}
	r, err := stats.Rank(arms...)
	require.NoError(g.t, err)
	g.numbers("prob_best", r.Best...)
	g.number("expected_max", r.ExpectedBest)
	g.numbers("expected_loss", r.Loss...)
	g.numbers("top_two_weights", r.TopTwo()...)
	g.done()
}

func gammaPoisson(g golden) {
	var in struct {
		Shape float64 `json:"prior_shape"`
		Rate  float64 `json:"prior_rate"`
		Xa    float64 `json:"events_a"`
		Na    float64 `json:"exposure_a"`
		Xb    float64 `json:"events_b"`
		Nb    float64 `json:"exposure_b"`
	}
	g.inputs(&in)
	prior := stats.Gamma{Shape: in.Shape, Rate: in.Rate}
	a, err := prior.After(in.Xa, in.Na)
	require.NoError(g.t, err)
	b, err := prior.After(in.Xb, in.Nb)
	require.NoError(g.t, err)
	r, err := stats.Rank(a, b)
	require.NoError(g.t, err)
	g.number("prob_b_beats_a", r.Best[1])
	g.number("expected_loss_choose_b", r.Loss[1])
	g.number("post_mean_a", a.Mean())
	g.number("post_mean_b", b.Mean())
	credible(g, "cri95_b", b)
	g.done()
}

func jeffreysMeans(g golden) {
	var in meansInput
	g.inputs(&in)
	control, treatment := in.arms()
	a, err := stats.MeanPosterior(control)
	require.NoError(g.t, err)
	b, err := stats.MeanPosterior(treatment)
	require.NoError(g.t, err)
	r, err := stats.Rank(a, b)
	require.NoError(g.t, err)
	g.number("prob_b_beats_a", r.Best[1])
	credible(g, "cri95_a", a)
	g.done()
}

func normalEffect(g golden) {
	var in struct {
		A, B     sums
		Alpha    float64
		Inverse  bool
		Type     string  `json:"prior_type"`
		Mean     float64 `json:"prior_mean"`
		Variance float64 `json:"prior_variance"`
		Proper   bool    `json:"prior_proper"`
	}
	g.inputs(&in)
	require.Contains(g.t, []string{"relative", "absolute"}, in.Type)
	b := stats.Bayesian{Alpha: in.Alpha, LowerIsBetter: in.Inverse}
	if in.Proper {
		b.Prior = stats.NormalPrior{Mean: in.Mean, Variance: in.Variance, Absolute: in.Type == "absolute"}
	}
	r, err := b.Compare(in.A.sample(), in.B.sample())
	require.NoError(g.t, err)
	for name, p := range map[string]stats.NormalPosterior{"absolute": r.Absolute, "relative": *r.Relative} {
		e := g.sub(name)
		e.number("posterior_mean", p.Mean)
		e.number("posterior_sd", p.StandardDeviation)
		e.number("chance_to_win", p.ChanceToWin)
		e.numbers("ci", p.Lower, p.Upper)
		e.number("risk_control", p.RiskControl)
		e.number("risk_treatment", p.RiskTreatment)
		require.False(g.t, math.IsNaN(p.RiskTreatment))
		e.done()
	}
	g.done()
}
