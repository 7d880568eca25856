package catalog

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel/internal/unorm"
)

// SlugMode says which characters a channel's slugs have.
type SlugMode string

// The modes of slugs.
const (
	ASCIISlugs   SlugMode = "ascii"   // a-z and 0-9, other letters transcribed
	UnicodeSlugs SlugMode = "unicode" // letters, marks and decimal digits of every script
)

// maxSlug is the length of a slug in characters.
const maxSlug = 100

// transcriptions of letters that do not decompose to a-z.
var transcriptions = func() map[rune]string {
	m := map[rune]string{}
	for pair := range strings.FieldsSeq("ß:ss æ:ae œ:oe ø:o đ:d ð:d þ:th ł:l ı:i ħ:h ŋ:ng " +
		"а:a б:b в:v г:g д:d е:e ё:e ж:zh з:z и:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:kh ц:ts ч:ch ш:sh щ:shch ы:y э:e ю:yu я:ya ъ: ь: і:i ї:yi є:ye ґ:g " +
		"α:a β:v γ:g δ:d ε:e ζ:z η:i θ:th ι:i κ:k λ:l μ:m ν:n ξ:x ο:o π:p ρ:r σ:s ς:s τ:t υ:y φ:f χ:ch ψ:ps ω:o") {
		letter, text, _ := strings.Cut(pair, ":")
		r, _ := utf8.DecodeRuneInString(letter)
		m[r] = text
	}
	return m
}()

// ownLetters are those that a language transcribes in its own way.
var ownLetters = func() map[string]map[rune]string {
	nordic := map[rune]string{'å': "aa", 'æ': "ae", 'ø': "oe"}
	return map[string]map[rune]string{
		"de": {'ä': "ae", 'ö': "oe", 'ü': "ue"},
		"da": nordic, "nb": nordic, "nn": nordic, "no": nordic,
	}
}()

// Slugify returns the slug of a text in a locale: in ASCII mode "Größe 42" is
// "groesse-42" in German and "grosse-42" in English. A text of which nothing is
// left gives the slug of fallback. At most 100 characters, cut at a hyphen where
// there is one. O(n).
func Slugify(text string, l Locale, mode SlugMode, fallback string) string {
	if s := slugify(text, l, mode); s != "" {
		return s
	}
	return slugify(fallback, l, mode)
}

func slugify(text string, l Locale, mode SlugMode) string {
	if mode != UnicodeSlugs && plainSlug(text) {
		return text
	}
	text = strings.Map(func(r rune) rune {
		switch r {
		case '\'', '’', 'ʼ':
			return -1
		}
		return lowerRune(r)
	}, unorm.NFKC(text))
	if mode == UnicodeSlugs {
		return cutSlug(hyphens(text, func(r rune) bool { return unicode.In(r, unicode.L, unicode.M, unicode.Nd) }))
	}
	var b strings.Builder
	own := ownLetters[l.language()]
	for _, r := range text {
		if t, ok := own[r]; ok {
			b.WriteString(t)
		} else {
			b.WriteRune(r)
		}
	}
	text = transcribe(b.String())
	b.Reset()
	for _, r := range unorm.NFD(text) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return cutSlug(hyphens(transcribe(b.String()), func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }))
}

// plainSlug reports whether s is a slug already.
func plainSlug(s string) bool {
	if s == "" || len(s) > maxSlug || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' && s[i-1] != '-') {
			return false
		}
	}
	return true
}

// lowerRune is the one-to-one mapping to lower case, İ to i.
func lowerRune(r rune) rune {
	if r == 'İ' {
		return 'i'
	}
	return unicode.ToLower(r)
}

func transcribe(s string) string {
	var b strings.Builder
	for _, r := range s {
		if t, ok := transcriptions[r]; ok && r >= utf8.RuneSelf {
			b.WriteString(t)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hyphens makes each run of characters that are not kept one hyphen, none at the
// ends.
func hyphens(s string, keep func(rune) bool) string {
	var b strings.Builder
	part := false
	for _, r := range s {
		if !keep(r) {
			part = true
			continue
		}
		if part && b.Len() > 0 {
			b.WriteByte('-')
		}
		part = false
		b.WriteRune(r)
	}
	return b.String()
}

func cutSlug(s string) string {
	if utf8.RuneCountInString(s) <= maxSlug {
		return s
	}
	within := firstRunes(s, maxSlug+1)
	if i := strings.LastIndexByte(within, '-'); i > 0 {
		return within[:i]
	}
	return firstRunes(s, maxSlug)
}

// numberedSlug returns base with -n, cut so that it fits.
func numberedSlug(base, suffix string) string {
	return strings.TrimRight(firstRunes(base, maxSlug-len(suffix)), "-") + suffix
}
