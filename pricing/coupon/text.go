package coupon

import (
	"strings"
	"unicode"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/coupon/internal/nfkc"
)

// Normalize returns the form in which codes are compared: Unicode's form KC, in
// which full-width letters are plain ones, in upper case and without characters
// that are not seen. Letters of another script that only look alike stay what
// they are. What is typed and what was stored match when their normal forms are
// equal.
func Normalize(code string) string {
	if isNormal(code) {
		return code
	}
	code = nfkc.String(strings.Map(visible, code))
	// Each step can make work for those before it; what comes out is stable.
	return nfkc.String(strings.Map(visible, strings.ToUpper(code)))
}

// isNormal reports whether code is plain upper case, as nearly all are.
func isNormal(code string) bool {
	for i := range len(code) {
		if c := code[i]; c < ' ' || c > '~' || 'a' <= c && c <= 'z' {
			return false
		}
	}
	return true
}

// visible drops what takes no place: control and format characters, variation
// selectors, joiners and fillers.
func visible(r rune) rune {
	switch {
	case unicode.In(r, unicode.Cc, unicode.Cf), unicode.Is(unicode.Variation_Selector, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return -1
	}
	return r
}

// maxTyped bounds what is brought into normal form.
const maxTyped = 4 * flywheel.MaxIDBytes

// normalized returns the normal form of what was typed, if it can be a code.
func normalized(code string) (string, error) {
	if len(code) > maxTyped {
		return "", flywheel.CheckID(code)
	}
	code = strings.TrimSpace(Normalize(code))
	return code, flywheel.CheckID(code)
}
