package experiment

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// Analyze compares the arms of a reading by the method that the design allows
// and concludes. Before are the analyzed units at each earlier look of a
// [GroupSequential] design: its critical values belong to the information that
// the looks had, not to their number (Lan and DeMets, 1983, Biometrika 70,
// 659-663). It is the pure part of a [Study], which keeps the book that makes a
// conclusion trustworthy. The error matches [flywheel.ErrInvalid] where the plan
// or the reading cannot be analyzed, above all where nobody has been exposed.
func (p Plan) Analyze(reading Reading, before ...int64) (Report, error) {
	p, err := p.normal()
	if err != nil {
		return Report{}, err
	}
	if err := p.fits(&reading); err != nil {
		return Report{}, err
	}
	report := Report{Experiment: p.Experiment.ID, Design: p.Design, Alpha: p.Alpha, PlannedUnits: p.plannedUnits(), Reading: reading.clone()}
	report.Analyzed = report.analyzed()
	if report.SampleRatio, err = p.sampleRatio(&report); err != nil {
		return Report{}, fmt.Errorf("experiment: %q: %w", p.Experiment.ID, err)
	}
	var now look
	if p.Design == GroupSequential {
		if now, err = p.lookAt(&report, before); err != nil {
			return Report{}, err
		}
	}
	for i, m := range p.metrics() {
		mr := MetricReport{Metric: m}
		if guard := i - 1; guard >= 0 && guard < len(p.Guardrails) {
			mr.Guardrail, mr.Margin = true, p.Guardrails[guard].Margin
		}
		for arm := 1; arm < len(report.Arms); arm++ {
			c := Comparison{Arm: report.Arms[arm].Arm, AdjustedP: 1}
			c.Result, c.Err = p.atLevel(p.intervalAlpha()).compare(m, report.Arms[0].Metrics[i], report.Arms[arm].Metrics[i])
			if c.Err == nil {
				c.Err = p.redesign(&c, m, &report, &now)
			}
			mr.Comparisons = append(mr.Comparisons, c)
		}
		p.conclude(&mr, &now)
		if err := p.matchIntervals(&mr, &report, i); err != nil {
			return Report{}, err
		}
		report.Metrics = append(report.Metrics, mr)
	}
	report.Verdict = p.judge(&report, &now)
	return report, nil
}

// fits refuses a reading of another experiment.
func (p *Plan) fits(reading *Reading) error {
	want := Reading{}
	for _, a := range p.Experiment.Arms {
		want.Arms = append(want.Arms, ArmReading{Arm: a.ID, Metrics: make([]stats.Pair, len(p.metrics()))})
	}
	return want.same(*reading)
}

// plannedUnits is the number at which the experiment is concluded, 0 without.
func (p *Plan) plannedUnits() int64 {
	if p.Units > 0 || p.MinimumEffect == 0 {
		return p.Units
	}
	units, err := p.sampleSize()
	if err != nil {
		return 0
	}
	return units
}

// compare compares two arms by one metric as if it were looked at once.
func (p *Plan) compare(m Metric, control, treatment stats.Pair) (stats.Result, error) {
	switch {
	case m.Per != "":
		a, err := control.RatioSample()
		if err != nil {
			return stats.Result{}, err
		}
		b, err := treatment.RatioSample()
		if err != nil {
			return stats.Result{}, err
		}
		return stats.Welch{Alpha: p.Alpha, LargeSample: true}.Test(a, b)
	case m.Before > 0:
		r, err := stats.CUPED{Alpha: p.Alpha}.Test(control, treatment)
		return r.Result, err
	case m.Kind == Conversion && p.Design == AlwaysValid:
		// The confidence sequence is about means; a rate is the mean of ones
		// and zeros.
		return stats.Welch{Alpha: p.Alpha, LargeSample: true}.Test(proportion(control.X).Sample(), proportion(treatment.X).Sample())
	case m.Kind == Conversion:
		return p.compareRates(proportion(control.X), proportion(treatment.X))
	default:
		return stats.Welch{Alpha: p.Alpha}.Test(control.X.Sample(), treatment.X.Sample())
	}
}

// proportion reads the moments of ones and zeros.
func proportion(m stats.Moments) stats.Proportion {
	return stats.Proportion{Successes: int64(math.Round(m.Sum())), Trials: m.N}
}

