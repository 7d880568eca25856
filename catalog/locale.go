package catalog

import (
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Locale is a language with an optional script and region in the canonical form
// of BCP 47, such as "de-AT" or "zh-Hant".
type Locale string

// ParseLocale reads language[-Script][-REGION] in any case. Whatever else is in s
// is an error matching flywheel.ErrInvalid.
func ParseLocale(s string) (Locale, error) {
	refuse := func() (Locale, error) {
		return "", fmt.Errorf("catalog: %q is no locale: %w", s, flywheel.ErrInvalid)
	}
	parts := strings.Split(s, "-")
	letters := func(s string, from, to int) bool {
		if len(s) < from || len(s) > to {
			return false
		}
		for _, c := range []byte(s) {
			if c|0x20 < 'a' || c|0x20 > 'z' {
				return false
			}
		}
		return true
	}
	if !letters(parts[0], 2, 3) || len(parts) > 3 {
		return refuse()
	}
	out := strings.ToLower(parts[0])
	rest := parts[1:]
	if len(rest) > 0 && letters(rest[0], 4, 4) {
		out += "-" + strings.ToUpper(rest[0][:1]) + strings.ToLower(rest[0][1:])
		rest = rest[1:]
	}
	if len(rest) > 0 {
		region := rest[0]
		if !letters(region, 2, 2) && !(len(region) == 3 && strings.Trim(region, "0123456789") == "") {
			return refuse()
		}
		out += "-" + strings.ToUpper(region)
		rest = rest[1:]
	}
	if len(rest) > 0 {
		return refuse()
	}
	return Locale(out), nil
}

// parent returns the locale without its last part, "" where that is a script or
// there is none.
func (l Locale) parent() Locale {
	i := strings.LastIndexByte(string(l), '-')
	if i < 0 || len(l)-i-1 == 4 {
		return ""
	}
	return l[:i]
}

// language returns the first part.
func (l Locale) language() string {
	language, _, _ := strings.Cut(string(l), "-")
	return language
}

// chain returns the locales in which a text is looked for: l, its declared
// fallback or else its parent, and so on; last the default, unless it is empty.
func chain(fallbacks map[Locale]Locale, l, last Locale) []Locale {
	list := make([]Locale, 0, 4)
	for l != "" && len(list) < 64 && !containsLocale(list, l) {
		list = append(list, l)
		if next, ok := fallbacks[l]; ok {
			l = next
		} else {
			l = l.parent()
		}
	}
	if last != "" && !containsLocale(list, last) {
		list = append(list, last)
	}
	return list
}

func containsLocale(list []Locale, l Locale) bool {
	for _, other := range list {
		if other == l {
			return true
		}
	}
	return false
}

// LocaleDef is a locale that texts may be in, and the one that they fall back to
// where it is not the locale without its last part.
type LocaleDef struct {
	Code     Locale `json:"code"`
	Fallback Locale `json:"fallback,omitempty"`
}
