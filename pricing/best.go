package pricing

import (
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// choice says what the search for the best combination decided on a promotion.
type choice uint8

const (
	notCandidate choice = iota
	chosen
	passedOver
	idle // not chosen, and by itself it takes nothing off
)

const (
	// provenUpTo is up to how many candidates the search goes on until the
	// best combination is proven.
	provenUpTo = 20
	// mostNodes is how many combinations a search among more looks at.
	mostNodes = 10_000
)

// candidate is a promotion, or several that are decided together, that would
// take something off if it were tried first.
type candidate struct {
	first     int32   // promotion
	worth     int64   // what it takes off if it is tried first: never more later, unless it grows
	grows     bool    // it may take off more when others have taken theirs before
	ceiling   int64   // but never more than that
	clique    int32   // of candidates that exclude each other, -1 for none
	lines     []int32 // that it takes off, where each bears what is said below
	targets   []int32 // lines of whose units it takes some off
	share     float64 // the most that it takes of what they have left, 0 for all
	units     float64 // how many they are: rounding can add one to each
	rate      float64 // of what is left, 0 where it is not that simple
	amount    float64 // off the sum of what is left, likewise
	slack     float64 // what rounding can add to that, summed over the lines
	rounding  float64 // and what to their sum
	each      float64 // off each unit of its lines, likewise
	shape     monotony
	noise     int64 // how much rounding can take from that
	minimum   int64 // of what is left of the goods, 0 for none
	moving    bool  // a tier or a minimum looks at what is left of its lines
	shippings bool
}

// tree is the memory of a search, depth first, by branch and bound (Land and
// Doig, 1960, Econometrica 28, 497-520). Promotions come up in their order; each
// is taken if it goes together with those before, then left out. What a promotion
// takes off never grows, but for a few, when others have taken theirs before. So
// the sum of what the open ones would take off now bounds what they can add, and
// so does what they take off together: see bound.
// Where more before leaves more, see [monotony], leaving out is no question.
type tree struct {
	candidates []candidate
	conflicts  []bool // of candidates i and j at i·n + j
	taken      []bool
	blocked    []int32 // by how many that are taken
	saved      []int64 // by depth: what was left of the lines
	states     []unitState
	initial    unitState
	best       []bool
	bestTotal  int64
	alone      int32 // candidate that is best alone, -1 for none
	total      int64
	nodes      int
	open       int64 // the greatest bound of what was not looked at
	left       []float64
	rates      []float64
	cliques    []int32 // those that a bound has seen
}

// search decides which promotions apply, into w.choice.
func (e *Engine) search(q *Quote, b *Basket, w *work) error {
	t := &w.tree
	if err := e.findCandidates(b, w, t); err != nil {
		return err
	}
	n := len(t.candidates)
	t.best = cleared(t.best, n)
	t.taken = cleared(t.taken, n)
	t.blocked = cleared(t.blocked, n)
	t.total, t.nodes, t.open = 0, 0, 0
	t.saved = grown(t.saved, n*len(w.running))
	for len(t.states) < n {
		t.states = append(t.states, unitState{})
	}
	t.findConflicts(e)
	t.rates = cleared(t.rates, len(w.running))
	if _, err := e.visit(b, w, t, 0); err != nil {
		return err
	}
	if gap := t.open - t.bestTotal; gap > 0 {
		q.Gap = money.New(gap, q.Currency)
	}
	for k := range t.candidates {
		c := &t.candidates[k]
		decided := passedOver
		if t.alone < 0 && t.best[k] {
			decided = chosen
		} else if c.worth == 0 && e.promotions[c.first].together == 1 {
			decided = idle
		}
		for m := range e.promotions[c.first].together {
			w.choice[int(c.first)+m] = decided
		}
	}
	if t.alone >= 0 {
		w.choice[t.alone] = chosen
	}
	return nil
}

// findCandidates tries each promotion by itself. Of the exclusive ones only the
// best counts: it stands against all combinations of the others.
func (e *Engine) findCandidates(b *Basket, w *work, t *tree) error {
	clear(t.candidates)
	t.candidates = t.candidates[:0]
	t.alone, t.bestTotal = -1, 0
	w.choice = cleared(w.choice, len(e.promotions))
	t.saved = append(t.saved[:0], w.running...)
	t.initial.save(w, w.byUnits)
	for i := 0; i < len(e.promotions); i += e.promotions[i].together {
		p := &e.promotions[i]
		turn := e.promotions[i : i+p.together]
		worth, err := e.step(b, w, int32(i), turn)
		if err != nil {
			return field(err, "promotions[%q]", p.id)
		}
		w.restore(t.saved, &t.initial)
		c := candidate{first: int32(i), worth: worth, clique: p.clique}
		e.characterize(b, w, p, &c)
		if c.grows {
			if c.ceiling, err = e.ceiling(b, w, int32(i), turn); err != nil {
				return field(err, "promotions[%q]", p.id)
			}
			w.restore(t.saved, &t.initial)
		}
		if worth == 0 && (!c.grows || p.exclusive) {
			continue
		}
		if p.exclusive {
			w.choice[i] = passedOver
			if worth > t.bestTotal {
				t.alone, t.bestTotal = int32(i), worth
			}
			continue
		}
		t.candidates = append(t.candidates, c)
	}
	return nil
}

// restore sets what is left of the lines and their units.
func (w *work) restore(running []int64, units *unitState) {
	copy(w.running, running)
	units.restore(w)
	w.goods = 0
	for _, left := range w.running[:w.goodsLines] {
		w.goods += left
	}
}

// step takes off what the promotions of a turn would, and returns their sum. It
// leaves no trace of it.
func (e *Engine) step(b *Basket, w *work, first int32, turn []promotion) (total int64, err error) {
	p := &turn[0]
	var refusal Refusal
	if !p.byLine {
		if e.refuse(&refusal, b, w, p, first) {
			return 0, nil
		}
		out, err := e.compute(b, w, p, &refusal)
		if err == nil {
			w.subtract(e, &out)
		}
		return out.total, err
	}
	if err := e.chooseByLine(b, w, first, turn); err != nil {
		return 0, err
	}
	for m := range turn {
		if w.reasons[m].Reason != "" {
			continue
		}
		out, err := e.won(w, b, &turn[m], int32(m))
		if err != nil {
			return 0, err
		}
		w.subtract(e, &out)
		total += out.total
	}
	return total, nil
}

// findConflicts finds which candidates do not go together.
func (t *tree) findConflicts(e *Engine) {
	n := len(t.candidates)
	t.conflicts = cleared(t.conflicts, n*n)
	for i := range n {
		for j := range i {
			if e.apart(t.candidates[i].first, t.candidates[j].first) {
				t.conflicts[i*n+j], t.conflicts[j*n+i] = true, true
			}
		}
	}
}

// apart reports that the promotions of two turns do not go together.
func (e *Engine) apart(first, second int32) bool {
	a, b := &e.promotions[first], &e.promotions[second]
	for _, g := range a.oneOf {
		if slices.Contains(b.oneOf, g) {
			return true
		}
	}
	for m := range a.together {
		for k := range b.together {
			if _, found := slices.BinarySearch(e.promotions[int(first)+m].notWith, second+int32(k)); found {
				return true
			}
		}
	}
	return false
}

// visit looks at all combinations of the candidates from k on with those taken.
// It returns what none of them exceeds in all.
func (e *Engine) visit(b *Basket, w *work, t *tree, k int) (most int64, err error) {
	n := len(t.candidates)
	for k < n && t.blocked[k] > 0 {
		k++
	}
	if k == n {
		t.leaf()
		return t.total, nil
	}
	more := t.bound(e, b, w, k)
	bound := t.total + more
	if bound <= t.bestTotal {
		return bound, nil
	}
	t.nodes++
	if t.nodes > mostNodes && n > provenUpTo {
		t.open = max(t.open, bound)
		t.leaf()
		return bound, nil
	}
	c := &t.candidates[k]
	saved := t.saved[k*len(w.running) : (k+1)*len(w.running)]
	copy(saved, w.running)
	t.states[k].save(w, w.byUnits)
	d, err := e.step(b, w, c.first, e.promotions[c.first:int(c.first)+e.promotions[c.first].together])
	if err != nil {
		return 0, field(err, "promotions[%q]", e.promotions[c.first].id)
	}
	if d > 0 {
		free := t.block(k, 1)
		t.taken[k] = true
		t.total += d
		if most, err = e.visit(b, w, t, k+1); err != nil {
			return 0, err
		}
		t.total -= d
		t.taken[k] = false
		t.block(k, -1)
		w.restore(saved, &t.states[k])
		if free {
			// Without it more would be left in the end, but for rounding.
			if noise, sure := t.sure(e, w, k, w.goods-more, w.goods); sure && (noise == 0 || most+noise <= t.bestTotal) {
				return min(bound, most+noise), nil
			}
		}
	}
	without, err := e.visit(b, w, t, k+1)
	return min(bound, max(most, without)), err
}

// leaf notes a combination that is better than those before.
func (t *tree) leaf() {
	if t.total > t.bestTotal {
		t.bestTotal, t.alone = t.total, -1
		copy(t.best, t.taken)
	}
}

// block counts those behind k that do not go with it, and reports that there is
// none which is not blocked without it.
func (t *tree) block(k int, by int32) (free bool) {
	n := len(t.candidates)
	free = true
	for j := k + 1; j < n; j++ {
		if t.conflicts[k*n+j] {
			free = free && t.blocked[j] > 0
			t.blocked[j] += by
		}
	}
	return free
}
