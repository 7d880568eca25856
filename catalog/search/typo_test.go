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
