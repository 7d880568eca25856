package recommend

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Sequential learns what comes after what: a rule from one item to another for each row
// in which the second was chosen later, worth one over the number of steps between
// them, relative to the rows that have the first (sequential rules: Ludewig and Jannach,
// 2018, Evaluation of session-based recommendation algorithms). Rows are sessions or
// people, in the order of time; choices of one instant, or without a time, are in no
// order, and no rule leads from one to the other.
//
// The score of an item is the sum over the history. Ask with the last item alone, or wrap
// it in [Recent], where only the last steps say what comes next.
type Sequential struct {
	// Steps is how far apart two items may be: 10 when it is 0.
	Steps int
	// Neighbors is how many rules are kept from each item: 100 when it is 0.
	Neighbors int
}

// String implements [Learner].
func (l Sequential) String() string {
	return fmt.Sprintf("sequential rules (%d steps)", orDefault(l.Steps, 10))
}

// Fit implements [Learner]. Cost: the choices times Steps.
func (l Sequential) Fit(m *Matrix) (Scorer, error) {
	steps, keep := orDefault(l.Steps, 10), orDefault(l.Neighbors, 100)
	if steps < 1 || steps > 1_000_000 {
		return nil, paramError("Sequential", "Steps", l.Steps)
	}
	if keep < 1 {
		return nil, paramError("Sequential", "Neighbors", l.Neighbors)
	}
	g := newNeighborhood(m.items)
	if m.at == nil {
		g.turn()
		return g, nil
	}
	rules := make([]map[int32]float64, m.items.Len()) // by the first item
	for row := range m.actors {
		from, to := m.start[row], m.start[row+1]
		for i := from; i < to; i++ {
			if m.at[i] == math.MinInt64 {
				continue
			}
			for j := i + 1; j < min(to, i+1+steps); j++ {
				if m.at[j] <= m.at[i] {
					continue
				}
				if rules[m.item[i]] == nil {
					rules[m.item[i]] = make(map[int32]float64)
				}
				rules[m.item[i]][m.item[j]] += 1 / float64(j-i)
			}
		}
	}
	rows := m.popularity()
	for first, worth := range rules {
		list := make([]scored, 0, len(worth))
		for item, w := range worth {
			list = append(list, scored{item, w / float64(rows[first])})
		}
		slices.SortFunc(list, func(a, b scored) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.item, b.item)) })
		for _, s := range list[:min(keep, len(list))] {
			g.nearest[s.item] = append(g.nearest[s.item], scored{int32(first), s.score})
		}
	}
	g.turn()
	return g, nil
}
