package recommend

import (
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Questions are an [Exam] or a [SessionExam].
type Questions interface {
	// Cases returns the number of questions.
	Cases() int
	index() *Index
	// candidates says by item whether it may be recommended.
	candidates() []bool
	// question returns the history of question q, in h's memory where it fits, the
	// items that are no candidates, and those that are looked for.
	question(q int, h History) (history, skip History, held []int32)
}

// FitWeights returns the weights with which the blend of scorers has the highest
// NDCG at k in e (for sessions that of the next item alone), and that NDCG: it starts from the best one alone, and moves one
// weight at a time over a grid until nothing gains. Only items that are among the
// best of some model are looked at. Cost: one pass of e for each model, and a few
// hundred of its short lists.
func FitWeights(e Questions, k int, scorers ...Scorer) (weights []float64, ndcg float64, err error) {
	if len(scorers) == 0 {
		return nil, 0, paramError("Blend", "Of", scorers)
	}
	if k < 1 {
		return nil, 0, fmt.Errorf("recommend: k = %d: %w", k, flywheel.ErrOutOfRange)
	}
	for _, s := range scorers {
		if !sameIndex(s.Index(), e.index()) {
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

func newBallot(e Questions, k int, scorers []Scorer) *ballot {
	n := e.Cases()
	b := &ballot{k: k, models: len(scorers), items: make([][]int32, n), score: make([][]float32, n), gain: make([][]bool, n), perfect: make([]float64, n)}
	type scratch struct {
		ranker *ranker
		all    [][]float64
	}
	items := e.index().Len()
	parallel(n, func() *scratch {
		s := &scratch{ranker: newRanker(items), all: make([][]float64, len(scorers))}
		for i := range s.all {
			s.all[i] = make([]float64, items)
		}
		return s
	}, func(q int, s *scratch) {
		r := s.ranker
		history, skip, held := e.question(q, r.history)
		r.history = skip
		seen := map[int32]bool{}
		for i, scorer := range scorers {
			scorer.Score(history, s.all[i])
			d := deviation(s.all[i])
			for j := range s.all[i] {
				s.all[i][j] /= d
			}
			copy(r.scores, s.all[i])
			list, _ := r.rank(5*k, e.candidates())
			for _, item := range list {
				if !seen[item] {
					seen[item] = true
					b.items[q] = append(b.items[q], item)
				}
			}
		}
		for _, item := range b.items[q] {
			b.gain[q] = append(b.gain[q], slices.Contains(held, item))
			for i := range scorers {
				b.score[q] = append(b.score[q], float32(s.all[i][item]))
			}
		}
		for rank := range min(k, len(held)) {
			b.perfect[q] += 1 / math.Log2(float64(rank+2))
		}
		r.history = history
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
