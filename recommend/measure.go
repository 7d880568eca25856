package recommend

import (
	"fmt"
	"math"
)

// Measure tells how much more often two items are chosen together than chance
// would have it. All measures are computed from four counts: the groups with
// both items, with one, with the other, and all groups.
type Measure uint8

const (
	// LogLikelihood is the log-likelihood ratio G² against independence
	// (Dunning 1993), in the entropy form. It is a test statistic, under
	// independence χ² with one degree of freedom: 3.84 is exceeded by chance in
	// one pair of 20, 10.83 in one of 1,000. It trusts few observations little,
	// which cosine and lift do not, and is the right default. Items that meet
	// less often than by chance are not related.
	LogLikelihood Measure = iota
	// Cosine is both / √(one·other), between 0 and 1. It favors items of
	// similar popularity and suits groups by customer.
	Cosine
	// Lift is both·all / (one·other): how many times more often than by
	// chance. It favors rare items, so use it with a MinSupport, and with a
	// MinScore of 1 where only more than chance shall count.
	Lift
)

var measureNames = [...]string{LogLikelihood: "LLR", Cosine: "cosine", Lift: "lift"}

// String returns the short name that reasons use.
func (m Measure) String() string {
	if int(m) >= len(measureNames) {
		return fmt.Sprintf("Measure(%d)", uint8(m))
	}
	return measureNames[m]
}

// LogLikelihoodRatio returns Dunning's G² = 2·Σ k·ln(k·n / (row·column)) of a
// two-by-two table: how many groups have both A and B, only A, only B, and
// neither. It is 0 when the counts are exactly as independence predicts, and
// large when they deviate from it in either direction. Counts below zero are
// taken as zero.
//
// Dunning (1993), Accurate Methods for the Statistics of Surprise and
// Coincidence, Computational Linguistics 19(1), section 4. O(1).
func LogLikelihoodRatio(both, onlyA, onlyB, neither int64) float64 {
	k11, k12, k21, k22 := max(both, 0), max(onlyA, 0), max(onlyB, 0), max(neither, 0)
	cells := xLogX(k11) + xLogX(k12) + xLogX(k21) + xLogX(k22)
	rows := xLogX(k11+k12) + xLogX(k21+k22)
	columns := xLogX(k11+k21) + xLogX(k12+k22)
	return max(0, 2*(cells-rows-columns+xLogX(k11+k12+k21+k22)))
}

func xLogX(k int64) float64 {
	if k == 0 {
		return 0
	}
	return float64(float64(k) * math.Log(float64(k)))
}

// scorer computes a Measure for many pairs of items over the same groups.
type scorer struct {
	measure Measure
	groups  int64
	support []int32   // groups that hold the item
	logs    []float64 // xLogX of small counts: a logarithm costs ten reads
	margin  []float64 // by item: xLogX of its row, or column, of the table
}

const maxLogs = 1 << 16 // half a megabyte

func newScorer(m Measure, groups int64, support []int32) *scorer {
	s := &scorer{measure: m, groups: groups, support: support}
	if m == LogLikelihood {
		s.logs = make([]float64, min(groups+1, maxLogs))
		for k := range s.logs {
			s.logs[k] = xLogX(int64(k))
		}
		s.margin = make([]float64, len(support))
		for item, k := range support {
			s.margin[item] = xLogX(int64(k)) + xLogX(groups-int64(k))
		}
	}
	return s
}

func (s *scorer) xLogX(k int64) float64 {
	if k < int64(len(s.logs)) {
		return s.logs[k]
	}
	return xLogX(k)
}

// score returns the measure of two items that occur together in both groups. The
// log-likelihood ratio counts only what is above chance, so it is 0 for items
// that avoid each other. Cosines and lifts that are equal as fractions are equal
// as floats, being roundings of the same quotient: ties are broken by SKU, not by
// rounding.
func (s *scorer) score(item, other, both int32) float64 {
	k, a, b, n := int64(both), int64(s.support[item]), int64(s.support[other]), s.groups
	switch {
	case s.measure == Cosine:
		return math.Sqrt(float64(k*k) / float64(a*b))
	case s.measure == Lift:
		return float64(k*n) / float64(a*b)
	case k*n <= a*b:
		return 0
	}
	cells := s.xLogX(k) + s.xLogX(a-k) + s.xLogX(b-k) + s.xLogX(n-a-b+k)
	return max(0, 2*(cells-s.margin[item]-s.margin[other]+s.xLogX(n)))
}
