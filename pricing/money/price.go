package money

import (
	"fmt"
	"math/bits"
)

// Price is the price of one unit. It may be finer than the minor unit of its
// currency, as for screws at 0.0125 EUR, with at most 18 decimals, and becomes
// an [Amount] when it is taken some number of times. Equal prices are ==
// whatever their spelling. The zero value is no price, which is not the same
// as a price of zero.
type Price struct {
	coef     int64
	scale    uint8 // at least the currency's digits, and no more than needed
	currency Currency
}

// PriceOf returns the price of a per unit.
func PriceOf(a Amount) Price {
	return Price{a.minor, uint8(a.currency.Digits()), a.currency}
}

// ParsePrice reads a plain decimal such as "0.0125" as a price in c, exactly.
// The error is a [*ParseError].
func ParsePrice(s string, c Currency) (Price, error) {
	if c.IsZero() {
		return Price{}, parseError(s, ErrCurrency)
	}
	coef, scale, err := parseDecimal(s, maxScale)
	if err != nil {
		return Price{}, err
	}
	p, ok := newPrice(coef, scale, c)
	if !ok {
		return Price{}, parseError(s, ErrOutOfRange)
	}
	return p, nil
}

// MustPrice is [ParsePrice] for prices in the program text: it panics on an
// error.
func MustPrice(s string, c Currency) Price {
	p, err := ParsePrice(s, c)
	if err != nil {
		panic(err)
	}
	return p
}

// NewPrice returns coef/10^scale in c: NewPrice(125, 4, EUR) is 0.0125 EUR.
func NewPrice(coef int64, scale int, c Currency) (Price, error) {
	if c.IsZero() {
		return Price{}, fmt.Errorf("%w: none for a price", ErrCurrency)
	}
	if scale < 0 || scale > maxScale {
		return Price{}, fmt.Errorf("%w: scale %d of a price, at most %d", ErrDecimals, scale, maxScale)
	}
	p, ok := newPrice(coef, scale, c)
	if !ok {
		return Price{}, overflow("price", integer(coef))
	}
	return p, nil
}

func newPrice(coef int64, scale int, c Currency) (Price, bool) {
	digits := c.Digits()
	for scale > digits && coef%10 == 0 {
		coef /= 10
		scale--
	}
	ok := true
	if scale < digits {
		coef, ok = rescale(coef, digits-scale)
		scale = digits
	}
	return Price{coef, uint8(scale), c}, ok
}

// Currency returns the currency, none for the zero value.
func (p Price) Currency() Currency { return p.currency }

// Coefficient returns the whole number that the price is 10^-[Price.Scale] of.
func (p Price) Coefficient() int64 { return p.coef }

// Scale returns the number of decimals: the digits of the currency, or more
// where the price is finer.
func (p Price) Scale() int { return int(p.scale) }

// Sign returns -1, 0 or +1.
func (p Price) Sign() int { return sign(p.coef) }

// Cmp returns -1, 0 or +1 as p is less than, equal to or greater than q.
// Different currencies are a [*MismatchError].
func (p Price) Cmp(q Price) (int, error) {
	if p.currency != q.currency {
		return 0, &MismatchError{p.currency, q.currency}
	}
	return cmpScaled(p.coef, p.scale, q.coef, q.scale), nil
}

// Times returns the amount for quantity units, rounded once to the minor unit.
func (p Price) Times(quantity int64, mode Rounding) (Amount, error) {
	total, ok := mode.mulDiv(p.coef, quantity, pow10[int(p.scale)-p.currency.Digits()])
	if !ok {
		return Amount{}, refuse(mode, "times", p, integer(quantity))
	}
	return Amount{total, p.currency}, nil
}

// MulRatio returns p·numerator/denominator, rounded once to the minor unit. The
// denominator must be positive.
func (p Price) MulRatio(numerator, denominator int64, mode Rounding) (Amount, error) {
	if denominator <= 0 {
		return Amount{}, &RatioError{Denominator: denominator}
	}
	hi, lo := bits.Mul64(uint64(denominator), pow10[int(p.scale)-p.currency.Digits()])
	total, ok := mode.mulDiv(p.coef, numerator, lo)
	if hi != 0 || !ok {
		return Amount{}, refuse(mode, "mul", p, integer(numerator), integer(denominator))
	}
	return Amount{total, p.currency}, nil
}

// Mul returns p taken n times, exactly.
func (p Price) Mul(n int64) (Price, error) {
	product, ok := Down.mulDiv(p.coef, n, 1)
	if !ok {
		return Price{}, overflow("mul", p, integer(n))
	}
	return p.shortest(product, int(p.scale)), nil
}

// Add returns p + q, exactly. Different currencies are a [*MismatchError].
func (p Price) Add(q Price) (Price, error) {
	a, b, scale, err := align("add", p, q)
	sum := a + b
	if err == nil && (a^sum)&(b^sum) < 0 {
		err = overflow("add", p, q)
	}
	if err != nil {
		return Price{}, err
	}
	return p.shortest(sum, scale), nil
}

// Sub returns p - q, exactly. Different currencies are a [*MismatchError].
func (p Price) Sub(q Price) (Price, error) {
	a, b, scale, err := align("sub", p, q)
	difference := a - b
	if err == nil && (a^b)&(a^difference) < 0 {
		err = overflow("sub", p, q)
	}
	if err != nil {
		return Price{}, err
	}
	return p.shortest(difference, scale), nil
}

// align returns the coefficients of p and q at one scale.
func align(op string, p, q Price) (a, b int64, scale int, err error) {
	if p.currency != q.currency {
		return 0, 0, 0, &MismatchError{p.currency, q.currency}
	}
	scale = int(max(p.scale, q.scale))
	a, okA := rescale(p.coef, scale-int(p.scale))
	b, okB := rescale(q.coef, scale-int(q.scale))
	if !okA || !okB {
		return 0, 0, 0, overflow(op, p, q)
	}
	return a, b, scale, nil
}

// shortest returns a price in the currency of p from a scale that is not too
// small for it.
func (p Price) shortest(coef int64, scale int) Price {
	short, _ := newPrice(coef, scale, p.currency)
	return short
}

// String returns the price and the code, such as "0.0125 EUR" or "12.00 EUR".
// The zero value is "0".
func (p Price) String() string {
	var buffer [32]byte
	return string(appendUnit(appendDecimal(buffer[:0], p.coef, int(p.scale)), p.currency))
}

// MarshalText returns what [Price.String] does.
func (p Price) MarshalText() ([]byte, error) {
	return appendUnit(appendDecimal(nil, p.coef, int(p.scale)), p.currency), nil
}

// UnmarshalText reads what [Price.String] writes.
func (p *Price) UnmarshalText(text []byte) error {
	number, unit, err := splitUnit(string(text))
	if err != nil {
		return err
	}
	read, err := parsePriceAs(number, unit)
	if err != nil {
		return err
	}
	*p = read
	return nil
}

func parsePriceAs(number string, c Currency) (Price, error) {
	if c.IsZero() && number == "0" {
		return Price{}, nil
	}
	return ParsePrice(number, c)
}

// cmpProducts compares a·b with c·d.
func cmpProducts(a, b, c, d uint64) int {
	hi1, lo1 := bits.Mul64(a, b)
	hi2, lo2 := bits.Mul64(c, d)
	switch {
	case hi1 < hi2, hi1 == hi2 && lo1 < lo2:
		return -1
	case hi1 > hi2, lo1 > lo2:
		return 1
	}
	return 0
}
