package bandit_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/experiment/bandit"
	"github.com/flywheel-go/flywheel/experiment/stats"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// chooser returns an arm given the step, from 1.
type chooser func(step int, arms []bandit.Arm, random *rand.Rand) (int, error)

// policies are those of bandit_regret.json. Its KL-UCB refreshes the index every
// ten steps after the first 200.
func policies() map[string]func() chooser {
	plain := func(choose func([]bandit.Arm, *rand.Rand) (int, error)) func() chooser {
		return func() chooser {
			return func(_ int, arms []bandit.Arm, random *rand.Rand) (int, error) { return choose(arms, random) }
		}
	}
	return map[string]func() chooser{
		"thompson": plain(bandit.Thompson{}.Choose),
		"ttts":     plain(bandit.TopTwo{}.Choose),
		"ucb1":     plain(func(arms []bandit.Arm, _ *rand.Rand) (int, error) { return bandit.UCB1{}.Choose(arms) }),
		"klucb": func() chooser {
			last := 0
			return func(step int, arms []bandit.Arm, _ *rand.Rand) (arm int, err error) {
				if step <= 200 || step%10 == 0 {
					last, err = bandit.KLUCB{}.Choose(arms)
				}
				return last, err
			}
		},
		"eps0.1":  plain(bandit.EpsilonGreedy{}.Choose),
		"uniform": plain(func(arms []bandit.Arm, random *rand.Rand) (int, error) { return random.IntN(len(arms)), nil }),
	}
}

// TestReference compares the regret of each policy with the reference, within
// four standard errors of both together. The short form stops at 1,000 steps;
// with FLYWHEEL_SIMULATE set it is 400 runs of 10,000.
func TestReference(t *testing.T) {
	type figure struct {
		Mean  float64
		Error float64 `json:"mc_se"`
	}
	var file struct {
		Scenarios map[string]map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "experiment", "bandit_regret.json"), &file))
	require.NotEmpty(t, file.Scenarios)
	runs, horizon := testkit.Often(60, 15), 1000
	if os.Getenv("FLYWHEEL_SIMULATE") != "" {
		runs, horizon = 400, 10_000
	}
	for name, scenario := range file.Scenarios {
		var rates []float64
		require.NoError(t, json.Unmarshal(scenario["arms"], &rates))
		best := rates[0]
		for _, r := range rates {
			best = max(best, r)
		}
		for field, raw := range scenario {
			switch field {
			case "arms", "horizon", "lai_robbins_constant", "lai_robbins_asymptote_at_10000":
				continue
			}
			fresh, ok := policies()[field]
			require.True(t, ok, "unknown policy %s", field)
			t.Run(name+"/"+field, func(t *testing.T) {
				t.Parallel()
				var want map[string]json.RawMessage
				require.NoError(t, json.Unmarshal(raw, &want))
				random := rand.New(rand.NewPCG(21, 0))
				at := map[int]*stats.Moments{1000: {}, 10_000: {}}
				for range runs {
					arms, choose, regret := untried(len(rates)), fresh(), 0.0
					for step := 1; step <= horizon; step++ {
						arm, err := choose(step, arms, random)
						if err != nil {
							t.Fatal(err)
						}
						reward := 0.0
						if random.Float64() < rates[arm] {
							reward = 1
						}
						if err := arms[arm].Observe(reward); err != nil {
							t.Fatal(err)
						}
						regret += best - rates[arm]
						if m, ok := at[step]; ok {
							m.Add(regret)
						}
					}
				}
				for step, m := range at {
					if step > horizon {
						continue
					}
					var f figure
					require.NoError(t, json.Unmarshal(want[map[int]string{1000: "1000", 10_000: "10000"}[step]], &f))
					own := math.Sqrt(m.Variance() / float64(m.N))
					t.Logf("%d: %.2f ± %.2f, reference %.2f ± %.2f", step, m.Mean, own, f.Mean, f.Error)
					require.InDelta(t, f.Mean, m.Mean, 4*math.Hypot(own, f.Error))
				}
			})
		}
	}
}

func untried(n int) []bandit.Arm { return make([]bandit.Arm, n) }

