package experiment

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// MetricKind says how the events of a unit become one number.
type MetricKind uint8

// Kinds of metrics.
const (
	// Conversion is 1 for a unit that has the event at all, else 0.
	Conversion MetricKind = iota
	// Count is how many of the events the unit has.
	Count
	// Revenue is the sum of the events' value, in major units of the currency.
	Revenue
)

var metricKindNames = [...]string{Conversion: "conversion", Count: "count", Revenue: "revenue"}

// String returns the kind's name.
func (k MetricKind) String() string {
	if int(k) < len(metricKindNames) {
		return metricKindNames[k]
	}
	return fmt.Sprintf("MetricKind(%d)", uint8(k))
}

// MarshalText returns the kind's name.
func (k MetricKind) MarshalText() ([]byte, error) {
	if int(k) >= len(metricKindNames) {
		return nil, fmt.Errorf("experiment: %v: %w", k, flywheel.ErrInvalid)
	}
	return []byte(metricKindNames[k]), nil
}

// UnmarshalText reads a kind's name.
func (k *MetricKind) UnmarshalText(text []byte) error {
	i := slices.Index(metricKindNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("experiment: kind of metric %q: %w", text, flywheel.ErrInvalid)
	}
	*k = MetricKind(i)
	return nil
}

// Metric is an outcome that is compared between arms, computed from the events
// of a unit after its exposure.
type Metric struct {
	// Name identifies the metric within a readout.
	Name string     `json:"name"`
	Kind MetricKind `json:"kind"`
	// Event is the name of the event that counts.
	Event string `json:"event"`
	// Less is the name of an event that is taken off again, such as "refund";
	// empty for none. A [Conversion] has none.
	Less string `json:"less,omitempty"`
	// After and Window bound the events that count, in time since the unit's
	// exposure: After ≤ t < Window; a Window of 0 is without end. A
	// [Conversion] with both is retention: After 7 days, Window 8 days asks
	// who came back on day 7.
	After  time.Duration `json:"after,omitempty"`
	Window time.Duration `json:"window,omitempty"`
	// Per is the name of an event whose count divides the metric, summed over
	// the units: revenue per session. Empty for a mean per unit; a
	// [Conversion] has none.
	Per string `json:"per,omitempty"`
	// Before is how long before its exposure a unit's events are its
	// covariate, which takes out of the comparison what the unit did anyway
	// (CUPED); 0 is none. A ratio has none.
	Before time.Duration `json:"before,omitempty"`
	// Cap pulls a unit's value down to it, so that a few huge orders do not
	// hide the effect on the others; 0 is none.
	Cap float64 `json:"cap,omitempty"`
	// Currency is what [Revenue] is in. Values in another one are not counted;
	// the report says how many.
	Currency money.Currency `json:"currency,omitzero"`
	// LowerIsBetter marks a metric such as returns, where less is won.
	LowerIsBetter bool `json:"lower_is_better,omitempty"`
}

func (m *Metric) validate() error {
	invalid := func(field, why string) error {
		return fmt.Errorf("experiment: metric %q: %s: %s: %w", m.Name, field, why, flywheel.ErrInvalid)
	}
	if err := flywheel.CheckID(m.Name); err != nil {
		return fmt.Errorf("experiment: metric %q: name: %w", m.Name, err)
	}
	if err := flywheel.CheckID(m.Event); err != nil {
		return fmt.Errorf("experiment: metric %q: event: %w", m.Name, err)
	}
	switch {
	case m.Kind > Revenue:
		return invalid("kind", "unknown")
	case m.Less == m.Event:
		return invalid("less", "the same as event")
	case m.Less != "" && m.Kind == Conversion:
		return invalid("less", "a conversion is not taken back")
	case m.Window < 0 || m.After < 0 || m.Before < 0:
		return invalid("window", "negative")
	case m.Window > 0 && m.After >= m.Window:
		return invalid("after", "not before the end of the window")
	case m.Per != "" && (m.Kind == Conversion || m.Before > 0):
		return invalid("per", "goes with counts and revenue without a covariate")
	case m.Per != "" && flywheel.CheckID(m.Per) != nil:
		return invalid("per", "no name of an event")
	case !(m.Cap >= 0) || math.IsInf(m.Cap, 0) || m.Cap > 0 && m.Kind == Conversion:
		return invalid("cap", "goes with counts and revenue, and is positive")
	case (m.Kind == Revenue) == m.Currency.IsZero():
		return invalid("currency", "goes with revenue and nothing else")
	}
	return nil
}

// value returns what one event adds to the metric: ok is false for events that
// do not belong to it, foreign is true for a value in another currency.
func (m *Metric) value(e *flywheel.Event) (value float64, ok, foreign bool) {
	sign := 1.0
	switch {
	case e.Name == m.Event:
	case m.Less != "" && e.Name == m.Less:
		sign = -1
	default:
		return 0, false, false
	}
	if m.Kind != Revenue {
		return sign, true, false
	}
	if e.Value.IsZero() {
		return 0, true, false
	}
	if e.Value.Currency() != m.Currency {
		return 0, false, true
	}
	scale := 1.0
	for range m.Currency.Digits() {
		scale *= 10
	}
	return sign * (float64(e.Value.Minor()) / scale), true, false
}
