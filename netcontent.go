package flywheel

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// millionths is how many parts a [NetContent] counts of its unit.
const millionths = 1_000_000

// NetContent is how much of a good one unit of an SKU holds, such as 0.75 l in a bottle:
// what its price per kilogram or liter is computed on. It is exact to a millionth of
// its unit, and is compared with ==. The zero value is none.
type NetContent struct {
	parts int64 // millionths of unit
	unit  string
}

// contentUnits are the units that a text may have: what each is called in the answer,
// and how many millionths of that it is. The names of answers are those of Directive
// 98/6/EC, art. 2 (b).
var contentUnits = map[string]struct {
	unit  string
	parts int64
}{
	"mg": {"kg", 1}, "g": {"kg", 1000}, "kg": {"kg", millionths},
	"ml": {"l", 1000}, "cl": {"l", 10_000}, "l": {"l", millionths},
	"mm": {"m", 1000}, "cm": {"m", 10_000}, "m": {"m", millionths},
	"cm2": {"m2", 100}, "m2": {"m2", millionths},
	"cm3": {"m3", 1}, "m3": {"m3", millionths},
	"piece": {"piece", millionths},
}

// ParseNetContent reads a positive decimal number and a unit, such as "750 ml", "0.25 kg"
// or "10 piece". Units are mg, g, kg; ml, cl, l; mm, cm, m; cm2, m2; cm3, m3; and piece.
// An error is [ErrInvalid], or [ErrOutOfRange] for a number that is too large or finer
// than a millionth of kg, l, m, m2, m3 or piece.
func ParseNetContent(text string) (NetContent, error) {
	number, name, _ := strings.Cut(text, " ")
	u, known := contentUnits[name]
	whole, fraction, point := strings.Cut(number, ".")
	if !known || !allDigits(whole) || point && !allDigits(fraction) {
		return NetContent{}, fmt.Errorf("net content %.40q: %w", text, ErrInvalid)
	}
	tooFar := fmt.Errorf("net content %.40q: %w", text, ErrOutOfRange)
	fraction = strings.TrimRight(fraction, "0")
	n, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil || n > math.MaxInt64/u.parts {
		return NetContent{}, tooFar
	}
	n *= u.parts
	for range fraction {
		if n%10 != 0 {
			return NetContent{}, tooFar
		}
		n /= 10
	}
	if n == 0 {
		return NetContent{}, fmt.Errorf("net content %.40q is nothing: %w", text, ErrInvalid)
	}
	return NetContent{n, u.unit}, nil
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// MustNetContent is [ParseNetContent] for texts that stand in the source. It panics where
// those are refused.
func MustNetContent(text string) NetContent {
	c, err := ParseNetContent(text)
	if err != nil {
		panic(err)
	}
	return c
}

// IsZero reports whether there is none.
func (c NetContent) IsZero() bool { return c == NetContent{} }

// Unit is kg, l, m, m2, m3 or piece; empty for none.
func (c NetContent) Unit() string { return c.unit }

// Millionths is how many millionths of [NetContent.Unit] there are; zero for none.
func (c NetContent) Millionths() int64 { return c.parts }

// String returns the text that [ParseNetContent] reads, in [NetContent.Unit], such as
// "0.75 l"; empty for none.
func (c NetContent) String() string {
	if c.IsZero() {
		return ""
	}
	number := strconv.FormatInt(c.parts/millionths, 10)
	if rest := c.parts % millionths; rest != 0 {
		number += "." + strings.TrimRight(fmt.Sprintf("%06d", rest), "0")
	}
	return number + " " + c.unit
}

// MarshalText writes [NetContent.String].
func (c NetContent) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what [ParseNetContent] does, or an empty text for none.
func (c *NetContent) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*c = NetContent{}
		return nil
	}
	read, err := ParseNetContent(string(text))
	if err == nil {
		*c = read
	}
	return err
}
