package recommend

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// MatrixConfig says how facts become a [Matrix]. Fields that are zero take the value
// that their comment gives.
type MatrixConfig struct {
	// Rows are ByActor, the zero value here: one row for each person. With
	// Sessions set each session is a row instead, and facts without one are left
	// out.
	Sessions bool
	// Weights of the kinds of interest: 1 each. Kinds that weigh nothing are left
	// out.
	Weights Weights
	// Until leaves out facts at or after it: none.
	Until time.Time
}

// Matrix returns who chose what, net of what was taken back: a removal takes back the
// carts of the same item before it, a refund the purchases as far as the quantities
// go, a dislike everything before it. Impressions are no choices. Facts may be in any
// order; those of one instant count in the order of Add.
//
// A guest's facts belong to the customer who is the next to be known on the same
// device: so what was looked at before a login is part of the customer's row. Facts
// that no login follows stay the visitor's.
func (d *Dataset) Matrix(cfg MatrixConfig) (*Matrix, error) {
	w := cfg.Weights
	if w == (Weights{}) {
		w = Weights{View: 1, AddToCart: 1, Purchase: 1}
	}
	if err := (Config{Weights: w}).check(); err != nil {
		return nil, err
	}
	until := int64(math.MaxInt64)
	if !cfg.Until.IsZero() {
		until = cfg.Until.UnixMicro()
	}
	order := make([]int32, 0, len(d.baskets))
	for n := range d.baskets {
		if d.baskets[n].at < until {
			order = append(order, int32(n))
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(d.baskets[a].at, d.baskets[b].at) })
	row := d.persons(order)
	who := func(row int32) Actor { return d.actors.names[row] }
	if cfg.Sessions {
		for at, n := range order {
			row[at] = d.baskets[n].session - 1
		}
		who = func(row int32) Actor { return Actor{Visitor: flywheel.VisitorID(d.textOf(row + 1))} }
	}
	rows := max(len(d.actors.names), len(d.texts.names))
	return d.net(order, row, rows, w).matrix(who, d.items.names)
}

// kept are the choices that are left, row by row in the order of the first of each row.
type kept struct {
	rows  []int32 // by place
	cells []cell  // with the places of rows, and the dataset's numbers of items
}

// net applies the facts of each row in their order, and returns what is left. row is
// that of each basket of order, negative for none.
func (d *Dataset) net(order, row []int32, rows int, w Weights) *kept {
	// The baskets of each row follow each other, in their order.
	start := make([]int32, rows+1)
	counts := func(at int) bool { return row[at] >= 0 && d.baskets[order[at]].kind != Impression }
	for at := range order {
		if counts(at) {
			start[row[at]+1]++
		}
	}
	for r := range rows {
		start[r+1] += start[r]
	}
	next, of := slices.Clone(start), make([]int32, start[rows])
	for at := range order {
		if counts(at) {
			of[next[row[at]]] = int32(at)
			next[row[at]]++
		}
	}
	type begun struct{ at, row, from, to int32 } // a row with choices, by the basket of the first
	var all []begun
	var cells []cell
	var held []holding
	var items []int32                          // of held
	var first []int32                          // the basket in which it was first met
	place := make([]int32, len(d.items.names)) // 1 + the item's in held
	for r := range int32(rows) {
		held, items, first = held[:0], items[:0], first[:0]
		for _, at := range of[start[r]:start[r+1]] {
			b := &d.baskets[order[at]]
			for i, item := range d.lines[b.start:b.end] {
				if place[item] == 0 {
					held, items, first = append(held, holding{}), append(items, item), append(first, at)
					place[item] = int32(len(held))
				}
				quantity := int64(1)
				if b.details > 0 {
					quantity = max(1, d.details[int(b.details)-1+i].Quantity)
				}
				held[place[item]-1].apply(b.kind, quantity, b.at)
			}
		}
		from := len(cells)
		for i := range held {
			h := &held[i]
			place[items[i]] = 0
			weight := float64(w.View*float64(h.views)) + float64(w.AddToCart*float64(h.carts)) + float64(w.Purchase*float64(h.bought))
			if weight <= 0 {
				continue
			}
			if len(cells) == from {
				all = append(all, begun{at: first[i], row: r, from: int32(from)})
			}
			cells = append(cells, cell{item: items[i], weight: float32(weight), at: h.at})
		}
		if len(cells) > from {
			all[len(all)-1].to = int32(len(cells))
		}
	}
	slices.SortFunc(all, func(a, b begun) int { return cmp.Compare(a.at, b.at) })
	out := &kept{rows: make([]int32, len(all)), cells: make([]cell, 0, len(cells))}
	for place, b := range all {
		out.rows[place] = b.row
		for _, c := range cells[b.from:b.to] {
			c.row = int32(place)
			out.cells = append(out.cells, c)
		}
	}
	return out
}

