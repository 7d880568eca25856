package cart

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

var (
	// ErrStale reports a save of a cart that someone else saved meanwhile. It
	// matches [flywheel.ErrStale].
	ErrStale = fmt.Errorf("cart: %w", flywheel.ErrStale)
	// ErrClosed reports a change of a cart that is ordered, merged or expired.
	ErrClosed = fmt.Errorf("cart: closed: %w", flywheel.ErrConflict)
	// ErrFrozen reports a change of a cart that is held as it is while a payment for
	// it is under way.
	ErrFrozen = fmt.Errorf("cart: a payment is under way: %w", flywheel.ErrConflict)
	// ErrDraft reports a change of a cart whose goods and prices are those of a draft
	// order.
	ErrDraft = fmt.Errorf("cart: of a draft order: %w", flywheel.ErrForbidden)
)

// ClosedError reports which cart is closed and how. It matches
// [ErrClosed].
type ClosedError struct {
	Cart   ID
	Status Status
	Order  string // of an ordered cart
	Into   ID     // of a merged cart
}

func (e *ClosedError) Error() string {
	switch e.Status {
	case Ordered:
		return fmt.Sprintf("cart %q became order %q", e.Cart, e.Order)
	case Merged:
		return fmt.Sprintf("cart %q was merged into %q", e.Cart, e.Into)
	}
	return fmt.Sprintf("cart %q is %s", e.Cart, e.Status)
}

// Unwrap returns [ErrClosed].
func (e *ClosedError) Unwrap() error { return ErrClosed }

// LineError names the line that is refused.
type LineError struct {
	Cart ID
	// Index is the line's place in the call, or -1 where lines are named by ID.
	Index int
	Line  string // the line's ID, perhaps empty
	Err   error  // wraps a kind
}

func (e *LineError) Error() string {
	if e.Index < 0 {
		return fmt.Sprintf("cart %q: line %q: %v", e.Cart, e.Line, e.Err)
	}
	return fmt.Sprintf("cart %q: lines[%d]: %v", e.Cart, e.Index, e.Err)
}

// Unwrap returns the cause.
func (e *LineError) Unwrap() error { return e.Err }
