package search

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// slowEdits is the definition as a full table.
func slowEdits(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range len(b) + 1 {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

func TestEdits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SliceOfN(rapid.SampledFrom([]rune("abcé")), 0, 9)
		a, b := letters.Draw(t, "a"), letters.Draw(t, "b")
		limit := rapid.IntRange(1, 2).Draw(t, "limit")
		require.Equal(t, min(slowEdits(a, b), limit+1), min(edits(a, b, limit), limit+1), "%q %q", string(a), string(b))
	})
}

// Whatever is within the edits passes the signature's filter.
func TestSignatureNeverMissesOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-cé0-2]{1,8}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		x, y := signature(a), signature(b)
		if x == 0 || y == 0 {
			return
		}
		k := slowEdits([]rune(a), []rune(b))
		differing := 0
		for bit := (x ^ y) & letterBits; bit != 0; bit &= bit - 1 {
			differing++
		}
		require.LessOrEqual(t, differing, 2*k, "%q %q", a, b)
	})
}

// The terms found are all within the edits, by the definition.
func TestNear(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		word := rapid.StringMatching(`[abcé]{3,7}`)
		terms := rapid.SliceOfN(word, 1, 30).Draw(rt, "terms")
		q := word.Draw(rt, "word")
		typos := Typos{One: rapid.IntRange(3, 6).Draw(rt, "one"), FirstLetterSingle: rapid.Bool().Draw(rt, "single")}
		typos.Two = rapid.IntRange(typos.One, 7).Draw(rt, "two")
		b := &textBuilder{ids: map[string]uint32{}}
		for _, term := range terms {
			b.id([]byte(term))
		}
		b.at = []int{0}
		b.seq = []uint32{0, 0, 0, 0}
		x := b.build([]uint32{0}, 2, &analyzer{stem: func(s string) string { return s }})
		want, got := map[string]int{}, map[string]int{}
		limit := typos.allowed(len([]rune(q)))
		for _, term := range terms {
			d := slowEdits([]rune(q), []rune(term))
			if d > 0 && !typos.FirstLetterSingle && []rune(q)[0] != []rune(term)[0] {
				d++
			}
			if d > 0 && d <= limit {
				want[term] = d
			}
		}
		if f := new(fuzzy); f.read(q, typos) {
			f.near(x, func(term uint32, edits int) { got[x.terms.at(int(term))] = edits })
		}
		require.Equal(t, want, got)
	})
}
