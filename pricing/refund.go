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

// Units returns the share in net and tax of n units of the line, those behind
// the first so many. The shares of the units are fixed when the line is priced, by
// largest remainder, so that however the units come back they sum to the line.
func (l *QuoteLine) Units(before, n int64) (Refund, error) {
	if before < 0 || n < 1 || before > l.Quantity-n {
		return Refund{}, outOfRange("%d units behind %d of %d", n, before, l.Quantity)
	}
	net, tax := portion(l.Net, l.Quantity, before, n), portion(l.Tax, l.Quantity, before, n)
	total, err := net.Add(tax)
	return Refund{net, tax, total}, err
}

// portion returns what n of quantity units have of a, when each has the same and
// the first ones a minor unit more.
func portion(a money.Amount, quantity, before, n int64) money.Amount {
	each, more := a.Minor()/quantity, a.Minor()%quantity
	return money.New(each*n+max(0, min(more-before, n)), a.Currency())
}

// Refund returns what is paid back for units that come back when every unit
// keeps the share in discounts and tax that it had at order time. All units come
// to what was paid for the lines; shipping stays paid.
func (q *Quote) Refund(returns ...Return) (sum Refund, err error) {
	zero := money.New(0, q.Currency)
	sum = Refund{zero, zero, zero}
	for i, r := range returns {
		l := slices.IndexFunc(q.Lines, func(l QuoteLine) bool { return l.ID == r.Line })
		if l < 0 {
			return Refund{}, field(invalid("no line %q", r.Line), "returns[%d].line", i)
		}
		if slices.ContainsFunc(returns[:i], func(other Return) bool { return other.Line == r.Line }) {
			return Refund{}, field(invalid("%q twice", r.Line), "returns[%d].line", i)
		}
		part, err := q.Lines[l].Units(r.Before, r.Quantity)
		if err != nil {
			return Refund{}, field(err, "returns[%d].quantity", i)
		}
		sum.Net = money.New(sum.Net.Minor()+part.Net.Minor(), q.Currency) // no more than the quote
		sum.Tax = money.New(sum.Tax.Minor()+part.Tax.Minor(), q.Currency)
		sum.Total = money.New(sum.Total.Minor()+part.Total.Minor(), q.Currency)
	}
	return sum, nil
}

// Reprice returns what is paid back when what stays is priced anew, as if only
// that had been bought at the time of the basket: what was paid less the new
// price, or nothing where that is dearer. Returns are all that came back so far,
// their Before included, and so is the refund. The quote is that of what stays.
func (e *Engine) Reprice(b Basket, paid *Quote, returns ...Return) (Refund, Quote, error) {
	stays := b
	stays.Lines = slices.Clone(b.Lines)
	for i, r := range returns {
		l := slices.IndexFunc(stays.Lines, func(l Line) bool { return l.ID == r.Line })
		if l < 0 {
			return Refund{}, Quote{}, field(invalid("no line %q", r.Line), "returns[%d].line", i)
		}
		line := &stays.Lines[l]
		if r.Before < 0 || r.Quantity < 1 || r.Before > line.Quantity-r.Quantity {
			return Refund{}, Quote{}, field(outOfRange("%d units behind %d of %d", r.Quantity, r.Before, line.Quantity), "returns[%d].quantity", i)
		}
		line.Quantity -= r.Before + r.Quantity
	}
	stays.Lines = slices.DeleteFunc(stays.Lines, func(l Line) bool { return l.Quantity == 0 })
	q, err := e.Quote(stays)
	if err != nil {
		return Refund{}, Quote{}, err
	}
	if paid.Currency != q.Currency {
		return Refund{}, Quote{}, field(&money.MismatchError{A: q.Currency, B: paid.Currency}, "paid")
	}
	refund := Refund{
		Net: money.New(paid.Net.Minor()-q.Net.Minor(), q.Currency), Tax: money.New(paid.Tax.Minor()-q.Tax.Minor(), q.Currency),
		Total: money.New(paid.Total.Minor()-q.Total.Minor(), q.Currency),
	}
	if refund.Total.Sign() < 0 {
		zero := money.New(0, q.Currency)
		refund = Refund{zero, zero, zero}
	}
	return refund, q, nil
}
