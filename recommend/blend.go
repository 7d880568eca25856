package recommend

import (
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/flywheel-go/flywheel"
)

// Blend adds up the scores of several models. Before that, the scores of each are
// divided by their standard deviation over the items, so that a weight means the same
// whatever the scale of a model, for a history of two items as for one of two hundred.
type Blend struct {
	// Of are the models, at least one.
	Of []Learner
	// Weights are as many finite numbers, none negative; [FitWeights] finds them
	// on validation data. None stands for 1 each.
	Weights []float64
}

// String implements [Learner].
func (b Blend) String() string {
	parts := make([]string, len(b.Of))
	for k, l := range b.Of {
		w := 1.0
		if b.Weights != nil && k < len(b.Weights) {
			w = b.Weights[k]
		}
		parts[k] = fmt.Sprintf("%.4g × %v", w, l)
		if _, nested := l.(Blend); nested {
			parts[k] = fmt.Sprintf("%.4g × (%v)", w, l)
		}
	}
	return strings.Join(parts, " + ")
}

// Fit implements [Learner].
func (b Blend) Fit(m *Matrix) (Scorer, error) {
	if len(b.Of) == 0 {
		return nil, paramError("Blend", "Of", b.Of)
	}
	scorers := make([]Scorer, len(b.Of))
	for k, l := range b.Of {
		if l == nil {
			return nil, paramError("Blend", fmt.Sprintf("Of[%d]", k), l)
		}
		s, err := l.Fit(m)
		if err != nil {
			return nil, err
		}
		scorers[k] = s
	}
	return Blended(b.Weights, scorers...)
}

// Blended is the Scorer of a [Blend] whose models were fitted already; they must have
// the same Index. It is a [Contributor]: parts of models that are none are 0.
func Blended(weights []float64, scorers ...Scorer) (Scorer, error) {
	if len(scorers) == 0 {
		return nil, paramError("Blend", "Of", scorers)
	}
	if weights == nil {
		for range scorers {
			weights = append(weights, 1)
		}
	}
	if len(weights) != len(scorers) {
		return nil, paramError("Blend", "Weights", weights)
	}
	b := &blend{}
	for k, w := range weights {
		if !positive(w) {
			return nil, paramError("Blend", fmt.Sprintf("Weights[%d]", k), w)
		}
		if !sameIndex(scorers[k].Index(), scorers[0].Index()) {
			return nil, fmt.Errorf("recommend: blend: model %d was fitted on other items: %w", k, flywheel.ErrInvalid)
		}
		if w > 0 {
			b.of, b.weights = append(b.of, scorers[k]), append(b.weights, w)
		}
	}
	if len(b.of) == 0 {
		return nil, paramError("Blend", "Weights", weights)
	}
	return b, nil
}

type blend struct {
	of      []Scorer
	weights []float64
	pool    sync.Pool // of *[]float64, one score for each item
}

// Index implements [Scorer].
func (b *blend) Index() *Index { return b.of[0].Index() }

// Score implements [Scorer].
func (b *blend) Score(h History, scores []float64) {
	if len(b.of) == 1 {
		b.of[0].Score(h, scores)
		return
	}
	kept, _ := b.pool.Get().(*[]float64)
	if kept == nil || len(*kept) != len(scores) {
		fresh := make([]float64, len(scores))
		kept = &fresh
	}
	defer b.pool.Put(kept)
	part := *kept
	clear(scores)
	for k, s := range b.of {
		s.Score(h, part)
		w := b.weights[k] / deviation(part)
		for i, v := range part {
			scores[i] += float64(w * v)
		}
	}
}

// deviation returns the standard deviation of scores, or 1 where it is 0.
func deviation(scores []float64) float64 {
	var sum, squares float64
	for _, v := range scores {
		sum += v
	}
	mean := sum / float64(max(1, len(scores)))
	for _, v := range scores {
		squares += float64((v - mean) * (v - mean))
	}
	if d := math.Sqrt(squares / float64(max(1, len(scores)))); d > 0 && !math.IsInf(d, 1) {
		return d
	}
	return 1
}

// Contributions implements [Contributor].
func (b *blend) Contributions(h History, item int32, parts []float64) {
	clear(parts)
	own, scores := make([]float64, len(parts)), make([]float64, b.Index().Len())
	for k, s := range b.of {
		c, ok := s.(Contributor)
		if !ok {
			continue
		}
		w := 1.0
		if len(b.of) > 1 {
			s.Score(h, scores)
			w = b.weights[k] / deviation(scores)
		}
		clear(own)
		c.Contributions(h, item, own)
		for i, v := range own {
			parts[i] += float64(w * v)
		}
	}
}
