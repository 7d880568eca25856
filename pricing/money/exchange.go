package money

import (
	"fmt"
	"math/big"
	"slices"
	"time"
)

// Exchange is a table of exchange rates against one currency, each in force from
// a time on until the next of its currency begins: what a central bank publishes
// daily. It is immutable and safe for concurrent use.
type Exchange struct {
	base   Currency
	quotes map[Currency][]Quotation // oldest first
}

// Quotation says that from a time on one unit of the base buys Rate of Currency.
type Quotation struct {
	Currency Currency  `json:"currency"`
	Rate     Rate      `json:"rate"` // positive
	From     time.Time `json:"from"`
}

// NewExchange returns the table of rates against base. Two quotations of one
// currency and time, a rate that is not positive, or one of the base itself are
// a [*QuotationError].
func NewExchange(base Currency, quotes ...Quotation) (*Exchange, error) {
	if base.IsZero() {
		return nil, fmt.Errorf("%w: none for a table of rates", ErrCurrency)
	}
	x := &Exchange{base: base, quotes: map[Currency][]Quotation{}}
	for _, q := range slices.SortedFunc(slices.Values(quotes), func(a, b Quotation) int { return a.From.Compare(b.From) }) {
		of := x.quotes[q.Currency]
		twice := len(of) > 0 && of[len(of)-1].From.Equal(q.From)
		if q.Currency.IsZero() || q.Currency == base || q.Rate.coef <= 0 || twice {
			return nil, &QuotationError{Quotation: q}
		}
		x.quotes[q.Currency] = append(of, q)
	}
	return x, nil
}

// Base returns the currency that the rates are against.
func (x *Exchange) Base() Currency { return x.base }

// Convert returns a in another currency at the rates in force at a time, across
// the base where neither is it, rounded once to the minor unit. No rate is a
// [*NoRateError].
func (x *Exchange) Convert(a Amount, to Currency, at time.Time, mode Rounding) (Amount, error) {
	if err := mode.check(); err != nil {
		return Amount{}, err
	}
	from := a.currency
	if from.IsZero() || to.IsZero() {
		return Amount{}, &MismatchError{from, to}
	}
	if from == to {
		return a, nil
	}
	buys, err := x.rate(to, at)
	if err != nil {
		return Amount{}, err
	}
	costs, err := x.rate(from, at)
	if err != nil {
		return Amount{}, err
	}
	// minor·10^-from · buys/costs · 10^to, as a fraction.
	numerator := new(big.Int).Mul(big.NewInt(a.minor), big.NewInt(buys.coef))
	denominator := big.NewInt(costs.coef)
	if up := int(costs.scale) + to.Digits() - int(buys.scale) - from.Digits(); up >= 0 {
		numerator.Mul(numerator, tenTo(up))
	} else {
		denominator.Mul(denominator, tenTo(-up))
	}
	minor, ok := mode.quotient(numerator, denominator)
	if !ok {
		return Amount{}, overflow("convert", a, buys, costs)
	}
	return Amount{minor, to}, nil
}

func tenTo(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// quotient returns numerator/denominator, rounded once. The denominator is
// positive.
func (m Rounding) quotient(numerator, denominator *big.Int) (int64, bool) {
	q, rest := new(big.Int).QuoRem(new(big.Int).Abs(numerator), denominator, new(big.Int))
	if !q.IsUint64() {
		return 0, false
	}
	n, negative := q.Uint64(), numerator.Sign() < 0
	if rest.Sign() != 0 {
		// What matters of the rest is how it compares with a half.
		part := [...]struct{ rest, of uint64 }{{1, 3}, {1, 2}, {2, 3}}[1+rest.Lsh(rest, 1).Cmp(denominator)]
		if m.away(negative, n, part.rest, part.of) {
			if n++; n == 0 {
				return 0, false
			}
		}
	}
	return signed(negative, n)
}

// rate returns what one unit of the base buys.
func (x *Exchange) rate(c Currency, at time.Time) (Rate, error) {
	if c == x.base {
		return Rate{coef: 1}, nil
	}
	of := x.quotes[c]
	next, found := slices.BinarySearchFunc(of, at, func(q Quotation, at time.Time) int { return q.From.Compare(at) })
	if found {
		return of[next].Rate, nil
	}
	if next == 0 {
		return Rate{}, &NoRateError{Currency: c, At: at}
	}
	return of[next-1].Rate, nil
}

// QuotationError tells a quotation that no table takes.
type QuotationError struct{ Quotation Quotation }

func (e *QuotationError) Error() string {
	return fmt.Sprintf("money: no rate: %s of %q from %s", e.Quotation.Rate, e.Quotation.Currency, e.Quotation.From.Format(time.RFC3339))
}

// Unwrap returns [ErrInvalid].
func (e *QuotationError) Unwrap() error { return ErrInvalid }

// NoRateError tells a currency without a rate at a time.
type NoRateError struct {
	Currency Currency
	At       time.Time
}

func (e *NoRateError) Error() string {
	return fmt.Sprintf("money: no rate of %s at %s", e.Currency, e.At.Format(time.RFC3339))
}

// Unwrap returns [ErrCurrency].
func (e *NoRateError) Unwrap() error { return ErrCurrency }
