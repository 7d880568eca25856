package moderation

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FindingKind is a way to deceive with a text.
type FindingKind string

// The kinds of findings.
const (
	Markup     FindingKind = "markup"       // tags of HTML, removed
	Direction  FindingKind = "direction"    // marks that turn the direction of text, removed
	Invisible  FindingKind = "invisible"    // characters without a glyph, removed
	Control    FindingKind = "control"      // control characters and broken UTF-8, removed
	LookAlike  FindingKind = "look_alike"   // letters that only look like those of the word, replaced
	MixedWord  FindingKind = "mixed_script" // a word of several scripts, left as it is
	Stacked    FindingKind = "stacked"      // combining marks on one letter beyond four, removed
	StyledType FindingKind = "styled"       // letters as mathematical symbols or full-width forms, replaced
)

// Finding counts what [Clean] found of one kind.
type Finding struct {
	Kind  FindingKind `json:"kind"`
	Count int         `json:"count"`
}

// maxMarks is how many combining marks a letter keeps: Vietnamese and Hebrew need
// three, pointed Tibetan four.
const maxMarks = 4

// Clean returns a text as its readers may see it, and what it found, by kind in the
// order of their names. Lines stay; CR LF becomes LF. Clean of a clean text is the
// same text. A word that mixes scripts is taken for the one script to which all its
// letters can be read, Latin first; where there is none it stays and is found.
//
// The result has no tag, so a page that forgets to escape it shows it anyway; it is
// still a text, which a page escapes.
func Clean(text string) (string, []Finding) {
	c := cleaner{found: map[FindingKind]int{}}
	for before := ""; before != text || !utf8.ValidString(text); { // what removing joins is looked at again
		before = text
		delete(c.found, MixedWord) // they stay, and count once
		text = strings.TrimSpace(c.words(c.markup(c.characters(text))))
	}
	var findings []Finding
	for kind, count := range c.found {
		findings = append(findings, Finding{kind, count})
	}
	slices.SortFunc(findings, func(a, b Finding) int { return cmp.Compare(a.Kind, b.Kind) })
	return text, findings
}

type cleaner struct{ found map[FindingKind]int }

// characters removes single characters that deceive.
func (c *cleaner) characters(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var b strings.Builder
	b.Grow(len(text))
	marks := 0
	var last rune
	for i, r := range text {
		if plain := plainForm(r); plain != r {
			c.found[StyledType]++
			r = plain
		}
		switch {
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				c.found[Control]++
				continue
			}
		case r == '\r' || r == '\u2028' || r == '\u2029':
			r = '\n'
		case r == '\n' || r == '\t':
		case unicode.IsControl(r) || unicode.Is(unicode.Co, r) || unicode.Is(unicode.Noncharacter_Code_Point, r):
			c.found[Control]++
			continue
		case unicode.Is(unicode.Bidi_Control, r):
			c.found[Direction]++
			continue
		case r == '\u200c' || r == '\u200d':
			next, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
			if !joins(last) || !joins(next) {
				c.found[Invisible]++
				continue
			}
		case r == '\ufe0f' && joins(last) && !unicode.IsLetter(last):
		case invisible(r):
			c.found[Invisible]++
			continue
		}
		if unicode.Is(unicode.M, r) {
			if marks++; marks > maxMarks {
				c.found[Stacked]++
				continue
			}
		} else {
			marks = 0
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// invisible reports whether r has no glyph and no meaning of its own.
func invisible(r rune) bool {
	switch {
	case r >= '\u0600' && r <= '\u0605', r == '\u06dd', r == '\u070f', r == '\u08e2', r == '\U000110bd': // formats that are seen
		return false
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r),
		r == '\u034f', r == '\u115f', r == '\u1160', r == '\u17b4', r == '\u17b5', r == '\u2800', r == '\u3164', r == '\uffa0':
		return true
	}
	return false
}

// joins reports whether a joiner makes sense beside r: in scripts that need it and
// between symbols such as emoji.
func joins(r rune) bool {
	if r == utf8.RuneError || r == 0 || r < 0x80 {
		return false
	}
	return !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic) && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsSymbol(r))
}

