package recommend

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// search is one run of Auto.
type search struct {
	auto   Auto
	m      *Matrix
	exam   Questions
	chosen *Chosen
	kinds  []contender // the best of each kind
	last   contender   // is blended with what the others make
}

// contender is a fitted model with what it reaches on the validation part.
type contender struct {
	learner Learner
	scorer  Scorer
	ndcg    float64
}

func (a Auto) search(m *Matrix, exam Questions) *search {
	a.Fits, a.Passes = orDefault(a.Fits, 32), orDefault(a.Passes, 90)
	return &search{auto: a, m: m, exam: exam, chosen: &Chosen{K: a.K}}
}

// over reports whether the budget is used up or the search canceled. A blend at the
// end needs one pass for each kind.
func (s *search) over() bool {
	select {
	case <-s.auto.Cancel:
		s.chosen.Stopped = true
	default:
	}
	return s.chosen.Stopped || s.chosen.Fits >= s.auto.Fits || s.chosen.Passes+len(s.kinds)+2 >= s.auto.Passes
}

// pass measures a fitted model.
func (s *search) pass(l Learner, scorer Scorer) contender {
	s.chosen.Passes++
	_, ndcg, err := FitWeights(s.exam, s.auto.K, scorer)
	t := Trial{Model: l.String(), NDCG: ndcg}
	if err != nil {
		t.Failed = err.Error()
	}
	s.chosen.Trials = append(s.chosen.Trials, t)
	return contender{l, scorer, ndcg}
}

// try fits and measures l; ok is false when the budget is used up or l cannot be
// fitted.
func (s *search) try(l Learner) (c contender, ok bool) {
	if s.over() {
		return c, false
	}
	s.chosen.Fits++
	scorer, err := l.Fit(s.m)
	if err != nil {
		s.chosen.Trials = append(s.chosen.Trials, Trial{Model: l.String(), Failed: err.Error()})
		return c, false
	}
	return s.pass(l, scorer), true
}

// baseline tries l and remembers what it reaches as that of popularity.
func (s *search) baseline(l Learner) {
	if c, ok := s.try(l); ok {
		s.chosen.Popularity = c.ndcg
		s.kinds = append(s.kinds, c)
	}
}

// best tries learners and returns the best, as they are or with a history by
// recency, where that helped before.
func (s *search) best(halfLives []float64, learners ...Learner) (best contender) {
	best.ndcg = -1
	for _, l := range learners {
		c, ok := s.try(l)
		if !ok {
			continue
		}
		if c.ndcg > best.ndcg {
			best = c
		}
		for _, h := range halfLives {
			if s.over() {
				break
			}
			if r := s.pass(Recent{l, h}, newRecent(c.scorer, h)); r.ndcg > best.ndcg {
				best = r
			}
		}
	}
	return best
}

// climb tries make(at) for scales around 1 as long as they get better.
func (s *search) climb(halfLives []float64, scales []float64, learner func(scale float64) Learner) contender {
	best := s.best(halfLives, learner(1))
	for _, direction := range [][]float64{scales, inverse(scales)} {
		gained := false
		for _, scale := range direction {
			c := s.best(halfLives, learner(scale))
			if c.ndcg <= best.ndcg {
				break
			}
			best, gained = c, true
		}
		if gained {
			break
		}
	}
	return best
}

func inverse(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = 1 / v
	}
	return out
}

// keep adds the best of a kind to those that are blended.
func (s *search) keep(c contender) contender {
	if c.scorer != nil {
		s.kinds = append(s.kinds, c)
	}
	return c
}

