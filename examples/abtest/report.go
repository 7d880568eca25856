package main

import (
	"fmt"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/stats"
	"github.com/flywheel-go/flywheel/internal/normal"
)

// text is the report for people.
func (a *analysis) text() string {
	var s strings.Builder
	r := &a.report
	fmt.Fprintf(&s, "%s: %s units in %d arms\n\n", a.table.name, thousands(r.Units()), len(r.Arms))
	a.split(&s)
	for i := range r.Metrics {
		a.metric(&s, i)
	}
	a.byPairs(&s)
	fmt.Fprintf(&s, "What to do\n  %s\n  Why: %s.\n", a.advice(), r.Verdict.Reason)
	for _, w := range r.Verdict.Warnings {
		fmt.Fprintf(&s, "  Note: %s.\n", w)
	}
	lines := strings.Split(s.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

// split reports whether the arms have the sizes that were planned.
func (a *analysis) split(s *strings.Builder) {
	r := &a.report
	answer := "yes"
	if r.SampleRatio.Mismatch {
		answer = "NO"
	}
	fmt.Fprintf(s, "Sample ratio: are the arms as large as planned? %s (p = %.2g)\n", answer, r.SampleRatio.P)
	w := tabwriter.NewWriter(s, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\tarm\tunits\tplanned\t\n")
	for i, arm := range r.Arms {
		fmt.Fprintf(w, "\t%s\t%s\t%s\t\n", arm.Arm, thousands(arm.Units), thousands(int64(math.Round(r.SampleRatio.Expected[i]))))
	}
	w.Flush()
	s.WriteString("\n")
}

func (a *analysis) metric(s *strings.Builder, i int) {
	r, m := &a.report, &a.report.Metrics[i]
	title := m.Metric.Name
	if i == 0 {
		title += ", the goal"
	}
	if r.SampleRatio.Mismatch {
		title += " (not to be trusted)"
	}
	fmt.Fprintln(s, title)
	percent := a.opts.metrics[i].kind == binary
	w := tabwriter.NewWriter(s, 0, 0, 2, ' ', tabwriter.AlignRight)
	last := "p\tcorrected p"
	if r.Design == experiment.Bayesian {
		last = "chance to win\trisk"
	}
	fmt.Fprintf(w, "\tarm\tvalue\tdifference\t%s\trelative\t%s\t\n", a.intervalName(), last)
	control := r.Arms[0]
	fmt.Fprintf(w, "\t%s\t%s\t\t\t\t\t\t\n", control.Arm, number(valueOf(m.Metric, control.Metrics[i]), percent))
	for j, c := range m.Comparisons {
		arm := r.Arms[j+1]
		if c.Err != nil {
			fmt.Fprintf(w, "\t%s\t%s\tnot comparable: %v\t\t\t\t\t\n", arm.Arm, number(valueOf(m.Metric, arm.Metrics[i]), percent), c.Err)
			continue
		}
		e := c.Result.Absolute
		relative := ""
		if c.Result.Relative != nil {
			relative = fmt.Sprintf("%+.1f %%", 100*c.Result.Relative.Estimate)
		}
		last := fmt.Sprintf("%.2g\t%.2g", e.P, c.AdjustedP)
		if c.Bayes != nil {
			last = fmt.Sprintf("%.1f %%\t%s", 100*c.Bayes.Absolute.ChanceToWin, number(c.Bayes.Absolute.RiskTreatment, percent))
		}
		fmt.Fprintf(w, "\t%s\t%s\t%s\t[%s, %s]\t%s\t%s\t\n", arm.Arm, number(valueOf(m.Metric, arm.Metrics[i]), percent),
			signed(e.Estimate, percent), signed(e.Lower, percent), signed(e.Upper, percent), relative, last)
	}
	w.Flush()
	s.WriteString("\n")
}

// valueOf is an arm's value of a metric.
func valueOf(m experiment.Metric, p stats.Pair) float64 {
	if m.Per != "" && p.Y.Mean != 0 {
		return p.X.Mean / p.Y.Mean
	}
	return p.X.Mean
}

func (a *analysis) intervalName() string {
	level := fmt.Sprintf("%g %%", 100*(1-a.opts.alpha))
	switch a.report.Design {
	case experiment.AlwaysValid:
		return level + " at any time"
	default:
		return level + " interval"
	}
}

// advice says what to do in the words of somebody who has to do it.
func (a *analysis) advice() string {
	r := &a.report
	control := r.Arms[0].Arm
	switch r.Verdict.State {
	case experiment.Broken:
		return "Crown no winner. The split is not the one that was set, so something loses or doubles units in one arm\n" +
			"  (a redirect, bots, a crash, logging). Find it, repair it, and run the experiment again."
	case experiment.TreatmentWins:
		return fmt.Sprintf("Switch to %s.", r.Verdict.Winner)
	case experiment.ControlWins:
		return fmt.Sprintf("Keep %s.", control)
	case experiment.Early:
		return "Wait until the planned units are there."
	default:
		return fmt.Sprintf("Keep %s, or run a larger experiment: %s", control, a.reach())
	}
}

// reach reports which effect an experiment of this size would have found, by any
// one treatment whatever the others do: what the first step of the correction for
// several treatments asks for and then 0.84 standard errors, the 80 % quantile of
// the normal distribution.
func (a *analysis) reach() string {
	r := &a.report
	c := r.Metrics[0].Comparisons[0]
	base := math.Abs(valueOf(r.Metrics[0].Metric, r.Arms[0].Metrics[0]))
	half := normal.Quantile(1-r.Alpha/2/float64(len(r.Arms)-1)) * c.Result.Absolute.StandardError
	if r.Design == experiment.AlwaysValid {
		half = (c.Result.Absolute.Upper - c.Result.Absolute.Lower) / 2 // shared among the treatments already
	}
	found := half + normal.Quantile(0.8)*c.Result.Absolute.StandardError
	if c.Err != nil || base == 0 || !(found > 0) || math.IsInf(found, 0) {
		return "this one shows nothing."
	}
	return fmt.Sprintf("this one finds a change of %.1f %% four times in five, a smaller one less often.", 100*found/base)
}

func number(x float64, percent bool) string {
	if percent {
		return fmt.Sprintf("%.2f %%", 100*x)
	}
	return plain(x, "%.4g")
}

// plain writes a number in a form, but whole and with separators where the form
// would take an exponent.
func plain(x float64, form string) string {
	if a := math.Abs(x); a >= 999.5 && a < 1e15 {
		text := thousands(int64(math.Round(a)))
		if x < 0 {
			text = "-" + text
		} else if strings.Contains(form, "+") {
			text = "+" + text
		}
		return text
	}
	return fmt.Sprintf(form, x)
}

// signed writes a difference; those of rates are in percentage points.
func signed(x float64, percent bool) string {
	if percent {
		return fmt.Sprintf("%+.2f pp", 100*x)
	}
	return plain(x, "%+.3g")
}

func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// form is the report for programs.
type form struct {
	File   string            `json:"file"`
	Report experiment.Report `json:"report"`
	// Pairs and Best are of -pairs.
	Pairs  []pair `json:"pairs,omitempty"`
	Best   []best `json:"best,omitempty"`
	Winner string `json:"winner,omitempty"`
	// Refusal says why there is no winner.
	Refusal string `json:"refusal,omitempty"`
	Advice  string `json:"advice"`
}

func (a *analysis) form() form {
	f := form{File: a.table.name, Report: a.report, Pairs: a.pairs, Best: a.best, Advice: strings.ReplaceAll(a.advice(), "\n  ", " ")}
	winner, err := a.report.Winner()
	if f.Winner = winner; err != nil {
		f.Refusal = err.Error()
	}
	return f
}
