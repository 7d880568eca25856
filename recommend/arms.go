package recommend

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// Arms serves the arms of an experiment: which of several Servers answers is decided
// elsewhere, such as by package experiment, and named in the Answer's impressions. It
// is safe for concurrent use when what it holds is.
type Arms struct {
	// Assign returns the arm of an actor; a method of the experiment's service in a
	// closure. It is asked for each answer, so that exposures are logged.
	Assign func(ctx context.Context, who Actor) (arm string, err error)
	// Servers by arm.
	Servers map[string]*Server
	// Default answers when Assign fails or names an arm without a Server: a shop
	// shows a list in any case.
	Default string
}

// Answer asks the server of the actor's arm. failed is what Assign reported when the
// default arm answered in its place.
func (a Arms) Answer(ctx context.Context, who Actor, q Query) (answer Answer, arm string, failed, err error) {
	if a.Assign != nil {
		arm, failed = a.Assign(ctx, who)
	}
	s := a.Servers[arm]
	if failed != nil || s == nil {
		if failed == nil {
			failed = fmt.Errorf("recommend: arm %q has no server: %w", arm, flywheel.ErrNotFound)
		}
		if arm, s = a.Default, a.Servers[a.Default]; s == nil {
			return Answer{}, arm, failed, fmt.Errorf("recommend: default arm %q has no server: %w", arm, flywheel.ErrNotFound)
		}
	}
	answer, err = s.Answer(q)
	return answer, arm, failed, err
}
