package recommend

import (
	"fmt"
	"math"
	"slices"
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
	// retrieval, of the best items until the list is full, so it never makes a list short
	// while others are eligible.
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
	of      *serving
	query   Query
	scores  []float64
	blocked []bool // what may not be shown, whatever Keep says
	marked  []int32
	allowed []int32 // with Query.Allow: the only items, ascending
	history History

	top     top
	ready   []scored // what comes next, worst first
	last    scored   // what came last
	begun   bool
	ended   bool
	batch   int
	placed  []rerank.Placed
	nextOne func() (rerank.Candidate, bool)
	pin     func(flywheel.SKU) (rerank.Candidate, bool)
}

// Answer returns the list for q. An error is a [*rerank.PlanError], or matches
// [flywheel.ErrInvalid] when the model scores with what is not a number; everything
// else that is odd is served, and the Answer says so. The list is short only when no
// eligible item is left that the plan allows.
//
// Cost: that of the model, and a look at every score.
func (s *Server) Answer(q Query) (Answer, error) {
	if err := q.Plan.Check(); err != nil {
		return Answer{}, err
	}
	v := s.state.Load()
	a := v.scratch()
	defer v.release(a)
	a.query = q
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
	if err := a.prepare(); err != nil {
		return Answer{}, err
	}
	list := a.query.Plan.FillInto(a.placed[:0], a.nextOne, a.pin)
	a.placed = list.Items
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
		a = &answering{of: v, scores: make([]float64, len(v.known)), blocked: make([]bool, len(v.known))}
		for n, it := range v.known {
			a.blocked[n] = it == nil
		}
		a.nextOne, a.pin = a.next, a.pinned
	}
	return a
}

func (v *serving) release(a *answering) {
	for _, n := range a.marked {
		a.blocked[n] = false
	}
	clear(a.placed)
	a.marked, a.history, a.allowed, a.placed = a.marked[:0], a.history[:0], a.allowed[:0], a.placed[:0]
	a.ready, a.begun, a.ended, a.query = a.ready[:0], false, false, Query{}
	v.pool.Put(a)
}

// mark blocks an item.
func (a *answering) mark(n int32) {
	if !a.blocked[n] {
		a.blocked[n] = true
		a.marked = append(a.marked, n)
	}
}

// prepare scores all items, blocks those that may not be shown, and finds the first
// candidates.
func (a *answering) prepare() error {
	v, q := a.of, &a.query
	index := v.scorer.Index()
	for _, list := range [...][]flywheel.SKU{q.Hide, q.Deny} {
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
	for _, sku := range q.Allow {
		if n, ok := index.Number(sku); ok {
			a.allowed = append(a.allowed, n)
		}
	}
	slices.Sort(a.allowed)
	a.allowed = slices.Compact(a.allowed)
	v.scorer.Score(a.history, a.scores)
	if len(q.Plan.Boosts) > 0 {
		for n, it := range v.known {
			if !a.blocked[n] {
				c := it.candidate(a.scores[n], q.At)
				a.scores[n] = q.Plan.Boosted(&c)
			}
		}
	}
	a.batch = 32
	return a.refill()
}

// refill finds the best of what has not come yet: a few at first, since most lists need
// no more, then more each time.
func (a *answering) refill() error {
	a.top.n = a.batch
	floor := math.Inf(-1) // of what is kept
	consider := func(n int, score float64) bool {
		if a.blocked[n] {
			return true
		}
		if math.IsNaN(score) {
			return false
		}
		if s := (scored{int32(n), score}); (!a.begun || a.last.before(s)) && a.top.accepts(s) {
			a.top.push(s)
			if len(a.top.heap) == a.batch {
				floor = a.top.heap[0].score
			}
		}
		return true
	}
	wrong := -1
	if a.query.Allow != nil {
		for _, n := range a.allowed {
			if !consider(int(n), a.scores[n]) {
				wrong = int(n)
			}
		}
	} else {
		for n, score := range a.scores {
			if score < floor {
				continue
			}
			if !consider(n, score) {
				wrong = n
			}
		}
	}
	if wrong >= 0 {
		a.top.heap = a.top.heap[:0]
		return fmt.Errorf("recommend: the score of %q is not a number: %w", a.of.known[wrong].SKU, flywheel.ErrInvalid)
	}
	a.ready = append(a.ready[:0], a.top.sorted()...)
	slices.Reverse(a.ready)
	a.ended = len(a.ready) < a.batch
	a.batch *= 4
	return nil
}

// next takes the best item that is left and may be shown.
func (a *answering) next() (rerank.Candidate, bool) {
	for {
		if len(a.ready) == 0 {
			if a.ended || a.refill() != nil { // of scores that are numbers, as prepare saw
				return rerank.Candidate{}, false
			}
			continue
		}
		a.last, a.begun = a.ready[len(a.ready)-1], true
		a.ready = a.ready[:len(a.ready)-1]
		if it := a.of.known[a.last.item]; a.shown(it) {
			return it.candidate(a.last.score, a.query.At), true
		}
	}
}

// shown reports whether an item that is not blocked may be shown.
func (a *answering) shown(it *Item) bool {
	q := &a.query
	if a.of.windows && !q.At.IsZero() && !it.Shown(q.At) {
		return false
	}
	return q.Keep == nil || q.Keep(it)
}

// pinned finds the candidate of a pin, which is shown whatever its score: but only
// among what may be shown. Fill asks for all pins before it takes anything else.
func (a *answering) pinned(sku flywheel.SKU) (rerank.Candidate, bool) {
	n, ok := a.of.scorer.Index().Number(sku)
	if !ok || a.blocked[n] || !a.shown(a.of.known[n]) {
		return rerank.Candidate{}, false
	}
	if a.query.Allow != nil {
		if _, ok := slices.BinarySearch(a.allowed, n); !ok {
			return rerank.Candidate{}, false
		}
	}
	return a.of.known[n].candidate(a.scores[n], a.query.At), true
}
