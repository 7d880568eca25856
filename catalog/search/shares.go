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
