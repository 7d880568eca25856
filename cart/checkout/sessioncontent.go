package checkout

import (
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// fill makes the content of the quote.
func (s *Sessions) fill(of *Session, q *sessionQuote) {
	c := &q.content
	c.Total = q.quote.Total
	c.Lines = make([]ContentLine, 0, len(q.quote.Lines))
	for i := range q.quote.Lines {
		l := &q.quote.Lines[i]
		content := q.items[l.SKU].NetContent
		perUnit, _ := pricing.PerUnit(l.Unit, content) // none without a content
		c.Lines = append(c.Lines, ContentLine{
			ID: l.ID, SKU: l.SKU, Quantity: l.Quantity, Unit: l.Unit, Discount: l.Discount, Total: money.New(l.Subtotal.Minor()-l.Discount.Minor(), q.cart.Currency),
			Personalization: q.cart.Lines[i].Personalization, NetContent: content, PerUnit: perUnit,
		})
	}
	var subtotal, items, discount, delivery, tax int64
	for i := range q.quote.Lines {
		subtotal += q.quote.Lines[i].Subtotal.Minor()
	}
	for _, lines := range [...][]pricing.QuoteLine{q.quote.Lines, q.quote.Shipping} {
		for i := range lines {
			if !lines[i].TaxIncluded {
				tax += lines[i].Tax.Minor()
			}
		}
	}
	for i := range q.quote.Shipping {
		l := &q.quote.Shipping[i]
		delivery += l.Subtotal.Minor()
		c.Charge, c.Discount = c.Charge+l.Subtotal.Minor(), c.Discount+l.Discount.Minor()
		if q.chosen != nil {
			c.Option, c.Place = q.chosen.ID, string(q.chosen.Location)
		}
	}
	q.fillGroups(c)
	for i := range q.quote.Applied {
		a := &q.quote.Applied[i]
		sum, method := &discount, Across
		if a.Level == pricing.LineLevel {
			sum, method = &items, Each
		}
		*sum -= a.Discount.Minor()
		c.Applied = append(c.Applied, AppliedCode{
			Promotion: a.Promotion, Code: q.codeOf(a.Promotion), Amount: a.Discount, Method: method,
			Allocations: q.allocations(a.Promotion),
		})
	}
	c.Totals = make([]Total, 0, 6)
	for _, t := range [...]struct {
		typ TotalType
		sum int64
	}{
		{TotalSubtotal, subtotal}, {TotalItemsDiscount, items}, {TotalDiscount, discount}, {TotalFulfillment, delivery},
		{TotalTax, tax}, {TotalTotal, q.quote.Total.Minor()},
	} {
		if t.sum != 0 || t.typ == TotalSubtotal || t.typ == TotalTotal {
			c.Totals = append(c.Totals, Total{t.typ, money.New(t.sum, q.cart.Currency)})
		}
	}
	for _, t := range q.quote.Taxes {
		if !t.Net.IsZero() || !t.Tax.IsZero() {
			c.Taxes = append(c.Taxes, TaxTotal{t.Rate, t.Net, t.Tax})
		}
	}
	for i := range q.split {
		p := &q.split[i]
		c.Split = append(c.Split, Share{Tender: of.Tenders[q.payers[i]].name(), Amount: p.Amount, Points: p.Points})
	}
}

// allocations are what a promotion took off each line, and off the delivery.
func (q *sessionQuote) allocations(promotion string) (list []Allocation) {
	add := func(path string, sum int64) {
		if sum != 0 {
			list = append(list, Allocation{path, money.New(sum, q.cart.Currency)})
		}
	}
	off := func(l *pricing.QuoteLine) (sum int64) {
		for _, step := range l.Trace {
			if step.Source == promotion && (step.Kind == pricing.StepLine || step.Kind == pricing.StepShare) {
				sum -= step.Amount.Minor()
			}
		}
		return sum
	}
	for i := range q.quote.Lines {
		add(at(pathLines, i), off(&q.quote.Lines[i]))
	}
	delivery := int64(0)
	for i := range q.quote.Shipping {
		delivery += off(&q.quote.Shipping[i])
	}
	add(pathFulfillment, delivery)
	return list
}