func drawArms(t *rapid.T) []bandit.Arm {
	arms := make([]bandit.Arm, rapid.IntRange(1, 5).Draw(t, "arms"))
	for i := range arms {
		arms[i].Pulls = float64(rapid.IntRange(0, 500).Draw(t, "pulls"))
		arms[i].Reward = float64(rapid.IntRange(0, int(arms[i].Pulls)).Draw(t, "reward"))
	}
	return arms
}

// Weights are how often the policy chooses.
func TestWeightsAreFrequencies(t *testing.T) {
	arms := []bandit.Arm{{Pulls: 40, Reward: 10}, {Pulls: 35, Reward: 12}, {Pulls: 5, Reward: 1}}
	random := rand.New(rand.NewPCG(1, 1))
	const n = 20_000
	for _, p := range []interface {
		Choose([]bandit.Arm, *rand.Rand) (int, error)
		Weights([]bandit.Arm) ([]float64, error)
	}{bandit.Thompson{}, bandit.TopTwo{}, bandit.TopTwo{Second: 0.2, Prior: stats.Beta{Alpha: 2, Beta: 8}}} {
		weights, err := p.Weights(arms)
		require.NoError(t, err)
		counts := make([]float64, len(arms))
		for range n {
			arm, err := p.Choose(arms, random)
			require.NoError(t, err)
			counts[arm]++
		}
		for i, w := range weights {
			require.InDelta(t, w, counts[i]/n, 4*math.Sqrt(w*(1-w)/n), "%+v arm %d", p, i)
		}
	}
}

// Every policy chooses an arm that is there, weights sum to one, and a floor is
// kept.
func TestLaws(t *testing.T) {
	testkit.Checks(t, 60, 15)
	rapid.Check(t, func(t *rapid.T) {
		arms := drawArms(t)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for name, make := range policies() {
			arm, err := make()(1, arms, random)
			require.NoError(t, err, name)
			require.True(t, arm >= 0 && arm < len(arms), name)
		}
		weights, err := bandit.TopTwo{}.Weights(arms)
		require.NoError(t, err)
		least := rapid.Float64Range(0, 1/float64(len(arms))).Draw(t, "least")
		floored, err := bandit.Floor(weights, least)
		require.NoError(t, err)
		sum, before := 0.0, 0.0
		for i := range floored {
			sum, before = sum+floored[i], before+weights[i]
			require.GreaterOrEqual(t, floored[i], least-1e-12)
		}
		require.InDelta(t, 1, before, 1e-8)
		require.InDelta(t, 1, sum, 1e-9)
		factor := rapid.Float64Range(0, 1).Draw(t, "factor")
		mean := arms[0].Mean()
		require.NoError(t, bandit.Decay(arms, factor))
		if arms[0].Pulls > 1e-9 {
			require.InDelta(t, mean, arms[0].Mean(), 1e-9)
		}
	})
}

// LinUCB finds the arm that is best in each context.
func TestLinUCBLearns(t *testing.T) {
	l, err := bandit.NewLinUCB(2, 2, 1)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(2, 2))
	right := 0
	for step := range 2000 {
		context := []float64{1, float64(random.IntN(2))}
		rate := [2]float64{0.3 + 0.4*context[1], 0.6 - 0.4*context[1]}
		arm, err := l.Choose(context)
		require.NoError(t, err)
		reward := 0.0
		if random.Float64() < rate[arm] {
			reward = 1
		}
		require.NoError(t, l.Observe(arm, context, reward))
		if step >= 1000 && rate[arm] == max(rate[0], rate[1]) {
			right++
		}
	}
	require.Greater(t, right, 900)
	expected, err := l.Expected(0, []float64{1, 1})
	require.NoError(t, err)
	require.InDelta(t, 0.7, expected, 0.08)
}

