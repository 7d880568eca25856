package search

import (
	"math"

	"github.com/flywheel-go/flywheel"
)

// Ranking is every number of relevance, in one place.
//
// The score of a product is the sum over the words of the query of the best way in
// which it has the word, each BM25F (S. Robertson, H. Zaragoza, M. Taylor 2004,
// Simple BM25 extension to multiple weighted fields):
//
//	idf · (K1 + 1)·t / (K1 + t),  t = Σ over fields of weight·tf / (1 − b + b·length/mean)
//	idf = ln(1 + (N − n + 0.5) / (n + 0.5))
//
// times the factor of the way (1 for the word itself, then Stem, OneTypo, …), times
//
//	1 + TitleShare·(share of the query in the title)² + AnyShare·(share in any field)²
//	  + Phrase, if the title has the query word by word
//	  + Nearby·(share of neighboring words of the query that are neighbors in the title)
//	  + Ending, if the last word of the query is among the last Tail words of the title's head
//
// where shares are of the sum of idf. All factors but weights lie in [0, 1], all
// additions are at least 0.
type Ranking struct {
	K1    float64 // saturation of repeated words, above 0
	Title float64 // weight of the first field
	// TitleLength and Length are b of the first field and of the others.
	TitleLength, Length float64

	Stem     float64 // another form of the word
	OneTypo  float64
	TwoTypos float64
	Prefix   float64 // times the typed share of the word
	Joined   float64 // two words written as one
	Split    float64 // one word written as two
	Synonym  float64
	Sound    float64 // pinyin
	// Unknown is what the factor of typos is raised to, as a power, for a word that
	// no product has: 0 takes a typo for the word itself.
	Unknown float64
	// Rare is how many times as many products must have a word one typo away for the
	// typed one, though some have it, to be taken for a misspelling; 0 for never.
	Rare float64

	TitleShare float64
	AnyShare   float64
	Phrase     float64
	Nearby     float64
	Ending     float64
	Tail       int
}

// DefaultRanking returns the numbers that were chosen by cross-validation over
// graded queries of real shops (the tests do it again on request).
func DefaultRanking() Ranking {
	return Ranking{
		K1: 0.25, Title: 2, TitleLength: 0.1, Length: 0.5,
		Stem: 0.98, OneTypo: 0.3, TwoTypos: 0.25, Prefix: 0.3, Joined: 0.6, Split: 0.3, Synonym: 0.85, Sound: 0.6, Unknown: 0.2, Rare: 20,
		TitleShare: 3, AnyShare: 1, Phrase: 0.6, Nearby: 1.5, Ending: 1, Tail: 4,
	}
}

// BM25 returns the plain ranking of one field: Okapi BM25 with the usual k1 and b,
// without anything else.
func BM25(k1, b float64) Ranking {
	return Ranking{K1: k1, Title: 1, TitleLength: b, Length: b, Stem: 1}
}

func (r *Ranking) check() error {
	for _, c := range []struct {
		name     string
		v        float64
		low, top float64
	}{
		{"k1", r.K1, 1e-6, 1e3}, {"title", r.Title, 1e-6, 1e6}, {"titleLength", r.TitleLength, 0, 1}, {"length", r.Length, 0, 1},
		{"stem", r.Stem, 0, 1}, {"oneTypo", r.OneTypo, 0, 1}, {"twoTypos", r.TwoTypos, 0, 1}, {"prefix", r.Prefix, 0, 1},
		{"joined", r.Joined, 0, 1}, {"split", r.Split, 0, 1}, {"synonym", r.Synonym, 0, 1}, {"sound", r.Sound, 0, 1},
		{"unknown", r.Unknown, 0, 1}, {"rare", r.Rare, 0, 1e9}, {"titleShare", r.TitleShare, 0, 1e3}, {"anyShare", r.AnyShare, 0, 1e3}, {"phrase", r.Phrase, 0, 1e3},
		{"nearby", r.Nearby, 0, 1e3}, {"ending", r.Ending, 0, 1e3}, {"tail", float64(r.Tail), 0, 1e3},
	} {
		if !(c.v >= c.low && c.v <= c.top) {
			return fieldError("ranking."+c.name, flywheel.ErrOutOfRange, "%v, want %v to %v", c.v, c.low, c.top)
		}
	}
	return nil
}

// idf is the weight of a word that n of all products have.
func idf(all, n int) float64 {
	return math.Log1p((float64(all-n) + 0.5) / (float64(n) + 0.5))
}
