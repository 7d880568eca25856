package service

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

var (
	// ErrStatus reports a call that the state of a ticket forbids; a [*StatusError]
	// says which.
	ErrStatus = fmt.Errorf("service: not in this state: %w", flywheel.ErrConflict)
	// ErrStale reports a ticket that was saved by someone else meanwhile.
	ErrStale = fmt.Errorf("service: %w", flywheel.ErrStale)
	// ErrRepeated reports an entry whose key already exists in its ticket.
	ErrRepeated = fmt.Errorf("service: the entry is there already: %w", flywheel.ErrConflict)
)

// StatusError says what a ticket is that a call was refused for. It matches
// [ErrStatus].
type StatusError struct {
	Ticket ID
	Call   string
	Status Status
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("service: %s: ticket %q is %s", e.Call, e.Ticket, e.Status)
}

// Unwrap returns [ErrStatus].
func (e *StatusError) Unwrap() error { return ErrStatus }
