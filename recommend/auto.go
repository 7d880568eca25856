package recommend

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Auto chooses: it fits models of several kinds, tries what they say on choices that
// they have not seen, tunes those that do well, blends the best of each kind with
// weights that suit the validation part, and fits the blend again on everything. It
// names what it did. Popularity is always among the candidates, so the choice is
// never below it on the validation part.
//
// The work is limited in fits and in passes over the validation part, never by a
// clock, so the same data give the same choice on any machine.
type Auto struct {
	// K is the length of the lists whose NDCG decides: 10; 20 for sessions.
	K int
	// Fits is how many models may be fitted while choosing: 32.
	Fits int
	// Passes is how often the validation part may be gone through: 90.
	Passes int
	// Questions is the most actors of the validation part that are asked, chosen by
	// a hash of the actor: 3,000.
	Questions int
	// KeepValid leaves the validation part out of the last fit.
	KeepValid bool
	// Cancel stops the search when it is closed. What was found by then is fitted
	// and Stopped is set; before there is anything, the error matches [ErrStopped].
	Cancel <-chan struct{}
}

// ErrStopped reports that [Auto] was canceled before it had a model. It matches
// [flywheel.ErrConflict].
var ErrStopped = fmt.Errorf("recommend: canceled before there was a model: %w", flywheel.ErrConflict)

// Trial is one thing that [Auto] tried.
type Trial struct {
	// Model is the String of the Learner.
	Model string `json:"model"`
	// NDCG at K on the validation part; 0 when it failed.
	NDCG float64 `json:"ndcg"`
	// Failed says why it could not be fitted, such as that it would need too much
	// memory.
	Failed string `json:"failed,omitempty"`
}

// Chosen is what [Auto] found.
type Chosen struct {
	Scorer Scorer
	// Matrix is what Scorer was fitted on: with the validation part, unless
	// KeepValid.
	Matrix *Matrix
	// Learner fits the same model on other data.
	Learner Learner
	// NDCG and Popularity are those of the choice and of popularity on the
	// validation part, at K.
	K                int
	NDCG, Popularity float64
	Trials           []Trial
	// Fits and Passes is the work that was done while choosing.
	Fits, Passes int
	// Held is how many choices were held out for validation, and How by which rule.
	Held int
	How  string
	// Stopped says that Cancel cut the search short.
	Stopped bool
}

// String says what was done, in a few lines.
func (c *Chosen) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "validation: %d choices, %s\n", c.Held, c.How)
	fmt.Fprintf(&b, "tried %d models in %d fits and %d passes", len(c.Trials), c.Fits, c.Passes)
	if c.Stopped {
		b.WriteString("; canceled before the end")
	}
	fmt.Fprintf(&b, "\nchosen: %v\nNDCG@%d on validation %.4f, popularity %.4f", c.Learner, c.K, c.NDCG, c.Popularity)
	return b.String()
}

func (a Auto) check() error {
	for _, p := range []struct {
		name  string
		value int
	}{{"K", a.K}, {"Fits", a.Fits}, {"Passes", a.Passes}, {"Questions", a.Questions}} {
		if p.value < 0 {
			return paramError("Auto", p.name, p.value)
		}
	}
	return nil
}

// String implements [Learner].
func (a Auto) String() string { return "auto" }

// Fit implements [Learner]: it is Learn with a validation part of its own making.
func (a Auto) Fit(m *Matrix) (Scorer, error) {
	c, err := a.Learn(m.Choices(), nil)
	if err != nil {
		return nil, err
	}
	return c.Scorer, nil
}

// Learn chooses a model for train by valid. Without valid it holds out a part of
// train by itself: where times are known the last tenth of each actor's choices, at
// least one, of those who have five; else, or where few have, one in ten by a hash of
// actor and item.
// Without anything to validate on it takes popularity.
func (a Auto) Learn(train, valid []Choice) (*Chosen, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	a.K, a.Questions = orDefault(a.K, 10), orDefault(a.Questions, 3000)
	all := train
	how := "as given"
	if len(valid) == 0 {
		m, err := NewMatrix(train)
		if err != nil {
			return nil, err
		}
		train, valid, how = holdOut(m)
	} else if !a.KeepValid {
		all = slices.Concat(train, valid)
	}
	m, err := NewMatrix(train)
	if err != nil {
		return nil, err
	}
	last, err := NewMatrix(all)
	if err != nil {
		return nil, err
	}
	exam, err := NewExam(m, someActors(valid, a.Questions))
	if err != nil {
		return nil, err
	}
	s := a.search(m, exam)
	s.chosen.Held, s.chosen.How = len(valid), how
	s.baseline(Popularity{})
	if exam.Cases() > 0 {
		s.actors()
	}
	return s.finish(last)
}

// LearnSessions is Learn for models of sessions, by the item that comes next.
// Without valid the newest tenth of the sessions is held out, by their order where
// they have no times.
func (a Auto) LearnSessions(train, valid []Session) (*Chosen, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	a.K, a.Questions = orDefault(a.K, 20), orDefault(a.Questions, 3000)
	all := train
	how := "as given"
	if len(valid) == 0 {
		train, valid = holdOutSessions(train)
		how = "the newest tenth of the sessions"
	} else if !a.KeepValid {
		all = slices.Concat(train, valid)
	}
	m, err := SessionMatrix(train)
	if err != nil {
		return nil, err
	}
	last, err := SessionMatrix(all)
	if err != nil {
		return nil, err
	}
	if len(valid) > a.Questions {
		valid = valid[len(valid)-a.Questions:]
	}
	exam := NewSessionExam(m, valid)
	s := a.search(m, exam)
	s.chosen.Held, s.chosen.How = exam.Cases(), how
	s.baseline(Popularity{})
	if exam.Cases() > 0 {
		s.visits()
	}
	return s.finish(last)
}

