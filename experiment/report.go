package experiment

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// Report is the analysis of a reading.
type Report struct {
	Experiment ID      `json:"experiment"`
	Design     Design  `json:"design"`
	Alpha      float64 `json:"alpha"`
	// PlannedUnits is the number of units at which the reading was planned.
	PlannedUnits int64 `json:"planned_units,omitempty"`
	Reading
	// Analyzed is the number of units whose outcome of the goal is known: those
	// whose window is over. They are what is due and what is compared.
	Analyzed int64 `json:"analyzed_units"`
	// SampleRatio is checked before anything else is believed. In a design that
	// is read more than once its P holds at every reading.
	SampleRatio stats.SampleRatioResult `json:"sample_ratio"`
	// Metrics are the comparisons: the goal, the guardrails, the others.
	Metrics []MetricReport `json:"metrics"`
	Verdict Verdict        `json:"verdict"`
}

// MetricReport compares the arms by one metric.
type MetricReport struct {
	Metric Metric `json:"metric"`
	// Guardrail reports that the metric must not be harmed; Margin is the loss
	// that would be borne.
	Guardrail   bool         `json:"guardrail,omitempty"`
	Margin      float64      `json:"margin,omitempty"`
	Comparisons []Comparison `json:"comparisons"`
}

// Comparison is a treatment beside the control.
type Comparison struct {
	Arm string `json:"arm"`
	// Result has the intervals and p values that the design allows: wider ones
	// where it may be looked at more than once.
	Result stats.Result `json:"result"`
	// AdjustedP is the p value corrected for the number of treatments: by Holm's
	// procedure, in an [AlwaysValid] design by Bonferroni's. The intervals are
	// corrected alike.
	AdjustedP float64 `json:"adjusted_p"`
	// Bayes is the posterior of a [Bayesian] design.
	Bayes *stats.BayesianResult `json:"bayes,omitempty"`
	// Shown reports that the design's rule holds the arms for different, and
	// Better that the treatment is on the good side.
	Shown  bool `json:"shown"`
	Better bool `json:"better"`
	// Safety is what a guardrail says.
	Safety Safety `json:"safety,omitempty"`
	// Err says why no comparison was possible, such as an empty arm.
	Err error `json:"-"`
}

// Safety is what is known of a guardrail.
type Safety string

// Safeties.
const (
	Safe    Safety = "safe"    // a loss beyond the margin is excluded
	Harmed  Safety = "harmed"  // the treatment does worse
	Unclear Safety = "unclear" // neither can be excluded
)

// State is what a verdict comes to.
type State string

// States of a verdict.
const (
	// Broken: the sample ratio is not what was set. Nothing can be concluded.
	Broken State = "broken"
	// LookedEarly: the goal of a fixed horizon was looked at before, at another
	// time than its end, so that the level of the test does not hold any more.
	LookedEarly State = "looked_early"
	// GuardrailHarmed: the treatment that would win does harm elsewhere.
	GuardrailHarmed State = "guardrail_harmed"
	// Early: fewer units than planned. A look is not a result.
	Early State = "early"
	// Undecided: no difference of the goal could be shown.
	Undecided State = "undecided"
	// TreatmentWins: a treatment is better than the control.
	TreatmentWins State = "treatment_wins"
	// ControlWins: every treatment that differs from the control is worse.
	ControlWins State = "control_wins"
)

// Verdict is what to conclude and why, in words.
type Verdict struct {
	State State `json:"state"`
	// Winner is the arm that won, empty without one.
	Winner string `json:"winner,omitempty"`
	// Reason is the sentence that explains State.
	Reason string `json:"reason"`
	// Warnings are what a careful reader should know besides.
	Warnings []string `json:"warnings,omitempty"`
}

// Winner returns the arm that won. Where there is none, and above all where the
// sample ratio is broken, the error is a [*NoWinnerError] matching
// [ErrNoWinner].
func (r *Report) Winner() (string, error) {
	if r.Verdict.Winner == "" {
		return "", &NoWinnerError{Experiment: r.Experiment, Verdict: r.Verdict}
	}
	return r.Verdict.Winner, nil
}

