package credit

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var (
	// ErrInsufficient reports a hold of more than is spendable; an
	// [*InsufficientError] says how much is.
	ErrInsufficient = fmt.Errorf("credit: insufficient: %w", flywheel.ErrConflict)
	// ErrExceeds reports a return of more than is left of what was spent.
	ErrExceeds = fmt.Errorf("credit: more than is left to give back: %w", flywheel.ErrConflict)
	// ErrKeyReused reports a key that was used for another move.
	ErrKeyReused = fmt.Errorf("credit: %w", flywheel.ErrKeyReused)
)

// InsufficientError has the amount that was wanted and what is spendable. It
// matches [ErrInsufficient].
type InsufficientError struct {
	Account    string
	Want, Have money.Amount
}

func (e *InsufficientError) Error() string {
	return fmt.Sprintf("credit: account %q has %v, not %v", e.Account, e.Have, e.Want)
}

// Unwrap returns [ErrInsufficient].
func (e *InsufficientError) Unwrap() error { return ErrInsufficient }
