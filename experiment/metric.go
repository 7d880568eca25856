package experiment

import (
	"fmt"
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

// Metric is an outcome that is compared between arms, computed from the events
// of a unit after its exposure.
type Metric struct {
	// Name identifies the metric within a readout.
	Name string
	Kind MetricKind
	// Event is the name of the event that counts.
	Event string
	// Less is the name of an event that is taken off again, such as "refund";
	// empty for none. A [Conversion] has none.
	Less string
	// Window is how long after its exposure a unit's events count; 0 is
	// without end.
	Window time.Duration
	// Currency is what [Revenue] is in. Values in another one are not counted;
	// the report says how many.
	Currency money.Currency
	// LowerIsBetter marks a metric such as returns, where less is won.
	LowerIsBetter bool
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
	case m.Window < 0:
		return invalid("window", "negative")
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
