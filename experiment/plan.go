package experiment

import (
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment/stats"
)

// Design is when an experiment may be concluded.
type Design string

// Designs.
const (
	// FixedHorizon concludes once, when the planned units are there. Looking at
	// the goal before that spoils it.
	FixedHorizon Design = "fixed"
	// GroupSequential concludes at a few planned looks with alpha over all of
	// them: the recommended design for an experiment that may stop early.
	GroupSequential Design = "group_sequential"
	// AlwaysValid concludes at any time, at the price of power.
	AlwaysValid Design = "always_valid"
	// Bayesian concludes by the chance to win, once the planned units are there.
	Bayesian Design = "bayesian"
)

// Guardrail is a metric that a treatment must not harm.
type Guardrail struct {
	Metric Metric `json:"metric"`
	// Margin is the loss that would be borne, as a share of the control's mean,
	// such as 0.02. A treatment is safe when a greater loss is excluded.
	Margin float64 `json:"margin"`
}

// Plan is an experiment as it is thought out before it starts.
type Plan struct {
	Experiment Experiment `json:"experiment"`
	// Hypothesis says in words what is expected and why.
	Hypothesis string `json:"hypothesis,omitempty"`
	// Goal decides, Guardrails forbid, Secondary metrics are reported
	// beside.
	Goal       Metric      `json:"goal"`
	Guardrails []Guardrail `json:"guardrails,omitempty"`
	Secondary  []Metric    `json:"secondary,omitempty"`
	// Design is [FixedHorizon] when empty.
	Design Design `json:"design,omitempty"`
	// Looks is the number of looks of [GroupSequential], 5 when zero.
	Looks int `json:"looks,omitempty"`
	// Alpha is the chance, over all arms and looks together, to call a goal
	// different that is not; 0.05 when zero. Power is the chance to find
	// MinimumEffect; 0.8 when zero.
	Alpha float64 `json:"alpha,omitempty"`
	Power float64 `json:"power,omitempty"`
	// SampleRatioAlpha is the p value below which the sample ratio counts as
	// broken; 0.01 when zero.
	SampleRatioAlpha float64 `json:"sample_ratio_alpha,omitempty"`
	// Baseline and StandardDeviation are the goal's mean per unit in the
	// control and its spread, as far as known; a [Conversion] needs no spread.
	Baseline          float64 `json:"baseline,omitempty"`
	StandardDeviation float64 `json:"standard_deviation,omitempty"`
	// MinimumEffect is the smallest effect worth knowing of, as a share of
	// Baseline, such as 0.05.
	MinimumEffect float64 `json:"minimum_effect,omitempty"`
	// UnitsPerDay is how many units are exposed a day, for the duration.
	UnitsPerDay float64 `json:"units_per_day,omitempty"`
	// Units is how many units, all arms together, the experiment is concluded
	// at. Zero takes what Baseline and MinimumEffect require.
	Units int64 `json:"units,omitempty"`
}

// Required is how large and long an experiment has to be.
type Required struct {
	// Units are those of all arms together, PerArm those of each.
	Units  int64   `json:"units"`
	PerArm []int64 `json:"per_arm"`
	// Days is the duration, 0 where the plan does not say how many units come a
	// day. Weeks is Days in whole weeks, so that every weekday counts alike.
	Days  int `json:"days,omitempty"`
	Weeks int `json:"weeks,omitempty"`
	// Looks are the units at which a [GroupSequential] design looks.
	Looks []int64 `json:"looks,omitempty"`
}

