package experiment

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Study is one experiment from its design to its decision, with a log of all
// that was done. It keeps its reader honest: [Study.Decide] refuses to name a
// winner where the sample ratio is broken, where the goal of a fixed horizon
// was looked at early, or where a guardrail is harmed; whoever decides all the
// same does so under a name and a reason, which the log keeps.
//
//	NewStudy → Monitor, as often as wanted → Look or Decide, when due
//
// A Study belongs to one goroutine. [Service.SaveStudy] keeps it with a version.
type Study struct {
	plan     Plan
	required Required
	log      []Entry
	version  int64
}

// EntryKind is what a log entry tells.
type EntryKind string

// Kinds of entries.
const (
	Designed   EntryKind = "designed"
	Monitored  EntryKind = "monitored"
	Looked     EntryKind = "looked" // at the goal
	Refused    EntryKind = "refused"
	Decided    EntryKind = "decided"
	Overridden EntryKind = "overridden"
)

// Entry is one line of a study's log.
type Entry struct {
	At    time.Time `json:"at"`
	Kind  EntryKind `json:"kind"`
	Units int64     `json:"units,omitempty"`
	State State     `json:"state,omitempty"`
	Arm   string    `json:"arm,omitempty"`
	// By is who overrode.
	By   string `json:"by,omitempty"`
	Text string `json:"text"`
	// Reading identifies what was looked at.
	Reading string `json:"reading,omitempty"`
	// SampleRatioP is the p value of the watch over the sample ratio, which
	// holds however often it is looked at.
	SampleRatioP *float64 `json:"sample_ratio_p,omitempty"`
}

// Conclusion is what came of a study.
type Conclusion struct {
	Arm     string    `json:"arm"`
	State   State     `json:"state"`
	Reasons []string  `json:"reasons"`
	At      time.Time `json:"at"`
	// Overridden reports that somebody decided against the study.
	Overridden bool   `json:"overridden,omitempty"`
	By         string `json:"by,omitempty"`
}

// NewStudy designs an experiment. The error says what is wrong with the plan;
// a plan without Units must say enough for [Plan.Require].
func NewStudy(plan Plan, at time.Time) (*Study, error) {
	plan, err := plan.normal()
	if err != nil {
		return nil, err
	}
	required, err := plan.Require()
	if err != nil {
		return nil, err
	}
	s := &Study{plan: plan, required: required}
	text := fmt.Sprintf("%d units, %s design", required.Units, plan.Design)
	if required.Weeks > 0 {
		text += fmt.Sprintf(", %d weeks", required.Weeks)
	}
	if plan.Hypothesis != "" {
		text += ": " + plan.Hypothesis
	}
	s.append(Entry{At: at, Kind: Designed, Units: required.Units, Text: text})
	return s, nil
}

// Plan returns the design.
func (s *Study) Plan() Plan { return s.plan }

// Required returns the units and the time that the study needs.
func (s *Study) Required() Required { return s.required }

// Log returns what was done, in order.
func (s *Study) Log() []Entry { return slices.Clone(s.log) }

func (s *Study) append(e Entry) {
	e.At = e.At.UTC().Truncate(time.Microsecond)
	s.log = append(s.log, e)
}

// Look analyzes the goal and writes down that it was looked at. Before its time
// that spoils a [FixedHorizon] and a [Bayesian] design, and uses up no look of a
// [GroupSequential] one: that answers with the [State] Early and without
// comparisons.
func (s *Study) Look(at time.Time, reading Reading) (Report, error) {
	report, err := s.analyse(reading)
	if err != nil {
		return Report{}, err
	}
	if s.plan.Design == GroupSequential && report.Verdict.State == Early {
		report.Metrics = nil
		s.append(Entry{At: at, Kind: Refused, Units: report.Analyzed, State: Early, Text: report.Verdict.Reason})
		return report, nil
	}
	s.append(Entry{At: at, Kind: Looked, Units: report.Analyzed, State: report.Verdict.State, Arm: report.Verdict.Winner, Text: report.Verdict.Reason, Reading: reading.fingerprint()})
	return report, nil
}

// analyze applies the plan and what the log says against concluding.
func (s *Study) analyse(reading Reading) (Report, error) {
	plan := s.plan
	plan.Units = s.required.Units
	report, err := plan.Analyze(reading, s.looks(reading.fingerprint())...)
	if err != nil {
		return Report{}, err
	}
	for _, e := range s.log {
		if p := e.SampleRatioP; p != nil && *p < s.plan.SampleRatioAlpha && report.Verdict.State != Broken {
			report.Verdict.State, report.Verdict.Winner = Broken, ""
			report.Verdict.Reason = fmt.Sprintf("the sample ratio was broken on %s (p = %.2g at any time); what came since does not mend it", e.At.Format(time.DateOnly), *p)
		}
	}
	if before, ok := s.lookedBefore(reading.fingerprint()); ok && report.Verdict.State != Broken {
		report.Verdict.State, report.Verdict.Winner = LookedEarly, ""
		report.Verdict.Reason = fmt.Sprintf("the goal was looked at on %s with %d of %d units; the level holds for one look at the end",
			before.At.Format(time.DateOnly), before.Units, s.required.Units)
	}
	if e, ok := s.crossed(); ok && (report.Verdict.State == Undecided || report.Verdict.State == Early) {
		report.Verdict.State, report.Verdict.Winner = e.State, e.Arm
		report.Verdict.Reason = fmt.Sprintf("the boundary was crossed on %s with %d units: %s", e.At.Format(time.DateOnly), e.Units, e.Text)
	}
	return report, nil
}

