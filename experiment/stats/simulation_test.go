package stats_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/experiment/stats"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// The simulations here judge validity: how often a method calls a difference that
// is not there, finds one that is, and covers the truth. Seeds are fixed. The
// short form is part of the tests; FLYWHEEL_SIMULATE=2000 runs that many
// experiments of 10,000 pairs that are looked at after every pair, and ten times
// as many of the others (see CONTRIBUTING.md).

// longRuns returns the number of runs of the long form, 0 for the short one.
func longRuns(t *testing.T) int {
	value := os.Getenv("FLYWHEEL_SIMULATE")
	if value == "" {
		return 0
	}
	runs, err := strconv.Atoi(value)
	require.NoError(t, err, "FLYWHEEL_SIMULATE is a number of runs")
	return runs
}

type bar struct {
	Rate  float64
	Error float64 `json:"mc_se"`
}

type simulationBars struct {
	Peeking map[string]map[string]bar
	Other   map[string]map[string]any
}

func bars(t *testing.T) simulationBars {
	var b simulationBars
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "experiment", "simulation_bars.json"), &b))
	return b
}

// share counts how often something happened.
type share struct{ hits, runs int }

func (s *share) count(hit bool) {
	s.runs++
	if hit {
		s.hits++
	}
}

func (s share) rate() float64 { return float64(s.hits) / float64(s.runs) }

func (s share) error() float64 { return binomialError(s.rate(), s.runs) }

func binomialError(p float64, runs int) float64 { return math.Sqrt(p * (1 - p) / float64(runs)) }

// within fails when a rate is more than four standard errors from its bar.
func within(t *testing.T, name string, got share, want bar) {
	t.Helper()
	t.Logf("%s: %.4f ± %.4f, bar %.4f ± %.4f", name, got.rate(), got.error(), want.Rate, want.Error)
	// The error at the bar's rate, so that no hit in few runs is not certainty.
	own := binomialError(max(want.Rate, 1/float64(got.runs)), got.runs)
	if d := math.Abs(got.rate() - want.Rate); d > 4*math.Hypot(own, want.Error) {
		t.Errorf("%s: %.4f is %.1f standard errors from %.4f", name, got.rate(), d/math.Hypot(own, want.Error), want.Rate)
	}
}

// normalChunk returns moments distributed as those of n independent normals,
// without drawing them: the mean and the variance are independent.
func normalChunk(random *rand.Rand, n int64, mean float64) stats.Moments {
	return stats.Moments{N: n, Mean: mean + random.NormFloat64()/math.Sqrt(float64(n)), M2: chiSquare(random, float64(n-1))}
}

// chiSquare draws by the method of Marsaglia & Tsang (2000).
func chiSquare(random *rand.Rand, df float64) float64 {
	d := df/2 - 1.0/3
	for {
		x := random.NormFloat64()
		v := 1 + x/math.Sqrt(9*d)
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(random.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return 2 * d * v
		}
	}
}

const pairs = 10_000

// effects are the differences of means of the scenarios with normal values.
var effects = map[string]float64{
	"aa_normal":                  0,
	"power_normal_delta_fixed80": (1.959963984540054 + 0.8416212335729143) * math.Sqrt(2.0/pairs),
	"power_normal_delta_fixed95": (1.959963984540054 + 1.6448536269514722) * math.Sqrt(2.0/pairs),
}

