package flag

import (
	"github.com/flywheel-go/flywheel/experiment"
)

// Compile prepares one experiment for [Set.Run]; its condition and its
// prerequisites may name the groups and features of s. The error is the first
// [*Problem].
func (s *Set) Compile(def Experiment) (*Compiled, error) {
	c := compiler{set: &Set{features: s.features}, groups: s.groups}
	x := c.experiment(def.Key, def)
	if len(c.set.problems) > 0 {
		return nil, c.set.problems[0]
	}
	return &Compiled{x}, nil
}

// Compiled is an [Experiment] made ready by [Set.Compile].
type Compiled struct{ compiled *compiled }

// Run decides which variation of an experiment a user sees. It allocates as
// little as [Set.Evaluate].
func (s *Set) Run(x *Compiled, u *User) Assignment {
	e := evaluator{set: s, user: u}
	return e.run(x.compiled, "", nil)
}

// assignment is the decision for variation i, the control where that is none.
func (e *evaluator) assignment(x *compiled, feature string, i int, reason experiment.Reason) Assignment {
	a := Assignment{Feature: feature, Reason: reason, In: i >= 0 && i < len(x.values), Experiment: x.plain}
	a.Attribute, a.Unit = e.user.identity(x.attribute, x.def.Fallback, e.sticky(x))
	if a.In {
		a.Variation = i
	}
	if a.Variation < len(x.values) {
		a.Key, a.Value = x.keys[a.Variation], x.values[a.Variation].json
	} else {
		a.Key = "0"
	}
	if a.Variation < len(x.def.Meta) {
		a.Name, a.Passthrough = x.def.Meta[a.Variation].Name, x.def.Meta[a.Variation].Passthrough
	}
	return a
}

func (e *evaluator) sticky(x *compiled) bool { return e.user.Sticky != nil && !x.def.NoSticky }

// run decides on an experiment; coverage stands in place of its own where a
// schedule says so.
func (e *evaluator) run(x *compiled, feature string, coverage *float64) Assignment {
	a := e.decide(x, feature, coverage)
	if e.trace != nil {
		e.trace.Assignments = append(e.trace.Assignments, a)
	}
	return a
}

func (e *evaluator) decide(x *compiled, feature string, coverage *float64) Assignment {
	out := func(reason experiment.Reason) Assignment { return e.assignment(x, feature, -1, reason) }
	u := e.user
	switch {
	case len(x.values) < 2:
		return out(TooFewVariations)
	case u.Off:
		return out(UserOff)
	case len(x.urls) > 0 && !targeted(u.URL, x.urls):
		return out(OtherPage)
	}
	if u.URL != "" {
		if i, ok := queryOverride(x.def.Key, u.URL, len(x.values)); ok {
			return e.assignment(x, feature, i, ForcedByURL)
		}
	}
	if u.Forced != nil {
		if i, ok := u.Forced[x.def.Key]; ok {
			return e.assignment(x, feature, i, ForcedForUser)
		}
	}
	if x.def.Status == "draft" || x.def.Status == "stopped" && x.def.Forced == nil || x.def.Active != nil && !*x.def.Active {
		return out(NotRunning)
	}
	attribute, unit := u.identity(x.attribute, x.def.Fallback, e.sticky(x))
	if unit == "" {
		return out(experiment.NoUnit)
	}
	chosen := -1
	if e.sticky(x) {
		bound, outdated := u.Sticky.lookup(x, u, attribute, unit)
		if outdated {
			a := out(BucketOutdated)
			a.Sticky = true
			return a
		}
		chosen = bound
	}
	stuck := chosen >= 0
	if !stuck {
		if reason := e.eligible(x, unit); reason != experiment.AssignedByHash {
			return out(reason)
		}
	}
	if x.hash.unknown {
		return out(UnknownHash)
	}
	bucket := x.hash.Bucket(unit)
	if !stuck {
		chosen = experiment.Choose(bucket, x.ranges)
		if coverage != nil {
			chosen = x.rampedTo(*coverage, bucket)
		}
	}
	switch {
	case chosen < 0:
		return out(experiment.OutsideCoverage)
	case x.def.Forced != nil:
		return e.assignment(x, feature, *x.def.Forced, ForcedForAll)
	case u.QA:
		return out(KeptOutForQA)
	}
	a := e.assignment(x, feature, chosen, experiment.AssignedByHash)
	a.Hash, a.Bucket, a.Sticky = true, bucket, stuck
	if stuck {
		a.Reason = StickyBucket
	} else if a.In {
		a.Leaf, a.Experiment = x.def.Leaf, x.def
	}
	if a.In && e.sticky(x) {
		u.Sticky.save(attribute, unit, x.stickyKey, a.Key)
	}
	return a
}

// eligible checks what an earlier assignment makes unimportant.
func (e *evaluator) eligible(x *compiled, unit string) experiment.Reason {
	switch {
	case len(x.filters) > 0:
		if e.filtered(x.filters) {
			return Filtered
		}
	case x.layer != nil && !x.layer.Holds(x.namespace.Bucket(unit)):
		return experiment.OutsideNamespace
	}
	if x.condition != nil && !x.condition.Match(e.user.Attributes) {
		return experiment.ConditionNotMet
	}
	for i := range x.parents {
		p := &x.parents[i]
		parent := e.feature(p.feature)
		if parent.Source == CyclicPrerequisite || !p.condition.Match(parent.value.as) {
			return PrerequisiteNotMet
		}
	}
	return experiment.AssignedByHash
}
