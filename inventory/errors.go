package inventory

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

var (
	// ErrOutOfStock reports that there is less than was asked for. The error is
	// a [*ShortageError].
	ErrOutOfStock = fmt.Errorf("inventory: out of stock: %w", flywheel.ErrConflict)
	// ErrStale reports that what the call was based on has changed since it was
	// read: another call won. Reading again tells what to do.
	ErrStale = fmt.Errorf("inventory: changed in the meantime: %w", flywheel.ErrStale)
)

// ShortageError reports which item is short. It matches [ErrOutOfStock].
type ShortageError struct {
	SKU      flywheel.SKU
	Location Location
	Want     int64 // asked for
	Have     int64 // could be had, what may be ordered back included
}

func (e *ShortageError) Error() string {
	return fmt.Sprintf("inventory: %s at %s: want %d, have %d", e.SKU, e.Location, e.Want, e.Have)
}

// Unwrap returns ErrOutOfStock.
func (e *ShortageError) Unwrap() error { return ErrOutOfStock }

// UnitsError reports that an order ships or calls off more units than it has left.
// It matches flywheel.ErrConflict.
type UnitsError struct {
	Ref      string
	SKU      flywheel.SKU
	Location Location
	Want     int64
	Have     int64 // allocated to the ref, neither shipped nor called off
}

func (e *UnitsError) Error() string {
	return fmt.Sprintf("inventory: %q has %d units of %s at %s left, not %d", e.Ref, e.Have, e.SKU, e.Location, e.Want)
}

// Unwrap returns flywheel.ErrConflict.
func (e *UnitsError) Unwrap() error { return flywheel.ErrConflict }

func refused(kind error, format string, args ...any) error {
	return fmt.Errorf("inventory: %s: %w", fmt.Sprintf(format, args...), kind)
}
