package recommend

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend/rerank"
)

// Query asks a [Server] for a list. Fields that are zero ask for nothing special.
type Query struct {
	// History is what the customer chose, oldest first: a cart, a session, a
	// history. SKUs that nobody knows are left out and counted in the Answer.
	History []flywheel.SKU
	// Past is the history by numbers of the model's Index, with weights and times, in
	// place of History: what [Matrix.History] and [Overlay.History] return.
	Past History
	// Hide are not shown: see [SeenPolicy.Hidden]. Repeat allows items of the
	// History; without it they are hidden too.
	Hide   []flywheel.SKU
	Repeat bool
	// Allow, unless nil, names the only items that may be shown. Deny names items
	// that may not.
	Allow, Deny []flywheel.SKU
	// Keep reports whether an item may be shown; nil keeps all. It is asked during
	// retrieval, so it never makes a list short while others are eligible.
	Keep func(*Item) bool
	// Plan holds the rules of the list; see package rerank.
	Plan rerank.Plan
	// At is when the list is shown, for windows of publication and freshness; the
	// zero time looks at neither.
	At time.Time
	// Explain fills Shown.Causes.
	Explain bool
}

// Shown is one item of an [Answer].
type Shown struct {
	Explained
	// Why names the rule that put the item into its place: "pinned", a tag,
	// "variety"; empty for its score.
	Why string
}

// Answer is a list with what has to be known about it.
type Answer struct {
	Items []Shown
	// Short says why the list is shorter than asked for; empty when it is not.
	Short string
	// Fallback says that the list is not what the model was made for, and why:
	// there is no history, none of it is known, there is no model. Empty otherwise.
	Fallback string
	// Unknown is how many items of the history the model does not know.
	Unknown int
	// Version is that of the model in use.
	Version uint64
}

// Server answers queries from a model and a set of items, either of which can be
// replaced at any moment: one atomic pointer is read for an answer, and no lock is
// taken. It is safe for concurrent use.
type Server struct {
	state   atomic.Pointer[serving]
	swap    sync.Mutex
	version uint64
}

// serving is what one answer sees.
type serving struct {
	scorer  Scorer
	items   *Items
	version uint64
	known   []*Item // by number in the scorer's Index; nil for items that are never shown
	plain   []Item  // where there are no Items
	windows bool    // some item has a window of publication
	pool    sync.Pool
}

// NewServer returns a Server of a model and the items that may be shown. Without items
// (nil) all that the model knows may be; without a model (nil) lists are in the order
// of the items' numbers, and say so.
func NewServer(model Scorer, items *Items) *Server {
	s := &Server{}
	s.Swap(model, items)
	return s
}

// Swap replaces model and items from the next query on and returns the new version.
// Queries that are being answered go on with the old ones. O(items).
func (s *Server) Swap(model Scorer, items *Items) uint64 {
	s.swap.Lock()
	defer s.swap.Unlock()
	if model == nil {
		var index *Index
		if index = NewIndex(nil); items != nil {
			index = items.index
		}
		model = &constant{items: index, score: make([]float64, index.Len())}
	}
	s.version++
	v := &serving{scorer: model, items: items, version: s.version}
	n := model.Index().Len()
	v.known = make([]*Item, n)
	if items == nil {
		v.plain = make([]Item, n)
	}
	for i := range v.known {
		sku := model.Index().SKU(int32(i))
		if items == nil {
			v.plain[i].SKU = sku
			v.known[i] = &v.plain[i]
		} else if it, ok := items.Item(sku); ok && it.Shown(time.Time{}) {
			v.known[i] = it
			v.windows = v.windows || !it.From.IsZero() || !it.Until.IsZero()
		}
	}
	s.state.Store(v)
	return s.version
}

// Version returns the version in use.
func (s *Server) Version() uint64 { return s.state.Load().version }

// answering is the scratch of one query.
type answering struct {
	scores  []float64
	touched []int32
	blocked []bool
	marked  []int32
	history History
	heap    []scored
	pulled  int
}