// holdOut splits the rows of m.
func holdOut(m *Matrix) (train, valid []Choice, how string) {
	if m.timed {
		train, valid = holdOutBy(m, func(_ *Choice, place, length int) bool {
			return length >= 5 && place >= length-max(1, length/10)
		})
		if len(valid) >= len(train)/50 && len(valid) > 0 {
			return train, valid, "the last tenth of the choices of each actor"
		}
	}
	train, valid = holdOutBy(m, func(c *Choice, _, _ int) bool { return hashChoice(c)%10 == 0 })
	return train, valid, "a tenth of the choices by hash of actor and item"
}

// holdOutBy splits the rows of m by a rule about a choice and its place in its row.
func holdOutBy(m *Matrix, held func(c *Choice, place, length int) bool) (train, valid []Choice) {
	all := m.Choices()
	for row := range m.actors {
		from, to := m.start[row], m.start[row+1]
		for i := from; i < to; i++ {
			if held(&all[i], i-from, to-from) {
				valid = append(valid, all[i])
			} else {
				train = append(train, all[i])
			}
		}
	}
	return train, valid
}

// hashChoice hashes actor and item (FNV-1a, then [mix]).
func hashChoice(c *Choice) uint64 {
	h := hashString(14695981039346656037, string(c.Actor.Customer))
	h = hashString(h, string(c.Actor.Visitor))
	return mix(hashString(h, string(c.Item)))
}

func hashString(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return (h ^ 0xff) * 1099511628211
}

// someActors returns the choices of at most n actors, those whose hashes are least.
func someActors(choices []Choice, n int) []Choice {
	hashes := make(map[uint64]bool)
	of := func(c *Choice) uint64 { return hashChoice(&Choice{Actor: c.Actor.normal()}) }
	for i := range choices {
		hashes[of(&choices[i])] = true
	}
	if len(hashes) <= n {
		return choices
	}
	sorted := make([]uint64, 0, len(hashes))
	for h := range hashes {
		sorted = append(sorted, h)
	}
	slices.Sort(sorted)
	limit := sorted[n-1]
	var out []Choice
	for i := range choices {
		if of(&choices[i]) <= limit {
			out = append(out, choices[i])
		}
	}
	return out
}

func holdOutSessions(all []Session) (train, valid []Session) {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b Session) int {
		if len(a.At) == 0 || len(b.At) == 0 {
			return 0
		}
		return a.At[len(a.At)-1].Compare(b.At[len(b.At)-1])
	})
	n := len(sorted) - len(sorted)/10
	return sorted[:n], sorted[n:]
}

// search is one run of Auto.
type search struct {
	auto   Auto
	m      *Matrix
	exam   Questions
	chosen *Chosen
	kinds  []contender // the best of each kind
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
	return s.chosen.Stopped || s.chosen.Fits >= s.auto.Fits || s.chosen.Passes+len(s.kinds) >= s.auto.Passes
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
	s.keep(s.best(halfLives, UserKNN{Neighbours: 100}, UserKNN{Neighbours: 100, Rarity: true, Power: 2}))

	// Scales of regularization that grow with the data.
	mean := float64(s.m.Len()) / float64(max(1, s.m.items.Len()))
	length := float64(s.m.Len()) / float64(max(1, len(s.m.actors)))
	s.keep(s.climb(halfLives, []float64{2, 4}, func(x float64) Learner {
		return EASE{Lambda: round2(5 * mean / math.Sqrt(length) * x), Dropout: 0.2, RowPower: 0.5}
	}))
	if s.m.items.Len() <= maxDense/2 {
		s.keep(s.climb(halfLives, []float64{2}, func(x float64) Learner { return EASE{Lambda: round2(5 * mean * x)} }))
	}
	s.keep(s.climb(halfLives, []float64{1.7}, func(x float64) Learner {
		return IALS{Factors: 64, Alpha: round2(0.3 * x)}
	}))
	s.keep(s.best(halfLives, SLIM{L2: round2(2 * mean)}))
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
		best = s.blendKinds(best)
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

// blendKinds returns the blend of the best of each kind, or best when that is better.
func (s *search) blendKinds(best contender) contender {
	var scorers []Scorer
	for _, c := range s.kinds {
		scorers = append(scorers, c.scorer)
		s.chosen.Passes++
	}
	weights, ndcg, err := FitWeights(s.exam, s.auto.K, scorers...)
	if err != nil || ndcg <= best.ndcg {
		return best
	}
	var b Blend
	var used []Scorer
	for k, w := range weights {
		if w > 0 {
			b.Of, b.Weights = append(b.Of, s.kinds[k].learner), append(b.Weights, w)
			used = append(used, s.kinds[k].scorer)
		}
	}
	scorer, err := Blended(b.Weights, used...)
	if err != nil {
		return best
	}
	s.chosen.Trials = append(s.chosen.Trials, Trial{Model: b.String(), NDCG: ndcg})
	return contender{b, scorer, ndcg}
}