// TestPeekingAtPlannedLooks reproduces what looking a few times does to a fixed
// test, and that group-sequential designs, Bonferroni and confidence sequences
// are right under it.
func TestPeekingAtPlannedLooks(t *testing.T) {
	runs := testkit.Often(1000, 200)
	if long := longRuns(t); long > 0 {
		runs = 10 * long
	}
	want := bars(t).Peeking
	pocock, err := stats.GroupSequential{Boundary: stats.Pocock}.Design()
	require.NoError(t, err)
	fleming, err := stats.GroupSequential{Boundary: stats.OBrienFleming}.Design()
	require.NoError(t, err)
	recommended, err := stats.GroupSequential{}.Design()
	require.NoError(t, err)
	for _, scenario := range []string{"aa_normal", "power_normal_delta_fixed80", "power_normal_delta_fixed95"} {
		random := rand.New(rand.NewPCG(7, 0))
		results := map[string]*share{}
		var hit map[string]bool
		mark := func(name string, reject bool) { hit[name] = hit[name] || reject }
		for range runs {
			hit = map[string]bool{}
			var a, b stats.Moments
			for look := 1; look <= 100; look++ {
				a.Merge(normalChunk(random, pairs/100, 0))
				b.Merge(normalChunk(random, pairs/100, effects[scenario]))
				r, err := stats.Welch{}.Test(a.Sample(), b.Sample())
				require.NoError(t, err)
				for _, looks := range []int{1, 2, 5, 10, 20, 100} {
					if look%(100/looks) == 0 {
						mark(fmt.Sprintf("fixed_%d_looks", looks), r.Absolute.P < 0.05)
					}
				}
				if look%20 == 0 {
					z := r.Absolute.Statistic
					for name, design := range map[string]stats.Looks{"pocock_5": pocock, "obrien_fleming_5": fleming, "recommended": recommended} {
						d, err := design.Decide(look/20-1, z)
						require.NoError(t, err)
						mark(name, d == stats.StopForEffect)
					}
				}
				if look%10 == 0 {
					mark("bonferroni_10_looks", r.Absolute.P < 0.005)
					sequence, err := stats.ConfidenceSequence{}.Test(a.Sample(), b.Sample())
					require.NoError(t, err)
					mark("acs5000_10_looks", sequence.Significant())
					bayes, err := stats.Bayesian{}.After(r)
					require.NoError(t, err)
					win := bayes.Absolute.ChanceToWin
					mark("bayes_flat_ctw95_10_looks", win > 0.95 || win < 0.05)
					mark("bayes_flat_ctw975_10_looks", win > 0.975 || win < 0.025)
				}
			}
			for name, rejected := range hit {
				if results[name] == nil {
					results[name] = &share{}
				}
				results[name].count(rejected)
			}
		}
		for name, got := range results {
			require.Equal(t, runs, got.runs)
			if bar, ok := want[scenario][name]; ok {
				within(t, scenario+" "+name, *got, bar)
			}
		}
		design := *results["recommended"]
		if scenario == "aa_normal" {
			t.Logf("false positives of the recommended design: %.4f", design.rate())
			for _, name := range []string{"recommended", "pocock_5", "obrien_fleming_5"} {
				require.InDelta(t, 0.05, results[name].rate(), 0.006+4*binomialError(0.05, runs), name)
			}
		} else {
			ratio := design.rate() / results["fixed_1_looks"].rate()
			t.Logf("%s: the recommended design keeps %.4f of the power", scenario, ratio)
			require.GreaterOrEqual(t, ratio, 0.97)
		}
	}
	// The same without chance.
	for _, power := range []float64{0.8, 0.9, 0.95} {
		fixed, err := stats.GroupSequential{Information: []float64{1}}.Design()
		require.NoError(t, err)
		drift, err := fixed.Drift(power)
		require.NoError(t, err)
		require.GreaterOrEqual(t, recommended.Power(drift)/power, 0.97)
		require.InDelta(t, 0.05, 2*recommended.Power(0), 1e-9)
	}
}

// draws are the ways to draw a value without effect, with standard deviations.
var draws = map[string]struct {
	deviation float64
	draw      func(*rand.Rand) float64
}{
	"aa_normal": {1, (*rand.Rand).NormFloat64},
	"aa_bernoulli_0.05": {math.Sqrt(0.05 * 0.95), func(r *rand.Rand) float64 {
		if r.Float64() < 0.05 {
			return 1
		}
		return 0
	}},
	"aa_lognormal_sigma1.5": {math.NaN(), func(r *rand.Rand) float64 { return math.Exp(1.5 * r.NormFloat64()) }},
}