// actors tries the models of customers and their histories.
func (s *search) actors() {
	if s.m.timed {
		span := time.Duration(slices.Max(s.m.at)-minTime(s.m.at)) * time.Microsecond
		if span > time.Hour {
			s.keep(s.best(nil, Popularity{HalfLife: span / 4}, Popularity{HalfLife: span / 16}))
		}
	}
	// Does it help to let late items count more? Asked of the cheapest model.
	knn := s.best([]float64{5, 10, 20, 40}, ItemKNN{})
	var halfLives []float64
	if r, ok := knn.learner.(Recent); ok {
		halfLives = []float64{r.HalfLife}
		if r.HalfLife < 40 {
			halfLives = append(halfLives, 2*r.HalfLife)
		}
	}
	s.keep(knn)
	s.keep(s.best(halfLives, RP3beta{Alpha: 0.4}, RP3beta{Alpha: 0.7, Beta: 0.5}))
	s.keep(s.best(halfLives, UserKNN{Neighbors: 100}, UserKNN{Neighbors: 100, Rarity: true, Power: 2}))

	// Scales of regularization that grow with the data.
	mean := float64(s.m.Len()) / float64(max(1, s.m.items.Len()))
	length := float64(s.m.Len()) / float64(max(1, len(s.m.actors)))
	s.keep(s.climb(halfLives, []float64{2, 4}, func(x float64) Learner {
		return EASE{Lambda: round2(5 * mean / math.Sqrt(length) * x), Dropout: 0.2, RowPower: 0.5}
	}))
	if s.m.items.Len() <= maxDense/2 {
		s.keep(s.climb(halfLives, []float64{2}, func(x float64) Learner { return EASE{Lambda: round2(5 * mean * x)} }))
	}
	s.keep(s.early(s.climb(halfLives, []float64{1.7}, func(x float64) Learner {
		return IALS{Factors: 64, Alpha: round2(0.3 * x)}
	})))
	s.keep(s.best(halfLives, SLIM{L2: round2(2 * mean)}))
}

// early fits best again, for as long as more epochs help: up to twice as many. Each
// measurement is a pass.
func (s *search) early(best contender) contender {
	learner, halfLife := best.learner, 0.0
	if r, ok := learner.(Recent); ok {
		learner, halfLife = r.Of, r.HalfLife
	}
	l, ok := learner.(Iterative)
	if !ok || s.over() {
		return best
	}
	s.chosen.Fits++
	const every, most, patience = 8, 24, 1
	waited := 0
	_, err := l.WithEpochs(most).FitEach(s.m, every, func(epoch int, scorer Scorer) bool {
		if s.over() {
			return true
		}
		var of Learner = l.WithEpochs(epoch)
		if halfLife > 0 {
			of, scorer = Recent{of, halfLife}, newRecent(scorer, halfLife)
		}
		waited++
		if c := s.pass(of, scorer); c.ndcg > best.ndcg && s.certain(c, best) {
			best, waited = c, 0
		}
		return waited > patience
	})
	if err != nil {
		s.chosen.Trials = append(s.chosen.Trials, Trial{Model: l.String(), Failed: err.Error()})
	}
	return best
}

// certain reports whether c is better than best by more than chance; see [FitWeights].
func (s *search) certain(c, best contender) bool {
	s.chosen.Passes++
	b := newBallot(s.exam, s.auto.K, []Scorer{best.scorer, c.scorer})
	return b.gains(b.ask([]float64{0, 1}), b.ask([]float64{1, 0}))
}

func minTime(at []int64) int64 {
	least := int64(math.MaxInt64)
	for _, t := range at {
		if t != math.MinInt64 {
			least = min(least, t)
		}
	}
	return least
}

// round2 rounds to two significant digits, so that names are short.
func round2(x float64) float64 {
	if x <= 0 {
		return 0
	}
	scale := math.Pow(10, math.Floor(math.Log10(x))-1)
	return math.Round(x/scale) * scale
}

