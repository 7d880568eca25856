package locale

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Locale is a place and its language. The zero value is the root of CLDR, which
// is what amounts look like when nothing is known of the reader.
type Locale struct {
	row   uint16 // into rows
	style style
}

type style uint8

const (
	accounting style = 1 << iota
	codes
)

// The rows of the generated tables.
type (
	row struct {
		tag                        string
		numbers, plain, accounting uint8
		symbols, base              uint16 // of the locale and, for what these lack, of its language
	}
	pattern struct {
		positive, negative affixes
		primary, secondary int // length of the last and of the other groups
	}
	// affixes stand around the number; ¤ is the currency, - the minus sign.
	affixes struct{ prefix, suffix string }
	marks   struct {
		zero                  rune
		decimal, group, minus string
		minimumGrouping       int
	}
	// symbolSet has the symbols of the currencies whose codes, sorted, follow
	// one another.
	symbolSet struct {
		codes string
		texts []string
	}
)

func (s *symbolSet) look(code string) (string, bool) {
	low, high := 0, len(s.texts)
	for low < high {
		switch middle := (low + high) / 2; strings.Compare(s.codes[3*middle:3*middle+3], code) {
		case 0:
			return s.texts[middle], true
		case -1:
			low = middle + 1
		default:
			high = middle
		}
	}
	return "", false
}

// UnknownError tells a language tag whose language CLDR does not know, or that
// is none.
type UnknownError struct{ Tag string }

func (e *UnknownError) Error() string { return "locale: unknown " + strconv.Quote(e.Tag) }

// Unwrap returns [money.ErrInvalid].
func (e *UnknownError) Unwrap() error { return money.ErrInvalid }

// Find returns the locale of a language tag of BCP 47, such as "de", "de-AT" or
// "zh-Hant-HK", in any case and with - or _. Where CLDR has none for the region
// or script it is that of the language; variants are passed over, and so are
// extensions but for the digits that -u-nu- asks for. An unknown language is an
// [*UnknownError].
func Find(tag string) (Locale, error) {
	if i, ok := find(tag); ok {
		return Locale{row: uint16(i)}, nil
	}
	if len(tag) > 40 {
		tag = tag[:40] + "…"
	}
	return Locale{}, &UnknownError{Tag: tag}
}

// MustFind is [Find] for tags in the program text: it panics on an unknown one.
func MustFind(tag string) Locale {
	l, err := Find(tag)
	if err != nil {
		panic(err)
	}
	return l
}

const longestTag = 255

func find(tag string) (int, bool) {
	if len(tag) > longestTag {
		return 0, false
	}
	subtags := strings.Split(strings.ReplaceAll(tag, "_", "-"), "-")
	extension := len(subtags)
	for i, s := range subtags {
		if !wellFormed(s) {
			return 0, false
		}
		subtags[i] = strings.ToLower(s)
		if len(s) == 1 {
			extension = min(extension, i)
		}
	}
	digits := ""
	for i := extension; i+2 < len(subtags); i++ {
		if subtags[i] == "u" || digits == "" {
			for j := i + 1; j+1 < len(subtags) && len(subtags[j]) > 1; j++ {
				if subtags[j] == "nu" && subtags[i] == "u" {
					digits = "-u-nu-" + subtags[j+1]
				}
			}
		}
	}
	language, script, region := subtags[0], "", ""
	if extension == 0 || len(language) < 2 || len(language) > 8 {
		return 0, false
	}
	for _, s := range subtags[1:extension] {
		switch {
		case len(s) == 4 && s[0] > '9' && script == "" && region == "":
			script = "-" + strings.ToUpper(s[:1]) + s[1:]
		case (len(s) == 2 || len(s) == 3 && s[0] <= '9') && region == "":
			region = "-" + strings.ToUpper(s)
		}
	}
	if to, ok := aliases[language]; ok && script == "" {
		language, script, _ = strings.Cut(to, "-")
		if script != "" {
			script = "-" + script
		}
	} else if ok {
		language, _, _ = strings.Cut(to, "-")
	}
	candidates := []string{language + script + region, language + script, language + region, language}
	if script != "" {
		if usual, ok := aliases[language+script]; ok { // the script goes without saying
			candidates = []string{usual + region, usual}
		} else {
			candidates = candidates[:2]
		}
	}
	for _, c := range candidates {
		if language == "und" {
			c = ""
		}
		c = cmp.Or(aliases[c], c)
		for _, whole := range []string{c + digits, c} {
			if i, ok := slices.BinarySearchFunc(rows[:], whole, func(r row, tag string) int { return cmp.Compare(r.tag, tag) }); ok {
				return i, true
			}
		}
	}
	return 0, false
}

func wellFormed(subtag string) bool {
	for i := 0; i < len(subtag); i++ {
		if c := subtag[i] | 0x20; (c < 'a' || c > 'z') && (subtag[i] < '0' || subtag[i] > '9') {
			return false
		}
	}
	return len(subtag) >= 1 && len(subtag) <= 8
}

// String returns the tag of l, such as "de-AT", "und" for the root.
func (l Locale) String() string {
	tag := rows[l.row].tag
	if tag == "" || strings.HasPrefix(tag, "-u-") {
		return "und" + tag
	}
	return tag
}

// Accounting returns l with negative amounts written as in accounts, which in
// many places is in parentheses.
func (l Locale) Accounting() Locale {
	l.style |= accounting
	return l
}

// Codes returns l with the code of the currency in place of its symbol.
func (l Locale) Codes() Locale {
	l.style |= codes
	return l
}

// Symbol returns what stands for c, which is its code when l has no symbol.
func (l Locale) Symbol(c money.Currency) string {
	code := c.String()
	if l.style&codes != 0 || code == "" {
		return code
	}
	r := &rows[l.row]
	for _, set := range [...]uint16{r.symbols, r.base} {
		if s, ok := symbols[set].look(code); ok {
			return s
		}
	}
	return code
}

// GoString shows the tag and the style.
func (l Locale) GoString() string {
	return fmt.Sprintf("locale.Locale{%s, accounting: %t, codes: %t}", l, l.style&accounting != 0, l.style&codes != 0)
}
