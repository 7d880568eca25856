// Package code folds the codes that people type, so that those which look alike
// to them compare equal: NFKC, without invisible characters, in upper case.
// Look-alikes of different scripts stay different.
package code

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:generate go run gen.go

// Fold returns the form in which codes are compared. It is idempotent.
func Fold(code string) string {
	plain := true
	for i := 0; i < len(code) && plain; i++ {
		plain = code[i] >= ' ' && code[i] < 0x7f
	}
	if plain {
		return strings.ToUpper(code)
	}
	// Upper-casing may leave what can be composed, and the other way round.
	for range 3 {
		code = normalize(strings.ToUpper(normalize(code)))
	}
	return code
}

// invisible reports characters that codes are compared without: controls,
// zero-width and other format characters, and what is ignored by default.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// normalize returns s in NFKC (Unicode Standard Annex #15), without what is
// invisible.
func normalize(s string) string {
	tables := load()
	var runes []rune
	for _, r := range s {
		if s := r - hangul; s >= 0 && s < hangulCount {
			runes = append(runes, 0x1100+s/588, 0x1161+s%588/28)
			if s%28 > 0 {
				runes = append(runes, 0x11A7+s%28)
			}
			continue
		}
		if d, there := tables.decomposed[r]; there {
			for _, r := range d {
				runes = appendVisible(runes, r)
			}
			continue
		}
		runes = appendVisible(runes, r)
	}
	tables.order(runes)
	return string(tables.compose(runes))
}

func appendVisible(runes []rune, r rune) []rune {
	if invisible(r) {
		return runes
	}
	return append(runes, r)
}

const (
	hangul      = 0xAC00
	hangulCount = 11172
)

type tables struct {
	decomposed map[rune]string
	composed   map[[2]rune]rune
	classes    map[rune]uint8
}

var load = sync.OnceValue(func() *tables {
	t := &tables{map[rune]string{}, map[[2]rune]rune{}, map[rune]uint8{}}
	for entry := range strings.SplitSeq(strings.TrimSuffix(decomposed, "\x00"), "\x00") {
		r, n := utf8.DecodeRuneInString(entry)
		t.decomposed[r] = entry[n:]
	}
	for three := range slices.Chunk([]rune(composed), 3) {
		t.composed[[2]rune{three[0], three[1]}] = three[2]
	}
	for two := range slices.Chunk([]rune(classes), 2) {
		t.classes[two[0]] = uint8(two[1])
	}
	return t
})

// order sorts each stretch of combining characters by class.
func (t *tables) order(runes []rune) {
	for i := 0; i < len(runes); {
		end := i
		for end < len(runes) && t.classes[runes[end]] != 0 {
			end++
		}
		slices.SortStableFunc(runes[i:end], func(a, b rune) int { return int(t.classes[a]) - int(t.classes[b]) })
		i = end + 1
	}
}

// compose joins characters with the combining ones that follow them, in place.
func (t *tables) compose(runes []rune) []rune {
	out := runes[:0]
	starter := -1
	for _, r := range runes {
		class := t.classes[r]
		if starter >= 0 {
			last := uint8(0) // the class of what stands between
			if len(out)-1 > starter {
				last = t.classes[out[len(out)-1]]
			}
			blocked := len(out)-1 > starter && (last >= class || last == 0)
			if c, ok := t.pair(out[starter], r); ok && !blocked {
				out[starter] = c
				continue
			}
		}
		if class == 0 {
			starter = len(out)
		}
		out = append(out, r)
	}
	return out
}

func (t *tables) pair(a, b rune) (rune, bool) {
	if l, v := a-0x1100, b-0x1161; l >= 0 && l < 19 && v >= 0 && v < 21 {
		return hangul + (l*21+v)*28, true
	}
	if s, f := a-hangul, b-0x11A7; s >= 0 && s < hangulCount && s%28 == 0 && f > 0 && f < 28 {
		return a + f, true
	}
	c, ok := t.composed[[2]rune{a, b}]
	return c, ok
}
