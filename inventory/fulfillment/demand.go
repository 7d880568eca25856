package fulfillment

import (
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// demand is an order against what can be had, in numbers: SKUs and places are
// indexes.
type demand struct {
	places []*place // those that count, by priority and ID
	wants  []want   // in the order in which they are filled: kits first
	rows   []row
	index  map[flywheel.SKU]int // of rows, nil while they are few
	free   []int64              // by row and place, as it was found

	single []part // the one part of each plain item
	plain  []want // memory of those that are no kits
}

// fewRows is up to how many rows are looked for one by one.
const fewRows = 16

// find returns the row of a SKU.
func (d *demand) find(sku flywheel.SKU) (r int, ok bool) {
	if d.index != nil {
		r, ok = d.index[sku]
		return r, ok
	}
	for r := range d.rows {
		if d.rows[r].sku == sku {
			return r, true
		}
	}
	return 0, false
}

// row is a SKU that is on shelves.
type row struct {
	sku    flywheel.SKU
	policy Policy
	room   int64
	date   Date
	coming []Arrival // not taken yet
}

// want is an item that takes from shelves.
type want struct {
	item     int // in the list of the caller
	quantity int64
	row      int // of the SKU itself, which has the policy; a kit's has no shelf
	kit      bool
	parts    []part
}

// part is what one unit takes of a row.
type part struct {
	row int
	per int64
}

// of compiles items at the given places, in the memory of d.
func (d *demand) of(items []Item, stock Stock, places []*place, downloads bool) error {
	n := 0
	for i := range items {
		if items[i].Download == downloads {
			n++
		}
	}
	clear(d.rows[:cap(d.rows)])
	*d = demand{
		places: places, wants: d.wants[:0], rows: slices.Grow(d.rows[:0], n), free: slices.Grow(d.free[:0], n*len(places)),
		single: slices.Grow(d.single[:0], n), plain: slices.Grow(d.plain[:0], n),
	}
	for i := range items {
		item := &items[i]
		if item.Download != downloads {
			continue
		}
		supply, ok := stock[item.SKU]
		if !ok {
			return refuse(ErrUnknown, fmt.Sprintf("items[%d].sku", i), "the stock of %q is not given", item.SKU)
		}
		own, err := d.row(item.SKU, &supply)
		if err != nil {
			return err
		}
		w := want{item: i, quantity: item.Quantity, row: own, kit: len(supply.Parts) > 0}
		if !w.kit {
			d.single = append(d.single, part{own, 1})
			w.parts = d.single[len(d.single)-1:]
			d.plain = append(d.plain, w)
			continue
		}
		if w.parts, err = d.partsOf(item.SKU, supply.Parts, stock); err != nil {
			return err
		}
		d.wants = append(d.wants, w)
	}
	d.wants = append(d.wants, d.plain...)
	return nil
}

// partsOf returns the parts of a kit, those of one SKU summed.
func (d *demand) partsOf(kit flywheel.SKU, lines []flywheel.Line, stock Stock) (parts []part, err error) {
	field := func() string { return fmt.Sprintf("stock[%s].parts", kit) }
	for _, l := range lines {
		supply, ok := stock[l.SKU]
		switch {
		case !ok:
			return nil, refuse(ErrUnknown, field(), "the stock of %q is not given", l.SKU)
		case len(supply.Parts) > 0:
			return nil, refuse(ErrInput, field(), "part %q is a kit", l.SKU)
		case l.Quantity < 1 || l.Quantity > MaxQuantity:
			return nil, refuse(ErrRange, field(), "%d of %q is not between 1 and %d", l.Quantity, l.SKU, MaxQuantity)
		}
		r, err := d.row(l.SKU, &supply)
		if err != nil {
			return nil, err
		}
		known := false
		for k := range parts {
			if parts[k].row == r {
				known = true
				if parts[k].per += l.Quantity; parts[k].per > MaxQuantity {
					return nil, refuse(ErrRange, field(), "more than %d of %q", MaxQuantity, l.SKU)
				}
			}
		}
		if !known {
			parts = append(parts, part{r, l.Quantity})
		}
	}
	return parts, nil
}

// row returns the row of a SKU, made when there is none.
func (d *demand) row(sku flywheel.SKU, supply *Supply) (int, error) {
	if r, ok := d.find(sku); ok {
		return r, nil
	}
	switch supply.Policy {
	case NoPolicy, Backorder, Preorder:
	default:
		return 0, refuse(ErrInput, fmt.Sprintf("stock[%s].policy", sku), "%q is neither backorder nor preorder", supply.Policy)
	}
	if !supply.Date.IsZero() && !supply.Date.valid() {
		return 0, refuse(ErrInput, fmt.Sprintf("stock[%s].date", sku), "%q is no day of the calendar", supply.Date)
	}
	for i, a := range supply.Coming {
		switch {
		case !a.Date.IsZero() && !a.Date.valid():
			return 0, refuse(ErrInput, fmt.Sprintf("stock[%s].coming[%d].date", sku, i), "%q is no day of the calendar", a.Date)
		case a.Quantity < 0:
			return 0, refuse(ErrRange, fmt.Sprintf("stock[%s].coming[%d].quantity", sku, i), "%d is below zero", a.Quantity)
		}
	}
	r := len(d.rows)
	switch {
	case d.index != nil:
		d.index[sku] = r
	case r == fewRows:
		d.index = make(map[flywheel.SKU]int, max(cap(d.rows), 2*fewRows))
		for i := range d.rows {
			d.index[d.rows[i].sku] = i
		}
		d.index[sku] = r
	}
	d.rows = append(d.rows, row{sku, supply.Policy, max(0, supply.Room), supply.Date, slices.Clone(supply.Coming)})
	for _, p := range d.places {
		switch {
		case supply.Untracked:
			d.free = append(d.free, plenty)
		case len(supply.Parts) > 0:
			d.free = append(d.free, 0)
		default:
			d.free = append(d.free, max(0, supply.Free[p.ID]))
		}
	}
	return r, nil
}

// take takes as many whole units of a want as can be had at a place, at most n.
func (d *demand) take(free []int64, w *want, place int, n int64) int64 {
	for _, p := range w.parts {
		if have := free[p.row*len(d.places)+place]; have != plenty {
			n = min(n, have/p.per)
		}
	}
	if n == 0 {
		return 0
	}
	for _, p := range w.parts {
		if at := p.row*len(d.places) + place; free[at] != plenty {
			free[at] -= n * p.per
		}
	}
	return n
}

// fill fills the wants, up to most of each, from some places in the given order,
// and calls took for each number of units. It returns how many units of each want
// were had, in to. Free is changed.
func (d *demand) fill(free []int64, most []int64, places []int, to []int64, took func(w, place int, n int64)) []int64 {
	to = slices.Grow(to[:0], len(d.wants))
	for i := range d.wants {
		w, had := &d.wants[i], int64(0)
		for _, p := range places {
			if had == most[i] {
				break
			}
			if n := d.take(free, w, p, most[i]-had); n > 0 {
				had += n
				if took != nil {
					took(i, p, n)
				}
			}
		}
		to = append(to, had)
	}
	return to
}
