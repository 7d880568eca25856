package flag

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
)

// Feature is a flag as a payload writes it: rules in order, of which the first
// that applies decides, and a value where none does.
type Feature struct {
	Default json.RawMessage `json:"defaultValue,omitempty"`
	Rules   []Rule          `json:"rules,omitempty"`
}

// Rule is one way in which a feature gets its value: a forced one for those who
// meet a condition, or an experiment's. A rule has a Force or Variations;
// everything else says to whom it applies.
type Rule struct {
	ID string `json:"id,omitempty"`
	// Force is the value for everyone to whom the rule applies; null is a value.
	Force json.RawMessage `json:"force,omitempty"`
	// Range is the part of the buckets that a forced value is for, in place of
	// Coverage.
	Range *experiment.Range `json:"range,omitempty"`
	// Bandit names the contextual bandit that weighs ContextualVariations,
	// which stand in place of Variations so that readers without bandits skip
	// the rule.
	Bandit               string            `json:"contextualBanditRef,omitempty"`
	ContextualVariations []json.RawMessage `json:"contextualVariations,omitempty"`
	// Schedule switches the rule on and off and ramps its coverage by time.
	Schedule Schedule `json:"schedule,omitempty"`
	Experiment
}

// Experiment is a comparison of variations as a payload writes it. The first
// variation is the control.
type Experiment struct {
	Key        string            `json:"key,omitempty"`
	Variations []json.RawMessage `json:"variations,omitempty"`
	// Weights are the shares of the variations, equal when none are given or
	// they do not sum to 1 within a hundredth.
	Weights  []float64 `json:"weights,omitempty"`
	Coverage *float64  `json:"coverage,omitempty"`
	// Ranges give each variation its buckets directly, in place of Weights and
	// Coverage.
	Ranges []experiment.Range `json:"ranges,omitempty"`
	Meta   []Meta             `json:"meta,omitempty"`
	Name   string             `json:"name,omitempty"`
	Phase  string             `json:"phase,omitempty"`
	// Seed is the Key when empty.
	Seed string `json:"seed,omitempty"`
	// Hash is [experiment.HashV1] when zero, as payloads have it.
	Hash experiment.HashVersion `json:"hashVersion,omitempty"`
	// Attribute is what is hashed, "id" when empty. Fallback is hashed where a
	// user lacks it, if sticky buckets are used.
	Attribute string `json:"hashAttribute,omitempty"`
	Fallback  string `json:"fallbackAttribute,omitempty"`
	// Condition, in the language of segment/rule, says who is eligible.
	Condition json.RawMessage `json:"condition,omitempty"`
	// Parents are features that must have certain values first.
	Parents []Parent `json:"parentConditions,omitempty"`
	// Filters are layers: each holds part of the buckets of an own hash.
	// Without any, Namespace does.
	Filters   []Filter   `json:"filters,omitempty"`
	Namespace *Namespace `json:"namespace,omitempty"`
	// Active is false for an experiment that everyone is kept out of.
	Active *bool `json:"active,omitempty"`
	// Status is "draft", which nobody takes part in, "running", or "stopped",
	// where only Force counts.
	Status string `json:"status,omitempty"`
	// Forced is the variation that all who would take part see, when the
	// winner is known but the code is still there. It counts for nobody.
	Forced *int `json:"force,omitempty"`
	// NoSticky ignores sticky buckets. BucketVersion resets them when raised,
	// and those with an assignment below MinBucketVersion are kept out.
	NoSticky         bool `json:"disableStickyBucketing,omitempty"`
	BucketVersion    int  `json:"bucketVersion,omitempty"`
	MinBucketVersion int  `json:"minBucketVersion,omitempty"`
	// URLs says on which pages the experiment runs.
	URLs []URLTarget `json:"urlPatterns,omitempty"`
	// PersistQuery carries the query over when a variation redirects.
	PersistQuery bool `json:"persistQueryString,omitempty"`
	// Leaf is the contextual bandit's choice, where one decided the weights.
	Leaf *Leaf `json:"contextualBandit,omitempty"`
}

// Meta describes one variation.
type Meta struct {
	// Key identifies the variation, its index when empty.
	Key  string `json:"key,omitempty"`
	Name string `json:"name,omitempty"`
	// Passthrough marks a holdout's variation: who is in it is counted, and
	// the rules go on.
	Passthrough bool `json:"passthrough,omitempty"`
}

// Parent is a feature whose value must meet a condition over {"value": …}.
type Parent struct {
	ID        string          `json:"id"`
	Condition json.RawMessage `json:"condition,omitempty"`
	// Gate makes the whole feature null where the condition is not met; else
	// only the rule does not apply.
	Gate bool `json:"gate,omitempty"`
}

// Filter keeps the users whose bucket, by a hash of its own, is in a range.
type Filter struct {
	Seed   string             `json:"seed"`
	Ranges []experiment.Range `json:"ranges"`
	// Attribute is "id" when empty.
	Attribute string `json:"attribute,omitempty"`
	// Hash is [experiment.HashV2] when zero.
	Hash experiment.HashVersion `json:"hashVersion,omitempty"`
}

// Namespace is a range of users; its JSON is [id, from, to].
type Namespace experiment.Namespace

// MarshalJSON writes [id, from, to].
func (n Namespace) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{n.ID, n.From, n.To})
}

// UnmarshalJSON reads [id, from, to].
func (n *Namespace) UnmarshalJSON(src []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(src, &parts); err != nil || len(parts) != 3 {
		return fmt.Errorf("flag: a namespace is [id, from, to]: %w", flywheel.ErrInvalid)
	}
	for i, field := range []any{&n.ID, &n.From, &n.To} {
		if err := json.Unmarshal(parts[i], field); err != nil {
			return fmt.Errorf("flag: namespace: %w: %w", err, flywheel.ErrInvalid)
		}
	}
	return nil
}

// Leaf is one context of a contextual bandit and the weights it gave: the
// propensities that off-policy evaluation needs.
type Leaf struct {
	// ID names the context, -1 where none applied.
	ID      int       `json:"leafId"`
	Weights []float64 `json:"variationWeights"`
	// Version is the bandit's, nil where it has none.
	Version *int `json:"banditVersion,omitempty"`
}

// Schedule is the steps of a rule's life, by time. Before the first step the
// rule is off; from each step's time on, what the step says holds.
type Schedule []Step

// Step is one change of a [Schedule].
type Step struct {
	At time.Time `json:"at"`
	// Off switches the rule off.
	Off bool `json:"off,omitempty"`
	// Coverage replaces the rule's, nil keeps it. Ramping it up moves nobody
	// between variations.
	Coverage *float64 `json:"coverage,omitempty"`
}
