// Package unorm brings text into the normalization forms of Unicode (UAX 15). In
// C and D composed and combining accents are the same; in KC full-width letters and
// ligatures are also the same as what they stand for. It does what
// golang.org/x/text/unicode/norm does, with tables of a quarter of the size that are
// unpacked only when a text is not plain.
package unorm

import (
	"maps"
	"slices"
	"sync"
	"unicode/utf8"
)

//go:generate go run ./gen -out table.go

// NFKC returns s in form KC. Bytes that are no UTF-8 become U+FFFD.
func NFKC(s string) string {
	if plain(s) {
		return s
	}
	t := unpacked()
	return string(t.compose(t.decomposition(s, t.decomposed)))
}

// NFC returns s in form C. Bytes that are no UTF-8 become U+FFFD.
func NFC(s string) string {
	if plain(s) {
		return s
	}
	t := unpacked()
	return string(t.compose(t.decomposition(s, t.canonical)))
}

// NFD returns s in form D. Bytes that are no UTF-8 become U+FFFD.
func NFD(s string) string {
	if plain(s) {
		return s
	}
	t := unpacked()
	return string(t.decomposition(s, t.canonical))
}

func (t *tables) decomposition(s string, by map[rune][]rune) []rune {
	runes := make([]rune, 0, len(s))
	for _, r := range s {
		runes = decompose(runes, r, by)
	}
	t.order(runes)
	return runes
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

type pair struct{ first, second rune }

type tables struct {
	decomposed map[rune][]rune // fully
	canonical  map[rune][]rune
	composed   map[pair]rune
	class      map[rune]uint8
}

var unpacked = sync.OnceValue(func() *tables {
	t := &tables{map[rune][]rune{}, map[rune][]rune{}, map[pair]rune{}, map[rune]uint8{}}
	fill := func(into map[rune][]rune, all []rune) {
		for len(all) > 0 {
			end := slices.Index(all, 0)
			into[all[0]] = all[1:end:end]
			all = all[end+1:]
		}
	}
	fill(t.decomposed, []rune(decompositions))
	maps.Copy(t.canonical, t.decomposed)
	for span := range slices.Chunk([]rune(compatible), 2) {
		for r := span[0]; r <= span[1]; r++ {
			delete(t.canonical, r)
		}
	}
	fill(t.canonical, []rune(canonical))
	for triple := range slices.Chunk([]rune(compositions), 3) {
		t.composed[pair{triple[0], triple[1]}] = triple[2]
	}
	for span := range slices.Chunk([]rune(classes), 3) {
		for r := span[0]; r <= span[1]; r++ {
			t.class[r] = uint8(span[2])
		}
	}
	return t
})

// Hangul syllables are computed (The Unicode Standard, 3.12).
const (
	syllables = 0xac00
	leads     = 0x1100
	vowels    = 0x1161
	trails    = 0x11a7 // one before the first: none is a trail of its own
	nLeads    = 19
	nVowels   = 21
	nTrails   = 28
)

func decompose(dst []rune, r rune, by map[rune][]rune) []rune {
	if i := r - syllables; i >= 0 && i < nLeads*nVowels*nTrails {
		dst = append(dst, leads+i/(nVowels*nTrails), vowels+i/nTrails%nVowels)
		if i%nTrails != 0 {
			dst = append(dst, trails+i%nTrails)
		}
		return dst
	}
	if d, ok := by[r]; ok {
		return append(dst, d...)
	}
	return append(dst, r)
}

// order sorts each run of combining characters by class, equals as they come.
func (t *tables) order(runes []rune) {
	for i := 0; i < len(runes); {
		end := i
		for end < len(runes) && t.class[runes[end]] != 0 {
			end++
		}
		slices.SortStableFunc(runes[i:end], func(a, b rune) int { return int(t.class[a]) - int(t.class[b]) })
		i = max(end, i+1)
	}
}

// compose joins each starter with the combining characters after it that no other
// of the same class parts from it.
func (t *tables) compose(runes []rune) []rune {
	starter, blocked := -1, uint8(0)
	out := runes[:0]
	for _, r := range runes {
		class := t.class[r]
		if starter >= 0 && (blocked < class || blocked == 0 && len(out) == starter+1) {
			if c, ok := t.join(out[starter], r); ok {
				out[starter] = c
				continue
			}
		}
		if class == 0 {
			starter = len(out)
		}
		blocked = class
		out = append(out, r)
	}
	return out
}

func (t *tables) join(a, b rune) (rune, bool) {
	if l, v := a-leads, b-vowels; l >= 0 && l < nLeads && v >= 0 && v < nVowels {
		return syllables + (l*nVowels+v)*nTrails, true
	}
	if s, x := a-syllables, b-trails; s >= 0 && s < nLeads*nVowels*nTrails && s%nTrails == 0 && x > 0 && x < nTrails {
		return a + x, true
	}
	c, ok := t.composed[pair{a, b}]
	return c, ok
}
