package flag

import (
	"slices"

	"github.com/flywheel-go/flywheel/experiment"
)

// Evaluate returns a feature's value for a user. It allocates nothing, unless a
// new sticky bucket is kept or a number is hashed.
func (s *Set) Evaluate(id string, u *User) Result {
	e := evaluator{set: s, user: u}
	return e.feature(s.features[id])
}

// Trace is [Set.Evaluate] with everything that led to the result.
func (s *Set) Trace(id string, u *User) Trace {
	t := Trace{}
	e := evaluator{set: s, user: u, trace: &t}
	t.Result = e.feature(s.features[id])
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

func fromValue(v *value, source Source, rule string) Result {
	return Result{Value: v.json, On: v.on, Off: !v.on, Source: source, RuleID: rule, value: v}
}

func (e *evaluator) feature(f *feature) Result {
	if f == nil {
		return fromValue(null, UnknownFeature, "")
	}
	if e.steps++; e.steps > maxSteps {
		return fromValue(null, CyclicPrerequisite, "")
	}
	if f.cyclic {
		if slices.Contains(e.open, f.index) {
			return fromValue(null, CyclicPrerequisite, "")
		}
		e.open = append(e.open, f.index)
		defer func() { e.open = e.open[:len(e.open)-1] }()
	}
	for i, r := range f.rules {
		result, reason, decided := e.rule(f, r)
		if e.trace != nil {
			e.trace.Rules = append(e.trace.Rules, Explained{Feature: f.id, Rule: i, RuleID: r.id, Reason: reason})
		}
		if decided {
			return result
		}
	}
	return fromValue(f.standard, DefaultValue, "")
}

// rule applies one rule, or says why it does not.
func (e *evaluator) rule(f *feature, r *featureRule) (result Result, reason experiment.Reason, decided bool) {
	for i := range r.parents {
		p := &r.parents[i]
		parent := e.feature(p.feature)
		switch {
		case parent.Source == CyclicPrerequisite:
			return parent, PrerequisiteNotMet, true
		case p.condition.Match(parent.value.as):
		case p.gate:
			return fromValue(null, Prerequisite, ""), PrerequisiteNotMet, true
		default:
			return Result{}, PrerequisiteNotMet, false
		}
	}
	if e.filtered(r.filters) {
		return Result{}, Filtered, false
	}
	on, coverage := true, (*float64)(nil)
	if r.schedule != nil {
		if on, coverage = r.schedule.at(e.user.At); !on {
			return Result{}, OffSchedule, false
		}
	}
	if r.forced != nil {
		if !r.condition.Match(e.user.Attributes) {
			return Result{}, experiment.ConditionNotMet, false
		}
		if reason := e.rollout(r, coverage); reason != RuleApplied {
			return Result{}, reason, false
		}
		return fromValue(r.forced, Force, r.id), RuleApplied, true
	}
	x := r.run
	if x == nil {
		return Result{}, NothingToDo, false
	}
	if r.bandit != nil {
		x = r.bandit.choose(e.user)
	}
	a := e.run(x, f.id, coverage)
	switch {
	case !a.In:
		return Result{}, a.Reason, false
	case a.Passthrough:
		return Result{}, Passthrough, false
	}
	v := x.values[a.Variation]
	return Result{
		Value: v.json, On: v.on, Off: !v.on, Source: FromExperiment, RuleID: r.id,
		Assignment: a, Experiment: a.Experiment, value: v,
	}, RuleApplied, true
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