// TestAlwaysValid looks after every pair. The short form looks from the second
// pair on at shorter experiments, where asymptotics are weakest; the long form
// reproduces the figures of the reference.
func TestAlwaysValid(t *testing.T) {
	runs, horizon, from := testkit.Often(200, 50), 300, 2
	long := longRuns(t)
	if long > 0 {
		runs, horizon, from = long, pairs, 100
	}
	want := bars(t).Peeking
	for _, scenario := range []string{"aa_normal", "aa_bernoulli_0.05", "aa_lognormal_sigma1.5", "power_normal_delta_fixed80", "power_normal_delta_fixed95"} {
		effect := effects[scenario]
		if effect > 0 && long == 0 {
			continue
		}
		d := draws["aa_normal"]
		if effect == 0 {
			d = draws[scenario]
		}
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(11, 0))
			sequences := map[string]stats.ConfidenceSequence{
				"acs500": {PlannedUnits: 500}, "acs5000": {}, "acs20000": {PlannedUnits: 20_000},
				"greater": {Alternative: stats.Greater}, "less": {Alternative: stats.Less},
			}
			results := map[string]*share{"msprt": {}, "fixed": {}}
			for name := range sequences {
				results[name] = &share{}
			}
			for range runs {
				var a, b stats.Moments
				mixture := stats.MixtureSPRT{Sigma: d.deviation, Tau: 0.04 * d.deviation}
				hit := map[string]bool{}
				for pair := 1; pair <= horizon; pair++ {
					x, y := d.draw(random), d.draw(random)+effect
					a.Add(x)
					b.Add(y)
					if !math.IsNaN(d.deviation) {
						if err := mixture.Add(x, y); err != nil {
							t.Fatal(err)
						}
						if p, _ := mixture.P(); p < 0.05 && pair >= from {
							hit["msprt"] = true
						}
					}
					if pair < from {
						continue
					}
					fixed, err := stats.Welch{}.Test(a.Sample(), b.Sample())
					if errors.Is(err, stats.ErrZeroVariance) { // nobody has converted yet
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					hit["fixed"] = hit["fixed"] || fixed.Significant()
					for name, s := range sequences {
						if hit[name] {
							continue
						}
						r, err := s.Widen(fixed)
						if err != nil {
							t.Fatal(err)
						}
						hit[name] = r.Significant()
					}
				}
				for name, s := range results {
					s.count(hit[name])
				}
			}
			for name, got := range results {
				if name == "msprt" && math.IsNaN(d.deviation) {
					continue
				}
				t.Logf("%s: %.4f ± %.4f", name, got.rate(), got.error())
				if effect == 0 && name != "fixed" && got.rate() > 0.05 {
					t.Errorf("%s: %.4f false positives", name, got.rate())
				}
				if long == 0 {
					continue
				}
				full := map[string]string{"msprt": "msprt_tau_matched_every_pair_from_100", "fixed": "fixed_every_pair_from_100"}[name]
				if full == "" {
					full = name + "_every_pair_from_100"
				}
				if bar, ok := want[scenario][full]; ok {
					within(t, full, *got, bar)
				}
			}
		})
	}
}

// number reads a figure of the section "other".
func (b simulationBars) number(t *testing.T, section, field string) float64 {
	value, ok := b.Other[section][field].(float64)
	require.True(t, ok, "%s.%s", section, field)
	return value
}

// other returns a figure with the error that its number of runs implies.
func (b simulationBars) other(t *testing.T, section, field string) bar {
	rate := b.number(t, section, field)
	return bar{Rate: rate, Error: binomialError(rate, int(b.number(t, section, "runs")))}
}

func otherRuns(t *testing.T) int {
	if long := longRuns(t); long > 0 {
		return 10 * long
	}
	return testkit.Often(1000, 250)
}

// The default relative interval covers where the delta method misses upwards.
func TestRelativeIntervalsCover(t *testing.T) {
	want := bars(t)
	const n = 1_000_000 // so large that Student's distribution is the normal one
	for _, ratio := range []float64{3, 5, 10, 30} {
		section := fmt.Sprintf("relative_ci_coverage_mean_over_se_%g", ratio)
		lift := want.number(t, section, "true_lift")
		random := rand.New(rand.NewPCG(3, 0))
		var covered, set, delta, missLow, missHigh share
		for range 10 * otherRuns(t) {
			a := stats.Sample{N: n, Mean: ratio + random.NormFloat64(), Variance: n}
			b := stats.Sample{N: n, Mean: ratio*(1+lift) + random.NormFloat64(), Variance: n}
			r, err := stats.Welch{}.Test(a, b)
			require.NoError(t, err)
			covered.count(r.Relative.Contains(lift))
			// Fieller's set holds a lift that the test of b = (1 + lift)·a accepts.
			// Where the control may be zero it is no interval, and ours is then
			// the whole line.
			scaled := stats.Sample{N: n, Mean: a.Mean * (1 + lift), Variance: a.Variance * (1 + lift) * (1 + lift)}
			accepted, err := stats.Welch{}.Test(scaled, b)
			require.NoError(t, err)
			set.count(!accepted.Significant())
			if !math.IsInf(r.Relative.Lower, 0) && a.Mean > 0 {
				require.Equal(t, !accepted.Significant(), r.Relative.Contains(lift))
			}
			r, err = stats.Welch{Relative: stats.Delta}.Test(a, b)
			require.NoError(t, err)
			delta.count(r.Relative.Contains(lift))
			missLow.count(r.Relative.Upper < lift)
			missHigh.count(r.Relative.Lower > lift)
		}
		within(t, section+" delta", delta, want.other(t, section, "delta"))
		within(t, section+" fieller", set, want.other(t, section, "fieller"))
		t.Logf("the delta interval lies below the lift in %.4f, above in %.4f", missLow.rate(), missHigh.rate())
		t.Logf("the default interval covers %.4f", covered.rate())
		least := 0.945 // at 3, where the delta method misses most
		if ratio > 3 {
			least -= 3 * covered.error()
		}
		require.GreaterOrEqual(t, covered.rate(), least)
	}
}

