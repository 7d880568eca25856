package recommend

import (
	"fmt"
	"math"
	"slices"
)

// Content recommends items that are like those of the history in what they are: it
// needs no customers, so it serves items that nobody has chosen yet. Items are alike by
// the cosine of their vectors, and where one has none, of their categories, tags and
// brand, the rarer the more (TF-IDF).
type Content struct {
	// Items are what is compared. Those that the Matrix does not know are not scored:
	// build it with [MatrixOf] over all items to have them scored.
	Items *Items
	// Neighbors of each item: 100.
	Neighbors int
}

// String implements [Learner].
func (c Content) String() string {
	return fmt.Sprintf("content (k %d)", orDefault(c.Neighbors, 100))
}

// MatrixOf is NewMatrix with the items of an Index as columns, chosen or not, so that
// models of content and of choices can be blended. Choices of other items are a
// [*ChoiceError].
func MatrixOf(items *Index, choices []Choice) (*Matrix, error) { return newMatrix(choices, items) }

// Index returns the SKUs of c.
func (c *Items) Index() *Index { return c.index }

// Fit implements [Learner]. The Scorer is a [Contributor]. O(items²) in the worst case.
func (c Content) Fit(m *Matrix) (Scorer, error) {
	if c.Items == nil {
		return nil, paramError("Content", "Items", c.Items)
	}
	if c.Neighbors < 0 {
		return nil, paramError("Content", "Neighbors", c.Neighbors)
	}
	n := m.items.Len()
	words := make([][]string, n)
	vectors := make([][]float32, n)
	df := make(map[string]int)
	for i := range n {
		it, ok := c.Items.Item(m.items.SKU(int32(i)))
		if !ok {
			continue
		}
		vectors[i] = it.Vector
		for _, v := range it.Categories {
			words[i] = append(words[i], "category\x00"+v)
		}
		for _, v := range it.Tags {
			words[i] = append(words[i], "tag\x00"+v)
		}
		if it.Brand != "" {
			words[i] = append(words[i], "brand\x00"+it.Brand)
		}
		slices.Sort(words[i])
		words[i] = slices.Compact(words[i])
		for _, w := range words[i] {
			df[w]++
		}
	}
	idf := func(w string) float64 { return math.Log(float64(1+n) / float64(df[w])) }
	norm, length := make([]float64, n), make([]float64, n)
	holders := make(map[string][]int32)
	for i := range n {
		for _, w := range words[i] {
			norm[i] += float64(idf(w) * idf(w))
			holders[w] = append(holders[w], int32(i))
		}
		for _, x := range vectors[i] {
			length[i] += float64(x) * float64(x)
		}
		norm[i], length[i] = math.Sqrt(norm[i]), math.Sqrt(length[i])
	}
	g := newNeighborhood(m.items)
	parallel(n, func() *meeting { return newMeeting(n) }, func(i int, s *meeting) {
		for _, w := range words[i] {
			v := idf(w)
			for _, o := range holders[w] {
				if s.both[o] == 0 {
					s.touched = append(s.touched, o)
				}
				s.both[o]++
				s.dot[o] += float64(v * v)
			}
		}
		s.top.n = orDefault(c.Neighbors, 100)
		offer := func(o int32, score float64) {
			if v := (scored{o, score}); int(o) != i && score > 0 && s.top.accepts(v) {
				s.top.push(v)
			}
		}
		if length[i] > 0 {
			for o := range int32(n) {
				if length[o] > 0 {
					var dot float64
					for k, x := range vectors[i] {
						dot += float64(x) * float64(vectors[o][k])
					}
					offer(o, dot/float64(length[i]*length[o]))
				}
			}
		}
		for _, o := range s.touched {
			if length[i] == 0 || length[o] == 0 {
				offer(o, s.dot[o]/float64(norm[i]*norm[o]))
			}
		}
		g.nearest[i] = s.top.take()
		s.reset()
	})
	g.turn()
	return g, nil
}
