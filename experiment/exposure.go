package experiment

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
)

// Exposure is the fact that a unit saw an arm.
type Exposure struct {
	Experiment ID     `json:"experiment"`
	Unit       string `json:"unit"`
	Arm        string `json:"arm"`
	// Group is a part of the experiment in which the unit is counted again: a
	// cluster, a period of a switchback, a leaf of a contextual bandit. Mostly
	// empty.
	Group string `json:"group,omitempty"`
	// Propensity is the probability with which the arm was chosen, 0 where
	// it is the arm's fixed weight. Off-policy evaluation needs it.
	Propensity float64 `json:"propensity,omitempty"`
	// At is when the unit saw the arm for the first time, in UTC to the
	// microsecond.
	At       time.Time           `json:"at"`
	Customer flywheel.CustomerID `json:"customer,omitempty"`
	Visitor  flywheel.VisitorID  `json:"visitor,omitempty"`
}

// Validate reports the first thing wrong with x; the error wraps a kind.
func (x *Exposure) Validate() error {
	for _, id := range [...]struct{ field, value string }{
		{"experiment", string(x.Experiment)}, {"unit", x.Unit}, {"arm", x.Arm},
	} {
		if err := flywheel.CheckID(id.value); err != nil {
			return fmt.Errorf("experiment: exposure: %s: %w", id.field, err)
		}
	}
	if x.Group != "" {
		if err := flywheel.CheckID(x.Group); err != nil {
			return fmt.Errorf("experiment: exposure: group: %w", err)
		}
	}
	if !share(x.Propensity) {
		return fmt.Errorf("experiment: exposure: propensity: %v: %w", x.Propensity, flywheel.ErrOutOfRange)
	}
	if x.At.IsZero() {
		return fmt.Errorf("experiment: exposure: at: missing: %w", flywheel.ErrInvalid)
	}
	return nil
}

// Properties of [flywheel.EventExperimentViewed].
const (
	propertyExperiment = "experiment"
	propertyArm        = "arm"
	propertyUnit       = "unit"
	propertyGroup      = "group"
	propertyPropensity = "propensity"
)

// event tells of x.
func (x *Exposure) event() flywheel.Event {
	parts := []string{string(x.Experiment), x.Unit, x.Arm}
	if x.Group != "" {
		parts = append(parts, x.Group)
	}
	e := flywheel.Event{
		ID:       eventid.Of(flywheel.EventExperimentViewed, parts...),
		Name:     flywheel.EventExperimentViewed,
		Time:     x.At,
		Customer: x.Customer,
		Visitor:  x.Visitor,
		Properties: map[string]any{
			propertyExperiment: string(x.Experiment),
			propertyArm:        x.Arm,
			propertyUnit:       x.Unit,
		},
	}
	if x.Group != "" {
		e.Properties[propertyGroup] = x.Group
	}
	if x.Propensity != 0 {
		e.Properties[propertyPropensity] = x.Propensity
	}
	return e
}

// exposureOf reads what [Exposure.event] writes.
func exposureOf(e *flywheel.Event) Exposure {
	text := func(property string) string {
		s, _ := e.Properties[property].(string)
		return s
	}
	propensity, _ := e.Properties[propertyPropensity].(float64)
	return Exposure{
		Group:      text(propertyGroup),
		Propensity: propensity,
		Experiment: ID(text(propertyExperiment)),
		Unit:       text(propertyUnit),
		Arm:        text(propertyArm),
		At:         e.Time.UTC().Truncate(time.Microsecond),
		Customer:   e.Customer,
		Visitor:    e.Visitor,
	}
}
