package experiment

import (
	"fmt"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// Report is the reading of an experiment at one moment.
type Report struct {
	Experiment ID
	Alpha      float64
	// PlannedUnits is the number of units at which the reading was planned.
	PlannedUnits int64
	// Arms are the exposed units by arm, control first.
	Arms []ArmReport
	// Crossed counts units that saw two arms; they are left out.
	Crossed int64
	// Early counts outcomes before the unit's exposure; they are left out.
	Early int64
	// Foreign counts values in another currency than the metric's; they are
	// left out.
	Foreign int64
	// Strange counts exposures to arms that the experiment does not have.
	Strange int64
	// SampleRatio is checked before anything else is believed.
	SampleRatio stats.SampleRatioResult
	// Metrics are the comparisons, the goal first.
	Metrics []MetricReport
	Verdict Verdict
}

// ArmReport is what an arm's units did.
type ArmReport struct {
	Arm   string
	Units int64
	// Metrics are the moments over the units, in the order of Report.Metrics.
	Metrics []stats.Moments
}

// MetricReport compares the arms by one metric.
type MetricReport struct {
	Metric      Metric
	Comparisons []Comparison
}

// Comparison is a treatment beside the control.
type Comparison struct {
	Arm    string
	Result stats.Result
	// AdjustedP is the p value corrected for the number of treatments (Holm).
	AdjustedP float64
	// Err says why no comparison was possible, such as an empty arm.
	Err error
}

// State is what a verdict comes to.
type State string

// States of a verdict.
const (
	// Broken: the sample ratio is not what was set. Nothing can be concluded.
	Broken State = "broken"
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
	State State
	// Winner is the arm that won, empty without one.
	Winner string
	// Reason is the sentence that explains State.
	Reason string
	// Warnings are what a careful reader should know besides.
	Warnings []string
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

// Units returns the number of units that the report is about.
func (r *Report) Units() int64 {
	var n int64
	for _, a := range r.Arms {
		n += a.Units
	}
	return n
}

// judge concludes from a filled report.
func (r *Readout) judge(report *Report) Verdict {
	v := Verdict{Warnings: warnings(report)}
	goal := &report.Metrics[0]
	switch units := report.Units(); {
	case report.SampleRatio.Mismatch:
		v.State = Broken
		v.Reason = fmt.Sprintf("the arms do not have the sizes that were set (p = %.2g); find the cause before anything is concluded", report.SampleRatio.P)
		return v
	case units < report.PlannedUnits:
		v.State = Early
		v.Reason = fmt.Sprintf("%d of %d planned units have been exposed; a difference that shows early often goes away", units, report.PlannedUnits)
		return v
	}
	// The best of the treatments that differ, ties to the earlier one.
	best, worse, compared := -1, 0, 0
	for i, c := range goal.Comparisons {
		if c.Err != nil {
			continue
		}
		compared++
		if c.AdjustedP >= report.Alpha {
			continue
		}
		if (c.Result.Absolute.Estimate > 0) == goal.Metric.LowerIsBetter {
			worse++
			continue
		}
		if best < 0 || (c.Result.Absolute.Estimate > goal.Comparisons[best].Result.Absolute.Estimate) != goal.Metric.LowerIsBetter {
			best = i
		}
	}
	switch {
	case best >= 0:
		c := &goal.Comparisons[best]
		v.State, v.Winner = TreatmentWins, c.Arm
		v.Reason = fmt.Sprintf("%s differs from the control in %s by %s (p = %.2g)", c.Arm, goal.Metric.Name, effect(c.Result), c.AdjustedP)
	case worse > 0 && worse == compared && compared == len(goal.Comparisons):
		v.State, v.Winner = ControlWins, report.Arms[0].Arm
		v.Reason = fmt.Sprintf("every treatment does worse than the control in %s", goal.Metric.Name)
	case compared == 0:
		v.State = Undecided
		v.Reason = fmt.Sprintf("%s cannot be compared: %v", goal.Metric.Name, goal.Comparisons[0].Err)
	default:
		v.State = Undecided
		v.Reason = fmt.Sprintf("no difference in %s could be shown at the level of %g", goal.Metric.Name, report.Alpha)
	}
	return v
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
	if report.PlannedUnits == 0 {
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
