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

// ErrUnits reports more units than there are to be done with as asked. The error is a
// [*UnitsError].
var ErrUnits = fmt.Errorf("order: not that many units: %w", flywheel.ErrConflict)

// UnitsError tells how many units of a line there are for what was asked.
type UnitsError struct {
	Line       string
	Want, Have int64
}

func (e *UnitsError) Error() string {
	return fmt.Sprintf("%d of line %q, %d there", e.Want, e.Line, e.Have)
}

// Unwrap returns [ErrUnits].
func (e *UnitsError) Unwrap() error { return ErrUnits }

// ErrAmount reports more money than there is to be charged or paid back. The error is
// an [*AmountError].
var ErrAmount = fmt.Errorf("order: not that much money: %w", flywheel.ErrConflict)

// AmountError tells how much money there is for what was asked.
type AmountError struct {
	What       string // "charge" or "refund"
	Want, Have money.Amount
}

func (e *AmountError) Error() string {
	return fmt.Sprintf("%s of %v, %v there", e.What, e.Want, e.Have)
}

// Unwrap returns [ErrAmount].
func (e *AmountError) Unwrap() error { return ErrAmount }

// ErrShort reports items that are added to an order and cannot be had. The error is a
// [*ShortError].
var ErrShort = fmt.Errorf("order: not enough in stock: %w", flywheel.ErrConflict)

// ShortError tells how much of each item that is short could be had.
type ShortError struct{ Short map[flywheel.SKU]int64 }

func (e *ShortError) Error() string { return fmt.Sprintf("order: short of %v", e.Short) }

// Unwrap returns [ErrShort].
func (e *ShortError) Unwrap() error { return ErrShort }

// ErrBusy reports a command for an order while another operation is under way whose
// outcome is not known yet.
var ErrBusy = fmt.Errorf("order: another operation is under way: %w", flywheel.ErrConflict)
