package recommend

import (
	"fmt"
	"math"
)

// Similarity says how alike two items are, from the rows that hold both.
type Similarity uint8

// The similarities of items. With a and b the weights of two columns, |·| the
// Euclidean norm and n the number of rows:
const (
	// CosineSimilarity is a·b / (|a|·|b| + shrink).
	CosineSimilarity Similarity = iota
	// TFIDF is the cosine after each cell was multiplied by ln(n / rows that hold
	// the item) and divided by the root of its row's length.
	TFIDF
	// BM25 is the cosine after each cell became idf·w·(k1+1) / (w + k1·(1−b+b·row
	// length / mean length)), k1 = 1.2, b = 0.75 (Robertson and Zaragoza 2009).
	BM25
	// Jaccard is both / (either + shrink), by rows.
	Jaccard
	// LogLikelihoodSimilarity is 1 − 1/(1+G²), G² as of [LogLikelihoodRatio]; items
	// that meet less often than by chance are not alike.
	LogLikelihoodSimilarity
	// Tversky is both / (α·(onlyA) + β·(onlyB) + both + shrink) with α = 1, the
	// item of the history as A, and β = 0.5.
	Tversky
)

var similarityNames = [...]string{"cosine", "TF-IDF", "BM25", "Jaccard", "LLR", "Tversky"}

// String returns the usual name.
func (s Similarity) String() string {
	if int(s) >= len(similarityNames) {
		return fmt.Sprintf("Similarity(%d)", uint8(s))
	}
	return similarityNames[s]
}

// ItemKNN recommends the items that are most alike to those of the history
// (Deshpande and Karypis 2004): the score of an item is the sum of its similarities
// to the items of the history that are among its Neighbors nearest. Cost: the sum
// of the squared row lengths.
type ItemKNN struct {
	// Similarity of items: CosineSimilarity.
	Similarity Similarity
	// Neighbors of each item: 200.
	Neighbors int
	// Shrink is added to the denominator, so that few rows are trusted little.
	Shrink float64
}

// String implements [Learner].
func (k ItemKNN) String() string {
	return fmt.Sprintf("item-kNN %v (k %d, shrink %g)", k.Similarity, orDefault(k.Neighbors, 200), k.Shrink)
}

// Fit implements [Learner]. The Scorer is a [Contributor].
func (k ItemKNN) Fit(m *Matrix) (Scorer, error) {
	switch {
	case int(k.Similarity) >= len(similarityNames):
		return nil, paramError("ItemKNN", "Similarity", k.Similarity)
	case k.Neighbors < 0:
		return nil, paramError("ItemKNN", "Neighbors", k.Neighbors)
	case !positive(k.Shrink):
		return nil, paramError("ItemKNN", "Shrink", k.Shrink)
	}
	k.Neighbors = orDefault(k.Neighbors, 200)
	value := k.values(m)
	cols := m.columns()
	pop := m.popularity()
	norm := make([]float64, m.items.Len())
	for i, item := range m.item {
		norm[item] += float64(value(i) * value(i))
	}
	for n := range norm {
		norm[n] = math.Sqrt(norm[n])
	}
	llr := newScorer(LogLikelihood, int64(len(m.actors)), pop)
	similar := func(item, other int32, dot float64, both int32) float64 {
		switch k.Similarity {
		case Jaccard:
			return float64(both) / (float64(pop[item]+pop[other]-both) + k.Shrink)
		case LogLikelihoodSimilarity:
			g := llr.score(item, other, both)
			return float64(1-1/(1+g)) * float64(both) / (float64(both) + k.Shrink)
		case Tversky:
			return float64(both) / (float64(pop[other]-both) + float64(0.5*float64(pop[item]-both)) + float64(both) + k.Shrink)
		}
		return dot / (float64(norm[item]*norm[other]) + k.Shrink)
	}
	plain := m.weight == nil && (k.Similarity == CosineSimilarity || k.Similarity >= Jaccard)
	g := newNeighborhood(m.items)
	if plain && k.Similarity == CosineSimilarity && k.Shrink == 0 {
		k.plainCosine(m, cols, pop, g)
		g.turn()
		return g, nil
	}
	parallel(m.items.Len(), func() *meeting { return newMeeting(m.items.Len()) }, func(n int, s *meeting) {
		item := int32(n)
		s.top.n = k.Neighbors
		if plain {
			s.countPlain(m, cols, item)
		} else {
			s.count(m, cols, item, value)
		}
		for _, other := range s.touched {
			if other == item {
				continue
			}
			dot := float64(s.both[other])
			if !plain {
				dot = s.dot[other]
			}
			v := scored{other, similar(item, other, dot, s.both[other])}
			if v.score > 0 && s.top.accepts(v) {
				s.top.push(v)
			}
		}
		g.nearest[item] = s.top.take()
		s.reset()
	})
	g.turn()
	return g, nil
}

