package search

import (
	"unicode"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel/catalog/search/internal/fold"
	"github.com/flywheel-go/flywheel/catalog/search/internal/han"
	"github.com/flywheel-go/flywheel/catalog/search/internal/stem"
)

// Terms that are no words carry a mark in front, so that no word is one of them.
const (
	soundMark = "\x01" // pinyin of one or two characters
	breakMark = "\x03" // the end of a part of a title: a comma, a bracket, a dash between words
	keyMark   = "\x02" // an identifier without punctuation
)

// maxTerm is the longest term in bytes; longer words are cut.
const maxTerm = 64

// tokens are the words of a text: the ordered ones, and further terms that have no
// place of their own (single characters of a run, readings).
type tokens struct {
	text   []byte
	ends   []int32
	extra  []byte
	extras []int32
	run    []rune
	folded []rune
	breaks bool // mark the ends of parts
}

func (t *tokens) reset() {
	t.text, t.ends, t.extra, t.extras = t.text[:0], t.ends[:0], t.extra[:0], t.extras[:0]
}

func (t *tokens) len() int { return len(t.ends) }

func (t *tokens) at(i int) []byte {
	start := int32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.text[start:t.ends[i]]
}

func (t *tokens) extraAt(i int) []byte {
	start := int32(0)
	if i > 0 {
		start = t.extras[i-1]
	}
	return t.extra[start:t.extras[i]]
}

// analyzer makes terms of text in one locale.
type analyzer struct {
	ascii  bool
	pinyin bool
	stem   stem.Func
	links  []string
}

func newAnalyzer(s *Settings, l Locale) *analyzer {
	a := &analyzer{ascii: s.Analysis == AnalyzeASCII, pinyin: s.Pinyin, stem: stem.None}
	if !a.ascii {
		a.stem, _ = stem.For(l.Language)
		a.links = stem.Links(l.Language)
	}
	return a
}