// redesign makes a comparison valid under the design.
func (p *Plan) redesign(c *Comparison, m Metric, report *Report, now *look) (err error) {
	switch p.Design {
	case AlwaysValid:
		c.Result, err = stats.ConfidenceSequence{Alpha: p.intervalAlpha(), PlannedUnits: float64(report.PlannedUnits)}.Widen(c.Result)
	case GroupSequential:
		e := &c.Result.Absolute
		e.Lower, e.Upper, err = now.looks.Repeated(now.index, e.Estimate, e.StandardError)
		if r := c.Result.Relative; r != nil && err == nil {
			r.Lower, r.Upper, err = now.looks.Repeated(now.index, r.Estimate, r.StandardError)
		}
	case Bayesian:
		var posterior stats.BayesianResult
		posterior, err = stats.Bayesian{Alpha: p.Alpha, LowerIsBetter: m.LowerIsBetter}.After(c.Result)
		c.Bayes = &posterior
	}
	return err
}

// conclude adds to the comparisons of a metric what the design makes of them.
func (p *Plan) conclude(m *MetricReport, now *look) {
	p.adjust(m.Comparisons)
	for i := range m.Comparisons {
		c := &m.Comparisons[i]
		if c.Err != nil {
			continue
		}
		e := c.Result.Absolute
		c.Better = e.Estimate != 0 && (e.Estimate > 0) != m.Metric.LowerIsBetter
		switch p.Design {
		case GroupSequential:
			c.Shown = !now.spent && math.Abs(e.Statistic) >= now.looks.Z[now.index]
		case Bayesian:
			chance := c.Bayes.Absolute.ChanceToWin
			c.Shown = max(chance, 1-chance) > 1-p.alphaPerArm()/2
		default:
			c.Shown = c.AdjustedP < p.Alpha
		}
		c.Shown = c.Shown && leastP(m.Metric, &c.Result) < p.alphaPerArm()
		if m.Guardrail {
			c.Safety = safety(c, m.Metric.LowerIsBetter, m.Margin)
		}
	}
}

// safety reads a guardrail off the interval of the loss.
func safety(c *Comparison, lowerIsBetter bool, margin float64) Safety {
	e := c.Result.Absolute
	bound := -margin * math.Abs(c.Result.Control.Mean) // the change that would be borne
	worst, best := e.Lower, e.Upper
	if lowerIsBetter {
		worst, best = -e.Upper, -e.Lower
	}
	switch {
	case best < 0:
		return Harmed
	case worst > bound:
		return Safe
	default:
		return Unclear
	}
}

// atLevel is the plan at another level.
func (p *Plan) atLevel(alpha float64) *Plan {
	other := *p
	other.Alpha = alpha
	return &other
}

// intervalAlpha is the level at which an interval is computed at first. Intervals
// that hold at any time share alpha evenly among the treatments (Bonferroni), as
// their p values do.
func (p *Plan) intervalAlpha() float64 {
	if p.Design == AlwaysValid {
		return p.alphaPerArm()
	}
	return p.Alpha
}

// matchIntervals computes the intervals of a fixed horizon with several treatments
// at the level of Holm's step at which each was decided, so that an interval
// excludes zero just where its corrected p value is below alpha.
func (p *Plan) matchIntervals(m *MetricReport, report *Report, metric int) error {
	if p.Design != FixedHorizon || len(m.Comparisons) < 2 {
		return nil
	}
	var order []int
	for i := range m.Comparisons {
		if m.Comparisons[i].Err == nil {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(m.Comparisons[a].Result.Absolute.P, m.Comparisons[b].Result.Absolute.P)
	})
	step := 0
	for _, i := range order {
		c := &m.Comparisons[i]
		alpha := p.Alpha / float64(len(order)-step)
		if c.AdjustedP < p.Alpha {
			step++
		}
		r, err := p.atLevel(alpha).compare(m.Metric, report.Arms[0].Metrics[metric], report.Arms[i+1].Metrics[metric])
		if err != nil {
			return fmt.Errorf("experiment: %q: %w", p.Experiment.ID, err)
		}
		c.Result = r
	}
	return nil
}

// adjust corrects the p values of the arms of one metric by Holm's procedure, or
// by Bonferroni's where intervals hold at any time. A comparison that could not be
// made takes no part.
func (p *Plan) adjust(comparisons []Comparison) {
	procedure := stats.Holm
	if p.Design == AlwaysValid {
		procedure = stats.Bonferroni
	}
	var ps []float64
	for _, c := range comparisons {
		if c.Err == nil {
			ps = append(ps, c.Result.Absolute.P)
		}
	}
	adjusted, err := procedure.Adjust(ps)
	for i := range comparisons {
		if err == nil && comparisons[i].Err == nil {
			comparisons[i].AdjustedP, adjusted = adjusted[0], adjusted[1:]
		}
	}
}
