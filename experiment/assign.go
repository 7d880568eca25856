package experiment

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/unittext"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// Subject is who asks: the identities that are known and what conditions are
// tested against.
type Subject struct {
	Customer flywheel.CustomerID
	Visitor  flywheel.VisitorID
	// Attributes are matched with conditions, unless Record is set.
	Attributes map[string]any
	// Record is a prepared form of the attributes, faster to match.
	Record *rule.Record
}

// unit returns the value of the attribute that an experiment assigns by.
func (s *Subject) unit(attribute string) string {
	switch attribute {
	case ByCustomer:
		return string(s.Customer)
	case ByVisitor:
		return string(s.Visitor)
	}
	return unittext.Of(s.Attributes[attribute])
}

func (s *Subject) matches(r *rule.Rule) bool {
	if s.Record != nil {
		return r.MatchRecord(s.Record)
	}
	return r.Match(s.Attributes)
}

// Reason says how a [Decision] came about.
type Reason string

// Reasons, in the order in which they are checked.
const (
	NotConfigured    Reason = "not_configured"    // no experiment of that ID
	Paused           Reason = "paused"            // the experiment is paused
	NoUnit           Reason = "no_unit"           // the subject lacks the attribute to assign by
	OutsideNamespace Reason = "outside_namespace" // the unit is in another part of the namespace
	ConditionNotMet  Reason = "condition_not_met" // the subject is not eligible
	OutsideCoverage  Reason = "outside_coverage"  // the unit is not in the covered share
	AssignedByHash   Reason = "assigned"          // the unit's bucket decided
)

// Decision is which arm a subject sees and why.
type Decision struct {
	Experiment ID     `json:"experiment"`
	Unit       string `json:"unit,omitempty"`
	// Arm is the arm assigned, the control for those who do not take part, and
	// empty only when the experiment is not configured.
	Arm string `json:"arm"`
	// Index is the position of Arm.
	Index int `json:"index"`
	// In reports whether the subject takes part; others must not be counted.
	In     bool   `json:"in"`
	Reason Reason `json:"reason"`
	// Bucket is the unit's number in [0, 1), where the decision came to that.
	Bucket float64 `json:"bucket,omitempty"`
}

// Snapshot is a set of experiments compiled for assignment. It is immutable and
// safe for concurrent use without locks.
type Snapshot struct {
	plans       map[ID]*plan
	experiments []Experiment
}

// plan is an experiment prepared for assignment.
type plan struct {
	experiment Experiment
	hash       Hasher
	namespace  Hasher
	ranges     []Range
	owners     []int // the arm of each range
}

// Compile validates experiments and prepares them for assignment. The error is
// a [*DefinitionError].
func Compile(experiments ...Experiment) (*Snapshot, error) {
	s := &Snapshot{plans: make(map[ID]*plan, len(experiments))}
	for _, e := range experiments {
		if err := e.Validate(); err != nil {
			return nil, err
		}
		if _, twice := s.plans[e.ID]; twice {
			return nil, &DefinitionError{e.ID, "id", fmt.Errorf("there twice: %w", flywheel.ErrInvalid)}
		}
		e = e.clone()
		p := &plan{experiment: e, hash: NewHasher(cmp.Or(e.Seed, string(e.ID)), cmp.Or(e.Hash, HashV2))}
		if e.Unit == "" {
			p.experiment.Unit = ByCustomer
		}
		if e.Namespace != nil {
			p.namespace = NewHasher("__"+e.Namespace.ID, HashV1)
		}
		if err := s.checkNamespace(&p.experiment); err != nil {
			return nil, err
		}
		p.ranges, p.owners = e.ranges()
		s.plans[e.ID] = p
		s.experiments = append(s.experiments, e)
	}
	slices.SortFunc(s.experiments, func(a, b Experiment) int { return cmp.Compare(a.ID, b.ID) })
	return s, nil
}

// checkNamespace refuses an experiment that would share units with another one of
// its namespace: by a range that overlaps, or because they hash different
// attributes, so that one person is in both.
func (s *Snapshot) checkNamespace(e *Experiment) error {
	if e.Namespace == nil {
		return nil
	}
	for _, other := range s.experiments {
		n := other.Namespace
		if n == nil || n.ID != e.Namespace.ID {
			continue
		}
		if unit := cmp.Or(other.Unit, ByCustomer); unit != e.Unit {
			return &DefinitionError{e.ID, "unit", fmt.Errorf("%q, but %q of the same namespace has %q: %w", e.Unit, string(other.ID), unit, flywheel.ErrInvalid)}
		}
		if e.Namespace.From < n.To && n.From < e.Namespace.To {
			return &DefinitionError{e.ID, "namespace", fmt.Errorf("[%v, %v) overlaps with [%v, %v) of %q: %w",
				e.Namespace.From, e.Namespace.To, n.From, n.To, string(other.ID), flywheel.ErrInvalid)}
		}
	}
	return nil
}

func (e Experiment) clone() Experiment {
	e.Arms = slices.Clone(e.Arms)
	for i := range e.Arms {
		e.Arms[i].Buckets = slices.Clone(e.Arms[i].Buckets)
	}
	if e.Namespace != nil {
		n := *e.Namespace
		e.Namespace = &n
	}
	if e.Coverage != nil {
		coverage := *e.Coverage
		e.Coverage = &coverage
	}
	return e
}

// Experiments returns the definitions, ordered by ID.
func (s *Snapshot) Experiments() []Experiment {
	list := make([]Experiment, len(s.experiments))
	for i, e := range s.experiments {
		list[i] = e.clone()
	}
	return list
}

// Assign decides which arm of an experiment the subject sees. The same subject
// always gets the same answer. It does not allocate (a condition over
// Attributes may, one over a Record does not).
func (s *Snapshot) Assign(id ID, subject Subject) Decision {
	p, ok := s.plans[id]
	if !ok {
		return Decision{Experiment: id, Index: -1, Reason: NotConfigured}
	}
	return p.assign(&subject)
}

func (p *plan) assign(subject *Subject) Decision {
	e := &p.experiment
	d := Decision{Experiment: e.ID, Unit: subject.unit(e.Unit), Arm: e.Arms[0].ID}
	switch {
	case e.Paused:
		d.Reason = Paused
		return d
	case d.Unit == "":
		d.Reason = NoUnit
		return d
	}
	if n := e.Namespace; n != nil {
		if !(Range{n.From, n.To}).Holds(p.namespace.Bucket(d.Unit)) {
			d.Reason = OutsideNamespace
			return d
		}
	}
	if e.Condition != nil && !subject.matches(e.Condition) {
		d.Reason = ConditionNotMet
		return d
	}
	d.Bucket, d.Reason = p.hash.Bucket(d.Unit), OutsideCoverage
	if i := Choose(d.Bucket, p.ranges); i >= 0 {
		i = p.owners[i]
		d.Arm, d.Index, d.In, d.Reason = e.Arms[i].ID, i, true, AssignedByHash
	}
	return d
}
