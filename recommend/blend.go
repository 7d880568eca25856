package recommend

import (
	"fmt"
	"math"
	"strings"

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
}

// Index implements [Scorer].
func (b *blend) Index() *Index { return b.of[0].Index() }

// Score implements [Scorer].
func (b *blend) Score(h History, scores []float64) {
	if len(b.of) == 1 {
		b.of[0].Score(h, scores)
		return
	}
	part := make([]float64, len(scores))
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

// FitWeights returns the weights with which the blend of scorers has the highest
// NDCG at k in e, and that NDCG: it starts from the best one alone, and moves one
// weight at a time over a grid until nothing gains. Only items that are among the
// best of some model are looked at. Cost: one pass of e for each model, and a few
// hundred of its short lists.
func FitWeights(e *Exam, k int, scorers ...Scorer) (weights []float64, ndcg float64, err error) {
	if len(scorers) == 0 {
		return nil, 0, paramError("Blend", "Of", scorers)
	}
	if k < 1 {
		return nil, 0, fmt.Errorf("recommend: k = %d: %w", k, flywheel.ErrOutOfRange)
	}
	for _, s := range scorers {
		if !sameIndex(s.Index(), e.train.items) {
			return nil, 0, errOtherItems
		}
	}
	b := newBallot(e, k, scorers)
	best, at := -1.0, 0
	for n := range scorers {
		weights = make([]float64, len(scorers))
		weights[n] = 1
		if v := b.ndcg(weights); v > best {
			best, at = v, n
		}
	}
	clear(weights)
	weights[at] = 1
	grid := []float64{0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.65, 1, 1.5}
	for range 4 {
		gained := false
		for n := range weights {
			keep := weights[n]
			for _, w := range grid {
				if weights[n] = w; sum(weights) == 0 {
					continue
				}
				if v := b.ndcg(weights); v > best+1e-6 {
					best, keep, gained = v, w, true
				}
			}
			weights[n] = keep
		}
		if !gained {
			break
		}
	}
	return weights, best, nil
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

// ballot holds, for each question, the items that some model puts on top, and what
// each model scores them.
type ballot struct {
	k       int
	models  int
	items   [][]int32
	score   [][]float32 // by question: item by item, the scores of all models
	gain    [][]bool
	perfect []float64
}

func newBallot(e *Exam, k int, scorers []Scorer) *ballot {
	n := len(e.cases)
	b := &ballot{k: k, models: len(scorers), items: make([][]int32, n), score: make([][]float32, n), gain: make([][]bool, n), perfect: make([]float64, n)}
	type scratch struct {
		ranker *ranker
		all    [][]float64
	}
	items := e.train.items.Len()
	parallel(n, func() *scratch {
		s := &scratch{ranker: newRanker(items), all: make([][]float64, len(scorers))}
		for i := range s.all {
			s.all[i] = make([]float64, items)
		}
		return s
	}, func(q int, s *scratch) {
		r := s.ranker
		r.history = r.history[:0]
		if row := e.cases[q].row; row >= 0 {
			r.history = e.train.history(row, r.history)
		}
		seen := map[int32]bool{}
		for i, scorer := range scorers {
			scorer.Score(r.history, s.all[i])
			d := deviation(s.all[i])
			for j := range s.all[i] {
				s.all[i][j] /= d
			}
			copy(r.scores, s.all[i])
			list, _ := r.rank(5*k, e.known)
			for _, item := range list {
				if !seen[item] {
					seen[item] = true
					b.items[q] = append(b.items[q], item)
				}
			}
		}
		for _, item := range b.items[q] {
			held := false
			for _, h := range e.cases[q].held {
				held = held || h == item
			}
			b.gain[q] = append(b.gain[q], held)
			for i := range scorers {
				b.score[q] = append(b.score[q], float32(s.all[i][item]))
			}
		}
		for rank := range min(k, len(e.cases[q].held)) {
			b.perfect[q] += 1 / math.Log2(float64(rank+2))
		}
	})
	return b
}

// ndcg returns the mean NDCG of the blend with weights.
func (b *ballot) ndcg(weights []float64) float64 {
	gains := make([]float64, len(b.items))
	parallel(len(b.items), func() *top { return &top{n: b.k} }, func(q int, t *top) {
		for i, item := range b.items[q] {
			var v float64
			for k, w := range weights {
				v += float64(w * float64(b.score[q][i*b.models+k]))
			}
			if s := (scored{item, v}); t.accepts(s) {
				t.push(s)
			}
		}
		held := func(item int32) bool {
			for i, o := range b.items[q] {
				if o == item {
					return b.gain[q][i]
				}
			}
			return false
		}
		for rank, s := range t.sorted() {
			if held(s.item) {
				gains[q] += 1 / math.Log2(float64(rank+2))
			}
		}
		if b.perfect[q] > 0 {
			gains[q] /= b.perfect[q]
		}
	})
	return sum(gains) / float64(max(1, len(gains)))
}
