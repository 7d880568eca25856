package recommend

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/flywheel-go/flywheel"
)

// Counts knows how often items are chosen together and learns on with every choice: it
// is item-kNN without a cut, so that nothing has to be ranked again. What it answers
// equals, bit for bit, what Counts fitted from scratch on the same choices would. It
// is safe for concurrent use. Memory: some 10 bytes for each pair that met, twice.
type Counts struct {
	similarity Similarity
	shrink     float64
	items      *Index

	mu   sync.RWMutex
	rows int64
	pop  []int32
	both []map[int32]int32
}

// CoOccurrence is the [Learner] of [Counts]: which items are chosen together.
type CoOccurrence struct {
	// Similarity of items: CosineSimilarity, Jaccard, LogLikelihoodSimilarity or
	// Tversky; the others need more than counts.
	Similarity Similarity
	// Shrink is added to the denominator, or for the log-likelihood to the count.
	Shrink float64
}

// String implements [Learner].
func (l CoOccurrence) String() string {
	return fmt.Sprintf("together %v (shrink %g)", l.Similarity, l.Shrink)
}

// Fit implements [Learner].
func (l CoOccurrence) Fit(m *Matrix) (Scorer, error) {
	c, err := l.Counts(m)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Counts is Fit with its own type. Cost: the sum of the squared row lengths.
func (l CoOccurrence) Counts(m *Matrix) (*Counts, error) {
	switch l.Similarity {
	case CosineSimilarity, Jaccard, LogLikelihoodSimilarity, Tversky:
	default:
		return nil, paramError("CoOccurrence", "Similarity", l.Similarity)
	}
	if !positive(l.Shrink) {
		return nil, paramError("CoOccurrence", "Shrink", l.Shrink)
	}
	c := &Counts{similarity: l.Similarity, shrink: l.Shrink, items: m.items, rows: int64(len(m.actors)), pop: m.popularity(), both: make([]map[int32]int32, m.items.Len())}
	cols := m.columns()
	parallel(m.items.Len(), func() *meeting { return newMeeting(m.items.Len()) }, func(n int, s *meeting) {
		s.countPlain(m, cols, int32(n))
		c.both[n] = make(map[int32]int32, len(s.touched))
		for _, other := range s.touched {
			if other != int32(n) {
				c.both[n][other] = s.both[other]
			}
		}
		s.reset()
	})
	return c, nil
}

// Learn implements [Live]. O(length of before).
func (c *Counts) Learn(before History, item int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(before) == 0 {
		c.rows++
	}
	c.pop[item]++
	for _, p := range before {
		c.both[item][p.Item]++
		c.both[p.Item][item]++
	}
}

// Unlearn implements [Live]. O(length of h, squared).
func (c *Counts) Unlearn(h History) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(h) == 0 {
		return true
	}
	c.rows--
	for k, p := range h {
		c.pop[p.Item]--
		for _, o := range h[:k] {
			for _, pair := range [2][2]int32{{p.Item, o.Item}, {o.Item, p.Item}} {
				if c.both[pair[0]][pair[1]]--; c.both[pair[0]][pair[1]] == 0 {
					delete(c.both[pair[0]], pair[1])
				}
			}
		}
	}
	return true
}

// Index implements [Scorer].
func (c *Counts) Index() *Index { return c.items }

// Score implements [Scorer].
func (c *Counts) Score(h History, scores []float64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	clear(scores)
	for _, p := range h {
		for other, both := range c.both[p.Item] {
			scores[other] += float64(p.Weight * c.similar(p.Item, other, both))
		}
	}
}

// Contributions implements [Contributor].
func (c *Counts) Contributions(h History, item int32, parts []float64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for k, p := range h {
		parts[k] = 0
		if both := c.both[p.Item][item]; both > 0 {
			parts[k] = float64(p.Weight * c.similar(p.Item, item, both))
		}
	}
}