// plainCosine sets the nearest of each item by the cosine of unweighted columns. It
// compares squares, both²/(a·b): equal cosines are equal as floats, being roundings of
// equal quotients, and only those that are kept need a root.
func (k ItemKNN) plainCosine(m *Matrix, cols *columns, pop []int32, g *neighborhood) {
	items := m.items.Len()
	type scratch struct {
		both []int32
		list []scored
	}
	parallel(items, func() *scratch { return &scratch{both: make([]int32, items)} }, func(n int, s *scratch) {
		item := int32(n)
		both := s.both
		for _, row := range cols.rows(item) {
			for _, other := range m.row(row) {
				both[other]++
			}
		}
		both[item] = 0
		own := float64(pop[item])
		s.list = s.list[:0]
		for other, count := range both {
			if count > 0 {
				c := float64(count)
				s.list = append(s.list, scored{int32(other), float64(c*c) / float64(own*float64(pop[other]))})
				both[other] = 0
			}
		}
		kept := best(s.list, k.Neighbors)
		out := make([]scored, len(kept))
		for i, v := range kept {
			out[i] = scored{v.item, math.Sqrt(v.score)}
		}
		g.nearest[item] = out
	})
}

// values returns the weight of each cell under k.Similarity.
func (k ItemKNN) values(m *Matrix) func(i int) float64 {
	if k.Similarity != TFIDF && k.Similarity != BM25 {
		return m.value
	}
	pop := m.popularity()
	users := float64(len(m.actors))
	mean := float64(m.Len()) / max(users, 1)
	out := make([]float64, m.Len())
	for row := range m.actors {
		length := float64(m.start[row+1] - m.start[row])
		for i := m.start[row]; i < m.start[row+1]; i++ {
			idf, w := math.Log(users/float64(pop[m.item[i]])), m.value(i)
			if k.Similarity == TFIDF {
				out[i] = float64(w*idf) / math.Sqrt(length)
				continue
			}
			const k1, b = 1.2, 0.75
			out[i] = float64(idf*w) * (k1 + 1) / (w + float64(k1*(1-b+float64(b*length)/mean)))
		}
	}
	return func(i int) float64 { return out[i] }
}

// meeting counts where one item meets the others.
type meeting struct {
	dot     []float64
	both    []int32
	touched []int32
	top     top
}

func newMeeting(items int) *meeting {
	return &meeting{dot: make([]float64, items), both: make([]int32, items)}
}

// countPlain counts rows.
func (s *meeting) countPlain(m *Matrix, cols *columns, item int32) {
	both := s.both
	for _, row := range cols.rows(item) {
		for _, other := range m.row(row) {
			if both[other] == 0 {
				s.touched = append(s.touched, other)
			}
			both[other]++
		}
	}
}

// count counts rows and sums products of weights.
func (s *meeting) count(m *Matrix, cols *columns, item int32, value func(int) float64) {
	for at := cols.start[item]; at < cols.start[item+1]; at++ {
		row, own := cols.row[at], value(int(cols.cell[at]))
		for i := m.start[row]; i < m.start[row+1]; i++ {
			other := m.item[i]
			if s.both[other] == 0 {
				s.touched = append(s.touched, other)
			}
			s.both[other]++
			s.dot[other] += float64(own * value(i))
		}
	}
}

func (s *meeting) reset() {
	for _, other := range s.touched {
		s.both[other], s.dot[other] = 0, 0
	}
	s.touched = s.touched[:0]
}
