package recommend

import (
	"fmt"
	"math"
)

// RP3beta walks at random from an item to a row that holds it and on to another
// item of that row, and divides by the popularity of where it arrives (Paudel et al.
// 2017, Updatable, Accurate, Diverse, and Scalable Recommendations).
type RP3beta struct {
	// Alpha is the power of the probabilities of a step: 0.5.
	Alpha float64
	// Beta is the power of the popularity: 0.6.
	Beta float64
	// Neighbors of each item: 200.
	Neighbors int
}

// String implements [Learner].
func (r RP3beta) String() string {
	r = r.withDefaults()
	return fmt.Sprintf("RP3beta (k %d, alpha %g, beta %g)", r.Neighbors, r.Alpha, r.Beta)
}

func (r RP3beta) withDefaults() RP3beta {
	r.Alpha, r.Beta, r.Neighbors = orDefault(r.Alpha, 0.5), orDefault(r.Beta, 0.6), orDefault(r.Neighbors, 200)
	return r
}

// Fit implements [Learner]. The Scorer is a [Contributor].
func (r RP3beta) Fit(m *Matrix) (Scorer, error) {
	switch {
	case !positive(r.Alpha):
		return nil, paramError("RP3beta", "Alpha", r.Alpha)
	case !positive(r.Beta):
		return nil, paramError("RP3beta", "Beta", r.Beta)
	case r.Neighbors < 0:
		return nil, paramError("RP3beta", "Neighbors", r.Neighbors)
	}
	r = r.withDefaults()
	cols, pop := m.columns(), m.popularity()
	fromRow := make([]float64, len(m.actors))
	for row := range fromRow {
		fromRow[row] = math.Pow(1/float64(max(1, m.start[row+1]-m.start[row])), r.Alpha)
	}
	g := newNeighborhood(m.items)
	items := m.items.Len()
	fromItem, divide := make([]float64, items), make([]float64, items)
	for item, n := range pop {
		fromItem[item] = math.Pow(1/float64(max(1, n)), r.Alpha)
		divide[item] = math.Pow(float64(max(1, n)), r.Beta)
	}
	parallel(items, func() *meeting { return newMeeting(items) }, func(n int, s *meeting) {
		// From the other end: the walks that arrive at item.
		item := int32(n)
		for _, row := range cols.rows(item) {
			w := fromRow[row]
			for _, other := range m.row(row) {
				if s.both[other] == 0 {
					s.touched = append(s.touched, other)
					s.both[other] = 1
				}
				s.dot[other] += w
			}
		}
		s.top.n = r.Neighbors
		for _, other := range s.touched {
			if v := (scored{other, fromItem[other] * s.dot[other] / divide[item]}); other != item && s.top.accepts(v) {
				s.top.push(v)
			}
		}
		g.nearest[item] = s.top.take()
		s.reset()
	})
	g.turn()
	return g, nil
}
