package referral

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// Reason is why a referral or a step is refused.
type Reason string

// The reasons.
const (
	Self            Reason = "self"             // nobody brings themselves
	SamePerson      Reason = "same_person"      // two accounts of one person
	Cycle           Reason = "cycle"            // who is brought has brought who brings, perhaps through others
	NotNew          Reason = "not_new"          // who is brought has ordered before
	AlreadyReferred Reason = "already_referred" // by somebody

	Loop         Reason = "loop"          // of bonds
	Bound        Reason = "bound"         // the first bond is alive
	Balance      Reason = "balance"       // more than is available
	UnknownOrder Reason = "unknown_order" // nobody earned by it
	Known        Reason = "known"         // the order, with another body
	Amount       Reason = "amount"        // more than is left of the order
)

// RefusedError is a referral or a step that the rules do not allow. A referral that
// is refused matches [flywheel.ErrForbidden], an order that is not known
// [flywheel.ErrNotFound], one with another body [flywheel.ErrKeyReused], everything
// else [flywheel.ErrConflict].
type RefusedError struct {
	Reason Reason
	// Signal is what shows that two accounts are one person's, such as "email".
	Signal string
}

func (e *RefusedError) Error() string {
	if e.Signal != "" {
		return fmt.Sprintf("referral: refused: %s by %s", e.Reason, e.Signal)
	}
	return "referral: refused: " + string(e.Reason)
}

// Unwrap returns the kind.
func (e *RefusedError) Unwrap() error {
	switch e.Reason {
	case Self, SamePerson, Cycle, NotNew, AlreadyReferred:
		return flywheel.ErrForbidden
	case UnknownOrder:
		return flywheel.ErrNotFound
	case Known:
		return flywheel.ErrKeyReused
	}
	return flywheel.ErrConflict
}

func refused(r Reason) error { return &RefusedError{Reason: r} }

func wrong(field, format string, args ...any) error {
	return fmt.Errorf("referral: %w", &flywheel.FieldError{Field: field, Err: fmt.Errorf(format+": %w", append(args, flywheel.ErrOutOfRange)...)})
}

func checkIDs(pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if err := flywheel.CheckID(pairs[i+1]); err != nil {
			return fmt.Errorf("referral: %w", &flywheel.FieldError{Field: pairs[i], Err: err})
		}
	}
	return nil
}
