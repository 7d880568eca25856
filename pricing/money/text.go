package money

import "strconv"

// appendDecimal writes coef/10^scale with all its decimals.
func appendDecimal(dst []byte, coef int64, scale int) []byte {
	m := magnitude(coef)
	if coef < 0 {
		dst = append(dst, '-')
	}
	if scale == 0 {
		return strconv.AppendUint(dst, m, 10)
	}
	dst = strconv.AppendUint(dst, m/pow10[scale], 10)
	dst = append(dst, '.')
	var decimals [maxScale]byte
	rest := m % pow10[scale]
	for i := scale - 1; i >= 0; i-- {
		decimals[i] = byte('0' + rest%10)
		rest /= 10
	}
	return append(dst, decimals[:scale]...)
}

// parseDecimal reads -?digits[.digits], with a digit on both sides of the point
// and at most most decimals. The result is coef/10^scale.
func parseDecimal(s string, most int) (coef int64, scale int, err error) {
	digits := s
	negative := len(s) > 0 && s[0] == '-'
	if negative {
		digits = s[1:]
	}
	point := -1
	var m uint64
	full := false // the number has more than 64 bits
	for i := 0; i < len(digits); i++ {
		c := digits[i]
		if c == '.' && point < 0 {
			point = i
			continue
		}
		if c < '0' || c > '9' {
			return 0, 0, parseError(s, ErrSyntax)
		}
		if m > (1<<64-1-9)/10 {
			full = true
		}
		m = 10*m + uint64(c-'0')
	}
	if len(digits) == 0 || point == 0 || point == len(digits)-1 {
		return 0, 0, parseError(s, ErrSyntax)
	}
	if point >= 0 {
		scale = len(digits) - 1 - point
	}
	if scale > most {
		return 0, 0, parseError(s, ErrDecimals)
	}
	coef, ok := signed(negative, m)
	if full || !ok {
		return 0, 0, parseError(s, ErrOutOfRange)
	}
	return coef, scale, nil
}

// rescale returns coef·10^up.
func rescale(coef int64, up int) (int64, bool) {
	if up > maxScale {
		return 0, coef == 0
	}
	return Down.mulDiv(coef, int64(pow10[up]), 1)
}

// Parse reads a plain decimal such as "12.99" or "-5" as an amount of c. It is
// exact: more decimals than the currency has are refused, as are a plus sign,
// spaces, grouping and exponents. The error is a [*ParseError].
func Parse(s string, c Currency) (Amount, error) {
	if c.IsZero() {
		return Amount{}, parseError(s, ErrCurrency)
	}
	coef, scale, err := parseDecimal(s, c.Digits())
	if err != nil {
		return Amount{}, err
	}
	minor, ok := rescale(coef, c.Digits()-scale)
	if !ok {
		return Amount{}, parseError(s, ErrOutOfRange)
	}
	return Amount{minor, c}, nil
}

// AppendText appends what [Amount.String] returns.
func (a Amount) AppendText(dst []byte) ([]byte, error) {
	return appendUnit(appendDecimal(dst, a.minor, a.currency.Digits()), a.currency), nil
}

func appendUnit(dst []byte, c Currency) []byte {
	if c.IsZero() {
		return dst
	}
	return append(append(dst, ' '), c.String()...)
}

// String returns the amount and the code, such as "12.99 EUR". The zero value
// is "0".
func (a Amount) String() string {
	var buffer [32]byte
	text, _ := a.AppendText(buffer[:0])
	return string(text)
}

// MarshalText returns what [Amount.String] does.
func (a Amount) MarshalText() ([]byte, error) { return a.AppendText(nil) }

// UnmarshalText reads what [Amount.String] writes.
func (a *Amount) UnmarshalText(text []byte) error {
	number, unit, err := splitUnit(string(text))
	if err != nil {
		return err
	}
	read, err := parseAs(number, unit)
	if err != nil {
		return err
	}
	*a = read
	return nil
}

// parseAs reads an amount whose currency may be none if it is zero.
func parseAs(number string, c Currency) (Amount, error) {
	if c.IsZero() && number == "0" {
		return Amount{}, nil
	}
	return Parse(number, c)
}

// splitUnit cuts "12.99 EUR" in two. Without a space there is no currency.
func splitUnit(text string) (number string, c Currency, err error) {
	if n := len(text) - 4; n > 0 && text[n] == ' ' {
		c, err := ParseCurrency(text[n+1:])
		if err != nil {
			return "", Currency{}, parseError(text, ErrCurrency)
		}
		return text[:n], c, nil
	}
	return text, Currency{}, nil
}
