package pricing

import (
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// work is the memory that one quote needs beside its result.
type work struct {
	currency money.Currency
	at       instant
	unpriced []int32     // lines for which no list has a price
	counts   []itemCount // by item, zero between quotes
	before   []int64     // by line: units of its item on lines before
	items    []int32     // by line: its item, -1 where nothing names it
	lists    []byte      // by list: unknown, open or closed
	codes    []string    // of the basket, folded
	ids      map[string]struct{}

	// By line, the goods first and then shipping, in minor units.
	goodsLines           int
	original, running    []int64 // before promotions, and what they have left
	goods, originalGoods int64   // the sums of the goods
	floors               []int64 // what they have to leave
	hasFloors            bool
	exact                []money.Price // the subtotals before rounding
	mixedTax             bool          // some prices include tax and some do not
	byUnits              bool          // promotions may look at single units
	units                [][]unit      // by line of goods, where byUnits
	uneven               []bool        // by line: a promotion took off some of its units and not off others
	unitWeights          []int64
	unitOffs             []int64
	given, rest          []int64  // by line: of a discount on units
	rank                 []int32  // by line, where byUnits: see rankLines
	stairs               []*stair // what graduated prices they have, if any
	tiers                []tierUnits
	audiences            []int32

	targets  spans[int32] // by selector: the lines
	pairs    []int32      // lines, to make targets of
	pairKeys []int32      // and their selectors
	all      []int32      // every line

	discounts []int64 // of one promotion, by line that it is computed on
	cut       []bool  // a floor or a cap made them less
	paid      []int64 // of one promotion that counts with tax: what the line costs after it
	hits      []int32 // the lines that it found by itself
	shares    []money.Amount
	weights   []int64

	runs       []run
	offs       []int64 // by line: what is taken off its runs
	roles      []uint8 // by line
	partStart  []int
	remainders []uint64
	ranked     []int32

	// What has been decided.
	statics []uint8 // by promotion: 1 + index of the reason, 0 unknown
	count   int     // of promotions that apply
	alone   bool    // an exclusive one does
	taken   []bool  // by group: one of it applies
	blocked []bool  // by promotion: one that it does not go with applies
	choice  []choice
	reasons []Refusal
	values  []value // of a group that is decided line by line
	best    []lineBest
	winners []int32
	relaxed []promotion
	tree    tree

	log       []logged
	classes   map[string]*classTax
	taxes     []lineTax // by line
	rates     []rateTax
	delivery  []deliveryShare
	each      []money.Amount // by line: its taxes, where each is rounded by itself
	bearers   []bearer
	mixed     mix
	stepCount []int32 // by line

	basket, line *rule.Record
}

// logged is what one promotion did to one line.
type logged struct {
	line, promotion int32
	kind            StepKind
	rate            money.Rate
	base, discount  int64
	paid            int64 // what the line costs with tax after it, -1 where that is not known
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
	w.currency, w.at = b.Currency, instantOf(b.At)
	w.goodsLines = len(b.Lines)
	n := len(b.Lines) + len(b.Shipping)
	w.items = grown(w.items, len(b.Lines))
	w.original, w.running = grown(w.original, n), grown(w.running, n)
	w.floors, w.exact = grown(w.floors, n), grown(w.exact, n)
	w.goods, w.originalGoods, w.hasFloors, w.byUnits, w.mixedTax = 0, 0, false, e.byUnits, false
	w.lists = cleared(w.lists, len(e.lists))
	w.log, w.unpriced = w.log[:0], w.unpriced[:0]
	w.codes = w.codes[:0]
	for _, text := range b.Coupons {
		w.codes = append(w.codes, foldTyped(text))
	}
	w.statics = cleared(w.statics, len(e.promotions))
	w.choice = w.choice[:0]
	w.undecided(e)
}

// undecided forgets what has been decided about promotions.
func (w *work) undecided(e *Engine) {
	w.count, w.alone = 0, false
	w.taken = cleared(w.taken, len(e.groups))
	w.blocked = cleared(w.blocked, len(e.promotions))
}

// release forgets what belongs to the caller.
func (w *work) release() {
	clear(w.codes)
	clear(w.ids)
	clear(w.reasons)
	w.basket.Reset()
	w.line.Reset()
}

// few is up to how many lines comparing each with each is the quickest.
const few = 16

// checkUnique refuses two lines of one ID.
func (w *work) checkUnique(b *Basket) error {
	n := len(b.Lines)
	if n+len(b.Shipping) <= few {
		for i := range n + len(b.Shipping) {
			for j := range i {
				if b.idAt(i) == b.idAt(j) {
					return b.twice(i)
				}
			}
		}
		return nil
	}
	for i := range n + len(b.Shipping) {
		id := b.idAt(i)
		if _, there := w.ids[id]; there {
			return b.twice(i)
		}
		w.ids[id] = struct{}{}
	}
	return nil
}

// idAt returns the ID of a line, those of shipping behind the goods.
func (b *Basket) idAt(i int) string {
	if i < len(b.Lines) {
		return b.Lines[i].ID
	}
	return b.Shipping[i-len(b.Lines)].ID
}

func (b *Basket) twice(i int) error {
	err := invalid("%q twice", b.idAt(i))
	if i < len(b.Lines) {
		return field(err, "lines[%d].id", i)
	}
	return field(err, "shipping[%d].id", i-len(b.Lines))
}

// open is [list.open], asked once for each list. With no room to keep the answers
// it is asked each time.
func (w *work) open(e *Engine, b *Basket, list int32) bool {
	if len(w.lists) == 0 {
		return e.lists[list].open(b, w.at)
	}
	if w.lists[list] == unknown {
		w.lists[list] = isClosed
		if e.lists[list].open(b, w.at) {
			w.lists[list] = isOpen
		}
	}
	return w.lists[list] == isOpen
}
