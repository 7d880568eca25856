package search

import (
	"math/bits"
)

// shares turns sets of words into their share of the query, squared and weighted.
type shares struct {
	plan         *textPlan
	title, any   float64
	titleT, anyT []float64 // by set of words, for short queries
	top          []float64 // what bonus can be at most, by set of words in the title
}

// tabled is how many words a query has at most for numbers to be kept for each set
// of them.
const tabled = 8

func newShares(plan *textPlan, r *Ranking, a *arena) *shares {
	s := &a.shares
	if s.plan == plan {
		return s
	}
	*s = shares{plan: plan, title: r.TitleShare, any: r.AnyShare}
	if n := len(plan.words); n <= tabled {
		s.titleT, s.anyT, s.top = a.floats(1<<n), a.floats(1<<n), a.floats(1<<n)
		s.top[0] = 0
		for m := range s.titleT {
			share := s.share(uint32(m))
			s.titleT[m] = float64(r.TitleShare * share * share)
			s.anyT[m] = float64(r.AnyShare * share * share)
			if m != 0 {
				s.top[m] = r.most(plan, uint32(m))
			}
		}
	}
	return s
}

// share returns the part of the query that some of its words are.
func (s *shares) share(mask uint32) float64 {
	if s.plan.sum <= 0 {
		return 0
	}
	part := 0.0
	for i, w := range s.plan.idfs {
		if mask>>i&1 != 0 {
			part += w
		}
	}
	return part / s.plan.sum
}

// of returns what the words found add to the factor of a document.
func (s *shares) of(title, any uint32) float64 {
	if s.titleT != nil {
		return s.titleT[title] + s.anyT[any]
	}
	t, a := s.share(title), s.share(any)
	return float64(s.title*t*t) + float64(s.any*a*a)
}

// highest returns the most that bonus can be for these words in the first field.
func (s *shares) highest(r *Ranking, title uint32) float64 {
	switch {
	case title == 0:
		return 0
	case s.top != nil:
		return s.top[title]
	}
	return r.most(s.plan, title)
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

// most returns the most that bonus can be for a document with these words in its
// first field.
func (r *Ranking) most(plan *textPlan, title uint32) float64 {
	n := len(plan.words)
	sum := 0.0
	if title == uint32(1)<<n-1 {
		sum = r.Phrase
	}
	if n > 1 {
		pairs := bits.OnesCount32(title & (title >> 1))
		sum += float64(r.Nearby*float64(pairs)) / float64(n-1)
	}
	if title>>plan.head&1 != 0 {
		sum += r.Ending
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
