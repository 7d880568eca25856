package flag

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// What can be wrong with a payload.
var (
	// ErrPayload reports a payload, or a part of it, that is malformed.
	ErrPayload = fmt.Errorf("flag: malformed payload: %w", flywheel.ErrInvalid)
	// ErrCycle reports features that are prerequisites of themselves.
	ErrCycle = fmt.Errorf("flag: cyclic prerequisites: %w", flywheel.ErrInvalid)
	// ErrKey reports that an encrypted payload does not open with the key.
	ErrKey = fmt.Errorf("flag: cannot decrypt: %w", flywheel.ErrForbidden)
)

// Problem is one thing that is wrong in a payload, and where.
type Problem struct {
	Path string // such as "features.checkout.rules[1].condition.age"
	Err  error  // wraps a kind
}

func (p *Problem) Error() string {
	if p.Path == "" {
		return p.Err.Error()
	}
	return "flag: " + p.Path + ": " + p.Err.Error()
}

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Err }
