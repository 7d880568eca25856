package pricing

import (
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// work is the memory that one quote needs beside its result.
type work struct {
	items   []int32        // by line: its item, -1 where nothing names it
	running []money.Amount // by line: what promotions have left
	lists   []byte         // by list: unknown, open or closed
	codes   []string       // of the basket, folded
	ids     map[string]struct{}

	targets  spans[int32] // by promotion: the lines that it is for
	pairs    []int32      // lines, to make targets of
	pairKeys []int32      // and their promotions
	all      []int32      // every line

	discounts []money.Amount // of one promotion, by target
	shares    []money.Amount
	weights   []int64

	log       []logged
	taxBases  []money.Price // by line
	stepCount []int32       // by line

	basket, line *rule.Record
}

// logged is what one promotion did to one line.
type logged struct {
	line, promotion int32
	kind            StepKind
	base, discount  money.Amount
}

const (
	unknown = iota
	isOpen
	isClosed
)

func (e *Engine) newWork() *work {
	return &work{
		ids:    map[string]struct{}{},
		basket: e.conditions.basket.NewRecord(),
		line:   e.conditions.line.NewRecord(),
	}
}

// begin prepares w for a basket.
func (w *work) begin(e *Engine, b *Basket) {
	n := len(b.Lines)
	w.items = grown(w.items, n)
	w.running = grown(w.running, n)
	w.lists = grown(w.lists, len(e.lists))
	clear(w.lists)
	w.log = w.log[:0]
	w.codes = w.codes[:0]
	for _, code := range b.Coupons {
		w.codes = append(w.codes, fold(code))
	}
}

// release forgets what belongs to the caller.
func (w *work) release() {
	clear(w.codes)
	clear(w.ids)
	w.basket.Reset()
	w.line.Reset()
}

// few is up to how many lines comparing each with each is the quickest.
const few = 16

// checkUnique refuses two lines of one ID.
func (w *work) checkUnique(lines []Line) error {
	if len(lines) <= few {
		for i := range lines {
			for j := range i {
				if lines[i].ID == lines[j].ID {
					return field(invalid("%q twice", lines[i].ID), "lines[%d].id", i)
				}
			}
		}
		return nil
	}
	for i := range lines {
		if _, there := w.ids[lines[i].ID]; there {
			return field(invalid("%q twice", lines[i].ID), "lines[%d].id", i)
		}
		w.ids[lines[i].ID] = struct{}{}
	}
	return nil
}

// open is [list.open], asked once for each list.
func (w *work) open(e *Engine, b *Basket, list int32) bool {
	if w.lists[list] == unknown {
		w.lists[list] = isClosed
		if e.lists[list].open(b) {
			w.lists[list] = isOpen
		}
	}
	return w.lists[list] == isOpen
}
