package campaign

import (
	"time"

	"github.com/flywheel-go/flywheel"
)

// Fact is one thing that the engine decided, for [Options].Trace.
type Fact struct {
	Kind    FactKind        `json:"kind"`
	At      time.Time       `json:"at"`
	Contact flywheel.Person `json:"contact"`
	Journey ID              `json:"journey"`
	Version int             `json:"version"`
	Run     string          `json:"run,omitempty"`
	Entered time.Time       `json:"entered,omitzero"` // of the run
	Step    string          `json:"step,omitempty"`
	// Template is that of the message, where the fact is about one.
	Template string `json:"template,omitempty"`
	// Detail is the reason of a rejection, skip or hold, and the outcome of an
	// end.
	Detail string `json:"detail,omitempty"`
}

// FactKind says what a [Fact] tells.
type FactKind string

// What a [Fact] tells.
const (
	FactEntered  FactKind = "entered"
	FactRejected FactKind = "rejected" // an entry: once, already_active, cooldown
	FactSent     FactKind = "sent"     // the provider accepted a message
	FactSkipped  FactKind = "skipped"  // a message: unsubscribed, too_late, frequency_cap, refused, dead
	FactHeld     FactKind = "held"     // a message, for later: quiet_hours, frequency_cap
	FactFailed   FactKind = "failed"   // an attempt; it is tried again
	FactEnded    FactKind = "ended"    // completed, goal, exited, restarted, canceled, withdrawn, or an outcome of the journey's own
)

// Outcomes of a run that the engine knows of.
const (
	OutcomeCompleted = "completed" // came to the end
	OutcomeGoal      = "goal"      // reached what the journey is for
	OutcomeExited    = "exited"    // an event ended it
	OutcomeRestarted = "restarted" // another entry took its place
	OutcomeCanceled  = "canceled"  // an operator ended it
	OutcomeWithdrawn = "withdrawn" // its version of the journey is no longer there
)

// Reasons of rejections, skips and holds.
const (
	reasonOnce         = "once"
	reasonActive       = "already_active"
	reasonCooldown     = "cooldown"
	reasonUnsubscribed = "unsubscribed"
	reasonLate         = "too_late"
	reasonCap          = "frequency_cap"
	reasonQuiet        = "quiet_hours"
	reasonRefused      = "refused"
	reasonDead         = "dead"
)
