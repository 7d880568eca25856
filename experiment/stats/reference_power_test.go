package stats_test

import (
	"encoding/json"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

var _ = register(map[string]func(golden){
	"two_proportions": ratePlans,
	"two_means":       meanPlans,
	"mid_experiment":  midFlight,
	"srm_detection":   sampleRatioPower,
	"design_factors":  designFactors,
})

type planInput struct {
	Alpha, Power float64
	Ratio        float64 `json:"ratio_n2_over_n1"`
	Sides        int
	N            float64 `json:"n1_for_power"`
}

func (in planInput) plan(g golden, direction float64) stats.Plan {
	g.t.Helper()
	p := stats.Plan{Alpha: in.Alpha, Power: in.Power, Ratio: in.Ratio}
	switch {
	case in.Sides == 2:
	case in.Sides == 1 && direction > 0:
		p.Alternative = stats.Greater
	case in.Sides == 1:
		p.Alternative = stats.Less
	default:
		g.t.Fatalf("unknown number of sides %d", in.Sides)
	}
	return p
}

func ratePlans(g golden) {
	var in struct {
		planInput
		P1       float64
		Relative float64 `json:"relative_mde"`
	}
	g.inputs(&in)
	plan := stats.RatePlan{Plan: in.plan(g, in.Relative), Baseline: in.P1}
	difference := in.P1 * in.Relative
	for name, method := range map[string]stats.RateMethod{
		"n1_unpooled": stats.UnpooledRates, "n1_pooled": stats.PooledRates,
		"n1_cohen_h": stats.ArcsineRates, "n1_evan_miller_equal_ratio": stats.BaselineRates,
	} {
		plan.Method = method
		n, err := plan.SampleSize(difference)
		require.NoError(g.t, err)
		g.number(name, n)
	}
	power, err := plan.PowerAt(in.N, difference)
	require.NoError(g.t, err)
	g.number("power_unpooled_at_n1", power)
	detectable, err := plan.DetectableDifference(in.N)
	require.NoError(g.t, err)
	g.number("absolute_mde_upper_tail_at_n1", detectable)
	g.done()
}

func meanPlans(g golden) {
	var in struct {
		planInput
		SD, Delta float64
	}
	g.inputs(&in)
	plan := stats.MeanPlan{Plan: in.plan(g, in.Delta), StandardDeviation: in.SD}
	n, err := plan.SampleSize(in.Delta)
	require.NoError(g.t, err)
	g.number("n1_noncentral_t", n)
	power, err := plan.PowerAt(in.N, in.Delta)
	require.NoError(g.t, err)
	g.number("power_noncentral_t_at_n1", power)
	plan.LargeSample = true
	n, err = plan.SampleSize(in.Delta)
	require.NoError(g.t, err)
	g.number("n1_normal", n)
	g.done()
}

func midFlight(g golden) {
	var in struct {
		A, B     sums
		Alpha    float64
		Power    float64 `json:"target_power"`
		Relative float64 `json:"target_relative_mde"`
		Planned  float64 `json:"sequential_tuning_parameter"`
	}
	g.inputs(&in)
	m := stats.MidFlight{Plan: stats.Plan{Alpha: in.Alpha, Power: in.Power}, RelativeEffect: in.Relative}
	fixed, err := m.Outlook(in.A.sample(), in.B.sample())
	require.NoError(g.t, err)
	g.number("power_now_fixed", fixed.Power)
	g.number("scaling_factor_fixed", fixed.Scaling)
	var additional *float64
	require.NoError(g.t, json.Unmarshal(g.c.Expected["additional_users_fixed"], &additional))
	if additional == nil { // the power is there already
		require.Zero(g.t, fixed.AdditionalUnits)
		g.seen["additional_users_fixed"] = true
	} else {
		g.number("additional_users_fixed", fixed.AdditionalUnits)
	}
	m.Sequence = &stats.ConfidenceSequence{PlannedUnits: in.Planned}
	sequential, err := m.Outlook(in.A.sample(), in.B.sample())
	require.NoError(g.t, err)
	g.number("power_now_sequential", sequential.Power)
	g.done()
}

func sampleRatioPower(g golden) {
	var in struct {
		Weights, Actual []float64
		N, Alpha        float64
	}
	g.inputs(&in)
	check := stats.SampleRatio{Alpha: in.Alpha}
	noncentrality, err := check.Noncentrality(in.Weights, in.Actual, in.N)
	require.NoError(g.t, err)
	g.number("noncentrality", noncentrality)
	power, err := check.Power(in.Weights, in.Actual, in.N)
	require.NoError(g.t, err)
	g.number("power", power)
	g.done()
}

func designFactors(g golden) {
	var in struct {
		Size        float64 `json:"cluster_size"`
		ICC         float64
		Correlation float64 `json:"cuped_correlation"`
		Metrics     int     `json:"num_metrics"`
		Alpha       float64
	}
	g.inputs(&in)
	effect, err := stats.DesignEffect(in.Size, in.ICC)
	require.NoError(g.t, err)
	g.number("design_effect", effect)
	factor, err := stats.CovariateFactor(in.Correlation)
	require.NoError(g.t, err)
	g.number("cuped_variance_factor", factor)
	bonferroni, err := stats.Bonferroni.PerTest(in.Alpha, in.Metrics)
	require.NoError(g.t, err)
	g.number("bonferroni_alpha", bonferroni)
	sidak, err := stats.Sidak.PerTest(in.Alpha, in.Metrics)
	require.NoError(g.t, err)
	g.number("sidak_alpha", sidak)
	g.done()
}
