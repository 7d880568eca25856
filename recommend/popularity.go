package recommend

import (
	"fmt"
	"math"
	"time"
)

// Popularity ranks items by how many rows hold them, the same for everyone: what any
// other model has to beat, and what serves those of whom nothing is known.
type Popularity struct {
	// HalfLife is the age, before the newest choice of the Matrix, at which a
	// choice counts half: 0 stands for no decay. Trending is popularity with decay.
	HalfLife time.Duration
	// Window leaves out what is older than this before the newest choice: 0 stands
	// for all.
	Window time.Duration
	// Weighted counts the weights of the choices instead of the rows.
	Weighted bool
}

// String implements [Learner].
func (p Popularity) String() string {
	s := "popularity"
	if p.HalfLife > 0 {
		s = fmt.Sprintf("trending (half-life %v)", p.HalfLife)
	}
	if p.Window > 0 {
		s += fmt.Sprintf(" (window %v)", p.Window)
	}
	return s
}

// Fit implements [Learner].
func (p Popularity) Fit(m *Matrix) (Scorer, error) {
	weights, err := p.weights(m)
	if err != nil {
		return nil, err
	}
	out := &constant{items: m.items, score: make([]float64, m.items.Len())}
	for i, item := range m.item {
		out.score[item] += weights[i]
	}
	return out, nil
}

// weights returns what each cell counts.
func (p Popularity) weights(m *Matrix) ([]float64, error) {
	switch {
	case p.HalfLife < 0 || p.HalfLife > 0 && p.HalfLife < time.Microsecond:
		return nil, paramError("Popularity", "HalfLife", p.HalfLife)
	case p.Window < 0:
		return nil, paramError("Popularity", "Window", p.Window)
	}
	newest := int64(math.MinInt64)
	for _, at := range m.at {
		newest = max(newest, at)
	}
	out := make([]float64, len(m.item))
	for i := range out {
		w := 1.0
		if p.Weighted {
			w = m.value(i)
		}
		if m.timed && m.at[i] != math.MinInt64 {
			age := float64(newest - m.at[i])
			if p.Window > 0 && age > float64(p.Window.Microseconds()) {
				continue
			}
			if p.HalfLife > 0 {
				w *= math.Exp2(-age / float64(p.HalfLife.Microseconds()))
			}
		}
		out[i] = w
	}
	return out, nil
}

// constant scores items in the same way for everyone.
type constant struct {
	items *Index
	score []float64
}

// Index implements [Scorer].
func (c *constant) Index() *Index { return c.items }

// Score implements [Scorer].
func (c *constant) Score(_ History, scores []float64) { copy(scores, c.score) }
