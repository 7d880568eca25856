package experiment_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/stats"
)

// Critical values belong to the information that a look has, not to its number: a
// study that nobody looked at before its end spends all of alpha there.
func TestLooksAreDatedByInformation(t *testing.T) {
	plan := rateplan
	plan.Design, plan.Units, plan.Looks = experiment.GroupSequential, 10_000, 5
	study := func() *experiment.Study {
		s, err := experiment.NewStudy(plan, start)
		require.NoError(t, err)
		return s
	}
	end := rates([]int64{5000, 500}, []int64{5000, 595}) // z = 3.04

	s := study()
	d, err := s.Decide(start, end)
	require.NoError(t, err)
	require.Equal(t, "B", d.Arm)
	report, err := plan.Analyze(end)
	require.NoError(t, err)
	require.InDelta(t, 1.96, report.Metrics[0].Comparisons[0].Result.Absolute.Upper/report.Metrics[0].Comparisons[0].Result.Absolute.StandardError-
		report.Metrics[0].Comparisons[0].Result.Absolute.Estimate/report.Metrics[0].Comparisons[0].Result.Absolute.StandardError, 0.001)

	// A look that shows nothing at the end leaves nothing for one more unit.
	s = study()
	weak := rates([]int64{5000, 500}, []int64{5000, 555}) // z = 1.79
	_, err = s.Decide(start, weak)
	require.ErrorIs(t, err, experiment.ErrNoWinner)
	for i := range int64(5) {
		_, err = s.Decide(start, rates([]int64{5001 + i, 500}, []int64{5001 + i, 600}))
		require.ErrorIs(t, err, experiment.ErrNoWinner, "press %d", i)
	}

	// A boundary that was crossed stays crossed, whatever comes in behind it.
	s = study()
	early := rates([]int64{2000, 200}, []int64{2000, 320})
	r, err := s.Look(start, early)
	require.NoError(t, err)
	require.Equal(t, experiment.TreatmentWins, r.Verdict.State)
	d, err = s.Decide(start, rates([]int64{2001, 200}, []int64{2000, 320}))
	require.NoError(t, err)
	require.Equal(t, "B", d.Arm)

	// Looking again with a few more units uses up nothing that later looks need.
	s = study()
	for i := range int64(20) {
		_, err := s.Look(start, rates([]int64{1000 + i, 100}, []int64{1000 + i, 105}))
		require.NoError(t, err)
	}
	_, err = s.Decide(start, end)
	require.NoError(t, err)

	// Fewer units than were planned at the end keep what is not spent.
	s = study()
	r, err = s.Look(start, rates([]int64{4500, 450}, []int64{4500, 540}))
	require.NoError(t, err)
	require.NotEqual(t, experiment.Early, r.Verdict.State)
}

// Pressing the button at every hundred units does not find what is not there.
func TestManyLooksKeepTheLevel(t *testing.T) {
	const studies, alpha = 150, 0.1
	plan := rateplan
	plan.Design, plan.Units, plan.Looks, plan.Alpha = experiment.GroupSequential, 2000, 5, alpha
	random := rand.New(rand.NewPCG(3, 1))
	won := 0
	for range studies {
		s, err := experiment.NewStudy(plan, start)
		require.NoError(t, err)
		var n, a, b int64
		for n < 1100 {
			for range 50 {
				n++
				if random.Float64() < 0.2 {
					a++
				}
				if random.Float64() < 0.2 {
					b++
				}
			}
			if r, err := s.Look(start, rates([]int64{n, a}, []int64{n, b})); err == nil && r.Verdict.Winner != "" {
				won++
				break
			}
		}
	}
	require.Less(t, float64(won)/studies, alpha+5*0.0245) // five standard errors
}

// What is due, what is mature and what is analyzed are the same units.
func TestOpenWindowsAreNotDue(t *testing.T) {
	plan := rateplan
	plan.Units = 10_000
	s, err := experiment.NewStudy(plan, start)
	require.NoError(t, err)
	r := rates([]int64{500, 50}, []int64{500, 90})
	r.Arms[0].Units, r.Arms[1].Units = 5000, 5000
	_, err = s.Decide(start, r)
	require.ErrorIs(t, err, experiment.ErrTooEarly)
	require.ErrorContains(t, err, "1000 of 10000")
	h, err := s.Monitor(start, r)
	require.NoError(t, err)
	require.EqualValues(t, 10_000, h.Units)
	require.EqualValues(t, 1000, h.Analyzed)
}

// Where looks are many, the check of the sample ratio holds at all of them.
func TestSampleRatioHoldsAtEveryLook(t *testing.T) {
	const runs, days = 200, 30
	for _, design := range []experiment.Design{experiment.AlwaysValid, experiment.GroupSequential} {
		plan := rateplan
		plan.Design, plan.Units = design, 30_000
		random := rand.New(rand.NewPCG(9, 9))
		broken := 0
		for range runs {
			var a, b int64
			for range days {
				for range 1000 {
					if random.Uint64()&1 == 0 {
						a++
					} else {
						b++
					}
				}
				r, err := plan.Analyze(rates([]int64{a, a / 10}, []int64{b, b / 10}))
				require.NoError(t, err)
				if r.Verdict.State == experiment.Broken {
					broken++
					break
				}
			}
		}
		require.LessOrEqual(t, broken, 6, "1 %% of %d runs and two standard errors", runs)
	}
	r, err := rateplan.Analyze(rates([]int64{5000, 500}, []int64{4000, 400}))
	require.NoError(t, err)
	require.Equal(t, experiment.Broken, r.Verdict.State)
}

