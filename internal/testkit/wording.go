package testkit

import (
	"slices"
	"strings"
)

// Wording says which words of reference cases stand for one of a package's own,
// where the rules of the cases fix what happens and not how it is called. Words
// that the visible cases have are never among them.
type Wording map[string][]string

// Own returns a result of a case in the package's words: the result itself, or the
// part behind "refused: " or "ignored: ", is replaced.
func (w Wording) Own(result string) string {
	head, word := "", result
	if at := strings.Index(result, ": "); at >= 0 {
		head, word = result[:at+2], result[at+2:]
	}
	for own, others := range w {
		if slices.Contains(others, word) {
			return head + own
		}
	}
	return result
}
