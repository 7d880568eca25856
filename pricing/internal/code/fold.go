// Package code folds the codes that people type, so that those which look alike
// to them compare equal: NFKC, without invisible characters and without space at
// the ends, in upper case.
// Look-alikes of different scripts stay different.
package code

import (
	"strings"
	"unicode"

	"github.com/flywheel-go/flywheel/internal/unorm"
)

// Fold returns the form in which codes are compared. It is idempotent.
func Fold(code string) string {
	if plain(code) {
		return strings.ToUpper(strings.TrimSpace(code))
	}
	code = unorm.NFKC(strings.Map(visible, code))
	// Each step can make work for those before it; what comes out is stable.
	return strings.TrimSpace(unorm.NFKC(strings.Map(visible, strings.ToUpper(code))))
}

// plain reports whether code is of printable ASCII, as nearly all are.
func plain(code string) bool {
	for i := range len(code) {
		if code[i] < ' ' || code[i] > '~' {
			return false
		}
	}
	return true
}

// visible drops what takes no place: control and format characters, variation
// selectors, joiners and fillers.
func visible(r rune) rune {
	if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
		return -1
	}
	return r
}