// normal returns the plan with its defaults, or what is wrong with it.
func (p Plan) normal() (Plan, error) {
	if err := p.Experiment.Validate(); err != nil {
		return Plan{}, err
	}
	p.Experiment = p.Experiment.clone()
	if p.Experiment.Unit == "" {
		p.Experiment.Unit = ByCustomer
	}
	if p.Design == "" {
		p.Design = FixedHorizon
	}
	if !slices.Contains([]Design{FixedHorizon, GroupSequential, AlwaysValid, Bayesian}, p.Design) {
		return Plan{}, fmt.Errorf("experiment: design %q is unknown: %w", p.Design, flywheel.ErrInvalid)
	}
	for _, x := range [...]struct {
		name     string
		value    *float64
		standard float64
	}{{"alpha", &p.Alpha, 0.05}, {"power", &p.Power, 0.8}, {"sample ratio alpha", &p.SampleRatioAlpha, 0.01}} {
		if !(*x.value >= 0 && *x.value < 1) {
			return Plan{}, fmt.Errorf("experiment: %s %v: %w", x.name, *x.value, flywheel.ErrOutOfRange)
		}
		if *x.value == 0 {
			*x.value = x.standard
		}
	}
	if p.Looks == 0 {
		p.Looks = 5
	}
	switch {
	case p.Looks < 0 || p.Looks > 100:
		return Plan{}, fmt.Errorf("experiment: %d looks: %w", p.Looks, flywheel.ErrOutOfRange)
	case p.Units < 0:
		return Plan{}, fmt.Errorf("experiment: planned units %d: %w", p.Units, flywheel.ErrOutOfRange)
	}
	for name, x := range map[string]float64{
		"standard deviation": p.StandardDeviation, "minimum effect": p.MinimumEffect, "units per day": p.UnitsPerDay,
	} {
		if !(x >= 0) || math.IsInf(x, 0) {
			return Plan{}, fmt.Errorf("experiment: %s %v: %w", name, x, flywheel.ErrOutOfRange)
		}
	}
	p.Guardrails, p.Secondary = slices.Clone(p.Guardrails), slices.Clone(p.Secondary)
	for _, g := range p.Guardrails {
		if !(g.Margin >= 0 && g.Margin < 1) {
			return Plan{}, fmt.Errorf("experiment: guardrail %q: margin %v: %w", g.Metric.Name, g.Margin, flywheel.ErrOutOfRange)
		}
	}
	metrics := p.metrics()
	for i := range metrics {
		if err := metrics[i].validate(); err != nil {
			return Plan{}, err
		}
		if slices.IndexFunc(metrics, func(m Metric) bool { return m.Name == metrics[i].Name }) != i {
			return Plan{}, fmt.Errorf("experiment: metric %q is there twice: %w", metrics[i].Name, flywheel.ErrInvalid)
		}
	}
	return p, nil
}

// metrics lists the goal, the guardrails and the secondary metrics.
func (p *Plan) metrics() []Metric {
	list := []Metric{p.Goal}
	for _, g := range p.Guardrails {
		list = append(list, g.Metric)
	}
	return append(list, p.Secondary...)
}

// Require returns the units and the time that the experiment needs to find its
// MinimumEffect, with alpha shared evenly among the treatments (Bonferroni). The
// error matches [flywheel.ErrInvalid] or [flywheel.ErrOutOfRange] where the plan
// does not say enough or asks for the impossible.
func (p Plan) Require() (Required, error) {
	p, err := p.normal()
	if err != nil {
		return Required{}, err
	}
	units := p.Units
	if units == 0 {
		if units, err = p.sampleSize(); err != nil {
			return Required{}, err
		}
	}
	r := Required{Units: units}
	for _, w := range p.Experiment.Weights() {
		r.PerArm = append(r.PerArm, int64(math.Ceil(float64(units)*w)))
	}
	if p.UnitsPerDay > 0 {
		r.Days = int(math.Ceil(float64(units) / p.UnitsPerDay))
		r.Weeks = (r.Days + 6) / 7
	}
	if p.Design == GroupSequential {
		for _, share := range stats.EqualLooks(p.Looks) {
			r.Looks = append(r.Looks, int64(math.Ceil(share*float64(units))))
		}
	}
	return r, nil
}

