package catalog

import (
	"strings"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel/internal/unorm"
)

// normalText returns s in the form in which it is kept and compared: NFC, line
// ends LF, without white space at the ends and without U+0000.
func normalText(s string) string {
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	if strings.IndexByte(s, 0) >= 0 { // PostgreSQL keeps none
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return strings.TrimSpace(unorm.NFC(s))
}

// foldTitle returns the key by which titles are ordered.
func foldTitle(s string) string { return lower(unorm.NFKC(s)) }

// lower maps each character to its lower case one to one; İ becomes i.
func lower(s string) string { return strings.Map(lowerRune, s) }

// cutAtSpace returns s within n characters, cut at the last space that keeps it
// so, and whether it was cut. Without a space it is cut hard.
func cutAtSpace(s string, n int) (string, bool) {
	if utf8.RuneCountInString(s) <= n {
		return s, false
	}
	end, count, space := len(s), 0, -1
	for i, r := range s {
		if count <= n && r == ' ' {
			space = i
		}
		if count == n {
			end = i
			break
		}
		count++
	}
	if space > 0 {
		return strings.TrimRight(s[:space], " "), true
	}
	return s[:end], true
}

// collapse makes each run of white space one space and trims.
func collapse(s string) string { return strings.Join(strings.Fields(s), " ") }

// firstRunes returns the first n characters of s.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// withoutRepeats returns list without what came before, empty texts left out.
func withoutRepeats(list []string) []string {
	var out []string
	for _, s := range list {
		if s == "" || contains(out, s) {
			continue
		}
		out = append(out, s)
	}
	return out
}

func contains(list []string, s string) bool {
	for _, other := range list {
		if other == s {
			return true
		}
	}
	return false
}