// words reads each word in one script.
func (c *cleaner) words(text string) string {
	letter := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) }
	var b strings.Builder
	b.Grow(len(text))
	for len(text) > 0 {
		end := strings.IndexFunc(text, letter)
		if end < 0 {
			b.WriteString(text)
			break
		}
		b.WriteString(text[:end])
		text = text[end:]
		end = strings.IndexFunc(text, func(r rune) bool { return !letter(r) })
		if end < 0 {
			end = len(text)
		}
		b.WriteString(c.word(text[:end]))
		text = text[end:]
	}
	return b.String()
}

func (c *cleaner) word(word string) string {
	latin, other := 0, 0
	for _, r := range word {
		switch {
		case r < 0x80 && unicode.IsLetter(r), r >= 0x80 && unicode.Is(unicode.Latin, r):
			latin++
		case unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee) && unicode.IsLetter(r):
			other++
		}
	}
	if latin == 0 || other == 0 {
		return word
	}
	if read, n := readAs(word, toLatin, unicode.Latin); n > 0 {
		c.found[LookAlike] += n
		return read
	}
	if read, n := readAs(word, toCyrillic, unicode.Cyrillic); n > 0 {
		c.found[LookAlike] += n
		return read
	}
	c.found[MixedWord]++
	return word
}

// readAs replaces the letters that are not of a script by their look-alikes there,
// and returns their number, 0 where one has none.
func readAs(word string, look map[rune]rune, script *unicode.RangeTable) (read string, n int) {
	var b strings.Builder
	for _, r := range word {
		if unicode.IsLetter(r) && !unicode.Is(script, r) {
			same, ok := look[r]
			if !ok {
				return word, 0
			}
			r = same
			n++
		}
		b.WriteRune(r)
	}
	return b.String(), n
}

// hidden elements have a content that is no text.
var hidden = []string{"script", "style", "template", "iframe", "object", "noscript", "svg"}

// markup removes tags, comments and the content of hidden elements. A "<" that
// begins no tag stays.
func (c *cleaner) markup(text string) string {
	for {
		out, n := withoutTags(text)
		if n == 0 {
			return out
		}
		c.found[Markup] += n
		text = out
	}
}

func withoutTags(text string) (string, int) {
	if !strings.Contains(text, "<") {
		return text, 0
	}
	var b strings.Builder
	b.Grow(len(text))
	n := 0
	closes := strings.LastIndexByte(text, '>') // behind it no tag ends
	for i := 0; i < len(text); {
		if text[i] != '<' || !opensTag(text[i+1:]) {
			b.WriteByte(text[i])
			i++
			continue
		}
		n++
		if i > closes { // a tag that never ends takes only its bracket
			i++
			continue
		}
		rest := text[i:]
		if strings.HasPrefix(rest, "<!--") {
			if end := strings.Index(rest[4:], "-->"); end >= 0 {
				i += 4 + end + 3
				continue
			}
		}
		name := tagName(rest[1:])
		i += strings.IndexByte(rest, '>') + 1
		if slices.Contains(hidden, name) {
			if end := indexFold(text[i:], "</"+name); end >= 0 {
				i += end // its end is removed as a tag
			}
		}
	}
	return b.String(), n
}

func opensTag(rest string) bool {
	if rest == "" {
		return false
	}
	c := rest[0] | 0x20
	return c >= 'a' && c <= 'z' || rest[0] == '/' || rest[0] == '!' || rest[0] == '?'
}

// tagName returns the lower-cased name at the beginning of a tag.
func tagName(rest string) string {
	end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) })
	if end < 0 {
		end = len(rest)
	}
	return strings.ToLower(rest[:min(end, 16)])
}

// indexFold is strings.Index without regard to the case of ASCII letters.
func indexFold(text, find string) int {
	for i := 0; i+len(find) <= len(text); i++ {
		at := strings.IndexByte(text[i:], find[0])
		if at < 0 || i+at+len(find) > len(text) {
			return -1
		}
		if i += at; strings.EqualFold(text[i:i+len(find)], find) {
			return i
		}
	}
	return -1
}