// visits tries the models of sessions.
func (s *search) visits() {
	var committee []contender
	for _, length := range []float64{0.25, 0.5} {
		for _, decay := range []float64{0.7, 0.85, 1} {
			for _, position := range []float64{0.7, 0.9} {
				if c, ok := s.try(SessionKNN{Decay: decay, Position: position, LengthPower: length}); ok {
					committee = append(committee, c)
				}
			}
		}
	}
	// What differs less than by chance is not chosen between: the five best vote.
	slices.SortStableFunc(committee, func(a, b contender) int {
		switch {
		case a.ndcg > b.ndcg:
			return -1
		case a.ndcg < b.ndcg:
			return 1
		}
		return 0
	})
	if len(committee) > 5 {
		committee = committee[:5]
	}
	s.keep(s.vote(committee))
	s.keep(s.best(nil, Recent{ItemKNN{}, 1}))
	s.keep(s.best(nil, Recent{RP3beta{Alpha: 0.8, Beta: 0.3}, 1}))
	// What comes after what says much the same as the above: it is asked last, and has
	// to help throughout.
	s.last = s.best(nil, Recent{Sequential{}, 1}, Recent{Sequential{}, 0.3})
}

// vote returns the plain blend of contenders.
func (s *search) vote(of []contender) contender {
	var learners []Learner
	var scorers []Scorer
	for _, c := range of {
		learners, scorers = append(learners, c.learner), append(scorers, c.scorer)
	}
	scorer, err := Blended(nil, scorers...)
	if err != nil {
		return contender{}
	}
	return s.pass(Blend{Of: learners}, scorer)
}

// finish blends the best of each kind, fits the choice on all data and returns it.
func (s *search) finish(all *Matrix) (*Chosen, error) {
	if len(s.kinds) == 0 {
		if s.chosen.Stopped {
			return nil, ErrStopped
		}
		return nil, errors.Join(fmt.Errorf("recommend: auto: nothing could be fitted: %w", flywheel.ErrLimit))
	}
	best := s.kinds[0]
	for _, c := range s.kinds[1:] {
		if c.ndcg > best.ndcg {
			best = c
		}
	}
	select {
	case <-s.auto.Cancel:
		s.chosen.Stopped = true
	default:
	}
	if len(s.kinds) > 1 && !s.chosen.Stopped {
		best = s.blendKinds(best, s.kinds, (*ballot).gains)
		if s.last.scorer != nil {
			best = s.blendKinds(best, []contender{best, s.last}, (*ballot).steady)
		}
	}
	// Whoever has no history gets what is popular, and so do equal scores.
	best.learner, best.scorer = Filled{best.learner}, filledBy(best.scorer, s.m)
	s.chosen.Learner, s.chosen.NDCG = best.learner, best.ndcg
	s.chosen.Matrix, s.chosen.Scorer = s.m, best.scorer
	if all.Len() == s.m.Len() {
		s.chosen.Matrix = all
		if sameIndex(all.items, s.m.items) {
			return s.chosen, nil
		}
	}
	scorer, err := best.learner.Fit(all)
	if err != nil {
		return nil, err
	}
	s.chosen.Matrix, s.chosen.Scorer = all, scorer
	return s.chosen, nil
}

// blendKinds returns the blend of contenders, or best when that is better, by a
// rule for the steps of the weights.
func (s *search) blendKinds(best contender, of []contender, better func(b *ballot, v, w *vote) bool) contender {
	var scorers []Scorer
	for _, c := range of {
		scorers = append(scorers, c.scorer)
		s.chosen.Passes++
	}
	weights, ndcg, err := fitWeights(s.exam, s.auto.K, scorers, better)
	if err != nil || ndcg <= best.ndcg {
		return best
	}
	var b Blend
	var used []Scorer
	for k, w := range weights {
		if w > 0 {
			b.Of, b.Weights = append(b.Of, of[k].learner), append(b.Weights, w)
			used = append(used, of[k].scorer)
		}
	}
	scorer, err := Blended(b.Weights, used...)
	if err != nil {
		return best
	}
	s.chosen.Trials = append(s.chosen.Trials, Trial{Model: b.String(), NDCG: ndcg})
	return contender{b, scorer, ndcg}
}
