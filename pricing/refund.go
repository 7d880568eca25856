package pricing

import (
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Return is a number of units of one line that come back.
type Return struct {
	Line     string `json:"line"`
	Quantity int64  `json:"quantity"`
	// Before is how many units of the line have come back before.
	Before int64 `json:"before,omitempty"`
}

// Refund is what is paid back for some units of one line, or of several.
type Refund struct {
	Net   money.Amount `json:"net"`
	Tax   money.Amount `json:"tax"`
	Total money.Amount `json:"total"`
}

// Units returns the share of units before+1 through before+n of the line. The
// shares are fixed when the line is priced: with prices that include tax, total
// and tax are each apportioned by largest remainder and net is the difference, so
// that a unit sold at 3.33 comes back at 3.33; else net and tax are, and total is
// their sum. However the units come back, the shares sum to the line.
func (l *QuoteLine) Units(before, n int64) (Refund, error) {
	if before < 0 || n < 1 || before > l.Quantity-n {
		return Refund{}, outOfRange("%d units behind %d of %d", n, before, l.Quantity)
	}
	total, err := l.Net.Add(l.Tax)
	if err != nil {
		return Refund{}, err
	}
	tax := portion(l.Tax, l.Quantity, before, n)
	if l.TaxIncluded {
		total = portion(total, l.Quantity, before, n)
		return Refund{minus(total, tax), tax, total}, nil // a unit's tax is no more than its total
	}
	net := portion(l.Net, l.Quantity, before, n)
	return Refund{net, tax, money.New(net.Minor()+tax.Minor(), net.Currency())}, nil // no more than the line
}

// portion returns what units before+1 through before+n of quantity have of a, when
// each has the same and the first ones a minor unit more.
func portion(a money.Amount, quantity, before, n int64) money.Amount {
	each, more := a.Minor()/quantity, a.Minor()%quantity
	return money.New(each*n+max(0, min(more-before, n)), a.Currency())
}

// line returns the line of the goods or of the delivery charges with an ID.
func (q *Quote) line(id string) *QuoteLine {
	named := func(l QuoteLine) bool { return l.ID == id }
	if i := slices.IndexFunc(q.Lines, named); i >= 0 {
		return &q.Lines[i]
	}
	if i := slices.IndexFunc(q.Shipping, named); i >= 0 {
		return &q.Shipping[i]
	}
	return nil
}

// checkReturns refuses a line that is unknown or named twice.
func checkReturns(returns []Return, known func(id string) bool) error {
	for i, r := range returns {
		if !known(r.Line) {
			return field(invalid("no line %q", r.Line), "returns[%d].line", i)
		}
		if slices.ContainsFunc(returns[:i], func(other Return) bool { return other.Line == r.Line }) {
			return field(invalid("%q twice", r.Line), "returns[%d].line", i)
		}
	}
	return nil
}

// Refund returns what is paid back for units that come back when every unit
// keeps the share in discounts and tax that it had at order time. A delivery
// charge that is paid back too is named as a line of one unit. All units come to
// what was paid for the lines.
func (q *Quote) Refund(returns ...Return) (sum Refund, err error) {
	zero := money.New(0, q.Currency)
	sum = Refund{zero, zero, zero}
	if err := checkReturns(returns, func(id string) bool { return q.line(id) != nil }); err != nil {
		return Refund{}, err
	}
	for i, r := range returns {
		part, err := q.line(r.Line).Units(r.Before, r.Quantity)
		if err != nil {
			return Refund{}, field(err, "returns[%d].quantity", i)
		}
		sum.Net = money.New(sum.Net.Minor()+part.Net.Minor(), q.Currency) // no more than the quote
		sum.Tax = money.New(sum.Tax.Minor()+part.Tax.Minor(), q.Currency)
		sum.Total = money.New(sum.Total.Minor()+part.Total.Minor(), q.Currency)
	}
	return sum, nil
}

// Reprice returns what is paid back when what stays is priced again, as if only
// that had been bought at the time of the basket: what was paid less the new
// price, or nothing where that is dearer. Returns are all that came back so far,
// each line named once, their Before included, and so is the refund. The quote is
// that of what stays: a delivery charge stays unless it is named, taxed by the
// goods that it was charged for. No part of the refund is negative: where what
// stays bears more tax than before, the tax is zero and the net is the total.
func (e *Engine) Reprice(b Basket, paid *Quote, returns ...Return) (Refund, Quote, error) {
	if paid.Currency != b.Currency {
		return Refund{}, Quote{}, field(&money.MismatchError{A: b.Currency, B: paid.Currency}, "paid")
	}
	stays := b
	stays.Lines, stays.Shipping = slices.Clone(b.Lines), slices.Clone(b.Shipping)
	left := func(id string) *int64 {
		for i := range stays.Lines {
			if stays.Lines[i].ID == id {
				return &stays.Lines[i].Quantity
			}
		}
		return nil
	}
	charge := func(id string) int {
		return slices.IndexFunc(stays.Shipping, func(s Shipping) bool { return s.ID == id })
	}
	err := checkReturns(returns, func(id string) bool { return left(id) != nil || charge(id) >= 0 })
	if err != nil {
		return Refund{}, Quote{}, err
	}
	if stays.mixes, err = e.mixesOf(&b, paid); err != nil {
		return Refund{}, Quote{}, err
	}
	for i, r := range returns {
		one := int64(1)
		quantity := left(r.Line)
		if quantity == nil {
			quantity = &one
		}
		if r.Before < 0 || r.Quantity < 1 || r.Before > *quantity-r.Quantity {
			return Refund{}, Quote{}, field(outOfRange("%d units behind %d of %d", r.Quantity, r.Before, *quantity), "returns[%d].quantity", i)
		}
		*quantity -= r.Before + r.Quantity
		if one == 0 {
			stays.Shipping = slices.Delete(stays.Shipping, charge(r.Line), charge(r.Line)+1)
		}
	}
	stays.Lines = slices.DeleteFunc(stays.Lines, func(l Line) bool { return l.Quantity == 0 })
	q, err := e.Quote(stays)
	if err == nil {
		err = q.Priced()
	}
	if err != nil {
		return Refund{}, Quote{}, err
	}
	total := max(0, paid.Total.Minor()-q.Total.Minor())
	tax := min(max(0, paid.Tax.Minor()-q.Tax.Minor()), total)
	return Refund{Net: money.New(total-tax, q.Currency), Tax: money.New(tax, q.Currency), Total: money.New(total, q.Currency)}, q, nil
}

// mixesOf returns how the goods of a quote that each charge is for spread over the
// rates of their classes.
func (e *Engine) mixesOf(b *Basket, paid *Quote) (map[string]*mix, error) {
	classes := e.taxes
	if len(b.Taxes) > 0 {
		var err error
		if classes, err = compileTaxes(b.Taxes); err != nil {
			return nil, err
		}
	}
	mixes := make(map[string]*mix, len(b.Shipping))
	for k := range b.Shipping {
		m, charge := &mix{}, &b.Shipping[k]
		for i := range paid.Lines {
			l := &paid.Lines[i]
			if !charge.of(l.ID) {
				continue
			}
			place := ""
			if at := slices.IndexFunc(b.Lines, func(from Line) bool { return from.ID == l.ID }); at >= 0 {
				place = b.Lines[at].TaxPlace
			}
			t, known := classes[classKey(place, l.TaxClass)]
			if !known {
				t = &untaxed
			}
			m.add(t, e.taxEach, l.Net.Minor())
		}
		mixes[charge.ID] = m
	}
	return mixes, nil
}
