package search

import (
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What a field adds when it is read once is what the definition adds, for terms that
// are several words, links and ends of parts, and ranks that take more than one unit.
func TestFirstField(t *testing.T) {
	x := &textIndex{}
	mark := make([]uint16, 1<<17)
	mark[wide] = wideSlot
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.IntRange(1, 5).Draw(t, "words")
		masks := rapid.SliceOfN(rapid.Uint32Range(0, 1<<words-1), 1, 6).Draw(t, "masks")
		signs := []uint8{0, linkSign, 0, breakSign}
		wideOnes := rapid.Bool().Draw(t, "wide")
		rankOf := func(i int) uint32 { // of term i: the signs, terms that are asked for, others
			if wideOnes && i >= len(signs) {
				return uint32(wide + i)
			}
			return uint32(i)
		}
		s := &scratch{mark: mark, slots: make([]slot, 1)}
		e := &scorer{x: s, t: x, signs: signs, narrow: !wideOnes, plan: &textPlan{words: make([]queryWord, words)}}
		e.plan.head = rapid.IntRange(-1, words-1).Draw(t, "head")
		if e.plan.head < 0 {
			e.plan.head = 0
		}
		rank := DefaultRanking()
		rank.Tail = rapid.IntRange(0, 5).Draw(t, "tail")
		e.rank = &rank
		for i, m := range masks {
			mark[placeOf(rankOf(len(signs)+i))] = uint16(len(s.slots))
			s.slots = append(s.slots, slot{mask: m})
		}
		defer func() {
			for i := range masks {
				mark[placeOf(rankOf(len(signs)+i))] = 0
			}
		}()
		field := rapid.SliceOfN(rapid.IntRange(0, len(signs)+len(masks)+2), 0, 12).Draw(t, "field")
		title := uint32(0)
		units := appendUnits(nil, uint32(len(field)))
		var seq []uint32
		counts := make([]uint32, len(masks))
		for _, i := range field {
			units = appendUnits(units, rankOf(i))
			switch j := i - len(signs); {
			case j < 0:
				seq = append(seq, signBits[signs[i]])
			case j < len(masks):
				seq = append(seq, masks[j])
				title |= masks[j]
				counts[j]++
			default:
				seq = append(seq, 0)
			}
		}
		rest, extra := e.first(append(units, 7), title)
		require.Equal(t, []uint16{7}, rest)
		require.Equal(t, bonus(seq, title, e.plan, &rank), extra)
		if title != 0 || !e.narrow {
			for j, n := range counts {
				require.Equal(t, n, s.slots[j+1].count)
			}
		}
	})
}

// Marks of terms that are no words of the query, above those of MaxQueryWords.
const (
	linkBit  = 1 << 30
	breakBit = 1 << 31
)

// signBits are the marks of terms by sign.
var signBits = [...]uint32{0, linkSign: linkBit, breakSign: breakBit}

// bonus returns what the order of words in the first field adds to the factor; seq
// is the marks of its terms, title the words that are among them.
func bonus(seq []uint32, title uint32, plan *textPlan, r *Ranking) float64 {
	n := len(plan.words)
	sum := 0.0
	full := uint32(1)<<n - 1
	if r.Phrase > 0 && title&full == full && phraseIn(seq, n) {
		sum += r.Phrase
	}
	if r.Nearby > 0 && title&(title>>1) != 0 {
		pairs := uint32(0) // first words of neighbors
		for j := 0; j+1 < len(seq); j++ {
			pairs |= seq[j] & (((seq[j] | seq[j+1]) & full) >> 1)
		}
		sum += float64(r.Nearby*float64(bits.OnesCount32(pairs))) / float64(n-1)
	}
	if r.Ending > 0 && title>>plan.head&1 != 0 {
		sum += float64(r.Ending * ending(seq, plan.head, r.Tail))
	}
	return sum
}

// ending returns how near the head of the query stands to the end of a part of the
// title that is not behind a link: 1 for its last word, less for each word that
// follows, 0 from tail words on.
func ending(seq []uint32, head, tail int) float64 {
	best, gap := tail, 0
	for i := len(seq) - 1; i >= 0; i-- {
		switch m := seq[i]; {
		case m == breakBit, m == linkBit:
			gap = 0
		default:
			if m>>head&1 != 0 && gap < best && !behind(seq, i) {
				best = gap
			}
			gap++
		}
	}
	if tail <= 0 {
		return 0
	}
	return 1 - float64(best)/float64(tail)
}

// behind reports whether a link stands before i in the same part.
func behind(seq []uint32, i int) bool {
	for i--; i >= 0 && seq[i] != breakBit; i-- {
		if seq[i] == linkBit {
			return true
		}
	}
	return false
}

// phraseIn reports whether the n words stand in a row; one term may stand for
// several of them.
func phraseIn(seq []uint32, n int) bool {
	full := uint32(1)<<n - 1
	for i := range seq {
		next := 0
		for j := i; j < len(seq) && next < n; j++ {
			m := seq[j] & full
			if m>>next&1 == 0 {
				break
			}
			for next < n && m>>next&1 != 0 {
				next++
			}
		}
		if next == n {
			return true
		}
	}
	return false
}
