package experiment

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// Analyse compares the arms of a reading by the method that the design allows
// and concludes. Look is the number of the look of a [GroupSequential] design,
// from 0. It is the pure part of a [Study], which keeps the book that makes a
// conclusion trustworthy. The error matches [flywheel.ErrInvalid] where the plan
// or the reading cannot be analysed, above all where nobody has been exposed.
func (p Plan) Analyse(reading Reading, look int) (Report, error) {
	p, err := p.normal()
	if err != nil {
		return Report{}, err
	}
	if err := p.fits(&reading); err != nil {
		return Report{}, err
	}
	report := Report{Experiment: p.Experiment.ID, Design: p.Design, Alpha: p.Alpha, PlannedUnits: p.plannedUnits(), Reading: reading.clone()}
	observed := make([]int64, len(report.Arms))
	for i, a := range report.Arms {
		observed[i] = a.Units
	}
	report.SampleRatio, err = stats.SampleRatio{Alpha: p.SampleRatioAlpha}.Test(observed, p.Experiment.Weights())
	if err != nil {
		return Report{}, fmt.Errorf("experiment: %q: %w", p.Experiment.ID, err)
	}
	var looks stats.Looks
	if p.Design == GroupSequential {
		if looks, err = p.looks(); err != nil {
			return Report{}, err
		}
		look = min(max(look, 0), len(looks.Z)-1)
	}
	for i, m := range p.metrics() {
		mr := MetricReport{Metric: m}
		if guard := i - 1; guard >= 0 && guard < len(p.Guardrails) {
			mr.Guardrail, mr.Margin = true, p.Guardrails[guard].Margin
		}
		for arm := 1; arm < len(report.Arms); arm++ {
			c := Comparison{Arm: report.Arms[arm].Arm, AdjustedP: 1}
			c.Result, c.Err = p.compare(m, report.Arms[0].Metrics[i], report.Arms[arm].Metrics[i])
			if c.Err == nil {
				c.Err = p.redesign(&c, m, &report, looks, look)
			}
			mr.Comparisons = append(mr.Comparisons, c)
		}
		p.conclude(&mr, looks, look)
		report.Metrics = append(report.Metrics, mr)
	}
	report.Verdict = p.judge(&report, look)
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

// due is the number of units at which a look is due.
func (p *Plan) due(look int, planned int64) int64 {
	shares := stats.EqualLooks(p.Looks)
	return int64(math.Ceil(shares[min(look, len(shares)-1)] * float64(planned)))
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
		return stats.TwoProportions{Alpha: p.Alpha}.Test(proportion(control.X), proportion(treatment.X))
	default:
		return stats.Welch{Alpha: p.Alpha}.Test(control.X.Sample(), treatment.X.Sample())
	}
}

// proportion reads the moments of ones and zeros.
func proportion(m stats.Moments) stats.Proportion {
	return stats.Proportion{Successes: int64(math.Round(m.Sum())), Trials: m.N}
}

// redesign makes a comparison valid under the design.
func (p *Plan) redesign(c *Comparison, m Metric, report *Report, looks stats.Looks, look int) (err error) {
	switch p.Design {
	case AlwaysValid:
		c.Result, err = stats.ConfidenceSequence{Alpha: p.Alpha, PlannedUnits: float64(report.PlannedUnits)}.Widen(c.Result)
	case GroupSequential:
		e := &c.Result.Absolute
		e.Lower, e.Upper, err = looks.Repeated(look, e.Estimate, e.StandardError)
		if r := c.Result.Relative; r != nil && err == nil {
			r.Lower, r.Upper, err = looks.Repeated(look, r.Estimate, r.StandardError)
		}
	case Bayesian:
		var posterior stats.BayesianResult
		posterior, err = stats.Bayesian{Alpha: p.Alpha, LowerIsBetter: m.LowerIsBetter}.After(c.Result)
		c.Bayes = &posterior
	}
	return err
}

// conclude adds to the comparisons of a metric what the design makes of them.
func (p *Plan) conclude(m *MetricReport, looks stats.Looks, look int) {
	adjust(m.Comparisons)
	for i := range m.Comparisons {
		c := &m.Comparisons[i]
		if c.Err != nil {
			continue
		}
		e := c.Result.Absolute
		c.Better = e.Estimate != 0 && (e.Estimate > 0) != m.Metric.LowerIsBetter
		switch p.Design {
		case GroupSequential:
			c.Shown = math.Abs(e.Statistic) >= looks.Z[look]
		case Bayesian:
			chance := c.Bayes.Absolute.ChanceToWin
			c.Shown = max(chance, 1-chance) > 1-p.alphaPerArm()/2
		default:
			c.Shown = c.AdjustedP < p.Alpha
		}
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

// adjust corrects the p values of the arms of one metric by Holm's procedure. A
// comparison that could not be made takes no part.
func adjust(comparisons []Comparison) {
	var p []float64
	for _, c := range comparisons {
		if c.Err == nil {
			p = append(p, c.Result.Absolute.P)
		}
	}
	adjusted, err := stats.Holm.Adjust(p)
	for i := range comparisons {
		if err == nil && comparisons[i].Err == nil {
			comparisons[i].AdjustedP, adjusted = adjusted[0], adjusted[1:]
		}
	}
}
