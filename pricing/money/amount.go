package money

import "math"

// Amount is an amount of money: a whole number of minor units of a currency.
// It is a comparable value of two words. The zero value is no money: it has no
// currency, and adds to an amount of any.
type Amount struct {
	minor    int64
	currency Currency
}

// New returns minor units of c: New(1299, EUR) is 12.99 EUR.
func New(minor int64, c Currency) Amount { return Amount{minor, c} }

// Minor returns the number of minor units.
func (a Amount) Minor() int64 { return a.minor }

// Currency returns the currency, none for the zero value.
func (a Amount) Currency() Currency { return a.currency }

// IsZero reports whether a is zero, in any currency or none.
func (a Amount) IsZero() bool { return a.minor == 0 }

// Sign returns -1, 0 or +1.
func (a Amount) Sign() int { return sign(a.minor) }

func sign(n int64) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// Neg returns -a.
func (a Amount) Neg() (Amount, error) {
	if a.minor == math.MinInt64 {
		return Amount{}, overflow("neg", a)
	}
	return Amount{-a.minor, a.currency}, nil
}

// Add returns a + b. Different currencies are a [*MismatchError].
func (a Amount) Add(b Amount) (Amount, error) {
	sum := a.minor + b.minor
	if a.currency == b.currency && (a.minor^sum)&(b.minor^sum) >= 0 {
		return Amount{sum, a.currency}, nil
	}
	return a.addRare(b)
}

// addRare is Add for what is not the common case.
func (a Amount) addRare(b Amount) (Amount, error) {
	switch {
	case a == Amount{}:
		return b, nil
	case b == Amount{}:
		return a, nil
	case a.currency != b.currency:
		return Amount{}, &MismatchError{a.currency, b.currency}
	}
	return Amount{}, overflow("add", a, b)
}

// Sub returns a - b. Different currencies are a [*MismatchError].
func (a Amount) Sub(b Amount) (Amount, error) {
	difference := a.minor - b.minor
	if a.currency == b.currency && (a.minor^b.minor)&(a.minor^difference) >= 0 {
		return Amount{difference, a.currency}, nil
	}
	return a.subRare(b)
}

func (a Amount) subRare(b Amount) (Amount, error) {
	switch {
	case a == Amount{}:
		return b.Neg()
	case b == Amount{}:
		return a, nil
	case a.currency != b.currency:
		return Amount{}, &MismatchError{a.currency, b.currency}
	}
	return Amount{}, overflow("sub", a, b)
}

// Sum returns the sum of amounts, the zero value for none. It fails only where
// the sum itself is out of range, whatever the order.
func Sum(amounts ...Amount) (Amount, error) {
	var total Amount
	var carry int64 // the sum is carry·2^64 + low, in two's complement
	var low uint64
	for _, a := range amounts {
		if (a == Amount{}) {
			continue
		}
		if total.currency != a.currency && !total.currency.IsZero() {
			return Amount{}, &MismatchError{total.currency, a.currency}
		}
		total.currency = a.currency
		next := low + uint64(a.minor)
		if next < low {
			carry++
		}
		if a.minor < 0 {
			carry--
		}
		low = next
	}
	if carry != int64(low)>>63 {
		return Amount{}, overflow("sum", integer(len(amounts)))
	}
	total.minor = int64(low)
	return total, nil
}

// Mul returns a taken n times.
func (a Amount) Mul(n int64) (Amount, error) {
	product, ok := Down.mulDiv(a.minor, n, 1)
	if !ok {
		return Amount{}, overflow("mul", a, integer(n))
	}
	return Amount{product, a.currency}, nil
}

// MulRate returns a·r, rounded once to the minor unit.
func (a Amount) MulRate(r Rate, mode Rounding) (Amount, error) {
	product, ok := mode.mulDiv(a.minor, r.coef, pow10[r.scale])
	if !ok {
		return Amount{}, refuse(mode, "mul", a, r)
	}
	return Amount{product, a.currency}, nil
}

// MulRatio returns a·numerator/denominator, rounded once to the minor unit. The
// tax in a gross amount at 20 % is MulRatio(20, 120, HalfUp). The denominator
// must be positive.
func (a Amount) MulRatio(numerator, denominator int64, mode Rounding) (Amount, error) {
	if denominator <= 0 {
		return Amount{}, &RatioError{Denominator: denominator}
	}
	product, ok := mode.mulDiv(a.minor, numerator, uint64(denominator))
	if !ok {
		return Amount{}, refuse(mode, "mul", a, integer(numerator), integer(denominator))
	}
	return Amount{product, a.currency}, nil
}

// Convert returns a in another currency, of which one unit of a's own buys rate,
// rounded once to the minor unit. Rates of more than 14 decimals may be out of
// range.
func (a Amount) Convert(to Currency, rate Rate, mode Rounding) (Amount, error) {
	if a.currency.IsZero() || to.IsZero() {
		return Amount{}, &MismatchError{a.currency, to}
	}
	coef, decimals, ok := rate.coef, a.currency.Digits()+int(rate.scale)-to.Digits(), true
	if decimals < 0 {
		coef, ok = rescale(coef, -decimals)
		decimals = 0
	}
	var minor int64
	if ok = ok && decimals <= maxScale; ok {
		minor, ok = mode.mulDiv(a.minor, coef, pow10[decimals])
	}
	if !ok {
		return Amount{}, refuse(mode, "convert", a, rate)
	}
	return Amount{minor, to}, nil
}

// Round returns the multiple of increment minor units that mode chooses; with
// [Currency.CashIncrement] that is cash rounding. The increment must be positive.
func (a Amount) Round(increment int64, mode Rounding) (Amount, error) {
	if increment <= 0 {
		return Amount{}, &RatioError{Denominator: increment}
	}
	times, ok := mode.mulDiv(a.minor, 1, uint64(increment))
	if !ok {
		return Amount{}, refuse(mode, "round", a, integer(increment))
	}
	return Amount{times, a.currency}.Mul(increment)
}

// Cmp returns -1, 0 or +1 as a is less than, equal to or greater than b.
// Different currencies are a [*MismatchError].
func (a Amount) Cmp(b Amount) (int, error) {
	if a.currency != b.currency && a != (Amount{}) && b != (Amount{}) {
		return 0, &MismatchError{a.currency, b.currency}
	}
	switch {
	case a.minor < b.minor:
		return -1, nil
	case a.minor > b.minor:
		return 1, nil
	}
	return 0, nil
}
