package recommend

import (
	"fmt"
	"math"
)

// UserKNN recommends what the rows most alike to the history hold (Resnick et al.
// 1994, in the form for implicit choices): the score of an item is the sum of the
// similarities of the Neighbors nearest rows that hold it. Nothing is computed
// ahead; a question costs the rows of every item of the history.
type UserKNN struct {
	// Neighbors is how many rows count: 50.
	Neighbors int
	// Shrink is added to the denominator of the cosine: 0.
	Shrink float64
	// Power raises the similarities to it: 1.
	Power float64
	// Rarity weighs the items that two rows share by ln(rows / rows that hold it).
	Rarity bool
}

// String implements [Learner].
func (k UserKNN) String() string {
	s := fmt.Sprintf("user-kNN (k %d, shrink %g, power %g", orDefault(k.Neighbors, 50), k.Shrink, orDefault(k.Power, 1))
	if k.Rarity {
		s += ", rarity"
	}
	return s + ")"
}

// Fit implements [Learner]. The Scorer refers to m.
func (k UserKNN) Fit(m *Matrix) (Scorer, error) {
	switch {
	case k.Neighbors < 0:
		return nil, paramError("UserKNN", "Neighbors", k.Neighbors)
	case !positive(k.Shrink):
		return nil, paramError("UserKNN", "Shrink", k.Shrink)
	case !positive(k.Power):
		return nil, paramError("UserKNN", "Power", k.Power)
	}
	u := &userNeighbors{params: k, m: m, cols: m.columns(), norm: make([]float64, len(m.actors))}
	u.params.Neighbors, u.params.Power = orDefault(k.Neighbors, 50), orDefault(k.Power, 1)
	u.idf = make([]float64, m.items.Len())
	for item, n := range m.popularity() {
		u.idf[item] = 1
		if k.Rarity && n > 0 {
			u.idf[item] = math.Log(float64(len(m.actors)+1) / float64(n))
		}
	}
	for row := range m.actors {
		for i := m.start[row]; i < m.start[row+1]; i++ {
			u.norm[row] += float64(u.idf[m.item[i]] * float64(m.value(i)*m.value(i)))
		}
		u.norm[row] = math.Sqrt(u.norm[row])
	}
	return u, nil
}

type userNeighbors struct {
	params UserKNN
	m      *Matrix
	cols   *columns
	norm   []float64
	idf    []float64
}

// Index implements [Scorer].
func (u *userNeighbors) Index() *Index { return u.m.items }

// Score implements [Scorer]. A row that is exactly the history is a neighbor like
// any other: it holds nothing that the history does not.
func (u *userNeighbors) Score(h History, scores []float64) {
	clear(scores)
	for _, n := range u.near(h) {
		for i := u.m.start[n.item]; i < u.m.start[n.item+1]; i++ {
			scores[u.m.item[i]] += float64(n.score * u.m.value(i))
		}
	}
}

// near returns the nearest rows, best first.
func (u *userNeighbors) near(h History) []scored {
	dot := make([]float64, len(u.m.actors))
	var own float64
	for _, p := range h {
		own += float64(u.idf[p.Item] * float64(p.Weight*p.Weight))
		w := float64(p.Weight * u.idf[p.Item])
		for at := u.cols.start[p.Item]; at < u.cols.start[p.Item+1]; at++ {
			dot[u.cols.row[at]] += float64(w * u.m.value(int(u.cols.cell[at])))
		}
	}
	own = math.Sqrt(own)
	t := top{n: u.params.Neighbors}
	for row, d := range dot {
		if d > 0 {
			if s := (scored{int32(row), d / (float64(own*u.norm[row]) + u.params.Shrink)}); t.accepts(s) {
				t.push(s)
			}
		}
	}
	list := t.sorted()
	if u.params.Power != 1 {
		for i := range list {
			list[i].score = math.Pow(list[i].score, u.params.Power)
		}
	}
	return list
}

// Contributions implements [Contributor]: the part of an item of the history is its
// part in the products with the nearest rows that hold item. It is exact for Power 1
// and otherwise shared in the same proportion.
func (u *userNeighbors) Contributions(h History, item int32, parts []float64) {
	clear(parts)
	for _, n := range u.near(h) {
		var holds, total float64
		in := make(map[int32]float64)
		for i := u.m.start[n.item]; i < u.m.start[n.item+1]; i++ {
			in[u.m.item[i]] = u.m.value(i)
		}
		if holds = in[item]; holds == 0 {
			continue
		}
		for _, p := range h {
			total += float64(p.Weight * u.idf[p.Item] * in[p.Item])
		}
		for k, p := range h {
			parts[k] += n.score * holds * p.Weight * u.idf[p.Item] * in[p.Item] / total
		}
	}
}
