package experiment

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// Health is what may be watched while an experiment runs, without spoiling it:
// everything but the goal.
type Health struct {
	Units int64 `json:"units"`
	// Analyzed are those of them whose outcome of the goal is known; they are
	// compared with Required.
	Analyzed int64 `json:"analyzed_units"`
	Required int64 `json:"required"`
	// SampleRatioP holds however often it is looked at; below the plan's
	// SampleRatioAlpha the assignment is broken.
	SampleRatioP float64 `json:"sample_ratio_p"`
	// Guardrails are compared by intervals that hold however often they are
	// looked at.
	Guardrails []MetricReport `json:"guardrails,omitempty"`
	// Stop reports that going on does harm or is in vain, and Reasons say why.
	Stop    bool     `json:"stop"`
	Reasons []string `json:"reasons,omitempty"`
}

// Monitor checks the sample ratio and the guardrails, as often as wanted.
func (s *Study) Monitor(at time.Time, reading Reading) (Health, error) {
	watch := s.plan
	watch.Design, watch.Alpha = AlwaysValid, s.plan.Alpha
	report, err := watch.Analyze(reading)
	if err != nil {
		return Health{}, err
	}
	h := Health{Units: report.Units(), Analyzed: report.Analyzed, Required: s.required.Units}
	if h.SampleRatioP, err = s.watchRatio(&report); err != nil {
		return Health{}, err
	}
	if h.SampleRatioP < s.plan.SampleRatioAlpha {
		h.Stop = true
		h.Reasons = append(h.Reasons, fmt.Sprintf("the sample ratio is broken (p = %.2g at any time)", h.SampleRatioP))
	}
	for _, m := range report.Metrics {
		if !m.Guardrail {
			continue
		}
		h.Guardrails = append(h.Guardrails, m)
		for _, c := range m.Comparisons {
			if c.Err == nil && c.Safety == Harmed {
				h.Stop = true
				h.Reasons = append(h.Reasons, fmt.Sprintf("%s does harm to %s: %s", c.Arm, m.Metric.Name, effect(c.Result)))
			}
		}
	}
	text := fmt.Sprintf("%d of %d units, nothing in the way", h.Analyzed, h.Required)
	if h.Stop {
		text = h.Reasons[0]
	}
	s.append(Entry{At: at, Kind: Monitored, Units: h.Units, Text: text, SampleRatioP: &h.SampleRatioP})
	return h, nil
}

// watchRatio is the sequential sample-ratio check over all looks up to now.
func (s *Study) watchRatio(report *Report) (float64, error) {
	observed := make([]int64, len(report.Arms))
	for i, a := range report.Arms {
		observed[i] = a.Units
	}
	watch := stats.SampleRatioSequence{Alpha: s.plan.SampleRatioAlpha}
	evidence, err := watch.Look(observed, s.plan.Experiment.Weights())
	if err != nil {
		return 0, fmt.Errorf("experiment: %q: %w", s.plan.Experiment.ID, err)
	}
	p := evidence.P
	for _, e := range s.log {
		if e.SampleRatioP != nil {
			p = min(p, *e.SampleRatioP)
		}
	}
	return p, nil
}

// Novelty is [Plan.Novelty] of the study. It shows the goal, so that it counts
// as a [Study.Look] unless the design allows looking at any time or the planned
// units are there.
func (s *Study) Novelty(at time.Time, cohorts []CohortReading) ([]Drift, error) {
	drift, err := s.plan.Novelty(cohorts)
	if err != nil {
		return nil, err
	}
	e := Entry{At: at, Kind: Monitored, Text: "no change of the effect over time shows"}
	for _, c := range cohorts {
		e.Units += c.Reading.Units()
	}
	for _, d := range drift {
		if d.P < s.plan.alphaPerArm() {
			e.Text = fmt.Sprintf("the effect of %s changes from %+.3g to %+.3g (p = %.2g)", d.Arm, d.Early.Estimate, d.Late.Estimate, d.P)
		}
	}
	if s.plan.Design != AlwaysValid && e.Units < s.required.Units {
		e.Kind = Looked
	}
	s.append(e)
	return drift, nil
}