// judge concludes from a filled report.
func (p *Plan) judge(report *Report, now *look) Verdict {
	v := Verdict{Warnings: warnings(report)}
	goal := &report.Metrics[0]
	due := report.PlannedUnits
	if p.Design == GroupSequential {
		due = now.due
	}
	switch units := report.Analyzed; {
	case report.SampleRatio.Mismatch:
		v.State = Broken
		v.Reason = fmt.Sprintf("the arms do not have the sizes that were set (p = %.2g); find the cause before anything is concluded", report.SampleRatio.P)
		return v
	case units < due && p.Design != AlwaysValid:
		v.State = Early
		v.Reason = fmt.Sprintf("%d of %d planned units have an outcome; a difference that shows early often goes away", units, due)
		return v
	}
	// The best of the treatments that differ, ties to the earlier one.
	best, worse, compared := -1, 0, 0
	for i, c := range goal.Comparisons {
		switch {
		case c.Err != nil:
			continue
		case c.Shown && !c.Better:
			worse++
		case c.Shown && (best < 0 || (c.Result.Absolute.Estimate > goal.Comparisons[best].Result.Absolute.Estimate) != goal.Metric.LowerIsBetter):
			best = i
		}
		compared++
	}
	switch {
	case best >= 0:
		c := &goal.Comparisons[best]
		if harm := report.harm(best); harm != "" {
			v.State = GuardrailHarmed
			v.Reason = fmt.Sprintf("%s is better in %s, but %s", c.Arm, goal.Metric.Name, harm)
			return v
		}
		v.State, v.Winner = TreatmentWins, c.Arm
		v.Reason = fmt.Sprintf("%s differs from the control in %s by %s (%s)", c.Arm, goal.Metric.Name, effect(c.Result), c.evidence())
	case worse > 0 && worse == compared && compared == len(goal.Comparisons):
		v.State, v.Winner = ControlWins, report.Arms[0].Arm
		v.Reason = fmt.Sprintf("every treatment does worse than the control in %s", goal.Metric.Name)
	case compared == 0:
		v.State = Undecided
		v.Reason = fmt.Sprintf("%s cannot be compared: %v", goal.Metric.Name, goal.Comparisons[0].Err)
	default:
		v.State = Undecided
		v.Reason = goal.standstill(report.Alpha)
	}
	if now.spent && v.State != ControlWins {
		v.Reason += "; an earlier look at all of the planned units has used up the level"
	}
	return v
}

// standstill says what is known where neither a treatment nor the control wins.
func (m *MetricReport) standstill(alpha float64) string {
	var worse, same []string
	for i := range m.Comparisons {
		c := &m.Comparisons[i]
		switch {
		case c.Err != nil:
		case c.Shown:
			worse = append(worse, fmt.Sprintf("%s (%s)", c.Arm, c.evidence()))
		default:
			same = append(same, c.Arm)
		}
	}
	if len(worse) == 0 {
		return fmt.Sprintf("no difference in %s could be shown at the level of %g", m.Metric.Name, alpha)
	}
	text := fmt.Sprintf("worse than the control in %s: %s", m.Metric.Name, strings.Join(worse, ", "))
	if len(same) > 0 {
		text += "; no difference could be shown for " + strings.Join(same, ", ")
	}
	return text
}

// MarshalJSON writes a comparison that could not be made with its error and
// without a result.
func (c Comparison) MarshalJSON() ([]byte, error) {
	if c.Err != nil {
		return json.Marshal(struct {
			Arm   string `json:"arm"`
			Error string `json:"error"`
		}{c.Arm, c.Err.Error()})
	}
	type plain Comparison
	return json.Marshal(plain(c))
}

// harm names a guardrail that the treatment harms, empty for none.
func (r *Report) harm(treatment int) string {
	for _, m := range r.Metrics {
		if c := m.Comparisons[treatment]; c.Safety == Harmed {
			return fmt.Sprintf("does harm to %s: %s", m.Metric.Name, effect(c.Result))
		}
	}
	return ""
}

func (c *Comparison) evidence() string {
	if c.Bayes != nil {
		return fmt.Sprintf("chance to win %.1f %%", 100*c.Bayes.Absolute.ChanceToWin)
	}
	return fmt.Sprintf("p = %.2g", c.AdjustedP)
}

// effect tells the relative effect with its interval, or else the absolute one.
func effect(r stats.Result) string {
	if e := r.Relative; e != nil {
		return fmt.Sprintf("%+.1f %% [%+.1f, %+.1f]", 100*e.Estimate, 100*e.Lower, 100*e.Upper)
	}
	e := r.Absolute
	return fmt.Sprintf("%+.3g [%+.3g, %+.3g]", e.Estimate, e.Lower, e.Upper)
}

func warnings(report *Report) []string {
	var list []string
	add := func(n int64, format string) {
		if n > 0 {
			list = append(list, fmt.Sprintf(format, n))
		}
	}
	if report.PlannedUnits == 0 && report.Design != AlwaysValid {
		list = append(list, "no number of units was planned; reading more than once finds differences that are not there")
	}
	add(report.Crossed, "%d units saw two arms and were left out")
	add(report.Strange, "%d exposures name an arm that the experiment does not have")
	add(report.Foreign, "%d values are in another currency and were left out")
	for _, w := range report.SampleRatio.Warnings {
		list = append(list, w.Text)
	}
	for _, m := range report.Metrics {
		for _, c := range m.Comparisons {
			if c.Err != nil {
				list = append(list, fmt.Sprintf("%s of %s cannot be compared: %v", m.Metric.Name, c.Arm, c.Err))
			}
			for _, w := range c.Result.Warnings {
				list = append(list, fmt.Sprintf("%s of %s: %s", m.Metric.Name, c.Arm, w.Text))
			}
		}
	}
	return list
}