// looks are the units that were analyzed at each look before one at a reading: to
// look at the same reading again is no other look.
func (s *Study) looks(reading string) (units []int64) {
	last := ""
	for _, e := range s.log {
		if e.Kind == Looked && e.Reading != reading && (e.Reading != last || last == "") {
			units, last = append(units, e.Units), e.Reading
		}
	}
	return units
}

// crossed finds the look of a group-sequential design that ended it. What comes
// after, such as the units that were on their way, does not take that back.
func (s *Study) crossed() (Entry, bool) {
	if s.plan.Design == GroupSequential {
		for _, e := range s.log {
			if e.Kind == Looked && (e.State == TreatmentWins || e.State == ControlWins) {
				return e, true
			}
		}
	}
	return Entry{}, false
}

// lookedBefore finds a look at another reading where the design allows one look
// only: one before the end, or one at the end that showed nothing and after
// which units went on being collected.
func (s *Study) lookedBefore(reading string) (Entry, bool) {
	if s.plan.Design == GroupSequential || s.plan.Design == AlwaysValid {
		return Entry{}, false
	}
	for _, e := range s.log {
		if e.Kind == Looked && (e.Units < s.required.Units || e.Reading != reading) {
			return e, true
		}
	}
	return Entry{}, false
}

// Decide concludes. Where the study does not allow it, the error is a
// [*NoWinnerError], which matches [ErrNoWinner] and what stands in the way
// ([ErrSampleRatio], [ErrLookedEarly], [ErrTooEarly], [ErrHarm]); the refusal is
// written down. The control winning is a decision, too.
func (s *Study) Decide(at time.Time, reading Reading) (Conclusion, error) {
	if d, ok := s.Conclusion(); ok {
		return d, fmt.Errorf("experiment: %q is decided for %q: %w", s.plan.Experiment.ID, d.Arm, flywheel.ErrConflict)
	}
	report, err := s.analyse(reading)
	if err != nil {
		return Conclusion{}, err
	}
	v := report.Verdict
	if v.Winner == "" {
		if v.State == Undecided || v.State == GuardrailHarmed {
			s.append(Entry{At: at, Kind: Looked, Units: report.Analyzed, State: v.State, Text: v.Reason, Reading: reading.fingerprint()}) // a look is used up
		}
		s.append(Entry{At: at, Kind: Refused, Units: report.Analyzed, State: v.State, Text: v.Reason})
		return Conclusion{}, &NoWinnerError{Experiment: s.plan.Experiment.ID, Verdict: v}
	}
	s.append(Entry{At: at, Kind: Decided, Units: report.Analyzed, State: v.State, Arm: v.Winner, Text: v.Reason})
	d, _ := s.Conclusion()
	d.Reasons = append(d.Reasons, v.Warnings...)
	return d, nil
}

// Override decides against what the study says, or without it. Who does so and
// why is written down and stays with the decision.
func (s *Study) Override(at time.Time, by, arm, reason string) (Conclusion, error) {
	if err := flywheel.CheckID(by); err != nil {
		return Conclusion{}, fmt.Errorf("experiment: override: by: %w", err)
	}
	if reason == "" {
		return Conclusion{}, fmt.Errorf("experiment: override: a reason is missing: %w", flywheel.ErrInvalid)
	}
	if s.plan.Experiment.Index(arm) < 0 {
		return Conclusion{}, fmt.Errorf("experiment: override: arm %q: %w", arm, flywheel.ErrNotFound)
	}
	s.append(Entry{At: at, Kind: Overridden, Arm: arm, By: by, Text: reason})
	d, _ := s.Conclusion()
	return d, nil
}

// Conclusion returns what was decided last; ok is false while nothing is.
func (s *Study) Conclusion() (d Conclusion, ok bool) {
	for _, e := range slices.Backward(s.log) {
		if e.Kind == Decided || e.Kind == Overridden {
			return Conclusion{
				Arm: e.Arm, State: e.State, Reasons: []string{e.Text}, At: e.At,
				Overridden: e.Kind == Overridden, By: e.By,
			}, true
		}
	}
	return Conclusion{}, false
}

// studyForm is the JSON of a study.
type studyForm struct {
	Plan     Plan     `json:"plan"`
	Required Required `json:"required"`
	Log      []Entry  `json:"log"`
}

// MarshalJSON writes the plan, what it requires and the log.
func (s *Study) MarshalJSON() ([]byte, error) {
	return json.Marshal(studyForm{s.plan, s.required, s.log})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Study) UnmarshalJSON(src []byte) error {
	var form studyForm
	if err := json.Unmarshal(src, &form); err != nil {
		return fmt.Errorf("experiment: study: %w: %w", err, flywheel.ErrInvalid)
	}
	plan, err := form.Plan.normal()
	if err != nil {
		return err
	}
	if form.Required.Units <= 0 || len(form.Log) == 0 {
		return fmt.Errorf("experiment: study without its design: %w", flywheel.ErrInvalid)
	}
	s.plan, s.required, s.log = plan, form.Required, form.Log
	return nil
}
