package recommend

// Filled gives those without a history what is popular, and orders items that a model
// scores alike, such as those of which it knows nothing, by popularity: so a list is
// full and its end is not arbitrary.
type Filled struct {
	// Of is the Learner whose scores come first.
	Of Learner
}

// String implements [Learner].
func (f Filled) String() string { return f.Of.String() }

// Fit implements [Learner].
func (f Filled) Fit(m *Matrix) (Scorer, error) {
	if f.Of == nil {
		return nil, paramError("Filled", "Of", f.Of)
	}
	s, err := f.Of.Fit(m)
	if err != nil {
		return nil, err
	}
	return filledBy(s, m), nil
}

// filledBy returns s, filled with what is popular in m.
func filledBy(s Scorer, m *Matrix) Scorer {
	f := &filled{of: s, share: make([]float64, m.items.Len())}
	for item, n := range m.popularity() {
		f.share[item] = float64(n) / float64(max(1, len(m.actors)))
	}
	return f
}

type filled struct {
	of    Scorer
	share []float64 // of the rows, by item
}

// tieBreak is how little popularity counts beside a score of one deviation.
const tieBreak = 1e-9

// Index implements [Scorer].
func (f *filled) Index() *Index { return f.of.Index() }

// Score implements [Scorer].
func (f *filled) Score(h History, scores []float64) {
	if len(h) == 0 {
		copy(scores, f.share)
		return
	}
	f.of.Score(h, scores)
	w := tieBreak * deviation(scores)
	for item, share := range f.share {
		scores[item] += float64(w * share)
	}
}

// Contributions implements [Contributor].
func (f *filled) Contributions(h History, item int32, parts []float64) {
	if c, ok := f.of.(Contributor); ok {
		c.Contributions(h, item, parts)
		return
	}
	clear(parts)
}
