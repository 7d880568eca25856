package tax

import (
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// VATID is a VAT identification number whose form and check digits are right. It
// is comparable; the zero value is none.
type VATID struct {
	prefix, number string
}

// What can be wrong with a VAT number.
var (
	// ErrVATCountry reports a prefix that is of none of the states.
	ErrVATCountry = fmt.Errorf("unknown country of a VAT number: %w", flywheel.ErrInvalid)
	// ErrVATFormat reports a number that does not have the form of its state.
	ErrVATFormat = fmt.Errorf("malformed VAT number: %w", flywheel.ErrInvalid)
	// ErrVATCheckDigit reports a number whose check digits are wrong: a typing
	// error, most likely.
	ErrVATCheckDigit = fmt.Errorf("wrong check digit of a VAT number: %w", flywheel.ErrInvalid)
)

// VATIDError tells a text that is no VAT number. Err is [ErrVATCountry],
// [ErrVATFormat] or [ErrVATCheckDigit].
type VATIDError struct {
	Text string // as given, cut to 40 bytes
	Err  error
}

func (e *VATIDError) Error() string { return fmt.Sprintf("tax: %q: %v", e.Text, e.Err) }

// Unwrap returns Err.
func (e *VATIDError) Unwrap() error { return e.Err }

// longestVATID is more than any number with its separators has.
const longestVATID = 40

// ParseVATID reads a VAT number with its prefix, such as "DE 136 695 976", in any
// case and with spaces, full stops, hyphens and slashes between. It knows the
// states of the European Union (Greece is EL, also read as GR), Northern Ireland
// (XI), Great Britain (GB) and Switzerland (CHE…MWST, TVA or IVA). The error is a
// [*VATIDError].
func ParseVATID(text string) (VATID, error) {
	id, err := parseVATID(text)
	if err != nil {
		if len(text) > longestVATID {
			text = text[:longestVATID]
		}
		return VATID{}, &VATIDError{Text: text, Err: err}
	}
	return id, nil
}

func parseVATID(text string) (VATID, error) {
	var b strings.Builder
	if len(text) > longestVATID {
		return VATID{}, ErrVATFormat
	}
	for _, r := range text {
		switch {
		case strings.ContainsRune(" .-/\u00a0", r):
		case r >= 0x80:
			return VATID{}, ErrVATFormat
		default:
			b.WriteByte(upper(byte(r)))
		}
	}
	plain := b.String()
	if len(plain) < 2 {
		return VATID{}, ErrVATFormat
	}
	id := VATID{vatPrefix(plain[:2]), plain[2:]}
	state, ok := vatStates[id.prefix]
	if !ok {
		return VATID{}, ErrVATCountry
	}
	if len(id.number) == state.short {
		id.number = "0" + id.number
	}
	for _, form := range state.forms {
		if fits(id.number, form) {
			if !state.check(id.number) {
				return VATID{}, ErrVATCheckDigit
			}
			return id, nil
		}
	}
	return VATID{}, ErrVATFormat
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

// fits reports whether s has a form, in which d is a digit, a a letter, x either,
// s either or one of + and *, and anything else itself.
func fits(s, form string) bool {
	if len(s) != len(form) {
		return false
	}
	for i := 0; i < len(s); i++ {
		c, ok := s[i], false
		switch form[i] {
		case 'd':
			ok = isDigit(c)
		case 'a':
			ok = isLetter(c)
		case 'x':
			ok = isDigit(c) || isLetter(c)
		case 's':
			ok = isDigit(c) || isLetter(c) || c == '+' || c == '*'
		default:
			ok = c == form[i]
		}
		if !ok {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// Prefix returns the letters that the number begins with, EL for Greece.
func (v VATID) Prefix() string { return v.prefix }

// Number returns what follows the prefix.
func (v VATID) Number() string { return v.number }

// Country returns the country as ISO 3166-1 has it, GR for Greece; Northern
// Ireland is XI, as in the number.
func (v VATID) Country() string {
	if v.prefix == "EL" {
		return "GR"
	}
	return v.prefix
}

// IsZero reports whether v is none.
func (v VATID) IsZero() bool { return v == VATID{} }

// String returns prefix and number without separators, such as "DE136695976".
func (v VATID) String() string { return v.prefix + v.number }

// MarshalText returns what [VATID.String] does.
func (v VATID) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what [ParseVATID] does; no text is the zero value.
func (v *VATID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*v = VATID{}
		return nil
	}
	read, err := ParseVATID(string(text))
	if err != nil {
		return err
	}
	*v = read
	return nil
}
