package live

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
	"github.com/flywheel-go/flywheel/internal/strictjson"
)

// Aggregate is how a leaf makes one value of the events that it selects.
type Aggregate string

// The aggregates. Those from Started to Sequence answer with true or false or
// with a number of matches; see the package documentation.
const (
	Count        Aggregate = "count"         // how many events
	Sum          Aggregate = "sum"           // of a number; 0 without events
	Mean         Aggregate = "mean"          // of a number; missing without events
	Min          Aggregate = "min"           // of a number; missing without events
	Max          Aggregate = "max"           // of a number; missing without events
	Distinct     Aggregate = "distinct"      // how many different values
	MostFrequent Aggregate = "most_frequent" // of values; of equally frequent ones the first in order
	First        Aggregate = "first"         // value of the oldest event that has one
	Last         Aggregate = "last"          // value of the newest event that has one
	Periods      Aggregate = "periods"       // in how many of the periods of length Every, counted back from now
	Started      Aggregate = "started"       // true: the first event ever lies in the window
	Stopped      Aggregate = "stopped"       // true: the last event ever lies in the window
	Resumed      Aggregate = "resumed"       // true: some in the window, none in the gap before it, some before that
	Sequence     Aggregate = "sequence"      // how many times Steps were completed
	Groups       Aggregate = "groups"        // for how many values of By the nested Rule holds
)

// Leaf is one value of a customer that a rule compares. Exactly one kind of
// leaf is described: one with Segment, Sample or Attribute has nothing else.
type Leaf struct {
	// Events are the names of the events selected; none selects every event.
	Events []string `json:"events,omitempty"`
	// Where is a condition of the rule language on the event: its properties
	// and the fields id, name, time, customer, visitor, session, ref, value (in
	// major units), currency and skus, which go before properties of that name.
	Where json.RawMessage `json:"where,omitempty"`
	// Agg is how one value is made of them; default Count.
	Agg Aggregate `json:"agg,omitempty"`
	// Of is what is taken of an event: a property, "value" or "skus". Sum, Mean,
	// Min and Max take "value" by default; a list counts with each element.
	Of string `json:"of,omitempty"`
	// Currency selects the events whose value is in it. Without it, values
	// of all currencies are taken as plain numbers.
	Currency string `json:"currency,omitempty"`
	// Window is the age, as an ISO 8601 duration, at which an event leaves;
	// none is for ever. An event of age exactly Window is out.
	Window string `json:"window,omitempty"`
	// Until is the age at which an event enters; default at once.
	Until string `json:"until,omitempty"`
	// Calendar counts Window and Until in calendar days of the customer's zone:
	// P1D is today, with Until P1D and Window P2D yesterday.
	Calendar bool `json:"calendar,omitempty"`
	// From and Before bound the events' own instants: from <= time < before.
	From   time.Time `json:"from,omitzero"`
	Before time.Time `json:"before,omitzero"`
	// Every is the length of a period (Periods); Window is a multiple of it.
	Every string `json:"every,omitempty"`
	// Gap is the length of the silence (Resumed).
	Gap string `json:"gap,omitempty"`
	// Steps are the steps of a Sequence, in order, and Same the properties that
	// must be equal in all of them.
	Steps []Step   `json:"steps,omitempty"`
	Same  []string `json:"same,omitempty"`
	// By, Leaves and Rule are the grouping of Groups: a property or "skus", and a rule
	// about the events that share a value of it. The values are those of the events
	// that some nested leaf selects.
	By     string          `json:"by,omitempty"`
	Leaves map[string]Leaf `json:"leaves,omitempty"`
	Rule   json.RawMessage `json:"rule,omitempty"`

	// Segment is true for the members of another segment of the same level.
	Segment string `json:"segment,omitempty"`
	// Sample is a number from 0 to 9,999 that is always the same for a
	// customer: the first 8 hexadecimal digits of the SHA-256 of Sample and
	// the customer's id, modulo 10,000.
	Sample string `json:"sample,omitempty"`
	// Attribute is a value that the program sets with [Engine.Set]: a declared
	// trait, a churn probability, the score of a lookalike model.
	Attribute string `json:"attribute,omitempty"`
}

// Step is one step of a sequence.
type Step struct {
	Events []string        `json:"events,omitempty"`
	Where  json.RawMessage `json:"where,omitempty"`
	// Within is how long after the step before this one may come at most; none
	// is any time later.
	Within string `json:"within,omitempty"`
	// Not makes the last step one that must not come within Within, which it
	// needs; the sequence is complete when that time is over.
	Not bool `json:"not,omitempty"`
}

// Definition is a segment: named values of a customer and a condition on them.
type Definition struct {
	Name string `json:"name"`
	// Level is who is a member: a person, or an account ([Entry].Account).
	Level Level `json:"level,omitempty"`
	// Leaves are the values by the names that Rule uses.
	Leaves map[string]Leaf `json:"leaves"`
	// Rule is a condition of the rule language on the leaves.
	Rule json.RawMessage `json:"rule"`
}

