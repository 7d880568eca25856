package flag

import "github.com/flywheel-go/flywheel/experiment"

// Source says where a feature's value comes from.
type Source string

// Sources of values, in GrowthBook's words.
const (
	UnknownFeature     Source = "unknownFeature"     // the payload does not have the feature
	DefaultValue       Source = "defaultValue"       // no rule applied
	Force              Source = "force"              // a rule forced it
	FromExperiment     Source = "experiment"         // an experiment's variation
	Prerequisite       Source = "prerequisite"       // a gate was closed
	CyclicPrerequisite Source = "cyclicPrerequisite" // the prerequisites lead back
)

// Reasons of an [Assignment] beside those of package experiment.
const (
	TooFewVariations   experiment.Reason = "too_few_variations"
	UserOff            experiment.Reason = "user_off"             // [User.Off]
	OtherPage          experiment.Reason = "other_page"           // the URL is not one of its pages
	ForcedByURL        experiment.Reason = "forced_by_url"        // ?experiment=variation
	ForcedForUser      experiment.Reason = "forced_for_user"      // [User.Forced]
	NotRunning         experiment.Reason = "not_running"          // draft, stopped or not active
	BucketOutdated     experiment.Reason = "bucket_outdated"      // a sticky bucket below the least version
	Filtered           experiment.Reason = "filtered"             // in another part of a layer
	PrerequisiteNotMet experiment.Reason = "prerequisite_not_met" // a parent feature has another value
	UnknownHash        experiment.Reason = "unknown_hash"         // a hash version of the future
	ForcedForAll       experiment.Reason = "forced_for_all"       // [Experiment.Forced]
	KeptOutForQA       experiment.Reason = "kept_out_for_qa"      // [User.QA]
	StickyBucket       experiment.Reason = "sticky_bucket"        // assigned earlier
	OffSchedule        experiment.Reason = "off_schedule"         // before its start, or switched off
	RuleApplied        experiment.Reason = "applied"              // the rule decided
	NothingToDo        experiment.Reason = "nothing_to_do"        // a rule without a value
	Passthrough        experiment.Reason = "passthrough"          // counted for a holdout; the rules go on
)

// Assignment is what an experiment decided for a user.
type Assignment struct {
	// Key identifies the variation, and Variation is its index: the control's
	// for those who do not take part.
	Key       string `json:"key"`
	Variation int    `json:"variationId"`
	Value     any    `json:"value"`
	// In reports whether the user sees the experiment. Only who is In by Hash
	// is counted, others were forced.
	In   bool `json:"inExperiment"`
	Hash bool `json:"hashUsed"`
	// Attribute is what was hashed, and Unit its value.
	Attribute string  `json:"hashAttribute"`
	Unit      string  `json:"hashValue"`
	Bucket    float64 `json:"bucket,omitzero"`
	// Feature is the one whose rule the experiment is, empty for none.
	Feature     string `json:"featureId,omitempty"`
	Name        string `json:"name,omitempty"`
	Passthrough bool   `json:"passthrough,omitempty"`
	// Sticky reports that an earlier assignment decided.
	Sticky bool `json:"stickyBucketUsed"`
	// Leaf has the propensities where a contextual bandit's weights decided.
	*Leaf
	Reason     experiment.Reason `json:"reason"`
	Experiment *Experiment       `json:"-"`
}

// Counted reports whether the assignment is an exposure: by hash, not forced.
func (a *Assignment) Counted() bool { return a.In && a.Hash }

// Result is a feature's value for a user and why.
type Result struct {
	Value any `json:"value"`
	// On is whether the value is one that JavaScript takes for true.
	On     bool   `json:"on"`
	Off    bool   `json:"off"`
	Source Source `json:"source"`
	// RuleID is the rule that decided, where it has a name.
	RuleID string `json:"ruleId"`
	// Assignment is the experiment's decision where Source is [FromExperiment].
	Assignment Assignment  `json:"experimentResult,omitzero"`
	Experiment *Experiment `json:"experiment,omitempty"`

	value *value
}

// Visit reports how a rule was gone through.
type Visit struct {
	// Feature and Rule say where; the rule's position where it has no name.
	Feature string `json:"feature"`
	Rule    int    `json:"rule"`
	RuleID  string `json:"ruleId,omitempty"`
	// Reason is [RuleApplied] for the rule that decided, else why it did not.
	Reason experiment.Reason `json:"reason"`
}

// Trace is a result with everything that led to it.
type Trace struct {
	Result Result `json:"result"`
	// Rules are those that were looked at, prerequisites first.
	Rules []Visit `json:"rules"`
	// Assignments are all that were made on the way: of prerequisites and of
	// holdouts too.
	Assignments []Assignment `json:"assignments"`
}
