package pricing

import (
	"errors"
	"math"
	"slices"

	"github.com/shopspring/decimal"

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

// ask is a quantity of an item that has no price yet.
type ask struct {
	item     int32
	quantity int64
	before   int64 // units of the item on lines before
	total    int64 // units of the item on all lines, which price lists look at
	rate     money.Rate
}

// below compares two prices of one quantity. Where one includes tax and the other
// does not, the one without is taken with the tax of the line.
func (e *Engine) below(p, q *pick, rate money.Rate) int {
	if !e.mixedLists || e.lists[p.list()].taxIncluded == e.lists[q.list()].taxIncluded {
		c, _ := p.exact.Cmp(q.exact)
		return c
	}
	gross := func(p *pick) decimal.Decimal {
		d := p.exact.Decimal()
		if e.lists[p.list()].taxIncluded {
			return d
		}
		return d.Add(d.Mul(rate.Decimal()))
	}
	return gross(p).Cmp(gross(q))
}

// choose returns the offer that counts.
func (e *Engine) choose(b *Basket, w *work, a ask) (best pick, found bool, err error) {
	var kinds [Override + 1]pick // the lowest of each kind
	var there [Override + 1]bool
	take := func(p pick) {
		k := p.kind()
		if there[k] {
			c := e.below(&p, &kinds[k], a.rate)
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
			if o.kind == last || o.unit.Currency() != b.Currency || a.total < o.min || a.total > o.max || !w.open(e, b, o.list) {
				continue
			}
			exact, err := o.unit.Mul(a.quantity)
			if err != nil {
				return err
			}
			take(pick{offer: o, exact: exact})
			if e.mixedLists { // a dearer one may be lower with tax
				continue
			}
			if last = o.kind; last == Override {
				break
			}
		}
		return nil
	}
	for _, audience := range w.audiences {
		if key, has := e.offers.keys[audienceItem{audience, a.item}]; has {
			if err := plain(e.offers.private.of(key)); err != nil {
				return best, false, err
			}
		}
	}
	if err := plain(e.offers.public.of(a.item)); err != nil {
		return best, false, err
	}
	for i := range e.offers.stairs[a.item] {
		s := &e.offers.stairs[a.item][i]
		if s.currency != b.Currency || a.total > s.max || !e.lists[s.list].has(b.Groups) || !w.open(e, b, s.list) {
			continue
		}
		exact, err := s.price(a.before, a.quantity)
		if err != nil {
			return best, false, err
		}
		take(pick{stair: s, exact: exact})
	}
	switch {
	case there[Override]:
		return kinds[Override], true, nil
	case there[Sale] && there[Base]:
		if e.below(&kinds[Sale], &kinds[Base], a.rate) < 0 {
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
	if err := w.countItems(e, b); err != nil {
		return err
	}
	defer w.forgetItems(len(b.Lines))
	for i := range b.Lines {
		if err := e.priceLine(b, w, i, &q.all[i]); err != nil && err.err == ErrNoPrice {
			w.unpriced = append(w.unpriced, int32(i))
			continue
		} else if err != nil {
			return field(err.err, "lines[%d]%s", i, err.name)
		}
		if i > 0 && b.Lines[i].TaxClass == b.Lines[i-1].TaxClass && b.Lines[i].TaxPlace == b.Lines[i-1].TaxPlace && len(w.unpriced) == 0 {
			w.taxes[i] = lineTax{tax: w.taxes[i-1].tax}
		} else if err := e.classify(w, i, b.Lines[i].TaxPlace, b.Lines[i].TaxClass); err != nil {
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
			if err := e.classify(w, i, from.TaxPlace, from.TaxClass); err != nil {
				return field(err, "shipping[%d].tax_class", k)
			}
			q.all[i].TaxRate = w.taxes[i].tax.rate
		}
	}
	copy(w.running, w.original)
	return nil
}

// itemCount is how many units of an item the lines without an agreed price have.
type itemCount struct{ before, total int64 }

// countItems finds the item of each line, and counts the units of each item over
// all lines: two lines of one item reach a quantity together.
func (w *work) countItems(e *Engine, b *Basket) error {
	if len(w.counts) < len(e.items) {
		w.counts = make([]itemCount, len(e.items))
	}
	w.before = grown(w.before, len(b.Lines))
	for i := range b.Lines {
		l := &b.Lines[i]
		item, there := e.items[l.SKU]
		if !there {
			item = -1
		}
		w.items[i] = item
		if there && l.Agreed == (money.Price{}) {
			n := &w.counts[item]
			if n.total += l.Quantity; n.total < 0 {
				w.forgetItems(i + 1)
				return field(outOfRange("%d units and those before", l.Quantity), "lines[%d].quantity", i)
			}
		}
	}
	return nil
}

// forgetItems takes the counts of the first n lines back.
func (w *work) forgetItems(n int) {
	for _, item := range w.items[:n] {
		if item >= 0 {
			w.counts[item] = itemCount{}
		}
	}
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
func (e *Engine) classify(w *work, i int, place, class string) error {
	t, known := w.classes[classKey(place, class)]
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
	item := w.items[i]
	floor := from.Floor
	var err error
	if from.Agreed != (money.Price{}) {
		to.Unit, to.TaxIncluded = from.Agreed, from.TaxIncluded
		w.exact[i], err = to.Unit.Mul(to.Quantity)
	} else {
		var best pick
		found := false
		if item >= 0 {
			n := &w.counts[item]
			a := ask{item: item, quantity: from.Quantity, before: n.before, total: n.total}
			if t, known := w.classes[classKey(from.TaxPlace, from.TaxClass)]; known {
				a.rate = t.rate
			}
			best, found, err = e.choose(b, w, a)
			w.before[i] = n.before
			n.before += from.Quantity
		}
		if err == nil && !found {
			return &lineError{".sku", ErrNoPrice}
		}
		if err == nil {
			e.fillPrice(w, i, to, &best, &floor)
			if e.netStays && to.TaxIncluded && len(b.Taxes) > 0 {
				err = e.keepNet(w, i, from.TaxPlace, to, best.stair != nil)
			}
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
		step := best.stair.at(w.before[i] + to.Quantity)
		to.Unit = step.unit
		if f := step.floor; f != (money.Price{}) {
			*floor = f
		}
		return
	}
	to.Unit = best.offer.unit
	if best.offer.floor >= 0 {
		*floor = e.offers.floors[best.offer.floor]
	}
}

// keepNet makes of a price with the tax of home one with that of the basket, where
// they differ: see [Config.NetStays].
func (e *Engine) keepNet(w *work, i int, place string, to *QuoteLine, graduated bool) (err error) {
	var home, there money.Rate
	if t, known := e.taxes[to.TaxClass]; known {
		home = t.rate
	}
	if t, known := w.classes[classKey(place, to.TaxClass)]; known {
		there = t.rate
	}
	if home == there {
		return nil
	}
	scale := max(home.Scale(), there.Scale())
	whole := func(r money.Rate) int64 {
		return int64(math.Pow10(scale)) + r.Coefficient()*int64(math.Pow10(scale-r.Scale()))
	}
	convert := func(p money.Price) (money.Price, error) {
		a, err := p.MulRatio(whole(there), whole(home), e.rounding)
		return money.PriceOf(a), err
	}
	if to.Unit, err = convert(to.Unit); err != nil {
		return err
	}
	if graduated {
		w.exact[i], err = convert(w.exact[i])
		return err
	}
	w.exact[i], err = to.Unit.Mul(to.Quantity)
	return err
}