func TestCUPEDIsValidAndStronger(t *testing.T) {
	want := bars(t)
	runs := otherRuns(t)
	for section, effect := range map[string]float64{
		"cuped_rho_0.7_aa": 0,
		"cuped_rho_0.7_effect_at_80pct_unadjusted_power": (1.959963984540054 + 0.8416212335729143) * math.Sqrt(2.0/500),
	} {
		random := rand.New(rand.NewPCG(5, 0))
		var plain, adjusted, covered share
		for range runs {
			var arms [2]stats.Pair
			for arm := range arms {
				for range 500 {
					before := random.NormFloat64()
					after := 0.7*before + math.Sqrt(1-0.49)*random.NormFloat64() + float64(arm)*effect
					arms[arm].Add(after, before)
				}
			}
			r, err := stats.Welch{}.Test(arms[0].X.Sample(), arms[1].X.Sample())
			require.NoError(t, err)
			c, err := stats.CUPED{}.Test(arms[0], arms[1])
			require.NoError(t, err)
			plain.count(r.Significant())
			adjusted.count(c.Significant())
			covered.count(c.Absolute.Contains(effect))
		}
		within(t, section+" plain", plain, want.other(t, section, "unadjusted_reject"))
		within(t, section+" cuped", adjusted, want.other(t, section, "cuped_reject"))
		within(t, section+" coverage", covered, want.other(t, section, "cuped_ci_coverage"))
	}
}

// Users are the unit of randomisation; treating their events as units rejects too
// often. How much depends on the users, so that only ours has a bar.
func TestRatioMetricIsValid(t *testing.T) {
	const section = "ratio_metric_aa_fpr_user_randomised"
	want := bars(t)
	random := rand.New(rand.NewPCG(9, 0))
	var delta, naive share
	for range otherRuns(t) {
		var users [2]stats.Pair
		var events [2]stats.Moments
		for arm := range users {
			for range 400 {
				level, total := random.NormFloat64(), 0.0
				n := 1 + int(-4*math.Log(1-random.Float64()))
				for range n {
					x := 10 + level + 2*random.NormFloat64()
					total += x
					events[arm].Add(x)
				}
				users[arm].Add(total, float64(n))
			}
		}
		a, err := users[0].RatioSample()
		require.NoError(t, err)
		b, err := users[1].RatioSample()
		require.NoError(t, err)
		r, err := stats.Welch{}.Test(a, b)
		require.NoError(t, err)
		delta.count(r.Significant())
		r, err = stats.Welch{}.Test(events[0].Sample(), events[1].Sample())
		require.NoError(t, err)
		naive.count(r.Significant())
	}
	within(t, section, delta, want.other(t, section, "delta_method"))
	require.Greater(t, naive.rate(), 1.5*delta.rate())
}

func TestSampleRatioUnderDailyPeeks(t *testing.T) {
	const section = "srm_aa_30_daily_peeks"
	want := bars(t)
	users := int(want.number(t, section, "users_per_day"))
	random := rand.New(rand.NewPCG(13, 0))
	weights := []float64{0.5, 0.5}
	var single, any, strict, sequence share
	for range 2 * otherRuns(t) {
		watch := stats.SampleRatioSequence{Alpha: 0.05}
		observed := []int64{0, 0}
		var last stats.SampleRatioResult
		anyDay, strictDay, mismatch := false, false, false
		for range 30 {
			heads := 0
			for left := users; left > 0; left -= 64 {
				heads += bits.OnesCount64(random.Uint64() >> max(0, 64-left))
			}
			observed[0] += int64(heads)
			observed[1] += int64(users - heads)
			var err error
			last, err = stats.SampleRatio{Alpha: 0.05}.Test(observed, weights)
			require.NoError(t, err)
			anyDay, strictDay = anyDay || last.P < 0.05, strictDay || last.P < 0.001
			e, err := watch.Look(observed, weights)
			require.NoError(t, err)
			mismatch = e.Mismatch
		}
		single.count(last.P < 0.05)
		any.count(anyDay)
		strict.count(strictDay)
		sequence.count(mismatch)
	}
	within(t, "single", single, want.other(t, section, "chi2_alpha_0.05_single"))
	within(t, "any day", any, want.other(t, section, "chi2_alpha_0.05_any_day"))
	within(t, "any day at 0.001", strict, want.other(t, section, "chi2_alpha_0.001_any_day"))
	within(t, "sequence", sequence, want.other(t, section, "sequential_dirichlet100_alpha_0.05_any_day"))

	// After every unit, too.
	var always share
	for range otherRuns(t) / 4 {
		watch := stats.SampleRatioSequence{Alpha: 0.05}
		observed := []int64{0, 0}
		mismatch := false
		for range 500 {
			observed[random.IntN(2)]++
			e, err := watch.Look(observed, weights)
			require.NoError(t, err)
			mismatch = e.Mismatch
		}
		always.count(mismatch)
	}
	require.LessOrEqual(t, always.rate(), 0.05)
}

