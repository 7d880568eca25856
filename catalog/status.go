package catalog

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// Status is where a product is in its life.
type Status string

// The life of a product. A new one is a draft or active. A draft becomes active
// or archived; an active product becomes a draft again or archived; an archived
// one returns as a draft, so that someone looks at it before it is sold again.
const (
	Draft    Status = "draft"    // in preparation, not for sale
	Active   Status = "active"   // for sale
	Archived Status = "archived" // no longer for sale; orders still refer to it
)

func (s Status) known() bool { return s == Draft || s == Active || s == Archived }

// CanBecome reports whether a product may go from status s to next. The empty
// status is that of a product which does not exist yet. Staying is allowed.
func (s Status) CanBecome(next Status) bool {
	if s == next {
		return s.known()
	}
	switch s {
	case "":
		return next == Draft || next == Active
	case Draft:
		return next == Active || next == Archived
	case Active:
		return next == Draft || next == Archived
	case Archived:
		return next == Draft
	}
	return false
}

// ErrTransition reports a change of status that is not allowed.
var ErrTransition = fmt.Errorf("catalog: status cannot change so: %w", flywheel.ErrConflict)

// TransitionError tells which change of status was refused. It matches
// [ErrTransition].
type TransitionError struct {
	Product  ID
	From, To Status // From is empty for a new product
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("catalog: product %q: %q cannot become %q", e.Product, e.From, e.To)
}

// Unwrap returns [ErrTransition].
func (e *TransitionError) Unwrap() error { return ErrTransition }
