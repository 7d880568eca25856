package recommend

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// SLIM learns for each item a few weights of at least 0 with which the other items
// foretell it (Ning and Karypis 2011): it minimizes ½|x_j − Xw|² + ½·L2·|w|² + L1·Σw, by
// coordinate descent on XᵀX. Candidates are the items that meet item j most alike.
type SLIM struct {
	// L1 makes weights 0, L2 makes them small: 1 and 100.
	L1, L2 float64
	// Candidates for each item, by cosine: 250.
	Candidates int
	// Sweeps over the candidates, at most: 10. It stops early when no weight
	// moves by more than a ten-thousandth.
	Sweeps int
}

// String implements [Learner].
func (s SLIM) String() string {
	s = s.withDefaults()
	return fmt.Sprintf("SLIM (l1 %g, l2 %g)", s.L1, s.L2)
}

func (s SLIM) withDefaults() SLIM {
	s.L1, s.L2 = orDefault(s.L1, 1), orDefault(s.L2, 100)
	s.Candidates, s.Sweeps = orDefault(s.Candidates, 250), orDefault(s.Sweeps, 10)
	return s
}

// Fit implements [Learner]. The Scorer is a [Contributor].
func (s SLIM) Fit(m *Matrix) (Scorer, error) {
	switch {
	case !positive(s.L1):
		return nil, paramError("SLIM", "L1", s.L1)
	case !positive(s.L2):
		return nil, paramError("SLIM", "L2", s.L2)
	case s.Candidates < 0:
		return nil, paramError("SLIM", "Candidates", s.Candidates)
	case s.Sweeps < 0:
		return nil, paramError("SLIM", "Sweeps", s.Sweeps)
	}
	s = s.withDefaults()
	near, err := ItemKNN{Neighbors: s.Candidates}.Fit(m)
	if err != nil {
		return nil, err
	}
	candidates := near.(*neighborhood).nearest
	cols := m.columns()
	items := m.items.Len()
	// Products of all pairs that meet, by item: as sparse as the data are.
	products := make([][]scored, items)
	parallel(items, func() *meeting { return newMeeting(items) }, func(n int, c *meeting) {
		c.count(m, cols, int32(n), m.value)
		list := make([]scored, 0, len(c.touched))
		for _, other := range c.touched {
			list = append(list, scored{other, c.dot[other]})
		}
		slices.SortFunc(list, func(a, b scored) int { return cmp.Compare(a.item, b.item) })
		products[n] = list
		c.reset()
	})
	g := newNeighborhood(m.items)
	parallel(items, func() *descent {
		return &descent{place: make([]int32, items)}
	}, func(n int, d *descent) {
		g.nearest[n] = d.solve(s, int32(n), candidates[n], products)
	})
	g.turn()
	return g, nil
}

// descent is the scratch of one coordinate descent.
type descent struct {
	place  []int32 // by item: 1 + place among the candidates
	gram   []float64
	target []float64
	weight []float64
	fitted []float64 // gram · weight
}

func (d *descent) solve(s SLIM, item int32, candidates []scored, products [][]scored) []scored {
	n := len(candidates)
	if n == 0 {
		return nil
	}
	for k, c := range candidates {
		d.place[c.item] = int32(k + 1)
	}
	d.gram = append(d.gram[:0], make([]float64, n*n)...)
	d.target = append(d.target[:0], make([]float64, n)...)
	d.weight = append(d.weight[:0], make([]float64, n)...)
	d.fitted = append(d.fitted[:0], make([]float64, n)...)
	for _, p := range products[item] {
		if k := d.place[p.item]; k > 0 {
			d.target[k-1] = p.score
		}
	}
	for k, c := range candidates {
		for _, p := range products[c.item] {
			if o := d.place[p.item]; o > 0 {
				d.gram[k*n+int(o-1)] = p.score
			}
		}
	}
	for range s.Sweeps {
		var moved float64
		for k := range n {
			own := d.gram[k*n+k]
			rest := d.target[k] - d.fitted[k] + float64(own*d.weight[k])
			w := max(0, rest-s.L1) / (own + s.L2)
			if step := w - d.weight[k]; step != 0 {
				moved = max(moved, math.Abs(step))
				d.weight[k] = w
				row := d.gram[k*n : (k+1)*n]
				for o := range row {
					d.fitted[o] += float64(step * row[o])
				}
			}
		}
		if moved < 1e-4 {
			break
		}
	}
	var out []scored
	for k, c := range candidates {
		d.place[c.item] = 0
		if d.weight[k] > 0 {
			out = append(out, scored{c.item, d.weight[k]})
		}
	}
	slices.SortFunc(out, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.item, b.item))
	})
	return out
}