func TestProceduresHoldTheirPromise(t *testing.T) {
	want := bars(t).Other["twenty_metrics_five_real_z3"]
	barRuns := int(want["runs"].(float64))
	runs := otherRuns(t)
	for name, procedure := range map[string]stats.Procedure{
		"bonferroni": stats.Bonferroni, "holm": stats.Holm, "fdr_bh": stats.BenjaminiHochberg,
	} {
		random := rand.New(rand.NewPCG(17, 0))
		var family share
		discovery, power := stats.Moments{}, stats.Moments{}
		for range runs {
			p := make([]float64, 20)
			for i := range p {
				z := random.NormFloat64()
				if i < 5 {
					z += 3
				}
				tail, _ := stats.NormalTail(math.Abs(z))
				p[i] = 2 * tail
			}
			adjusted, err := procedure.Adjust(p)
			require.NoError(t, err)
			wrong, right := 0, 0
			for i, q := range adjusted {
				if q <= 0.05 && i < 5 {
					right++
				} else if q <= 0.05 {
					wrong++
				}
			}
			family.count(wrong > 0)
			discovery.Add(float64(wrong) / max(1, float64(wrong+right)))
			power.Add(float64(right) / 5)
		}
		figures := want[name].(map[string]any)
		rate := figures["fwer"].(float64)
		within(t, name+" fwer", family, bar{rate, binomialError(rate, barRuns)})
		for field, m := range map[string]stats.Moments{"fdr": discovery, "power": power} {
			own := math.Sqrt(m.Variance() * (1/float64(m.N) + 1/float64(barRuns)))
			require.InDelta(t, figures[field].(float64), m.Mean, 4*own, "%s %s", name, field)
		}
	}
}

func TestWinsorizingHelpsHeavyTails(t *testing.T) {
	random := rand.New(rand.NewPCG(19, 0))
	var raw, capped share
	for range otherRuns(t) / 20 {
		var arms [2][]float64
		for arm := range arms {
			for range 2000 {
				x := 0.0
				if random.Float64() < 0.1 {
					x = math.Exp(2*random.NormFloat64()) * (1 + 0.5*float64(arm))
				}
				arms[arm] = append(arms[arm], x)
			}
		}
		r, err := stats.Welch{}.Test(stats.MomentsOf(arms[0]...).Sample(), stats.MomentsOf(arms[1]...).Sample())
		require.NoError(t, err)
		raw.count(r.Significant())
		caps, err := stats.Winsorize{Upper: 0.99}.Caps(arms[0], arms[1])
		require.NoError(t, err)
		r, err = stats.Welch{}.Test(caps.Moments(arms[0]).Sample(), caps.Moments(arms[1]).Sample())
		require.NoError(t, err)
		capped.count(r.Significant())
	}
	require.Greater(t, capped.rate(), raw.rate())
}

// TestRateIntervalsCover adds the probabilities of all outcomes, without chance.
func TestRateIntervalsCover(t *testing.T) {
	want := bars(t)
	const n, rate = 50, 0.05
	for name, method := range map[string]stats.RateInterval{
		"wald": stats.WaldRate, "wilson": stats.Wilson, "clopper_pearson": stats.ClopperPearson,
		"jeffreys": stats.Jeffreys, "agresti_coull": stats.AgrestiCoull,
	} {
		coverage, probability := 0.0, math.Pow(1-rate, n)
		for x := int64(0); x <= n; x++ {
			lower, upper, err := stats.Proportion{Successes: x, Trials: n}.Interval(method, 0.05)
			require.NoError(t, err)
			if lower <= rate && rate <= upper {
				coverage += probability
			}
			probability *= float64(n-x) / float64(x+1) * rate / (1 - rate)
		}
		require.InDelta(t, want.number(t, "proportion_ci_exact_coverage_n50_p0.05", name), coverage, 6e-5, name)
	}
}
