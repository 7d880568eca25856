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
	persons := d.persons(order)
	type key struct {
		row  Actor
		item int32
	}
	held := make(map[key]*holding)
	var keys []key
	for at, n := range order {
		b := &d.baskets[n]
		row := persons[at]
		if cfg.Sessions {
			row = Actor{Visitor: flywheel.VisitorID(d.textOf(b.session))}
		}
		if row == (Actor{}) || b.kind == Impression {
			continue
		}
		for i, item := range d.lines[b.start:b.end] {
			k := key{row, item}
			h := held[k]
			if h == nil {
				h = &holding{}
				held[k] = h
				keys = append(keys, k)
			}
			quantity := int64(1)
			if b.details > 0 {
				quantity = max(1, d.details[int(b.details)-1+i].Quantity)
			}
			h.apply(b.kind, quantity, b.at)
		}
	}
	var choices []Choice
	for _, k := range keys {
		h := held[k]
		weight := float64(w.View*float64(h.views)) + float64(w.AddToCart*float64(h.carts)) + float64(w.Purchase*float64(h.bought))
		if weight > 0 {
			choices = append(choices, Choice{Actor: k.row, Item: d.items.names[k.item], At: time.UnixMicro(h.at), Weight: weight})
		}
	}
	return NewMatrix(choices)
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

// persons returns whose each fact of order is: the actor, or for a guest the customer
// who is next known on the device.
func (d *Dataset) persons(order []int32) []Actor {
	out := make([]Actor, len(order))
	next := make(map[flywheel.VisitorID]flywheel.CustomerID)
	for at := len(order) - 1; at >= 0; at-- {
		b := &d.baskets[order[at]]
		if b.actor < 0 {
			continue
		}
		who := d.actors.names[b.actor]
		if who.Customer != "" {
			if b.device > 0 {
				next[flywheel.VisitorID(d.textOf(b.device))] = who.Customer
			}
		} else if c, ok := next[who.Visitor]; ok {
			who = Actor{Customer: c}
		}
		out[at] = who
	}
	return out
}

// Always is the age of a [SeenPolicy] that never ends.
const Always = time.Duration(math.MaxInt64)

// SeenPolicy says which items a customer has seen enough of: an item is left out while
// its latest fact of a kind is younger than that kind's age. An age of 0 leaves
// nothing out; [Always] leaves out for good.
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

func (p SeenPolicy) check() error {
	for k := View; k <= Impression; k++ {
		if a := p.age(k); a < 0 {
			return &ConfigError{fmt.Sprintf("SeenPolicy of %v", k), a}
		}
	}
	return nil
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
