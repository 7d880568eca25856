package recommend

import (
	"fmt"
	"slices"
	"sync"

	"github.com/flywheel-go/flywheel"
)

// Live is a [Scorer] that learns on, one choice at a time.
type Live interface {
	Scorer
	// Learn adds that somebody who had chosen before, and not item, chose item.
	Learn(before History, item int32)
	// Unlearn takes back all that somebody chose. It reports whether nothing is
	// left of it.
	Unlearn(h History) bool
}

// Overlay keeps a model up to date between two trainings: it holds what actors chose
// since, and scores with it. A model that is [Live] learns it as well: one made of
// counts then equals a model trained again, [LiveEASE] up to rounding. Of a factor
// model, a history gets the exact half-step at the vectors as they are. Behind says how
// much the model itself does not know. It is safe for concurrent use.
type Overlay struct {
	matrix *Matrix
	model  Scorer
	live   Live // nil when model is none

	mu      sync.RWMutex
	changed map[Actor]History
	behind  int
	unknown int
}

// NewOverlay returns an overlay without changes over a model that was fitted on m.
func NewOverlay(m *Matrix, model Scorer) (*Overlay, error) {
	if !sameIndex(m.items, model.Index()) {
		return nil, errOtherItems
	}
	o := &Overlay{matrix: m, model: model, changed: make(map[Actor]History)}
	o.live, _ = model.(Live)
	return o, nil
}

// Add applies a choice, and reports whether the model could take it: an item that it
// does not know waits for the next training. Choices may come in any order and more than
// once: one with a time takes its place in the history by time, one without goes to its
// end, and one that already exists only moves, to the latest of its times. O(length of
// the history).
func (o *Overlay) Add(c Choice) (applied bool, err error) {
	who := c.Actor.normal()
	if who == (Actor{}) {
		return false, &ChoiceError{Field: "actor", Err: fmt.Errorf("missing: %w", flywheel.ErrInvalid)}
	}
	if c.Item == "" {
		return false, &ChoiceError{Field: "item", Err: fmt.Errorf("missing: %w", flywheel.ErrInvalid)}
	}
	p := Past{Weight: 1}
	if c.Weight != 0 {
		p.Weight = c.Weight
	}
	if !positive(p.Weight) {
		return false, &ChoiceError{Field: "weight", Err: fmt.Errorf("%v: %w", c.Weight, flywheel.ErrOutOfRange)}
	}
	if !c.At.IsZero() {
		p.At = c.At.UnixMicro()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	item, ok := o.matrix.items.Number(c.Item)
	if !ok {
		o.unknown++
		return false, nil
	}
	p.Item = item
	h := o.history(who)
	if at := slices.IndexFunc(h, func(q Past) bool { return q.Item == item }); at >= 0 {
		if p.At != 0 && p.At <= h[at].At {
			return true, nil
		}
		p.Weight = h[at].Weight
		o.changed[who] = placed(slices.Delete(slices.Clone(h), at, at+1), p)
		return true, nil
	}
	if o.live != nil {
		o.live.Learn(h, item)
	} else {
		o.behind++
	}
	o.changed[who] = placed(slices.Clip(h), p)
	return true, nil
}

// placed inserts p into h by time, equal times by item; without a time at the end.
func placed(h History, p Past) History {
	at := len(h)
	for p.At != 0 && at > 0 && (h[at-1].At > p.At || h[at-1].At == p.At && h[at-1].Item > p.Item) {
		at--
	}
	return slices.Insert(h, at, p)
}

// replace sets the whole history of an actor, the items of which are known.
func (o *Overlay) replace(who Actor, h History) {
	o.mu.Lock()
	defer o.mu.Unlock()
	old := o.history(who)
	if sameItems(old, h) {
		o.changed[who] = h
		return
	}
	if o.live == nil {
		o.behind++
	} else {
		o.live.Unlearn(old)
		for k, p := range h {
			o.live.Learn(h[:k], p.Item)
		}
	}
	o.changed[who] = h
}

// sameItems reports whether two histories hold the same items in the same order.
func sameItems(a, b History) bool {
	return slices.EqualFunc(a, b, func(x, y Past) bool { return x.Item == y.Item })
}

// history returns that of who, which must not be changed. The caller holds the lock.
func (o *Overlay) history(who Actor) History {
	if h, ok := o.changed[who]; ok {
		return h
	}
	h, _ := o.matrix.History(who)
	return h
}

// History returns what an actor chose up to now, oldest first.
func (o *Overlay) History(who Actor) History {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return slices.Clone(o.history(who.normal()))
}

// Forget removes all that an actor chose. It reports whether nothing is left of it: a
// model that is not [Live] remembers, in its numbers, until it is trained again.
func (o *Overlay) Forget(who Actor) bool {
	who = who.normal()
	o.mu.Lock()
	defer o.mu.Unlock()
	h := o.history(who)
	o.changed[who] = nil
	if o.live != nil {
		return o.live.Unlearn(h)
	}
	return len(h) == 0
}

// Behind returns how many choices the model itself does not know, though histories do,
// and how many were of items that it does not know.
func (o *Overlay) Behind() (choices, ofUnknownItems int) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.behind, o.unknown
}

// Index implements [Scorer].
func (o *Overlay) Index() *Index { return o.model.Index() }

// Score implements [Scorer].
func (o *Overlay) Score(h History, scores []float64) { o.model.Score(h, scores) }

// Contributions implements [Contributor].
func (o *Overlay) Contributions(h History, item int32, parts []float64) {
	if c, ok := o.model.(Contributor); ok {
		c.Contributions(h, item, parts)
		return
	}
	clear(parts)
}
