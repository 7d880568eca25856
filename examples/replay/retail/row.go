package retail

import (
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Row is one line of an invoice.
type Row struct {
	Line     int32 // of the file; the header is line 1
	Kind     Kind
	Code     string
	Quantity int64
	Price    money.Price
	// Value is quantity times price, exactly, in units of 10^-ValueScale.
	Value int64
}

// ValueScale is the number of decimals of [Row].Value: more than any price in
// the file has, so that sums are exact.
const ValueScale = 6

// Invoice is a run of rows of one invoice number and one customer.
type Invoice struct {
	// ID is the invoice number, with "#2" and so on behind it where the number
	// comes again later in the file.
	ID       string
	Time     time.Time
	Customer flywheel.CustomerID // empty where the file has none
	Country  string
	Cancels  bool // the number begins with C
	Rows     []Row
}

// RowError says what is wrong with one row.
type RowError struct {
	File  string
	Line  int
	Field string // column name, empty when the row as a whole is broken
	Err   error
}

func (e *RowError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
	}
	return fmt.Sprintf("%s:%d: %s: %v", e.File, e.Line, e.Field, e.Err)
}

// Unwrap returns the cause, which wraps an error kind of package flywheel.
func (e *RowError) Unwrap() error { return e.Err }

// value multiplies exactly and scales to ValueScale decimals.
func value(quantity int64, price money.Price) (int64, error) {
	coefficient, scale := price.Coefficient(), price.Scale()
	if scale > ValueScale {
		return 0, fmt.Errorf("%s has more than %d decimals: %w", price, ValueScale, flywheel.ErrInvalid)
	}
	v, ok := multiply(quantity, coefficient)
	for range ValueScale - scale {
		if !ok {
			break
		}
		v, ok = multiply(v, 10)
	}
	if !ok {
		return 0, fmt.Errorf("%d times %s: %w", quantity, price, flywheel.ErrOutOfRange)
	}
	return v, nil
}

func multiply(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// FormatValue writes an exact value as a decimal with two places, or more where
// it has them.
func FormatValue(v int64) string {
	sign, m := "", magnitude(v)
	if v < 0 {
		sign = "-"
	}
	s := fmt.Sprintf("%s%d.%0*d", sign, m/1e6, ValueScale, m%1e6)
	end := len(s)
	for s[end-1] == '0' && s[end-3] != '.' {
		end--
	}
	return s[:end]
}
