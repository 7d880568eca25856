package pricing

import (
	"errors"
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// within puts the place of a collection's element before the field of err.
func within(err error, name string, i int) error {
	if inner, ok := errors.AsType[*FieldError](err); ok {
		return field(inner.Err, "%s[%d].%s", name, i, inner.Field)
	}
	return field(err, "%s[%d]", name, i)
}

// open reports whether a list is open to the basket, whose groups it does not
// look at: see [offers].
func (l *list) open(b *Basket, at instant) bool {
	if at.before(l.starts) || l.ends != (instant{}) && !at.before(l.ends) {
		return false
	}
	return len(l.channels) == 0 || slices.Contains(l.channels, b.Channel)
}

// pick is the offer that counts for a quantity of an item: plain, or with
// graduated prices.
type pick struct {
	offer *offer
	stair *stair
	exact money.Price // of the quantity
}

func (p *pick) kind() ListKind {
	if p.stair != nil {
		return p.stair.kind
	}
	return p.offer.kind
}

func (p *pick) list() int32 {
	if p.stair != nil {
		return p.stair.list
	}
	return p.offer.list
}

// choose returns the offer that counts for a quantity of an item.
func (e *Engine) choose(b *Basket, w *work, item int32, quantity int64) (best pick, found bool, err error) {
	var kinds [Override + 1]pick // the lowest of each kind
	var there [Override + 1]bool
	take := func(p pick) {
		k := p.kind()
		if there[k] {
			c, _ := p.exact.Cmp(kinds[k].exact)
			if c > 0 || c == 0 && p.list() >= kinds[k].list() {
				return
			}
		}
		kinds[k], there[k] = p, true
	}
	plain := func(offers []offer) error {
		last := ListKind(255) // of the last one found, for the others are dearer
		for i := range offers {
			o := &offers[i]
			if there[Override] && o.kind != Override {
				break
			}
			if o.kind == last || o.unit.Currency() != b.Currency || quantity < o.min || quantity > o.max || !w.open(e, b, o.list) {
				continue
			}
			exact, err := o.unit.Mul(quantity)
			if err != nil {
				return err
			}
			take(pick{offer: o, exact: exact})
			if last = o.kind; last == Override {
				break
			}
		}
		return nil
	}
	for _, audience := range w.audiences {
		if key, has := e.offers.keys[audienceItem{audience, item}]; has {
			if err := plain(e.offers.private.of(key)); err != nil {
				return best, false, err
			}
		}
	}
	if err := plain(e.offers.public.of(item)); err != nil {
		return best, false, err
	}
	for i := range e.offers.stairs[item] {
		s := &e.offers.stairs[item][i]
		if s.currency != b.Currency || quantity > s.max || !e.lists[s.list].has(b.Groups) || !w.open(e, b, s.list) {
			continue
		}
		exact, err := s.price(quantity)
		if err != nil {
			return best, false, err
		}
		take(pick{stair: s, exact: exact})
	}
	switch {
	case there[Override]:
		return kinds[Override], true, nil
	case there[Sale] && there[Base]:
		if c, _ := kinds[Sale].exact.Cmp(kinds[Base].exact); c < 0 {
			return kinds[Sale], true, nil
		}
		return kinds[Base], true, nil
	case there[Sale]:
		return kinds[Sale], true, nil
	}
	return kinds[Base], there[Base], nil
}

// has reports whether a list is for one of the groups.
func (l *list) has(groups []string) bool {
	return len(l.groups) == 0 || slices.ContainsFunc(l.groups, func(g string) bool { return slices.Contains(groups, g) })
}

// priceLines finds the price of each line and takes it Quantity times.
func (e *Engine) priceLines(q *Quote, b *Basket, w *work) error {
	w.begin(e, b)
	w.findAudiences(e, b)
	w.classes = e.taxes
	if len(b.Taxes) > 0 {
		var err error
		if w.classes, err = compileTaxes(b.Taxes); err != nil {
			return err
		}
	}
	q.all = grown(q.all, len(w.running))
	w.taxes = grown(w.taxes, len(w.running))
	if len(e.offers.stairs) > 0 {
		w.stairs = cleared(w.stairs, len(w.running))
	} else {
		w.stairs = w.stairs[:0]
	}
	q.cut(len(b.Lines)) // promotions look at the lines
	for i := range b.Lines {
		if err := e.priceLine(b, w, i, &q.all[i]); err != nil {
			return field(err.err, "lines[%d]%s", i, err.name)
		}
		if i > 0 && b.Lines[i].TaxClass == b.Lines[i-1].TaxClass {
			w.taxes[i] = lineTax{tax: w.taxes[i-1].tax}
		} else if err := e.classify(w, i, b.Lines[i].TaxClass); err != nil {
			return field(err, "lines[%d].tax_class", i)
		}
		q.all[i].TaxRate = w.taxes[i].tax.rate
		w.taxes[i].included = q.all[i].TaxIncluded
		w.mixedTax = w.mixedTax || q.all[i].TaxIncluded != q.all[0].TaxIncluded
		sum := w.originalGoods + w.original[i]
		if sum < 0 {
			return field(outOfRange("the sum of the lines"), "lines[%d]", i)
		}
		w.originalGoods = sum
	}
	w.goods = w.originalGoods
	for k := range b.Shipping {
		i, from := len(b.Lines)+k, &b.Shipping[k]
		unit := money.PriceOf(from.Amount)
		q.all[i] = QuoteLine{
			ID: from.ID, Quantity: 1, Unit: unit, TaxIncluded: from.TaxIncluded, TaxClass: from.TaxClass, Subtotal: from.Amount,
		}
		w.original[i], w.exact[i], w.floors[i] = from.Amount.Minor(), unit, 0
		w.taxes[i] = lineTax{}
		if from.TaxClass != "" {
			if err := e.classify(w, i, from.TaxClass); err != nil {
				return field(err, "shipping[%d].tax_class", k)
			}
			q.all[i].TaxRate = w.taxes[i].tax.rate
		}
	}
	copy(w.running, w.original)
	return nil
}

// findAudiences finds the groups of the customer that price lists are for.
func (w *work) findAudiences(e *Engine, b *Basket) {
	w.audiences = w.audiences[:0]
	if len(e.offers.audiences) == 0 {
		return
	}
	for _, g := range b.Groups {
		if a, there := e.offers.audiences[g]; there && !slices.Contains(w.audiences, a) {
			w.audiences = append(w.audiences, a)
		}
	}
}

// classify finds the tax of a class.
func (e *Engine) classify(w *work, i int, class string) error {
	t, known := w.classes[class]
	if !known {
		if class != "" {
			return ErrTaxClass
		}
		t = &untaxed
	}
	w.taxes[i] = lineTax{tax: t}
	return nil
}

var untaxed classTax

// lineError is an error of a field of a line.
type lineError struct {
	name string
	err  error
}

// priceLine prices one line.
func (e *Engine) priceLine(b *Basket, w *work, i int, to *QuoteLine) *lineError {
	from := &b.Lines[i]
	*to = QuoteLine{ID: from.ID, SKU: from.SKU, Quantity: from.Quantity, TaxClass: from.TaxClass}
	item, there := e.items[from.SKU]
	if !there {
		item = -1
	}
	w.items[i] = item
	floor := from.Floor
	var err error
	if from.Agreed != (money.Price{}) {
		to.Unit, to.TaxIncluded = from.Agreed, from.TaxIncluded
		w.exact[i], err = to.Unit.Mul(to.Quantity)
	} else {
		var best pick
		found := false
		if there {
			best, found, err = e.choose(b, w, item, from.Quantity)
		}
		if err == nil && !found {
			return &lineError{".sku", ErrNoPrice}
		}
		if err == nil {
			e.fillPrice(w, i, to, &best, &floor)
		}
	}
	if err == nil {
		to.Subtotal, err = w.exact[i].Times(1, e.rounding)
	}
	if err != nil {
		return &lineError{".quantity", err}
	}
	w.original[i], w.floors[i] = to.Subtotal.Minor(), 0
	if floor != (money.Price{}) {
		least, err := floor.Times(to.Quantity, money.Ceiling)
		if err != nil {
			return &lineError{".floor", err}
		}
		w.floors[i], w.hasFloors = least.Minor(), true
	}
	return nil
}

// fillPrice takes the price of a line from what was chosen.
func (e *Engine) fillPrice(w *work, i int, to *QuoteLine, best *pick, floor *money.Price) {
	l := &e.lists[best.list()]
	to.List, to.TaxIncluded = l.id, l.taxIncluded
	w.exact[i] = best.exact
	if best.stair != nil {
		w.stairs[i] = best.stair
		to.Unit = best.stair.at(to.Quantity).unit
		if f := best.stair.at(to.Quantity).floor; f != (money.Price{}) {
			*floor = f
		}
		return
	}
	to.Unit = best.offer.unit
	if best.offer.floor >= 0 {
		*floor = e.offers.floors[best.offer.floor]
	}
}
