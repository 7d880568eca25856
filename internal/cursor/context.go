package cursor

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Step is what a runner tells a consumer through the context of a call.
type Step struct {
	// Consumer is the name of the consumer that has its turn.
	Consumer string
	// Now is the trusted instant of the step. It is zero in an ordinary turn, in
	// which each entry is applied as of its Received, so that reading a log again
	// gives the same; entries that are retried, and calls that let time pass, have
	// it.
	Now time.Time
	// Held reports whether a person stands still; nil means that nobody does.
	Held func(flywheel.Person) bool
	// Replaying is set while a rebuild reads entries that were applied before.
	// Nothing is told then: it was told already.
	Replaying bool
	// Wave is how far the consumer came within the first entry in earlier steps,
	// and Stop what it answers when it wants another step for an entry. Without
	// Stop there is none.
	Wave string
	Stop *Stop
}

// Stop is where a consumer stops for this step: before the entry at a position,
// with a word that says how far it has come within it.
type Stop struct {
	At   flywheel.Position
	Wave string
}

// Wave returns how far the consumer came within the first entry in earlier steps,
// empty when it has not begun with it.
func Wave(ctx context.Context) string { return step(ctx).Wave }

// Pause ends a step within the entry at a position: the consumer returns without an
// error, what it has done is committed, and its next step begins with this entry and
// the word wave, which is not empty. It reports false where the step is the only one
// there is, so that the whole entry has to be taken now.
func Pause(ctx context.Context, at flywheel.Position, wave string) bool {
	stop := step(ctx).Stop
	if stop == nil {
		return false
	}
	*stop = Stop{at, wave}
	return true
}

type stepKey struct{}

// With returns a context that carries s.
func With(ctx context.Context, s Step) context.Context { return context.WithValue(ctx, stepKey{}, s) }

func step(ctx context.Context) Step {
	s, _ := ctx.Value(stepKey{}).(Step)
	return s
}

// Now returns the instant of the step, and zero in an ordinary turn and outside
// of a runner.
func Now(ctx context.Context) time.Time { return step(ctx).Now }

// At returns the trusted instant at which e is applied: when it was received, or
// the instant of the step that takes it again after it stood still.
func At(ctx context.Context, e *flywheel.Entry) time.Time {
	if now := Now(ctx); now.After(e.Received) {
		return now
	}
	return e.Received
}

// Held returns whether a person stands still in the consumer whose turn it is;
// such a person's timers and deliveries wait. It is never nil.
func Held(ctx context.Context) func(flywheel.Person) bool {
	if held := step(ctx).Held; held != nil {
		return held
	}
	return func(flywheel.Person) bool { return false }
}

// Replaying reports whether the entries of this call were applied before, by a
// state that was thrown away: the consumer tells nothing.
func Replaying(ctx context.Context) bool { return step(ctx).Replaying }

// Teller returns the name of the consumer whose turn it is, and "" outside of a
// runner. A log orders what consumers tell by it.
func Teller(ctx context.Context) string { return step(ctx).Consumer }
