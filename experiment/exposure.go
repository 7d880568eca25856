package experiment

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
)

// Exposure is the fact that a unit saw an arm.
type Exposure struct {
	Experiment ID     `json:"experiment"`
	Unit       string `json:"unit"`
	Arm        string `json:"arm"`
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
	if x.At.IsZero() {
		return fmt.Errorf("experiment: exposure: at: missing: %w", flywheel.ErrInvalid)
	}
	return nil
}

// Store keeps exposures, each once by experiment, unit and arm. Implementations
// are safe for concurrent use, honour ctx, and join the transaction carried by
// ctx (see [flywheel.Transactor]). Identifiers are compared byte by byte.
type Store interface {
	// Exposed reports whether the exposure of the unit to the arm is recorded.
	Exposed(ctx context.Context, id ID, unit, arm string) (bool, error)
	// Record keeps x. Of exposures of the same experiment, unit and arm it
	// keeps the one recorded first and ignores the others without an error.
	Record(ctx context.Context, x Exposure) error
	// Exposures yields the exposures of an experiment ordered by (At, Unit,
	// Arm). An error is yielded once, last. The caller may call the store
	// while ranging.
	Exposures(ctx context.Context, id ID) iter.Seq2[Exposure, error]
}

// Properties of [flywheel.EventExperimentViewed].
const (
	propertyExperiment = "experiment"
	propertyArm        = "arm"
	propertyUnit       = "unit"
)

// event tells of x.
func (x *Exposure) event() flywheel.Event {
	return flywheel.Event{
		ID:       eventid.Of(flywheel.EventExperimentViewed, string(x.Experiment), x.Unit, x.Arm),
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
}

// exposureOf reads what [Exposure.event] writes.
func exposureOf(e *flywheel.Event) Exposure {
	text := func(property string) string {
		s, _ := e.Properties[property].(string)
		return s
	}
	return Exposure{
		Experiment: ID(text(propertyExperiment)),
		Unit:       text(propertyUnit),
		Arm:        text(propertyArm),
		At:         e.Time.UTC().Truncate(time.Microsecond),
		Customer:   e.Customer,
		Visitor:    e.Visitor,
	}
}
