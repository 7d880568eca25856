package flag

import (
	"slices"

	"github.com/flywheel-go/flywheel/experiment"
)

// Evaluate returns a feature's value for a user. It allocates nothing, unless a
// new sticky bucket is kept or a number is hashed.
func (s *Set) Evaluate(id string, u *User) Result {
	e := evaluator{set: s, user: u}
	var r Result
	e.feature(s.features[id], &r)
	return r
}

// Trace is [Set.Evaluate] with everything that led to the result.
func (s *Set) Trace(id string, u *User) Trace {
	t := Trace{}
	e := evaluator{set: s, user: u, trace: &t}
	e.feature(s.features[id], &t.Result)
	return t
}

// evaluator is one evaluation.
type evaluator struct {
	set   *Set
	user  *User
	trace *Trace
	open  []int32 // the features that are being evaluated, where there are cycles
	steps int
}

// maxSteps bounds how many features one evaluation may ask: prerequisites that
// fan out again and again could otherwise take for ever.
const maxSteps = 10_000

// set makes r a value with its source.
func (r *Result) set(v *value, source Source, rule string) {
	r.Value, r.On, r.Off, r.Source, r.RuleID, r.value = v.json, v.on, !v.on, source, rule, v
}

// feature evaluates f into r, which is zero.
func (e *evaluator) feature(f *feature, r *Result) {
	if f == nil {
		r.set(null, UnknownFeature, "")
		return
	}
	if e.steps++; e.steps > maxSteps {
		r.set(null, CyclicPrerequisite, "")
		return
	}
	if f.cyclic {
		if slices.Contains(e.open, f.index) {
			r.set(null, CyclicPrerequisite, "")
			return
		}
		e.open = append(e.open, f.index)
		defer func() { e.open = e.open[:len(e.open)-1] }()
	}
	for i, rule := range f.rules {
		reason, decided := e.rule(f, rule, r)
		if e.trace != nil {
			e.trace.Rules = append(e.trace.Rules, Visit{Feature: f.id, Rule: i, RuleID: rule.id, Reason: reason})
		}
		if decided {
			return
		}
	}
	r.Assignment = Assignment{}
	r.set(f.standard, DefaultValue, "")
}

// rule applies one rule to r, or says why it does not.
func (e *evaluator) rule(f *feature, rule *featureRule, r *Result) (reason experiment.Reason, decided bool) {
	for i := range rule.parents {
		p := &rule.parents[i]
		switch source, met := e.parent(p); {
		case source == CyclicPrerequisite:
			r.set(null, CyclicPrerequisite, "")
			return PrerequisiteNotMet, true
		case met:
		case p.gate:
			r.set(null, Prerequisite, "")
			return PrerequisiteNotMet, true
		default:
			return PrerequisiteNotMet, false
		}
	}
	if e.filtered(rule.filters) {
		return Filtered, false
	}
	on, coverage := true, (*float64)(nil)
	if rule.schedule != nil {
		if on, coverage = rule.schedule.at(e.user.At); !on {
			return OffSchedule, false
		}
	}
	if rule.forced != nil {
		if !e.user.meets(e.set, rule.condition) {
			return experiment.ConditionNotMet, false
		}
		if reason := e.rollout(rule, coverage); reason != RuleApplied {
			return reason, false
		}
		r.Assignment = Assignment{}
		r.set(rule.forced, Force, rule.id)
		return RuleApplied, true
	}
	x := rule.run
	if x == nil {
		return NothingToDo, false
	}
	if rule.bandit != nil {
		x = rule.bandit.choose(e)
	}
	a := &r.Assignment
	e.run(x, f.id, coverage, a)
	switch {
	case !a.In:
		return a.Reason, false
	case a.Passthrough:
		return Passthrough, false
	}
	r.set(x.values[a.Variation], FromExperiment, rule.id)
	r.Experiment = a.Experiment
	return RuleApplied, true
}

// parent evaluates a prerequisite.
func (e *evaluator) parent(p *parent) (source Source, met bool) {
	var r Result
	e.feature(p.feature, &r)
	return r.Source, p.condition.Match(r.value.as)
}

// rollout reports whether a forced value is for the user's bucket.
func (e *evaluator) rollout(r *featureRule, coverage *float64) experiment.Reason {
	inside := *r.inside
	if coverage != nil {
		inside[1] = inside[0] + float64(*coverage*(inside[1]-inside[0]))
	} else if !r.partly {
		return RuleApplied
	}
	_, unit := e.user.identity(r.attribute, r.fallback, e.user.Sticky != nil && r.sticky)
	switch {
	case unit == "":
		return experiment.NoUnit
	case r.hash.unknown:
		return UnknownHash
	case !inside.Holds(r.hash.Bucket(unit)):
		return experiment.OutsideCoverage
	default:
		return RuleApplied
	}
}

func (e *evaluator) filtered(filters []filter) bool {
	for i := range filters {
		f := &filters[i]
		unit := e.user.unit(f.attribute)
		if unit == "" || f.hash.unknown || experiment.Choose(f.hash.Bucket(unit), f.ranges) < 0 {
			return true
		}
	}
	return false
}
