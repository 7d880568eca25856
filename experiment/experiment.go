package experiment

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// ID identifies an experiment.
type ID string

// Names of the attributes of a [Subject] that [Experiment.Unit] may hash; any
// other name is looked up in the subject's Attributes.
const (
	ByCustomer = "customer"
	ByVisitor  = "visitor"
)

// Experiment is one question: who takes part, and which arm they see.
type Experiment struct {
	ID ID `json:"id"`
	// Arms are what units are assigned to. The first is the control.
	Arms []Arm `json:"arms"`
	// Paused keeps everyone out. What was recorded stays.
	Paused bool `json:"paused,omitempty"`
	// Unit names the attribute that is assigned: [ByCustomer] when empty.
	Unit string `json:"unit,omitempty"`
	// Seed makes assignments of experiments independent; the ID when empty.
	// Keep it when an experiment is renamed, change it to assign again.
	Seed string `json:"seed,omitempty"`
	// Hash is [HashV2] when zero.
	Hash HashVersion `json:"hash,omitempty"`
	// Coverage is the share of units that take part, all when nil and nobody
	// when it is 0. Raising it moves nobody from one arm to another.
	Coverage *float64 `json:"coverage,omitempty"`
	// Namespace keeps experiments apart: units take part in those whose range
	// holds them.
	Namespace *Namespace `json:"namespace,omitempty"`
	// Condition says who is eligible, everyone when nil.
	Condition *rule.Rule `json:"condition,omitempty"`
}

// Arm is one of the alternatives that an experiment compares.
type Arm struct {
	ID string `json:"id"`
	// Weight is the arm's share. Either all weights are zero, which means equal
	// shares, or they sum to 1 within a hundredth.
	Weight float64 `json:"weight,omitempty"`
	// Buckets are the arm's parts of [0, 1), in place of weights and coverage
	// where any arm has them (see [Experiment.Reweigh]).
	Buckets []Range `json:"buckets,omitempty"`
}

// Namespace is a range of the units. Experiments whose ranges of one namespace
// do not overlap share no unit.
type Namespace struct {
	ID string `json:"id"`
	// From and To bound the range within [0, 1); To is exclusive.
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// Index returns the position of the arm, -1 when the experiment does not have
// it.
func (e *Experiment) Index(arm string) int {
	for i := range e.Arms {
		if e.Arms[i].ID == arm {
			return i
		}
	}
	return -1
}

// Weights returns the share of each arm among the units that take part.
func (e *Experiment) Weights() []float64 {
	weights := make([]float64, len(e.Arms))
	if e.bucketed() {
		total := 0.0
		for i, a := range e.Arms {
			for _, r := range a.Buckets {
				weights[i] += r[1] - r[0]
			}
			total += weights[i]
		}
		for i := range weights {
			weights[i] /= total
		}
		return weights
	}
	equal := true
	for i, a := range e.Arms {
		weights[i] = a.Weight
		equal = equal && a.Weight == 0
	}
	if equal {
		for i := range weights {
			weights[i] = 1 / float64(len(weights))
		}
	}
	return weights
}

// Validate reports the first thing wrong with e as a [*DefinitionError].
func (e *Experiment) Validate() error {
	fail := func(field, format string, args ...any) error {
		return &DefinitionError{Experiment: e.ID, Field: field, Err: fmt.Errorf(format, args...)}
	}
	if err := flywheel.CheckID(string(e.ID)); err != nil {
		return fail("id", "%w", err)
	}
	if len(e.Arms) < 2 {
		return fail("arms", "%d, want at least two: %w", len(e.Arms), flywheel.ErrInvalid)
	}
	sum, some := 0.0, false
	for i, a := range e.Arms {
		if err := flywheel.CheckID(a.ID); err != nil {
			return fail(fmt.Sprintf("arms[%d].id", i), "%w", err)
		}
		if e.Index(a.ID) != i {
			return fail(fmt.Sprintf("arms[%d].id", i), "%q is there twice: %w", a.ID, flywheel.ErrInvalid)
		}
		if !share(a.Weight) {
			return fail(fmt.Sprintf("arms[%d].weight", i), "%v is no share: %w", a.Weight, flywheel.ErrOutOfRange)
		}
		sum += a.Weight
		some = some || a.Weight != 0
	}
	if some && math.Abs(sum-1) > 0.01 {
		return fail("arms", "weights sum to %v: %w", sum, flywheel.ErrInvalid)
	}
	if err := e.checkBuckets(); err != nil {
		return fail("arms", "%w", err)
	}
	if e.Unit != "" {
		if err := flywheel.CheckID(e.Unit); err != nil {
			return fail("unit", "%w", err)
		}
	}
	if e.Hash > HashV2 {
		return fail("hash", "version %d is unknown: %w", e.Hash, flywheel.ErrInvalid)
	}
	if e.Coverage != nil && !share(*e.Coverage) {
		return fail("coverage", "%v is no share: %w", *e.Coverage, flywheel.ErrOutOfRange)
	}
	if n := e.Namespace; n != nil {
		if err := flywheel.CheckID(n.ID); err != nil {
			return fail("namespace.id", "%w", err)
		}
		if !share(n.From) || !share(n.To) || n.From >= n.To {
			return fail("namespace", "[%v, %v) is no range: %w", n.From, n.To, flywheel.ErrOutOfRange)
		}
	}
	return nil
}

// share reports whether x is in [0, 1], which NaN is not.
func share(x float64) bool { return x >= 0 && x <= 1 }
