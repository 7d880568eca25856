package money

import "fmt"

// Rate is an exact decimal such as a tax rate or a discount: 0.175 is 17.5 %.
// It has at most 18 decimals. Equal rates are == whatever their spelling; the
// zero value is 0.
type Rate struct {
	coef  int64
	scale uint8 // the least that holds the value
}

// MaxRateDecimals is the most decimals that a [Rate] has.
const MaxRateDecimals = 18

// NewRate returns coef/10^scale: NewRate(175, 3) is 0.175.
func NewRate(coef int64, scale int) (Rate, error) {
	if scale < 0 || scale > maxScale {
		return Rate{}, fmt.Errorf("%w: scale %d of a rate, at most %d", ErrDecimals, scale, maxScale)
	}
	return newRate(coef, scale), nil
}

func newRate(coef int64, scale int) Rate {
	for scale > 0 && coef%10 == 0 {
		coef /= 10
		scale--
	}
	return Rate{coef, uint8(scale)}
}

// Percent returns n per cent: Percent(20) is 0.2.
func Percent(n int64) Rate { return newRate(n, 2) }

// ParseRate reads a plain decimal such as "0.175", exactly. The error is a
// [*ParseError].
func ParseRate(s string) (Rate, error) {
	coef, scale, err := parseDecimal(s, maxScale)
	if err != nil {
		return Rate{}, err
	}
	return newRate(coef, scale), nil
}

// MustRate is [ParseRate] for rates in the program text: it panics on an error.
func MustRate(s string) Rate {
	r, err := ParseRate(s)
	if err != nil {
		panic(err)
	}
	return r
}

// Coefficient returns the whole number that the rate is 10^-[Rate.Scale] of.
func (r Rate) Coefficient() int64 { return r.coef }

// Scale returns the number of decimals, without trailing zeros.
func (r Rate) Scale() int { return int(r.scale) }

// IsZero reports whether r is 0.
func (r Rate) IsZero() bool { return r.coef == 0 }

// Sign returns -1, 0 or +1.
func (r Rate) Sign() int { return sign(r.coef) }

// Cmp returns -1, 0 or +1 as r is less than, equal to or greater than s.
func (r Rate) Cmp(s Rate) int {
	return cmpScaled(r.coef, r.scale, s.coef, s.scale)
}

// Add returns r + s.
func (r Rate) Add(s Rate) (Rate, error) {
	scale := max(r.scale, s.scale)
	a, okA := rescale(r.coef, int(scale-r.scale))
	b, okB := rescale(s.coef, int(scale-s.scale))
	sum := a + b
	if !okA || !okB || (a^sum)&(b^sum) < 0 {
		return Rate{}, overflow("add", r, s)
	}
	return newRate(sum, int(scale)), nil
}

// Mul returns r·s, exactly. A product with more than 18 decimals or beyond
// int64 overflows.
func (r Rate) Mul(s Rate) (Rate, error) {
	product, ok := Down.mulDiv(r.coef, s.coef, 1)
	scale := int(r.scale) + int(s.scale)
	for ok && scale > maxScale && product%10 == 0 {
		product /= 10
		scale--
	}
	if !ok || scale > maxScale {
		return Rate{}, overflow("mul", r, s)
	}
	return newRate(product, scale), nil
}

// Round returns the multiple of increment that mode chooses, with one rounding:
// an increment of 0.01 rounds to two decimals, one of 0.05 to the Swiss coin.
func (r Rate) Round(increment Rate, mode Rounding) (Rate, error) {
	if increment.coef <= 0 {
		return Rate{}, &RatioError{Denominator: increment.coef}
	}
	numerator, denominator, ok := r.coef, increment.coef, true
	if r.scale >= increment.scale {
		denominator, ok = rescale(increment.coef, int(r.scale-increment.scale))
	} else {
		numerator, ok = rescale(r.coef, int(increment.scale-r.scale))
	}
	var times int64
	if ok {
		times, ok = mode.mulDiv(numerator, 1, uint64(denominator))
	}
	if ok {
		times, ok = Down.mulDiv(times, increment.coef, 1)
	}
	if !ok {
		return Rate{}, refuse(mode, "round", r, increment)
	}
	return newRate(times, int(increment.scale)), nil
}

// String returns the plain decimal, such as "0.175".
func (r Rate) String() string {
	var buffer [32]byte
	return string(appendDecimal(buffer[:0], r.coef, int(r.scale)))
}

// MarshalText returns the plain decimal; in JSON a rate is a string.
func (r Rate) MarshalText() ([]byte, error) {
	return appendDecimal(nil, r.coef, int(r.scale)), nil
}

// UnmarshalText reads a plain decimal.
func (r *Rate) UnmarshalText(text []byte) error {
	read, err := ParseRate(string(text))
	if err != nil {
		return err
	}
	*r = read
	return nil
}

// cmpScaled compares a/10^as with b/10^bs.
func cmpScaled(a int64, as uint8, b int64, bs uint8) int {
	if c := sign(a) - sign(b); c != 0 {
		return sign(int64(c))
	}
	scale := max(as, bs)
	c := cmpProducts(magnitude(a), pow10[scale-as], magnitude(b), pow10[scale-bs])
	if a < 0 {
		return -c
	}
	return c
}