// The value of a policy is covered by its interval, from the log of another.
func TestEvaluateCovers(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	rates, logging, target := []float64{0.2, 0.5, 0.3}, []float64{0.6, 0.2, 0.2}, []float64{0.1, 0.8, 0.1}
	truth := 0.0
	for i := range rates {
		truth += rates[i] * target[i]
	}
	model := []float64{0.25, 0.45, 0.25} // not quite right
	expected := 0.0
	for i := range model {
		expected += model[i] * target[i]
	}
	var covered [3]float64
	const runs = 400
	var errors [3]float64
	for range runs {
		var log []bandit.Logged
		for range 500 {
			u, arm := random.Float64(), 0
			for u >= logging[arm] {
				u -= logging[arm]
				arm++
			}
			reward := 0.0
			if random.Float64() < rates[arm] {
				reward = 1
			}
			log = append(log, bandit.Logged{Propensity: logging[arm], Target: target[arm], Reward: reward, Expected: model[arm], ExpectedTarget: expected})
		}
		e, err := bandit.Evaluate(log)
		require.NoError(t, err)
		require.Empty(t, e.Warnings)
		for i, estimate := range []stats.Effect{e.Weighted, e.Normalized, e.DoublyRobust} {
			if estimate.Contains(truth) {
				covered[i]++
			}
			errors[i] += estimate.StandardError / runs
		}
	}
	for i := range covered {
		require.InDelta(t, 0.95, covered[i]/runs, 4*math.Sqrt(0.95*0.05/runs), "estimate %d", i)
	}
	require.Less(t, errors[2], errors[0], "a model helps")
}

func TestBadInput(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	choose := func(arms ...bandit.Arm) error { _, err := bandit.Thompson{}.Choose(arms, random); return err }
	floor := func(least float64, weights ...float64) error { _, err := bandit.Floor(weights, least); return err }
	evaluate := func(d bandit.Logged) error {
		_, err := bandit.Evaluate([]bandit.Logged{d, {Propensity: 0.5, Target: 0.5}})
		return err
	}
	linear, err := bandit.NewLinUCB(2, 2, 1)
	require.NoError(t, err)
	_, contextErr := linear.Choose([]float64{1})
	_, newErr := bandit.NewLinUCB(0, 1, 1)
	_, ucbErr := bandit.UCB1{}.Choose(nil)
	_, klErr := bandit.KLUCB{}.Choose([]bandit.Arm{{Pulls: -1}})
	_, epsilonErr := bandit.EpsilonGreedy{Epsilon: 2}.Choose(make([]bandit.Arm, 2), random)
	_, topErr := bandit.TopTwo{Second: 2}.Weights(make([]bandit.Arm, 2))
	_, priorErr := bandit.Thompson{Prior: stats.Beta{Alpha: -1, Beta: 1}}.Choose(make([]bandit.Arm, 2), random)
	for name, err := range map[string]error{
		"no arms": choose(), "NaN": choose(bandit.Arm{Pulls: math.NaN()}), "more reward than pulls": choose(bandit.Arm{Pulls: 1, Reward: 2}),
		"reward": new(bandit.Arm).Observe(1.5), "decay": bandit.Decay(nil, math.Inf(1)),
		"floor too high": floor(0.6, 1, 1), "negative weight": floor(0.1, 1, -1), "no weight": floor(0.1, 0, 0), "no weights": floor(0),
		"propensity zero": evaluate(bandit.Logged{Target: 1}), "target": evaluate(bandit.Logged{Propensity: 1, Target: 2}), "NaN reward": evaluate(bandit.Logged{Propensity: 1, Target: 1, Reward: math.NaN()}),
		"context": contextErr, "new": newErr, "ucb": ucbErr, "kl": klErr, "epsilon": epsilonErr, "second": topErr, "prior": priorErr,
		"arm": linear.Observe(2, []float64{1, 1}, 1), "linear reward": linear.Observe(0, []float64{1, 1}, -1), "feature": linear.Observe(0, []float64{1, math.NaN()}, 1),
	} {
		var input *stats.InputError
		require.ErrorAs(t, err, &input, name)
	}
	_, err = bandit.Evaluate(nil)
	require.ErrorIs(t, err, stats.ErrTooFew)
	e, err := bandit.Evaluate([]bandit.Logged{{Propensity: 0.1, Target: 0.9, Reward: 1}, {Propensity: 0.1, Target: 0.8}, {Propensity: 0.1, Target: 0.85}})
	require.NoError(t, err)
	require.Len(t, e.Warnings, 2)
}

func BenchmarkChoose(b *testing.B) {
	arms := make([]bandit.Arm, 10)
	for i := range arms {
		arms[i] = bandit.Arm{Pulls: 1000, Reward: float64(90 + i)}
	}
	random := rand.New(rand.NewPCG(5, 5))
	for name, make := range policies() {
		choose := make()
		b.Run("policy="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := choose(1, arms, random); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