func (c *Counts) similar(item, other, both int32) float64 {
	a, b, k := int64(c.pop[item]), int64(c.pop[other]), int64(both)
	switch c.similarity {
	case Jaccard:
		return float64(k) / (float64(a+b-k) + c.shrink)
	case Tversky:
		return float64(k) / (float64(b-k) + float64(0.5*float64(a-k)) + float64(k) + c.shrink)
	case LogLikelihoodSimilarity:
		if k*c.rows <= a*b {
			return 0
		}
		g := LogLikelihoodRatio(k, a-k, b-k, c.rows-a-b+k)
		return float64(1-1/(1+g)) * float64(k) / (float64(k) + c.shrink)
	}
	if c.shrink == 0 {
		return math.Sqrt(float64(k*k) / float64(a*b))
	}
	return float64(k) / (math.Sqrt(float64(a*b)) + c.shrink)
}

// Pair is what is known of two items that were chosen together.
type Pair struct {
	SKU flywheel.SKU
	// Both rows hold the two, Of hold the item asked about, Other the one named,
	// Rows all.
	Both, Of, Other, Rows int64
}

// Support returns Both / Rows, Confidence Both / Of.
func (p Pair) Support() float64 { return float64(p.Both) / float64(p.Rows) }

// Confidence returns the share of the rows with the item asked about that hold the
// other too.
func (p Pair) Confidence() float64 { return float64(p.Both) / float64(p.Of) }

// Lift returns how many times more often than by chance the two meet.
func (p Pair) Lift() float64 {
	return float64(p.Both) * float64(p.Rows) / (float64(p.Of) * float64(p.Other))
}

// Evidence returns the log-likelihood ratio against chance; see [LogLikelihoodRatio].
func (p Pair) Evidence() float64 {
	return LogLikelihoodRatio(p.Both, p.Of-p.Both, p.Other-p.Both, p.Rows-p.Of-p.Other+p.Both)
}

// pairs returns all that met item, in no order. The caller holds the lock.
func (c *Counts) pairs(item int32) []Pair {
	out := make([]Pair, 0, len(c.both[item]))
	for other, both := range c.both[item] {
		out = append(out, Pair{SKU: c.items.SKU(other), Both: int64(both), Of: int64(c.pop[item]), Other: int64(c.pop[other]), Rows: c.rows})
	}
	return out
}

// chance is what the log-likelihood ratio of two independent items exceeds once in 20.
const chance = 3.841458820694124

// Complements returns at most n items that are chosen together with sku more often
// than chance would have it (evidence beyond 3.84, the 95 % point), strongest evidence
// first: what to offer beside it. Rows should be baskets.
func (c *Counts) Complements(sku flywheel.SKU, n int) []Pair {
	item, ok := c.items.Number(sku)
	if !ok {
		return nil
	}
	c.mu.RLock()
	list := slices.DeleteFunc(c.pairs(item), func(p Pair) bool { return p.Lift() <= 1 || p.Evidence() < chance })
	c.mu.RUnlock()
	return byEvidence(list, n)
}

// Substitutes returns at most n items that are looked at together with sku more often
// than by chance, but not bought together so: what to offer instead of it. viewed are
// counts of what sessions looked at, bought those of baskets.
func Substitutes(viewed, bought *Counts, sku flywheel.SKU, n int) []Pair {
	list := viewed.Complements(sku, viewed.items.Len())
	if item, ok := bought.items.Number(sku); ok {
		bought.mu.RLock()
		together := map[flywheel.SKU]Pair{}
		for _, p := range bought.pairs(item) {
			together[p.SKU] = p
		}
		bought.mu.RUnlock()
		list = slices.DeleteFunc(list, func(p Pair) bool {
			b, met := together[p.SKU]
			return met && b.Lift() > 1
		})
	}
	return byEvidence(list, n)
}

func byEvidence(list []Pair, n int) []Pair {
	slices.SortFunc(list, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(b.Evidence(), a.Evidence()), compareSKU(a.SKU, b.SKU))
	})
	return list[:min(max(0, n), len(list))]
}