// matrix is the Matrix of k, in which no item comes twice in a row.
func (k *kept) matrix(who func(row int32) Actor, names []flywheel.SKU) (*Matrix, error) {
	if len(k.cells) > math.MaxInt32 {
		return nil, fmt.Errorf("recommend: %d choices: %w", len(k.cells), flywheel.ErrLimit)
	}
	used := make([]bool, len(names))
	weighted := false
	for n := range k.cells {
		c := &k.cells[n]
		if math.IsInf(float64(c.weight), 1) {
			return nil, &ChoiceError{Place: n, Field: "weight", Err: fmt.Errorf("%v: %w", c.weight, flywheel.ErrOutOfRange)}
		}
		used[c.item] = true
		weighted = weighted || c.weight != 1
	}
	var skus []flywheel.SKU
	for item, is := range used {
		if is {
			skus = append(skus, names[item])
		}
	}
	m := &Matrix{items: NewIndex(skus), rows: make(map[Actor]int32, len(k.rows)), actors: make([]Actor, len(k.rows)), timed: len(k.cells) > 0}
	number := make([]int32, len(names))
	for item, is := range used {
		if is {
			number[item], _ = m.items.Number(names[item])
		}
	}
	for place, row := range k.rows {
		m.actors[place] = who(row)
		m.rows[m.actors[place]] = int32(place)
	}
	m.start, m.item = make([]int, len(k.rows)+1), make([]int32, len(k.cells))
	m.at = make([]int64, len(k.cells))
	if weighted {
		m.weight = make([]float32, len(k.cells))
	}
	for from := 0; from < len(k.cells); {
		to := from
		for ; to < len(k.cells) && k.cells[to].row == k.cells[from].row; to++ {
			k.cells[to].item = number[k.cells[to].item]
		}
		slices.SortFunc(k.cells[from:to], func(a, b cell) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.item, b.item))
		})
		m.start[k.cells[from].row+1] = to
		from = to
	}
	for n, c := range k.cells {
		m.item[n], m.at[n] = c.item, c.at
		if weighted {
			m.weight[n] = c.weight
		}
	}
	return m, nil
}

// holding is what is left of one person's interest in one item.
type holding struct {
	views, carts, bought int64 // facts
	pieces               int64 // bought and not given back
	at                   int64 // of the latest interest
}

func (h *holding) apply(k Kind, quantity, at int64) {
	switch k {
	case View:
		h.views++
	case AddToCart:
		h.carts++
	case Purchase:
		h.bought++
		h.pieces += quantity
	case Removal:
		h.carts = 0
	case Refund:
		if h.pieces = max(0, h.pieces-quantity); h.pieces == 0 {
			h.bought = 0
		}
	case Dislike:
		*h = holding{}
	}
	if k.Interest() {
		h.at = at
	}
}

// persons returns whose each fact of order is, by number: the actor, or for a guest the
// customer who is next known on the device; -1 for nobody.
func (d *Dataset) persons(order []int32) []int32 {
	out := make([]int32, len(order))
	next := make(map[flywheel.VisitorID]int32)
	for at := len(order) - 1; at >= 0; at-- {
		b := &d.baskets[order[at]]
		out[at] = b.actor
		if b.actor < 0 {
			continue
		}
		if who := d.actors.names[b.actor]; who.Customer == "" {
			if c, ok := next[who.Visitor]; ok {
				out[at] = c
			}
		} else if b.device > 0 {
			next[flywheel.VisitorID(d.textOf(b.device))] = b.actor
		}
	}
	return out
}

// Always is the age of a [SeenPolicy] that never ends.
const Always = time.Duration(math.MaxInt64)

// SeenPolicy says which items a customer has seen enough of: an item is left out while
// its latest fact of a kind is younger than that kind's age. An age of 0 or less
// leaves nothing out; [Always] leaves out for good.
type SeenPolicy struct {
	View, AddToCart, Purchase, Refund, Dislike, Impression time.Duration
}

// DefaultSeen leaves out for good what was bought or disliked, and shows what was only
// viewed, put into a cart or shown before: viewed is not bought. What was refunded is
// no longer bought.
var DefaultSeen = SeenPolicy{Purchase: Always, Dislike: Always}

func (p SeenPolicy) age(k Kind) time.Duration {
	switch k {
	case View:
		return p.View
	case AddToCart:
		return p.AddToCart
	case Purchase:
		return p.Purchase
	case Refund:
		return p.Refund
	case Dislike:
		return p.Dislike
	case Impression:
		return p.Impression
	}
	return 0
}

// Hidden returns the items among facts, of one customer, that p leaves out at an
// instant, each once, in the order of first mention. A later refund of all pieces
// takes a purchase back. Facts after at are looked at as if they were at it.
func (p SeenPolicy) Hidden(facts []Interaction, at time.Time) []flywheel.SKU {
	sorted := slices.Clone(facts)
	slices.SortStableFunc(sorted, func(a, b Interaction) int { return a.At.Compare(b.At) })
	type state struct {
		last   [Impression + 1]time.Time
		pieces int64
	}
	states := make(map[flywheel.SKU]*state)
	var order []flywheel.SKU
	for i := range sorted {
		f := &sorted[i]
		if f.Kind < View || f.Kind > Impression {
			continue
		}
		for n, sku := range f.Items {
			s := states[sku]
			if s == nil {
				s = &state{}
				states[sku] = s
				order = append(order, sku)
			}
			quantity := int64(1)
			if f.Details != nil {
				quantity = max(1, f.Details[n].Quantity)
			}
			when := f.At
			if when.After(at) {
				when = at
			}
			s.last[f.Kind] = when
			switch f.Kind {
			case Purchase:
				s.pieces += quantity
			case Refund:
				if s.pieces = max(0, s.pieces-quantity); s.pieces == 0 {
					s.last[Purchase] = time.Time{}
				}
			}
		}
	}
	return slices.DeleteFunc(order, func(sku flywheel.SKU) bool {
		for k := View; k <= Impression; k++ {
			if when, age := states[sku].last[k], p.age(k); !when.IsZero() && (age == Always || at.Sub(when) < age) {
				return false
			}
		}
		return true
	})
}
