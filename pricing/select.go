package pricing

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// list is a compiled [List] without its entries.
type list struct {
	id           string
	groups       []string
	starts, ends time.Time
	taxIncluded  bool
}

// offer is a compiled [Entry].
type offer struct {
	unit     money.Price
	min, max int64
	list     int32
	kind     ListKind
}

func (e *Engine) compileLists(lists []List) error {
	var keys []int32
	var offers []offer
	ids := make(map[string]bool, len(lists))
	for i := range lists {
		l := &lists[i]
		if err := l.Validate(); err != nil {
			return within(err, "lists", i)
		}
		if ids[l.ID] {
			return field(invalid("%q twice", l.ID), "lists[%d].id", i)
		}
		ids[l.ID] = true
		e.lists = append(e.lists, list{l.ID, slices.Clone(l.Groups), l.Starts, l.Ends, l.TaxIncluded})
		for _, entry := range l.Entries {
			o := offer{unit: entry.Unit, min: entry.MinQuantity, max: entry.MaxQuantity, list: int32(i), kind: l.Kind}
			if o.max == 0 {
				o.max = math.MaxInt64
			}
			keys = append(keys, e.item(entry.SKU))
			offers = append(offers, o)
		}
	}
	e.offers.fill(len(e.items), keys, offers)
	for item := range int32(len(e.items)) {
		slices.SortStableFunc(e.offers.of(item), cheapestFirst)
	}
	return nil
}

// cheapestFirst orders offers by kind, override before sale before base, and by
// price, so that the first of a kind that is open is the one that counts.
func cheapestFirst(a, b offer) int {
	if c := cmp.Compare(b.kind, a.kind); c != 0 {
		return c
	}
	if c := cmp.Compare(a.unit.Currency().String(), b.unit.Currency().String()); c != 0 {
		return c
	}
	c, _ := a.unit.Cmp(b.unit)
	return c
}

// within puts the place of a collection's element before the field of err.
func within(err error, name string, i int) error {
	if inner, ok := errors.AsType[*FieldError](err); ok {
		return field(inner.Err, "%s[%d].%s", name, i, inner.Field)
	}
	return field(err, "%s[%d]", name, i)
}

// choose returns the offer that counts for a quantity of an item, or nil.
func (e *Engine) choose(b *Basket, w *work, item int32, quantity int64) *offer {
	var sale *offer
	offers := e.offers.of(item)
	for i := range offers {
		o := &offers[i]
		if sale != nil && o.kind == Sale { // a dearer one
			continue
		}
		if o.unit.Currency() != b.Currency || quantity < o.min || quantity > o.max || !w.open(e, b, o.list) {
			continue
		}
		switch o.kind {
		case Override:
			return o
		case Sale:
			sale = o
		default:
			if sale != nil {
				if c, _ := sale.unit.Cmp(o.unit); c < 0 {
					return sale
				}
			}
			return o
		}
	}
	return sale
}

// open reports whether a list is open to the basket.
func (l *list) open(b *Basket) bool {
	if !open(l.starts, l.ends, b.At) {
		return false
	}
	return len(l.groups) == 0 || slices.ContainsFunc(l.groups, func(g string) bool {
		return slices.Contains(b.Groups, g)
	})
}

// priceLines finds the price of each line and takes it Quantity times.
func (e *Engine) priceLines(q *Quote, b *Basket, w *work) error {
	w.begin(e, b)
	q.Lines = grown(q.Lines, len(b.Lines))
	var class string
	rate := e.taxes[""]
	for i := range b.Lines {
		from, to := &b.Lines[i], &q.Lines[i]
		*to = QuoteLine{ID: from.ID, SKU: from.SKU, Quantity: from.Quantity, TaxClass: from.TaxClass}
		item, there := e.items[from.SKU]
		if !there {
			item = -1
		}
		w.items[i] = item
		if from.Agreed != (money.Price{}) {
			to.Unit, to.TaxIncluded = from.Agreed, from.TaxIncluded
		} else {
			var o *offer
			if there {
				o = e.choose(b, w, item, from.Quantity)
			}
			if o == nil {
				return field(ErrNoPrice, "lines[%d].sku", i)
			}
			l := &e.lists[o.list]
			to.Unit, to.List, to.TaxIncluded = o.unit, l.id, l.taxIncluded
		}
		if from.TaxClass != class || i == 0 {
			class = from.TaxClass
			var known bool
			if rate, known = e.taxes[class]; !known && class != "" {
				return field(ErrTaxClass, "lines[%d].tax_class", i)
			}
		}
		to.TaxRate = rate
		var err error
		if to.Subtotal, err = to.Unit.Times(to.Quantity, e.rounding); err != nil {
			return field(err, "lines[%d].quantity", i)
		}
		if q.Subtotal, err = q.Subtotal.Add(to.Subtotal); err != nil {
			return field(err, "lines[%d]", i)
		}
		w.running[i] = to.Subtotal
	}
	return nil
}