// sampleSize returns the units of all arms.
func (p *Plan) sampleSize() (int64, error) {
	if p.MinimumEffect == 0 || p.Baseline == 0 {
		return 0, fmt.Errorf("experiment: the sample size needs a baseline and a minimum effect: %w", flywheel.ErrInvalid)
	}
	if p.Goal.Kind != Conversion && p.StandardDeviation == 0 {
		return 0, fmt.Errorf("experiment: the sample size of %q needs a standard deviation: %w", p.Goal.Name, flywheel.ErrInvalid)
	}
	weights := p.Experiment.Weights()
	if weights[0] == 0 {
		return 0, fmt.Errorf("experiment: the control has no weight: %w", flywheel.ErrInvalid)
	}
	factor := 1.0
	if p.Design == GroupSequential {
		looks, err := p.looks()
		if err != nil {
			return 0, err
		}
		if factor, err = looks.Inflation(p.Power); err != nil {
			return 0, fmt.Errorf("experiment: %w", err)
		}
	}
	most := 0.0
	for _, w := range weights[1:] {
		if w == 0 {
			continue
		}
		control, err := p.controlSize(w / weights[0])
		if err != nil {
			return 0, fmt.Errorf("experiment: %w", err)
		}
		most = max(most, factor*control/weights[0])
	}
	if most == 0 || most > 1e15 {
		return 0, fmt.Errorf("experiment: no feasible sample size: %w", flywheel.ErrOutOfRange)
	}
	return int64(math.Ceil(most)), nil
}

// controlSize returns how many units the control needs beside a treatment that
// is ratio times as large.
func (p *Plan) controlSize(ratio float64) (float64, error) {
	test := stats.Plan{Alpha: p.alphaPerArm(), Power: p.Power, Ratio: ratio}
	difference := p.MinimumEffect * math.Abs(p.Baseline)
	if p.Goal.LowerIsBetter {
		difference = -difference
	}
	if p.Design == AlwaysValid {
		return p.alwaysValidSize(test)
	}
	if p.Goal.Kind == Conversion {
		return stats.RatePlan{Plan: test, Baseline: p.Baseline}.SampleSize(difference)
	}
	return stats.MeanPlan{Plan: test, StandardDeviation: p.StandardDeviation}.SampleSize(difference)
}

// alwaysValidSize asks how far a pilot of a thousand units would have to go on
// until the confidence sequence, tightest just there, finds the effect.
func (p *Plan) alwaysValidSize(test stats.Plan) (float64, error) {
	const pilot = 1000
	variance := p.StandardDeviation * p.StandardDeviation
	if p.Goal.Kind == Conversion {
		variance = p.Baseline * (1 - p.Baseline)
	}
	control := stats.Sample{N: pilot, Mean: p.Baseline, Variance: variance}
	treatment := control
	treatment.N = max(2, int64(pilot*test.Ratio))
	size := float64(pilot)
	for range 6 { // the size settles as the sequence is tuned to it
		outlook, err := stats.MidFlight{
			Plan: test, RelativeEffect: p.MinimumEffect,
			Sequence: &stats.ConfidenceSequence{Alpha: test.Alpha, PlannedUnits: size * (1 + test.Ratio)},
		}.Outlook(control, treatment)
		if err != nil {
			return 0, err
		}
		size = pilot * (1 + outlook.Scaling)
	}
	return size, nil
}

// alphaPerArm is the share of alpha of one treatment.
func (p *Plan) alphaPerArm() float64 { return p.Alpha / float64(len(p.Experiment.Arms)-1) }

// looks is the group-sequential design of one treatment.
func (p *Plan) looks() (stats.Looks, error) {
	looks, err := stats.GroupSequential{Alpha: p.alphaPerArm(), Information: stats.EqualLooks(p.Looks)}.Design()
	if err != nil {
		return stats.Looks{}, fmt.Errorf("experiment: %w", err)
	}
	return looks, nil
}

// NewReadout returns an empty readout of the plan's events.
func (p Plan) NewReadout() (*Readout, error) { return p.readout() }
