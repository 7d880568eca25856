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
// NDCG at k in e (for sessions that of the next item alone), and that NDCG. It starts
// from the best scorer alone and moves one weight at a time over a grid, as long as a
// move gains more than half its standard error over the questions: smaller gains are
// chance, and weights that were fitted to chance do worse on other data. Only items
// that are among the best of some scorer are looked at. Cost: one pass of e for each
// scorer, and a few hundred of its short lists.
func FitWeights(e Questions, k int, scorers ...Scorer) (weights []float64, ndcg float64, err error) {
	return fitWeights(e, k, scorers, (*ballot).gains)
}

// fitWeights is FitWeights with a rule of its own for what is better.
func fitWeights(e Questions, k int, scorers []Scorer, better func(b *ballot, v, w *vote) bool) (weights []float64, ndcg float64, err error) {
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
	best := &vote{}
	for n := range scorers {
		alone := make([]float64, len(scorers))
		alone[n] = 1
		if v := b.ask(alone); n == 0 || v.ndcg > best.ndcg {
			best = v
		}
	}
	grid := []float64{0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.65, 1, 1.5}
	for range 4 {
		gained := false
		for n := range scorers {
			moved := slices.Clone(best.weights)
			for _, w := range grid {
				if moved[n] = w; sum(moved) == 0 {
					continue
				}
				if v := b.ask(moved); better(b, v, best) {
					best, gained = v, true
				}
			}
		}
		if !gained {
			break
		}
	}
	return best.weights, best.ndcg, nil
}

// vote is what a blend reaches.
type vote struct {
	weights []float64
	ndcg    float64   // the mean
	each    []float64 // by question
}

// gains reports whether v is better than w by more than half the standard error of the
// mean difference over the questions: what gains less would as likely as not lose on
// other data.
func (b *ballot) gains(v, w *vote) bool {
	n := float64(b.cases)
	mean := (sum(v.each) - sum(w.each)) / n
	if mean <= 0 {
		return false
	}
	squares := (n - float64(len(v.each))) * float64(mean*mean) // questions with nothing on top
	for q, x := range v.each {
		d := x - w.each[q] - mean
		squares += float64(d * d)
	}
	return mean > 0.5*math.Sqrt(squares)/n
}

// steady reports whether v gains on w, and in six of eight parts of the questions, in
// their order: questions of one session are alike, so that a few sessions can make a
// gain that the standard error takes for many.
func (b *ballot) steady(v, w *vote) bool {
	if !b.gains(v, w) {
		return false
	}
	const parts, most = 8, 2
	lost := 0
	for i := range parts {
		from, to := len(v.each)*i/parts, len(v.each)*(i+1)/parts
		if sum(v.each[from:to]) < sum(w.each[from:to]) {
			lost++
		}
	}
	return lost <= most
}

func sum(x []float64) (s float64) {
	for _, v := range x {
		s += v
	}
	return s
}

// ballot holds, for each question, the items that some model puts on top, in order, and
// what each model scores them. Questions of which no model has an answer on top count
// in cases alone.
type ballot struct {
	k, models int
	cases     int
	start     []int       // by question
	gain      []bool      // whether an item is looked for
	score     [][]float32 // by model
	perfect   []float64   // by question: the gain of the best possible list
	discount  []float64   // by rank
}

func newBallot(e Questions, k int, scorers []Scorer) *ballot {
	n := e.Cases()
	b := &ballot{k: k, models: len(scorers), cases: n, start: []int{0}, score: make([][]float32, len(scorers)), discount: make([]float64, k)}
	for rank := range b.discount {
		b.discount[rank] = 1 / math.Log2(float64(rank+2))
	}
	type scratch struct {
		ranker *ranker
		all    [][]float64
		seen   []bool
		items  []int32
	}
	type part struct {
		held  int
		gain  []bool
		score []float32 // item by item, of all models
	}
	parts := make([]part, n)
	items := e.index().Len()
	parallel(n, func() *scratch {
		s := &scratch{ranker: newRanker(items), all: make([][]float64, len(scorers)), seen: make([]bool, items)}
		for i := range s.all {
			s.all[i] = make([]float64, items)
		}
		return s
	}, func(q int, s *scratch) {
		r := s.ranker
		history, skip, held := e.question(q, r.history)
		r.history = skip
		s.items = s.items[:0]
		for i, scorer := range scorers {
			scorer.Score(history, s.all[i])
			d := deviation(s.all[i])
			for j := range s.all[i] {
				s.all[i][j] /= d
			}
			scores := r.scores
			r.scores = s.all[i]
			list, _ := r.rank(5*k, e.candidates())
			r.scores = scores
			for _, item := range list {
				if !s.seen[item] {
					s.seen[item] = true
					s.items = append(s.items, item)
				}
			}
		}
		r.history = history
		slices.Sort(s.items)
		found := false
		for _, item := range s.items {
			s.seen[item] = false
			found = found || slices.Contains(held, item)
		}
		if !found {
			return
		}
		p := &parts[q]
		p.held, p.gain, p.score = len(held), make([]bool, len(s.items)), make([]float32, 0, len(s.items)*len(scorers))
		for n, item := range s.items {
			p.gain[n] = slices.Contains(held, item)
			for i := range scorers {
				p.score = append(p.score, float32(s.all[i][item]))
			}
		}
	})
	for q := range parts {
		p := &parts[q]
		if p.held == 0 {
			continue
		}
		b.gain = append(b.gain, p.gain...)
		for at := range p.gain {
			for i := range scorers {
				b.score[i] = append(b.score[i], p.score[at*len(scorers)+i])
			}
		}
		b.start = append(b.start, len(b.gain))
		b.perfect = append(b.perfect, sum(b.discount[:min(k, p.held)]))
		*p = part{}
	}
	return b
}

// ask returns what the blend with weights reaches.
func (b *ballot) ask(weights []float64) *vote {
	gains := make([]float64, len(b.perfect))
	type place struct {
		value float64
		gain  bool
	}
	type scratch struct {
		values []float64
		top    []place // best first
	}
	parallel(len(gains), func() *scratch { return &scratch{top: make([]place, 0, b.k+1)} }, func(q int, s *scratch) {
		from, to := b.start[q], b.start[q+1]
		s.values = append(s.values[:0], make([]float64, to-from)...)
		for k, w := range weights {
			if w == 0 {
				continue
			}
			for i, v := range b.score[k][from:to] {
				s.values[i] += float64(w * float64(v))
			}
		}
		top := s.top[:0]
		for i, v := range s.values { // of equal values the first stands before
			if len(top) == b.k && !(v > top[b.k-1].value) {
				continue
			}
			at := len(top)
			for at > 0 && v > top[at-1].value {
				at--
			}
			if len(top) < b.k {
				top = append(top, place{})
			}
			copy(top[at+1:], top[at:])
			top[at] = place{v, b.gain[from+i]}
		}
		for rank, p := range top {
			if p.gain {
				gains[q] += b.discount[rank]
			}
		}
		gains[q] /= b.perfect[q]
	})
	return &vote{slices.Clone(weights), sum(gains) / float64(max(1, b.cases)), gains}
}
