package flag

import (
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// Compile prepares one experiment for [Set.Run]; its condition and its
// prerequisites may name the groups and features of s. The error is the first
// [*Problem].
func (s *Set) Compile(def Experiment) (*Compiled, error) {
	c := compiler{set: &Set{features: s.features, schema: s.schema}, groups: s.groups, paths: map[string]rule.Type{}}
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
	var a Assignment
	e.run(x.compiled, "", nil, &a)
	return a
}

func (e *evaluator) sticky(x *compiled) bool { return e.user.Sticky != nil && !x.def.NoSticky }

// run decides on an experiment into a; coverage stands in place of its own
// where a schedule says so.
func (e *evaluator) run(x *compiled, feature string, coverage *float64, a *Assignment) {
	*a = Assignment{Feature: feature, Experiment: x.plain}
	a.Attribute, a.Unit = e.user.identity(x.attribute, x.def.Fallback, e.sticky(x))
	var chosen int
	chosen, a.Reason = e.decide(x, coverage, a)
	a.In = chosen >= 0 && chosen < len(x.values)
	if a.In {
		a.Variation = chosen
	}
	if a.Variation < len(x.values) {
		a.Key, a.Value = x.keys[a.Variation], x.values[a.Variation].json
	}
	if a.Variation < len(x.def.Meta) {
		a.Name, a.Passthrough = x.def.Meta[a.Variation].Name, x.def.Meta[a.Variation].Passthrough
	}
	if a.In && a.Hash {
		if !a.Sticky {
			a.Leaf, a.Experiment = x.def.Leaf, x.def
		}
		if e.sticky(x) {
			e.user.Sticky.save(a.Attribute, a.Unit, x.stickyKey, a.Key)
		}
	}
	if e.trace != nil {
		e.trace.Assignments = append(e.trace.Assignments, *a)
	}
}

// decide returns the variation, -1 for those who do not take part, and why.
func (e *evaluator) decide(x *compiled, coverage *float64, a *Assignment) (int, experiment.Reason) {
	u := e.user
	switch {
	case len(x.values) < 2:
		return -1, TooFewVariations
	case u.Off:
		return -1, UserOff
	case len(x.urls) > 0 && !targeted(u.URL, x.urls):
		return -1, OtherPage
	}
	if u.URL != "" {
		if i, ok := queryOverride(x.def.Key, u.URL, len(x.values)); ok {
			return i, ForcedByURL
		}
	}
	if u.Forced != nil {
		if i, ok := u.Forced[x.def.Key]; ok {
			return i, ForcedForUser
		}
	}
	switch {
	case x.def.Status == "draft", x.def.Status == "stopped" && x.def.Forced == nil, x.def.Active != nil && !*x.def.Active:
		return -1, NotRunning
	case a.Unit == "":
		return -1, experiment.NoUnit
	}
	chosen := -1
	if e.sticky(x) {
		bound, outdated := u.Sticky.lookup(x, u, a.Attribute, a.Unit)
		if outdated {
			a.Sticky = true
			return -1, BucketOutdated
		}
		chosen = bound
	}
	stuck := chosen >= 0
	if !stuck {
		if reason := e.eligible(x, a.Unit); reason != experiment.AssignedByHash {
			return -1, reason
		}
	}
	if x.hash.unknown {
		return -1, UnknownHash
	}
	bucket := x.hash.Bucket(a.Unit)
	if !stuck {
		if coverage != nil {
			chosen = x.rampedTo(*coverage, bucket)
		} else {
			chosen = experiment.Choose(bucket, x.ranges)
		}
	}
	switch {
	case chosen < 0:
		return -1, experiment.OutsideCoverage
	case x.def.Forced != nil:
		return *x.def.Forced, ForcedForAll
	case u.QA:
		return -1, KeptOutForQA
	}
	a.Hash, a.Bucket, a.Sticky = true, bucket, stuck
	if stuck {
		return chosen, StickyBucket
	}
	return chosen, experiment.AssignedByHash
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
	if !e.user.meets(e.set, x.condition) {
		return experiment.ConditionNotMet
	}
	for i := range x.parents {
		if source, met := e.parent(&x.parents[i]); source == CyclicPrerequisite || !met {
			return PrerequisiteNotMet
		}
	}
	return experiment.AssignedByHash
}