// Answer returns the list for q. An error is a [*rerank.PlanError], or matches
// [flywheel.ErrInvalid] when the model scores with what is not a number; everything
// else that is odd is served, and the Answer says so. The list is short only when no
// eligible item is left that the plan allows.
//
// Cost: that of the model, one look at every item, and log(items) for each candidate
// that the plan looks at.
func (s *Server) Answer(q Query) (Answer, error) {
	if err := q.Plan.Check(); err != nil {
		return Answer{}, err
	}
	v := s.state.Load()
	a := v.scratch()
	defer v.release(a)
	out := Answer{Version: v.version}
	index := v.scorer.Index()
	for _, p := range q.Past {
		if p.Item >= 0 && int(p.Item) < index.Len() && positive(p.Weight) {
			a.history = append(a.history, p)
		} else {
			out.Unknown++
		}
	}
	for _, sku := range q.History {
		if n, ok := index.Number(sku); ok {
			a.history = append(a.history, Past{Item: n, Weight: 1})
		} else {
			out.Unknown++
		}
	}
	switch {
	case index.Len() == 0:
		out.Fallback = "there is no model and there are no items"
	case len(q.History)+len(q.Past) == 0:
		out.Fallback = "there is no history: what is shown is the same for everyone"
	case len(a.history) == 0:
		out.Fallback = "nothing of the history is known: what is shown is the same for everyone"
	}
	if err := v.eligible(a, &q); err != nil {
		return Answer{}, err
	}
	list := q.Plan.Fill(func() (rerank.Candidate, bool) { return v.next(a, q.At) }, v.pinned(a, q.At))
	out.Short = list.Short
	out.Items = make([]Shown, len(list.Items))
	for i := range list.Items {
		it := &list.Items[i]
		e := Explained{SKU: it.SKU, Score: it.Score, Cold: len(a.history) == 0}
		if q.Explain {
			if n, ok := index.Number(it.SKU); ok {
				e.Causes = Causes(v.scorer, a.history, n)
			}
			for _, name := range q.Plan.Moved(&it.Candidate) {
				e.Moved = append(e.Moved, "moved for: "+name)
			}
			if it.Why != "" {
				e.Moved = append(e.Moved, "placed for: "+it.Why)
			}
		}
		out.Items[i] = Shown{Explained: e, Why: it.Why}
	}
	return out, nil
}

func (v *serving) scratch() *answering {
	a, _ := v.pool.Get().(*answering)
	if a == nil {
		n := len(v.known)
		a = &answering{scores: make([]float64, n), blocked: make([]bool, n)}
	}
	return a
}

func (v *serving) release(a *answering) {
	for _, n := range a.marked {
		a.blocked[n] = false
	}
	a.marked, a.history, a.heap = a.marked[:0], a.history[:0], a.heap[:0]
	v.pool.Put(a)
}

// mark blocks an item.
func (a *answering) mark(n int32) {
	if !a.blocked[n] {
		a.blocked[n] = true
		a.marked = append(a.marked, n)
	}
}

// eligible scores all items and makes a heap of those that may be shown.
func (v *serving) eligible(a *answering, q *Query) error {
	index := v.scorer.Index()
	for _, list := range [][]flywheel.SKU{q.Hide, q.Deny} {
		for _, sku := range list {
			if n, ok := index.Number(sku); ok {
				a.mark(n)
			}
		}
	}
	if !q.Repeat {
		for _, p := range a.history {
			a.mark(p.Item)
		}
	}
	v.scorer.Score(a.history, a.scores)
	windows := v.windows && !q.At.IsZero()
	consider := func(n int32) error {
		it := v.known[n]
		if it == nil || a.blocked[n] || windows && !it.Shown(q.At) || q.Keep != nil && !q.Keep(it) {
			return nil
		}
		score := a.scores[n]
		if math.IsNaN(score) {
			return fmt.Errorf("recommend: the score of %q is not a number: %w", it.SKU, flywheel.ErrInvalid)
		}
		if len(q.Plan.Boosts) > 0 {
			c := it.candidate(score, q.At)
			score = q.Plan.Boosted(&c)
		}
		a.heap = append(a.heap, scored{n, score})
		return nil
	}
	if q.Allow != nil {
		for _, sku := range q.Allow {
			if n, ok := index.Number(sku); ok {
				if err := consider(n); err != nil {
					return err
				}
				a.mark(n) // named twice it counts once
			}
		}
	} else {
		for n := range v.known {
			if err := consider(int32(n)); err != nil {
				return err
			}
		}
	}
	for i := len(a.heap)/2 - 1; i >= 0; i-- {
		a.sink(i)
	}
	return nil
}

// sink restores the heap below i.
func (a *answering) sink(i int) {
	h := a.heap
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if r := child + 1; r < len(h) && h[r].before(h[child]) {
			child = r
		}
		if !h[child].before(h[i]) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// next takes the best item from the heap.
func (v *serving) next(a *answering, at time.Time) (rerank.Candidate, bool) {
	if len(a.heap) == 0 {
		return rerank.Candidate{}, false
	}
	best := a.heap[0]
	last := len(a.heap) - 1
	a.heap[0] = a.heap[last]
	a.heap = a.heap[:last]
	a.sink(0)
	return v.known[best.item].candidate(best.score, at), true
}

// pinned returns what finds the candidates of pins, which are shown whatever their
// score: but only among what may be shown. Fill asks for all of them before it takes
// anything from the heap.
func (v *serving) pinned(a *answering, at time.Time) func(flywheel.SKU) (rerank.Candidate, bool) {
	return func(sku flywheel.SKU) (rerank.Candidate, bool) {
		n, ok := v.scorer.Index().Number(sku)
		if !ok {
			return rerank.Candidate{}, false
		}
		for _, s := range a.heap {
			if s.item == n {
				return v.known[n].candidate(s.score, at), true
			}
		}
		return rerank.Candidate{}, false
	}
}