// Level is who the members of a segment are.
type Level string

// The levels of segments.
const (
	Person  Level = ""
	Account Level = "account"
)

// Limits of definitions.
const (
	MaxLeaves     = 100                     // of one definition
	MaxSteps      = 31                      // of one sequence
	MaxCount      = 10_000                  // to which a Count or Distinct is compared
	MaxPeriods    = 1000                    // in one window
	MaxWindow     = 36_525 * 24 * time.Hour // a hundred years
	maxNesting    = 2                       // groups within groups
	maxSegments   = 100_000
	maxDefinition = 1 << 20
)

// DefinitionError tells what is wrong with a definition and where.
type DefinitionError struct {
	Segment string
	Path    string // such as "leaves.views.window"
	Err     error
}

func (e *DefinitionError) Error() string {
	return fmt.Sprintf("live: segment %q: %s: %v", e.Segment, e.Path, e.Err)
}

// Unwrap returns the cause.
func (e *DefinitionError) Unwrap() error { return e.Err }

// ParseDefinition reads a definition from JSON: unknown fields, repeated keys
// and more than 1 MiB are refused. What it means is checked by [Engine.Define].
func ParseDefinition(src []byte) (Definition, error) {
	var d Definition
	if err := strictjson.Decode(src, &d, &strictjson.Limits{Bytes: maxDefinition, Depth: 80}); err != nil {
		return Definition{}, fmt.Errorf("live: definition: %w", err)
	}
	return d, nil
}

// clone keeps a definition from later changes of its slices and maps.
func (d Definition) clone() Definition {
	d.Rule = slices.Clone(d.Rule)
	d.Leaves = cloneLeaves(d.Leaves)
	return d
}

func cloneLeaves(leaves map[string]Leaf) map[string]Leaf {
	out := make(map[string]Leaf, len(leaves))
	for _, name := range slices.Sorted(maps.Keys(leaves)) {
		l := leaves[name]
		l.Events, l.Where, l.Same, l.Rule = slices.Clone(l.Events), slices.Clone(l.Where), slices.Clone(l.Same), slices.Clone(l.Rule)
		l.Steps = slices.Clone(l.Steps)
		for i := range l.Steps {
			l.Steps[i].Events, l.Steps[i].Where = slices.Clone(l.Steps[i].Events), slices.Clone(l.Steps[i].Where)
		}
		if l.Leaves != nil {
			l.Leaves = cloneLeaves(l.Leaves)
		}
		out[name] = l
	}
	if leaves == nil {
		return nil
	}
	return out
}

// span is a length of time: elapsed microseconds or whole calendar days.
type span struct {
	micros int64 // for ever when negative
	days   int
}

const day = 24 * time.Hour

var forever = span{micros: -1}

func (s span) finite() bool { return s.micros >= 0 }

func (s span) zero() bool { return s.micros == 0 && s.days == 0 }

// after returns the instant that lies s after at for somebody in loc; calendar
// days end with the local day.
func (s span) after(at int64, loc *time.Location) int64 {
	switch {
	case s.micros < 0:
		return never
	case s.days > 0:
		return caltime.StartOfDay(time.UnixMicro(at), s.days, loc).UnixMicro()
	}
	return at + s.micros
}

func (s span) String() string { return fmt.Sprintf("%d/%d", s.micros, s.days) }

// parseSpan reads a window; empty is what a window is without one.
func parseSpan(text string, calendar bool, missing span) (span, error) {
	if text == "" {
		return missing, nil
	}
	d, err := caltime.ParseDuration(text)
	switch {
	case err != nil:
		return span{}, err
	case d.Months != 0:
		return span{}, fmt.Errorf("duration %q: months and years differ in length: count days: %w", text, flywheel.ErrInvalid)
	case d.IsZero():
		return span{}, fmt.Errorf("duration %q is no time: %w", text, flywheel.ErrInvalid)
	case d.Days > int(MaxWindow/day) || time.Duration(d.Days)*day+d.Elapsed > MaxWindow || d.Elapsed > MaxWindow:
		return span{}, fmt.Errorf("duration %q is longer than a hundred years: %w", text, flywheel.ErrOutOfRange)
	case calendar && d.Elapsed != 0:
		return span{}, fmt.Errorf("duration %q: a calendar window counts days: %w", text, flywheel.ErrInvalid)
	case calendar:
		return span{days: d.Days}, nil
	}
	return span{micros: (time.Duration(d.Days)*day + d.Elapsed).Microseconds()}, nil
}

// longer reports whether a outlasts b.
func longer(a, b span) bool {
	switch {
	case !a.finite():
		return b.finite()
	case !b.finite():
		return false
	case a.days > 0 || b.days > 0:
		return a.days > b.days
	}
	return a.micros > b.micros
}
