package cursor

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// For returns the cursors in the database of a handle, as flywheel.Stored
// returns it.
func For(handle flywheel.Transactor) (Store, error) {
	switch h := handle.(type) {
	case *flywheel.Memory:
		return inMemory(h), nil
	case *flywheel.SQL:
		return inSQL{h}, nil
	}
	return nil, fmt.Errorf("cursor: a handle of type %T keeps no cursors: %w", handle, flywheel.ErrInvalid)
}
