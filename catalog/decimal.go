package catalog

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// unit is a unit of measure: its quantity and how many of the quantity's base unit
// it is.
type unit struct {
	quantity string
	factor   *big.Rat
}

// units are those that decimals may have. The pound is 453.59237 g and the inch
// 25.4 mm exactly (international yard and pound agreement of 1959).
var units = func() map[string]unit {
	m := map[string]unit{}
	for quantity, list := range map[string]map[string]string{
		"mass":   {"mg": "0.001", "g": "1", "kg": "1000", "oz": "28.349523125", "lb": "453.59237"},
		"length": {"mm": "1", "cm": "10", "m": "1000", "in": "25.4", "ft": "304.8"},
		"volume": {"ml": "1", "cl": "10", "l": "1000"},
	} {
		for name, factor := range list {
			r, _ := new(big.Rat).SetString(factor)
			m[name] = unit{quantity, r}
		}
	}
	return m
}()

// maxNumber bounds the text of a number.
const maxNumber = 100

var errNoDecimal = fmt.Errorf("no decimal number with a point: %w", flywheel.ErrInvalid)

// parseDecimal reads -?[0-9]+(.[0-9]+)?.
func parseDecimal(s string) (*big.Rat, error) {
	if !isDecimal(s) {
		return nil, errNoDecimal
	}
	if len(s) > maxNumber {
		return nil, fmt.Errorf("number of %d characters: %w", len(s), flywheel.ErrOutOfRange)
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, errNoDecimal
	}
	return r, nil
}

func isDecimal(s string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return digits(whole) && (!point || digits(fraction))
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// normalDecimal returns a decimal text in the unit of a definition, "" for none,
// with at most scale decimals.
func normalDecimal(s, own string, scale int) (string, *big.Rat, error) {
	number := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	given := s[len(number):]
	number = strings.TrimSpace(number)
	r, err := parseDecimal(number)
	if err != nil {
		return "", nil, err
	}
	if given != own {
		from, known := units[given]
		to, ok := units[own]
		if !known || !ok || from.quantity != to.quantity {
			return "", nil, fmt.Errorf("unit %q where %q is asked for: %w", given, own, flywheel.ErrInvalid)
		}
		r = roundRat(r.Mul(r, new(big.Rat).Quo(from.factor, to.factor)), scale)
	} else if decimals(number) > scale {
		return "", nil, fmt.Errorf("more than %d decimals: %w", scale, flywheel.ErrInvalid)
	}
	text := ratText(r, scale)
	if own != "" {
		text += " " + own
	}
	return text, r, nil
}

// decimals returns the number of decimals that are not trailing zeros.
func decimals(number string) int {
	_, fraction, _ := strings.Cut(number, ".")
	return len(strings.TrimRight(fraction, "0"))
}

// roundRat rounds half away from zero.
func roundRat(r *big.Rat, scale int) *big.Rat {
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt(ten))
	num := new(big.Int).Abs(scaled.Num())
	num.Mul(num, big.NewInt(2)).Add(num, scaled.Denom())
	num.Quo(num, new(big.Int).Mul(scaled.Denom(), big.NewInt(2)))
	if r.Sign() < 0 {
		num.Neg(num)
	}
	return new(big.Rat).SetFrac(num, ten)
}

// ratText writes r, which has at most scale decimals, without trailing zeros.
func ratText(r *big.Rat, scale int) string {
	s := r.FloatString(scale)
	if strings.IndexByte(s, '.') >= 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// Bound is a lowest or highest value of a number, in JSON a number or a text such
// as "0.5".
type Bound string

// UnmarshalJSON implements [encoding/json.Unmarshaler].
func (b *Bound) UnmarshalJSON(data []byte) error {
	s := strings.Trim(string(data), `"`)
	if s == "null" {
		s = ""
	} else if !isDecimal(s) {
		return fmt.Errorf("catalog: bound %s is no decimal number: %w", data, flywheel.ErrInvalid)
	}
	*b = Bound(s)
	return nil
}

// check reports whether r lies within the bounds.
func (a *Attribute) checkBounds(r *big.Rat) error {
	for _, b := range []struct {
		bound Bound
		sign  int
		words string
	}{{a.Min, -1, "less than"}, {a.Max, 1, "more than"}} {
		if b.bound == "" {
			continue
		}
		limit, err := parseDecimal(string(b.bound))
		if err == nil && r.Cmp(limit) == b.sign {
			return fmt.Errorf("%s %s: %w", b.words, b.bound, flywheel.ErrOutOfRange)
		}
	}
	return nil
}

var errNoNumber = errors.New("no number")

// numberOf returns the number of a normal decimal text, without its unit.
func numberOf(s string) (float64, error) {
	number, _, _ := strings.Cut(s, " ")
	r, err := parseDecimal(number)
	if err != nil {
		return 0, errNoNumber
	}
	f, _ := r.Float64()
	return f, nil
}
