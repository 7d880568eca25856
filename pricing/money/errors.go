package money

import (
	"fmt"
	"strconv"

	"github.com/flywheel-go/flywheel/internal/kind"
)

// The kinds of error. Package flywheel names the same values, so that a
// program that imports it need not know this package's.
var (
	// ErrInvalid reports input that is malformed or contradictory.
	ErrInvalid = kind.ErrInvalid
	// ErrOutOfRange reports a result beyond what int64 minor units can hold.
	ErrOutOfRange = kind.ErrOutOfRange
)

var (
	// ErrCurrency reports a currency that is unknown, missing or not the one of
	// the other operand.
	ErrCurrency = fmt.Errorf("money: wrong currency: %w", ErrInvalid)
	// ErrSyntax reports text that is no amount, rate or price.
	ErrSyntax = fmt.Errorf("money: not a number: %w", ErrInvalid)
	// ErrDecimals reports more decimals than the currency or the type has,
	// where nothing said how to round.
	ErrDecimals = fmt.Errorf("money: too many decimals: %w", ErrInvalid)
	// ErrWeights reports weights that nothing can be shared by.
	ErrWeights = fmt.Errorf("money: weights: %w", ErrInvalid)
)

// UnknownCurrencyError tells a code that is not in the table.
type UnknownCurrencyError struct{ Code string }

func (e *UnknownCurrencyError) Error() string {
	return "money: unknown currency " + strconv.Quote(e.Code)
}

// Unwrap returns [ErrCurrency].
func (e *UnknownCurrencyError) Unwrap() error { return ErrCurrency }

// MismatchError tells two currencies that met in one calculation.
type MismatchError struct{ A, B Currency }

func (e *MismatchError) Error() string {
	return fmt.Sprintf("money: currencies differ: %q and %q", e.A, e.B)
}

// Unwrap returns [ErrCurrency].
func (e *MismatchError) Unwrap() error { return ErrCurrency }

// OverflowError tells a calculation whose result no int64 holds.
type OverflowError struct {
	Op       string // such as "add"
	Operands []string
}

func (e *OverflowError) Error() string {
	return fmt.Sprintf("money: %s of %q overflows", e.Op, e.Operands)
}

// Unwrap returns [ErrOutOfRange].
func (e *OverflowError) Unwrap() error { return ErrOutOfRange }

// overflow is kept out of line so that what calls it stays small.
//
//go:noinline
func overflow(op string, operands ...fmt.Stringer) error {
	e := &OverflowError{Op: op}
	for _, o := range operands {
		e.Operands = append(e.Operands, o.String())
	}
	return e
}

type integer int64

func (i integer) String() string { return strconv.FormatInt(int64(i), 10) }

// ParseError tells text that could not be read. Err is [ErrSyntax],
// [ErrDecimals], [ErrOutOfRange] or [ErrCurrency].
type ParseError struct {
	Text string // as given, cut to 40 bytes
	Err  error
}

func (e *ParseError) Error() string { return fmt.Sprintf("money: %q: %v", e.Text, e.Err) }

// Unwrap returns Err.
func (e *ParseError) Unwrap() error { return e.Err }

func parseError(text string, err error) error { return &ParseError{Text: clip(text), Err: err} }

// clip keeps hostile input out of logs.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

// WeightError tells a negative weight, or, with Index -1, that all weights are
// zero or there are none.
type WeightError struct {
	Index  int
	Weight int64
}

func (e *WeightError) Error() string {
	if e.Index < 0 {
		return "money: all weights are zero"
	}
	return fmt.Sprintf("money: weight %d is negative: %d", e.Index, e.Weight)
}

// Unwrap returns [ErrWeights].
func (e *WeightError) Unwrap() error { return ErrWeights }

// RatioError tells a denominator or increment that is not positive.
type RatioError struct{ Denominator int64 }

func (e *RatioError) Error() string {
	return fmt.Sprintf("money: %d is no denominator or increment", e.Denominator)
}

// Unwrap returns [ErrInvalid].
func (e *RatioError) Unwrap() error { return ErrInvalid }

// refuse returns why mulDiv did.
//
//go:noinline
func refuse(mode Rounding, op string, operands ...fmt.Stringer) error {
	if err := mode.check(); err != nil {
		return err
	}
	return overflow(op, operands...)
}
