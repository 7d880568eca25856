package order

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var (
	// ErrKeyReused reports an idempotency key with another body than before.
	ErrKeyReused = fmt.Errorf("order: %w", flywheel.ErrKeyReused)
	// ErrDuplicate reports an order whose id or cart another order has. The
	// error is a [*DuplicateError].
	ErrDuplicate = fmt.Errorf("order: exists already: %w", flywheel.ErrConflict)
	// ErrStale reports a save of an order that someone else saved meanwhile. It
	// matches [flywheel.ErrStale].
	ErrStale = fmt.Errorf("order: %w", flywheel.ErrStale)
	// ErrStatus reports that the order's status forbids the call. The error is
	// a [*StatusError].
	ErrStatus = fmt.Errorf("order: status forbids it: %w", flywheel.ErrConflict)
	// ErrReturned reports a return of more units than are left. The error is a
	// [*ReturnError].
	ErrReturned = fmt.Errorf("order: not that many units left: %w", flywheel.ErrConflict)
	// ErrRefunded reports a refund above what was captured and not given back.
	// The error is a [*RefundError].
	ErrRefunded = fmt.Errorf("order: not that much money left: %w", flywheel.ErrConflict)
)

// FieldError names the field of an order that is refused.
type FieldError struct {
	Order ID
	Field string // such as "lines[3].quantity"
	Err   error  // wraps a kind
}

func (e *FieldError) Error() string { return fmt.Sprintf("order %q: %s: %v", e.Order, e.Field, e.Err) }

// Unwrap returns the cause.
func (e *FieldError) Unwrap() error { return e.Err }

// DuplicateError tells which order is there already.
type DuplicateError struct {
	Field    string // "id" or "cart"
	Existing ID
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("order: order %q has the same %s", e.Existing, e.Field)
}

// Unwrap returns [ErrDuplicate].
func (e *DuplicateError) Unwrap() error { return ErrDuplicate }

// StatusError tells a call that the status of the order forbids.
type StatusError struct {
	Order  ID
	Call   string // such as "return"
	Status Status
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("order %q: %s while %s", e.Order, e.Call, e.Status)
}

// Unwrap returns [ErrStatus].
func (e *StatusError) Unwrap() error { return ErrStatus }

// ReturnError tells a return of more units than are left.
type ReturnError struct {
	Order      ID
	Line       string
	Want, Left int64
}

func (e *ReturnError) Error() string {
	return fmt.Sprintf("order %q: return of %d of line %q, %d left", e.Order, e.Want, e.Line, e.Left)
}

// Unwrap returns [ErrReturned].
func (e *ReturnError) Unwrap() error { return ErrReturned }

// RefundError tells a refund above what is left.
type RefundError struct {
	Order      ID
	Want, Left money.Amount
}

func (e *RefundError) Error() string {
	return fmt.Sprintf("order %q: refund of %v, %v left", e.Order, e.Want, e.Left)
}

// Unwrap returns [ErrRefunded].
func (e *RefundError) Unwrap() error { return ErrRefunded }
