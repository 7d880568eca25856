package catalog

import (
	"strings"
	"unicode/utf8"
)

// GuardCell returns a text as it is written to a CSV file that people open: a
// spreadsheet would compute what begins with =, +, -, @, a tab, a carriage return or
// a full-width form of these, so such a text gets an apostrophe in front, and so
// does one that begins with apostrophes and one of them. [UnguardCell] is the
// inverse.
func GuardCell(text string) string {
	if computed(strings.TrimLeft(text, "'")) {
		return "'" + text
	}
	return text
}

// UnguardCell takes away the apostrophe of [GuardCell].
func UnguardCell(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && computed(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return cell
}

// computed reports whether a spreadsheet would compute a cell.
func computed(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	switch r {
	case '=', '+', '-', '@', '\t', '\r', '\uff1d', '\uff0b', '\uff0d', '\uff20':
		return true
	}
	return false
}