// cjk reports characters that are written without spaces between words.
func cjk(r rune) bool {
	return r >= 0x2e80 && (r >= 0x3040 && r <= 0x30ff && r != 0x30fb || r >= 0x3400 && r <= 0x9fff || r >= 0xac00 && r <= 0xd7a3 ||
		r >= 0x20000 && r <= 0x3ffff || r == 0x3005 || r == 0x3007 || r >= 0x31f0 && r <= 0x31ff || r >= 0xf900 && r <= 0xfaff)
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func wordByte(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || digit(c) }

// words appends the terms of s, at most MaxFieldWords.
func (a *analyzer) words(t *tokens, s string) {
	if a.ascii {
		a.asciiWords(t, s)
		return
	}
	start := int32(len(t.text))
	letters := 0 // of the word at hand
	flush := func() {
		if letters == 0 {
			return
		}
		letters = 0
		n := len(t.text)
		if n-int(start) > 2 && t.text[n-1] == 's' && t.text[n-2] == '\'' { // possessive
			n -= 2
		}
		// What is left of apostrophes joins: o'neill is oneill.
		w := start
		for _, c := range t.text[start:n] {
			if c != '\'' {
				t.text[w] = c
				w++
			}
		}
		if w-start > maxTerm {
			w = start + maxTerm
			for w > start && !utf8.RuneStart(t.text[w]) {
				w--
			}
		}
		t.text = t.text[:w]
		if w > start {
			t.ends = append(t.ends, w)
		}
		start = w
	}
	for i := 0; i < len(s) && len(t.ends) < MaxFieldWords; {
		c := s[i]
		if c < utf8.RuneSelf {
			if len(t.run) > 0 {
				a.flushRun(t)
				start = int32(len(t.text))
			}
			switch {
			case wordByte(c):
				if c >= 'A' && c <= 'Z' {
					c += 'a' - 'A'
				}
				t.text = append(t.text, c)
				letters++
			case c == '\'' && letters > 0:
				t.text = append(t.text, c)
			case c == '.' && letters > 0 && digit(s[i-1]) && i+1 < len(s) && digit(s[i+1]):
				t.text = append(t.text, c)
			case c == ',' && letters > 0 && digit(s[i-1]) && thousands(s[i+1:]):
			case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			default:
				flush()
				if t.breaks && parting(s, i) {
					a.part(t)
					start = int32(len(t.text))
				}
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if r == '、' || r == '。' {
			flush()
			a.flushRun(t)
			start = int32(len(t.text))
			continue
		}
		before := len(t.run)
		t.folded = append(t.folded[:0], t.run...)
		t.folded = fold.Append(t.folded, r)
		if before > 0 && len(t.folded) == before { // a sound mark changed the kana before it
			copy(t.run, t.folded)
			continue
		}
		for _, f := range t.folded[before:] {
			switch {
			case cjk(f):
				flush()
				t.run = append(t.run, f)
			case f == '\'':
				if letters > 0 {
					t.text = append(t.text, '\'')
				}
			case unicode.IsLetter(f) || unicode.IsDigit(f) || unicode.IsMark(f):
				if len(t.run) > 0 {
					a.flushRun(t)
					start = int32(len(t.text))
				}
				t.text = utf8.AppendRune(t.text, f)
				letters++
			default:
				flush()
				if len(t.run) > 0 {
					a.flushRun(t)
					start = int32(len(t.text))
				}
				if t.breaks && f == '-' {
					a.part(t)
					start = int32(len(t.text))
				}
			}
		}
	}
	flush()
	t.text = t.text[:start]
	a.flushRun(t)
}

// parting reports whether the character at i ends a part of a title.
func parting(s string, i int) bool {
	switch s[i] {
	case ',', ';', ':', '(', ')', '[', ']', '|', '/':
		return true
	case '-':
		return i > 0 && s[i-1] == ' ' || i+1 < len(s) && s[i+1] == ' '
	}
	return false
}

// part marks the end of a part.
func (a *analyzer) part(t *tokens) {
	if n := t.len(); n == 0 || string(t.at(n-1)) == breakMark {
		return
	}
	t.text = append(t.text, breakMark...)
	t.ends = append(t.ends, int32(len(t.text)))
}

// thousands reports whether s begins with exactly three digits.
func thousands(s string) bool {
	return len(s) >= 3 && digit(s[0]) && digit(s[1]) && digit(s[2]) && (len(s) == 3 || !digit(s[3]))
}

func (a *analyzer) asciiWords(t *tokens, s string) {
	start := len(t.text)
	for i := 0; i <= len(s) && len(t.ends) < MaxFieldWords; i++ {
		if i < len(s) && wordByte(s[i]) {
			c := s[i]
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			t.text = append(t.text, c)
			continue
		}
		if len(t.text) > start {
			t.text = t.text[:min(len(t.text), start+maxTerm)]
			t.ends = append(t.ends, int32(len(t.text)))
			start = len(t.text)
		}
	}
	t.text = t.text[:start]
}

// flushRun ends a run of characters: pairs of neighbors in order, each character
// and its readings beside.
func (a *analyzer) flushRun(t *tokens) {
	run := t.run
	if len(run) == 0 {
		return
	}
	if len(run) == 1 {
		t.text = utf8.AppendRune(t.text, run[0])
		t.ends = append(t.ends, int32(len(t.text)))
	}
	for i := 1; i < len(run); i++ {
		t.text = utf8.AppendRune(utf8.AppendRune(t.text, run[i-1]), run[i])
		t.ends = append(t.ends, int32(len(t.text)))
	}
	for i, r := range run {
		if len(run) > 1 {
			t.extra = utf8.AppendRune(t.extra, r)
			t.extras = append(t.extras, int32(len(t.extra)))
		}
		if !a.pinyin {
			continue
		}
		for _, s := range han.Readings(r) {
			t.extra = append(append(t.extra, soundMark...), s...)
			t.extras = append(t.extras, int32(len(t.extra)))
			if i == 0 {
				continue
			}
			for _, before := range han.Readings(run[i-1]) {
				t.extra = append(append(append(append(t.extra, soundMark...), before...), ' '), s...)
				t.extras = append(t.extras, int32(len(t.extra)))
			}
		}
	}
	t.run = run[:0]
}

// key returns an identifier without case and punctuation.
func key(s string) string {
	var out []rune
	for _, r := range s {
		out = fold.Append(out, r)
	}
	kept := out[:0]
	for _, r := range out {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			kept = append(kept, r)
		}
	}
	if len(kept) > maxTerm/4 {
		return cutTerm(string(kept))
	}
	return string(kept)
}

// cutTerm cuts a term to maxTerm bytes.
func cutTerm(s string) string {
	if len(s) <= maxTerm {
		return s
	}
	n := maxTerm
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// keyParts calls yield for each term that finds an identifier: the whole, and its
// parts of three and more characters with a digit.
func keyParts(s string, yield func(term string)) {
	whole := key(s)
	if whole == "" {
		return
	}
	yield(keyMark + whole)
	start := -1
	for i, r := range s + " " {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			part := key(s[start:i])
			if utf8.RuneCountInString(part) >= 3 && part != whole && hasDigit(part) {
				yield(keyMark + part)
			}
			start = -1
		}
	}
}

func hasDigit(s string) bool {
	for i := range len(s) {
		if digit(s[i]) {
			return true
		}
	}
	return false
}
