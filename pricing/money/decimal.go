package money

import (
	"math/big"

	"github.com/shopspring/decimal"
)

// Decimal returns the amount in major units, exactly.
func (a Amount) Decimal() decimal.Decimal {
	return decimal.New(a.minor, -int32(a.currency.Digits()))
}

// Decimal returns the rate, exactly.
func (r Rate) Decimal() decimal.Decimal { return decimal.New(r.coef, -int32(r.scale)) }

// Decimal returns the price in major units, exactly.
func (p Price) Decimal() decimal.Decimal { return decimal.New(p.coef, -int32(p.scale)) }

// FromDecimal returns the amount of c that d major units are. More decimals than
// the currency has match [ErrDecimals] unless they are zeros.
func FromDecimal(d decimal.Decimal, c Currency) (Amount, error) {
	if c.IsZero() {
		return Amount{}, parseError(d.String(), ErrCurrency)
	}
	minor, _, err := exactly(d, c.Digits(), c.Digits())
	if err != nil {
		return Amount{}, err
	}
	return Amount{minor, c}, nil
}

// RoundDecimal returns the amount of c that d major units are, rounded once.
func RoundDecimal(d decimal.Decimal, c Currency, mode Rounding) (Amount, error) {
	if c.IsZero() {
		return Amount{}, parseError(d.String(), ErrCurrency)
	}
	if err := mode.check(); err != nil {
		return Amount{}, err
	}
	numerator, denominator, err := fraction(d, c.Digits())
	if err != nil {
		return Amount{}, err
	}
	q, rest := new(big.Int).QuoRem(numerator.Abs(numerator), denominator, new(big.Int))
	if rest.Sign() != 0 {
		// The comparison of the rest with a half, in numbers that fit:
		// 1/4, 2/4 or 3/4.
		quarter := uint64(2 + rest.Lsh(rest, 1).Cmp(denominator))
		if mode.away(d.Sign() < 0, uint64(q.Bit(0)), quarter, 4) {
			q.Add(q, big.NewInt(1))
		}
	}
	if d.Sign() < 0 {
		q.Neg(q)
	}
	if !q.IsInt64() {
		return Amount{}, parseError(d.String(), ErrOutOfRange)
	}
	return Amount{q.Int64(), c}, nil
}

// RateFromDecimal returns d as a rate. More than 18 decimals match
// [ErrDecimals].
func RateFromDecimal(d decimal.Decimal) (Rate, error) {
	coef, scale, err := exactly(d, 0, maxScale)
	if err != nil {
		return Rate{}, err
	}
	return newRate(coef, scale), nil
}

// PriceFromDecimal returns a price of d major units of c. More than 18 decimals
// match [ErrDecimals].
func PriceFromDecimal(d decimal.Decimal, c Currency) (Price, error) {
	if c.IsZero() {
		return Price{}, parseError(d.String(), ErrCurrency)
	}
	coef, scale, err := exactly(d, c.Digits(), maxScale)
	if err != nil {
		return Price{}, err
	}
	p, ok := newPrice(coef, scale, c)
	if !ok {
		return Price{}, parseError(d.String(), ErrOutOfRange)
	}
	return p, nil
}

// maxExponent bounds what a decimal from outside may make us compute:
// decimal.New(1, 2_000_000_000) is a short value with a long expansion.
const maxExponent = 1000

// fraction returns d·10^digits as numerator/denominator.
func fraction(d decimal.Decimal, digits int) (numerator, denominator *big.Int, err error) {
	exponent := int(d.Exponent()) + digits
	if exponent > maxExponent || exponent < -maxExponent {
		return nil, nil, &ParseError{Text: "a decimal with exponent " + integer(d.Exponent()).String(), Err: ErrOutOfRange}
	}
	numerator, denominator = d.Coefficient(), big.NewInt(1)
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exponent, -exponent))), nil)
	if exponent >= 0 {
		numerator.Mul(numerator, power)
	} else {
		denominator = power
	}
	return numerator, denominator, nil
}

// exactly returns d as coef/10^scale with scale between least and most.
func exactly(d decimal.Decimal, least, most int) (coef int64, scale int, err error) {
	scale = min(max(least, -int(d.Exponent())), most)
	numerator, denominator, err := fraction(d, scale)
	if err != nil {
		return 0, 0, err
	}
	q, rest := new(big.Int).QuoRem(numerator, denominator, new(big.Int))
	if rest.Sign() != 0 {
		return 0, 0, parseError(d.String(), ErrDecimals)
	}
	// Zeros at the end need no room.
	ten := big.NewInt(10)
	for !q.IsInt64() && scale > least {
		shorter, digit := new(big.Int).QuoRem(q, ten, new(big.Int))
		if digit.Sign() != 0 {
			break
		}
		q = shorter
		scale--
	}
	if !q.IsInt64() {
		return 0, 0, parseError(d.String(), ErrOutOfRange)
	}
	return q.Int64(), scale, nil
}
