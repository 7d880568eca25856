package coupon

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/internal/code"
)

// Normalize returns the form in which codes are compared: Unicode's form KC, in
// which full-width letters are plain ones, in upper case and without characters
// that are not seen. Letters of another script that only look alike stay what
// they are. What is typed and what was stored match when their normal forms are
// equal.
func Normalize(typed string) string { return code.Fold(typed) }

// maxTyped bounds what is brought into normal form.
const maxTyped = 4 * flywheel.MaxIDBytes

// normalized returns the normal form of what was typed, if it can be a code.
func normalized(code string) (string, error) {
	if len(code) > maxTyped {
		return "", flywheel.CheckID(code)
	}
	code = Normalize(code)
	return code, flywheel.CheckID(code)
}
