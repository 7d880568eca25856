// Package fold brings text into the form that is searched: lower case, without
// accents, ligatures and width, with marks of direction and other invisible
// characters gone. It is Unicode's compatibility decomposition (UAX 15) without the
// combining marks of U+0300 to U+036F, plus what people type for letters that
// Unicode does not decompose (ß as ss, ø as o). Kana and Hangul stay composed, and
// Cyrillic й stays itself.
package fold

import (
	_ "embed" // the table
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:generate go run ./gen -out table.txt

//go:embed table.txt
var table string

type entries struct {
	runes []rune
	at    []uint32 // where the text of each begins in table
	end   []uint32
}

var unpacked = sync.OnceValue(func() *entries {
	e := new(entries)
	for i := 0; i < len(table); {
		r, size := utf8.DecodeRuneInString(table[i:])
		j := i + size
		for table[j] != '\n' {
			j++
		}
		e.runes = append(e.runes, r)
		e.at = append(e.at, uint32(i+size))
		e.end = append(e.end, uint32(j))
		i = j + 1
	}
	return e
})

// Append appends the searched form of r to dst. Invisible runes append nothing.
func Append(dst []rune, r rune) []rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return append(dst, r)
	}
	if invisible(r) {
		return dst
	}
	if r == 0x3099 || r == 0x309a || r == 0xff9e || r == 0xff9f {
		return voiced(dst, r == 0x309a || r == 0xff9f)
	}
	e := unpacked()
	if i, ok := slices.BinarySearch(e.runes, r); ok {
		for _, f := range table[e.at[i]:e.end[i]] {
			dst = append(dst, f)
		}
		return dst
	}
	return append(dst, unicode.ToLower(r))
}

// String returns s in the form that is searched. Bytes that are no UTF-8 become
// U+FFFD.
func String(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] >= 'A' && s[i] <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	runes := make([]rune, 0, len(s))
	for _, r := range s {
		runes = Append(runes, r)
	}
	return string(runes)
}

// voiced puts the sound mark of kana onto the one before it.
func voiced(dst []rune, half bool) []rune {
	if len(dst) == 0 {
		return dst
	}
	last := dst[len(dst)-1]
	low := last
	if low >= 0x30a1 && low <= 0x30f6 {
		low -= 0x60
	}
	switch {
	case low >= 0x306f && low <= 0x307b && (low-0x306f)%3 == 0: // ha hi fu he ho
		last++
		if half {
			last++
		}
	case half:
	case low >= 0x304b && low <= 0x3061 && low%2 == 1, low == 0x3064, low == 0x3066, low == 0x3068: // ka … chi, tsu te to
		last++
	case low == 0x3046: // u
		last += 0x30f4 - 0x30a6
	}
	dst[len(dst)-1] = last
	return dst
}

// invisible reports runes that have no form of their own: combining marks of
// Latin, Greek and Cyrillic, vowel points of Hebrew and Arabic, joiners, marks of
// direction, soft hyphens and control characters.
func invisible(r rune) bool {
	switch {
	case r >= 0x300 && r <= 0x36f, r == 0xad, r == 0x640, r >= 0x64b && r <= 0x652, r == 0x670,
		r >= 0x591 && r <= 0x5bd, r == 0x5bf, r == 0x5c1, r == 0x5c2, r == 0x5c4, r == 0x5c5, r == 0x5c7,
		r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0xfeff,
		r >= 0xfe00 && r <= 0xfe0f, r >= 0x80 && r < 0xa0 && r != 0x85:
		return true
	}
	return false
}
