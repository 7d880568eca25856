package recommend

import "slices"

// Segments serves customers of whom nothing is known by what their segment likes: a
// [Popularity] for each segment, with its decay and window, blended with that of everyone
// by how many rows the segment has: its own weight is rows/(rows + 20), where a row counts
// as much as its heaviest choice, so that with a decay a segment that has gone quiet
// falls back to everyone.
type Segments struct {
	all *constant
	by  map[string]*constant
}

// FitSegments is BySegment of the zero Popularity: it counts the rows of m by the segment
// of their actors; an empty segment counts for everyone alone.
func FitSegments(m *Matrix, segment func(Actor) string) *Segments {
	s, _ := Popularity{}.BySegment(m, segment) // which has no parameter that could be wrong
	return s
}

// BySegment counts the rows of m by the segment of their actors; an empty segment counts
// for everyone alone. Scores are shares of rows. A parameter that is out of its range is
// a [*ConfigError].
func (p Popularity) BySegment(m *Matrix, segment func(Actor) string) (*Segments, error) {
	weights, err := p.weights(m)
	if err != nil {
		return nil, err
	}
	s := &Segments{by: make(map[string]*constant)}
	counts := make(map[string][]float64)
	rows := make(map[string]float64)
	all := make([]float64, m.items.Len())
	var total float64
	for row, who := range m.actors {
		name := segment(who)
		if name != "" && counts[name] == nil {
			counts[name] = make([]float64, m.items.Len())
		}
		from, to := m.start[row], m.start[row+1]
		if from == to {
			continue
		}
		heaviest := slices.Max(weights[from:to])
		rows[name] += heaviest
		total += heaviest
		for i := from; i < to; i++ {
			all[m.item[i]] += weights[i]
			if name != "" {
				counts[name][m.item[i]] += weights[i]
			}
		}
	}
	if total > 0 {
		for i := range all {
			all[i] /= total
		}
	}
	s.all = &constant{m.items, all}
	for name, own := range counts {
		n := rows[name]
		w := n / (n + 20)
		for i := range own {
			if n > 0 {
				own[i] = float64(w * own[i] / n)
			}
			own[i] += float64((1 - w) * all[i])
		}
		s.by[name] = &constant{m.items, own}
	}
	return s, nil
}

// Of returns the Scorer of a segment, of everyone where it is not known.
func (s *Segments) Of(segment string) Scorer {
	if c, ok := s.by[segment]; ok {
		return c
	}
	return s.all
}