func TestVerdictSaysWhatIsWorse(t *testing.T) {
	plan := rateplan
	plan.Experiment.Arms, plan.Units = []experiment.Arm{{ID: "A"}, {ID: "B"}, {ID: "C"}}, 30_000
	r, err := plan.Analyze(rates([]int64{10_000, 1000}, []int64{10_000, 700}, []int64{10_000, 1010}))
	require.NoError(t, err)
	require.Equal(t, experiment.Undecided, r.Verdict.State)
	require.Contains(t, r.Verdict.Reason, "worse than the control in buyers: B (p = ")
	require.Contains(t, r.Verdict.Reason, "no difference could be shown for C")
}

// An interval excludes zero just where the corrected p value is below alpha.
func TestIntervalsAgreeWithCorrectedP(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	plan := rateplan
	plan.Goal = orders
	plan.Experiment.Arms = []experiment.Arm{{ID: "A"}, {ID: "B"}, {ID: "C"}, {ID: "D"}}
	shown := 0
	for range 300 {
		var reading experiment.Reading
		for i, arm := range plan.Experiment.Arms {
			mean := 1 + 0.02*float64(i)*random.Float64()
			m := stats.Moments{N: 5000, Mean: mean + 0.01*random.NormFloat64(), M2: 5000 * 0.5}
			reading.Arms = append(reading.Arms, experiment.ArmReading{Arm: arm.ID, Units: 5000, Metrics: []stats.Pair{{X: m}}})
		}
		r, err := plan.Analyze(reading)
		require.NoError(t, err)
		for _, c := range r.Metrics[0].Comparisons {
			require.Equal(t, c.AdjustedP < 0.05, !c.Result.Absolute.Contains(0), "%s: p %v, [%v, %v]", c.Arm, c.AdjustedP, c.Result.Absolute.Lower, c.Result.Absolute.Upper)
			if c.Shown {
				shown++
			}
		}
	}
	require.Greater(t, shown, 50)
}

// Small samples decide nothing that an exact test does not.
func TestSmallSamplesDecideNothing(t *testing.T) {
	for _, design := range []experiment.Design{experiment.FixedHorizon, experiment.GroupSequential, experiment.AlwaysValid, experiment.Bayesian} {
		plan := rateplan
		plan.Design, plan.Units = design, 4
		r, err := plan.Analyze(rates([]int64{2, 0}, []int64{2, 2}))
		require.NoError(t, err)
		require.Empty(t, r.Verdict.Winner, design)
	}
	r, err := rateplan.Analyze(rates([]int64{2, 0}, []int64{2, 2}))
	require.NoError(t, err)
	require.InDelta(t, 1.0/3, r.Metrics[0].Comparisons[0].AdjustedP, 1e-12) // R: fisher.test(matrix(c(0, 2, 2, 0), 2))$p.value
	plan := rateplan
	plan.Goal, plan.Units = orders, 6
	var reading experiment.Reading
	for i, arm := range []string{"A", "B"} {
		m := stats.MomentsOf(float64(10*i), float64(10*i)+0.1, float64(10*i)+0.2)
		reading.Arms = append(reading.Arms, experiment.ArmReading{Arm: arm, Units: 3, Metrics: []stats.Pair{{X: m}}})
	}
	r, err = plan.Analyze(reading)
	require.NoError(t, err)
	require.Empty(t, r.Verdict.Winner, "of 20 ways to deal six units two are as extreme: p = 0.1")
}

// A comparison that could not be made says so in JSON and has no p value.
func TestIncomparableJSON(t *testing.T) {
	r, err := rateplan.Analyze(rates([]int64{100, 0}, []int64{100, 0}))
	require.NoError(t, err)
	src, err := json.Marshal(r)
	require.NoError(t, err)
	var form struct {
		Metrics []struct{ Comparisons []map[string]any }
	}
	require.NoError(t, json.Unmarshal(src, &form))
	require.Contains(t, form.Metrics[0].Comparisons[0]["error"], "zero variance")
	require.Len(t, form.Metrics[0].Comparisons[0], 2)
}

// Coverage of 0 is nobody; without one it is everybody.
func TestCoverageZeroIsNobody(t *testing.T) {
	for want, coverage := range map[bool]*float64{true: nil, false: new(0.0)} {
		e := two
		e.Coverage = coverage
		for i := range 100 {
			require.Equal(t, want, assign(t, e, fmt.Sprint(i)).In)
		}
	}
	none, err := two.Reweigh(0, []float64{0.5, 0.5})
	require.NoError(t, err)
	require.False(t, assign(t, none, "anna").In)
	some, err := none.Reweigh(1, []float64{0.5, 0.5})
	require.NoError(t, err)
	require.True(t, assign(t, some, "anna").In)
}

// Experiments of one namespace share no person.
func TestNamespacesAreApart(t *testing.T) {
	in := func(id experiment.ID, unit string, from, to float64) experiment.Experiment {
		return experiment.Experiment{ID: id, Unit: unit, Arms: two.Arms, Namespace: &experiment.Namespace{ID: "n", From: from, To: to}}
	}
	_, err := experiment.Compile(in("E", "", 0, 0.5), in("F", experiment.ByCustomer, 0.5, 1))
	require.NoError(t, err)
	for field, other := range map[string]experiment.Experiment{"unit": in("F", experiment.ByVisitor, 0.5, 1), "namespace": in("F", "", 0.4, 1)} {
		_, err := experiment.Compile(in("E", "", 0, 0.5), other)
		var definition *experiment.DefinitionError
		require.ErrorAs(t, err, &definition)
		require.Equal(t, field, definition.Field)
	}
}
