package checkout

import (
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// orderOf returns the order that a session with a try would become.
func (s *Sessions) orderOf(of *Session, q *sessionQuote, id order.ID) (order.Order, error) {
	zero := money.New(0, q.cart.Currency)
	o := order.Order{
		ID: id, Key: of.Claim.Key, Fingerprint: string(of.ID), Cart: string(of.Cart),
		Customer: q.cart.Customer, Visitor: q.cart.Visitor, Session: q.cart.Session, Currency: q.cart.Currency,
		Subtotal: q.quote.Subtotal, Discount: q.quote.Discount, Net: q.quote.Net, Tax: q.quote.Tax, Total: q.quote.Total,
		Mode: s.opts.Mode, TaxExempt: q.terms.TaxExempt, Policy: s.opts.Policy, Metadata: maps.Clone(of.Metadata), Reservation: of.Try.Ref,
		Contact:  order.Contact{Email: of.Buyer.Email, Name: of.Buyer.Name, Phone: of.Buyer.Phone},
		Shipping: of.Address, Billing: of.Billing, PlacedAt: q.at,
	}
	if q.cart.Customer == "" && o.Visitor == "" {
		o.Visitor = flywheel.VisitorID(q.cart.ID)
	}
	o.Lines = make([]order.Line, 0, len(q.quote.Lines))
	n := 0
	for i := range q.quote.Lines {
		n += len(q.quote.Lines[i].Trace)
	}
	steps := make([]pricing.Step, 0, n) // the traces of all lines in one piece
	for i := range q.quote.Lines {
		var trace []pricing.Step
		if of := q.quote.Lines[i].Trace; of != nil {
			steps = append(steps, of...)
			trace = steps[len(steps)-len(of) : len(steps) : len(steps)]
		}
		o.Lines = append(o.Lines, q.orderLine(i, trace))
	}
	for _, a := range q.content.Applied {
		o.Promotions = append(o.Promotions, order.Promotion{ID: a.Promotion, Discount: a.Amount})
		if a.Code != "" {
			o.Coupons = append(o.Coupons, a.Code)
			o.Uses = append(o.Uses, order.CouponUse{Code: a.Code, Ref: of.Try.Ref})
		}
	}
	for i := range q.split {
		p, choice := &q.split[i], &of.Tenders[q.payers[i]]
		if p.Amount.IsZero() {
			continue
		}
		t := order.Tender{Type: choice.Type, Amount: p.Amount, Points: p.Points, Refunded: zero, Ref: of.Try.Ref}
		switch choice.Type {
		case order.Card:
			t.Account, t.Ref = choice.Token, ""
		case order.GiftCard:
			t.Account = choice.ID
		default:
			t.Account = string(q.cart.Customer)
		}
		o.Tenders = append(o.Tenders, t)
	}
	if len(q.groups) > 0 {
		return o, s.groupsOf(&o, q, of.Try.Ref)
	}
	if q.chosen == nil {
		return o, nil
	}
	d, err := s.deliveryOf(q, &q.quote.Shipping[0], q.chosen, q.offers, nil)
	if err != nil {
		return o, err
	}
	o.Delivery = d
	return o, s.packInto(&o, &q.alloc, q.chosen.ID, of.Try.Ref, q.at)
}

// packInto adds the parcels of an allocation to an order.
func (s *Sessions) packInto(o *order.Order, a *fulfillment.Allocation, option, ref string, at time.Time) (err error) {
	for _, p := range s.opts.Network.Parcels(a, len(o.Parcels)+1) {
		to := order.Parcel{Parcel: p, Ref: ref, Status: order.ParcelOpen}
		if to.Earliest, to.Latest, err = s.opts.Network.Promise(&p, option, at); err != nil {
			return err
		}
		o.Parcels = append(o.Parcels, to)
	}
	return nil
}

// orderLine is a line as it is sold. What was made for the buyer does not come back for
// a change of mind (Directive 2011/83/EU, article 16 c).
func (q *sessionQuote) orderLine(i int, trace []pricing.Step) order.Line {
	l, of := &q.quote.Lines[i], &q.cart.Lines[i]
	item := q.items[l.SKU]
	return order.Line{
		ID: l.ID, SKU: l.SKU, Quantity: l.Quantity, Unit: l.Unit, TaxIncluded: l.TaxIncluded, TaxRate: l.TaxRate,
		Subtotal: l.Subtotal, Discount: l.Discount, Net: l.Net, Tax: l.Tax, Total: l.Total,
		Title: item.Title, Categories: item.Categories, Brand: item.Brand, Cost: item.Cost, TaxClass: l.TaxClass,
		Taxes: slices.Clone(l.Taxes), Trace: trace, FinalSale: item.FinalSale || !of.Personalization.IsZero(), Download: item.Download,
		Personalization: of.Personalization, Metadata: of.Metadata, NetContent: item.NetContent,
	}
}

// deliveryOf is the delivery of some lines, nil for all, as it is sold.
func (s *Sessions) deliveryOf(q *sessionQuote, l *pricing.QuoteLine, chosen *fulfillment.Offer, offers []fulfillment.Offer, g *deliveryGroup) (*order.Delivery, error) {
	d := &order.Delivery{
		Option: chosen.ID, Type: string(chosen.Type), Location: chosen.Location,
		Charge: l.Subtotal, Discount: l.Discount, Net: l.Net, Tax: l.Tax, Total: l.Total,
	}
	if len(l.Taxes) == 0 {
		d.Taxes = []pricing.RateTotal{{Rate: l.TaxRate, Net: l.Net, Tax: l.Tax, Total: l.Total}}
	}
	for _, p := range l.Taxes {
		total, err := p.Net.Add(p.Tax)
		if err != nil {
			return nil, err
		}
		d.Taxes = append(d.Taxes, pricing.RateTotal{Rate: p.Rate, Net: p.Net, Tax: p.Tax, Total: total})
	}
	var err error
	d.Cheapest, err = s.cheapest(q, offers, g)
	return d, err
}

// cheapest returns what the cheapest shipping option that is offered costs, with tax
// and before promotions.
func (s *Sessions) cheapest(q *sessionQuote, offers []fulfillment.Offer, g *deliveryGroup) (money.Amount, error) {
	var best *fulfillment.Offer
	for i := range offers {
		if o := &offers[i]; o.Type == fulfillment.Shipping && (best == nil || o.Charge.Minor() < best.Charge.Minor()) {
			best = o
		}
	}
	if best == nil {
		return money.New(0, q.cart.Currency), nil
	}
	if s.opts.DeliveryIncludesTax || best.Charge.IsZero() {
		return best.Charge, nil
	}
	// Delivery promotions would lower the tax, so the price is asked for without any
	// code and taken without the discount of those that need none.
	terms := q.terms
	charge := pricing.Shipping{ID: deliveryLine, Amount: best.Charge}
	if g != nil {
		charge.Lines, charge.TaxPlace = g.lines, g.taxPlace
	}
	charge.TaxClass = q.deliveryClass(best.Tax, charge.Lines)
	terms.Shipping = []pricing.Shipping{charge}
	var quote pricing.Quote
	if err := s.opts.Carts.QuoteInto(&quote, &q.cart, terms); err != nil {
		return money.Amount{}, err
	}
	l := &quote.Shipping[0]
	if l.Discount.IsZero() || l.Net.IsZero() {
		if l.Discount.IsZero() {
			return l.Total, nil
		}
		return best.Charge, nil
	}
	taxed, err := best.Charge.MulRatio(l.Tax.Minor(), l.Net.Minor(), money.HalfUp)
	if err != nil {
		return money.Amount{}, err
	}
	return best.Charge.Add(taxed)
}

// The properties of a purchase. Amounts are decimal texts in
// the currency of the event's value.
const (
	PropertyCoupons    = "coupons"    // codes that took something off; by the express way, those of the cart
	PropertyPromotions = "promotions" // id → what it took off
	PropertyTax        = "tax"
	PropertyShipping   = "shipping" // what is paid for the delivery
	PropertyTenders    = "tenders"  // type → what it pays
)

// purchaseOf tells of an order that was placed.
func purchaseOf(o *order.Order) flywheel.Event {
	e := flywheel.Event{
		ID: eventid.Of("purchase", string(o.ID)), Name: flywheel.EventPurchase, Time: o.PlacedAt,
		Customer: o.Customer, Visitor: o.Visitor, Session: o.Session, Ref: string(o.ID),
		Lines: o.Items(), Value: o.Total, Properties: map[string]any{PropertyTax: o.Tax.Decimal().String()},
	}
	if len(o.Coupons) > 0 {
		codes := make([]any, len(o.Coupons))
		for i, c := range o.Coupons {
			codes[i] = c
		}
		e.Properties[PropertyCoupons] = codes
	}
	if len(o.Promotions) > 0 {
		off := map[string]any{}
		for _, p := range o.Promotions {
			off[p.ID] = p.Discount.Decimal().String()
		}
		e.Properties[PropertyPromotions] = off
	}
	if o.Delivery != nil {
		e.Properties[PropertyShipping] = o.Delivery.Total.Decimal().String()
	}
	if len(o.Deliveries) > 0 {
		sum := int64(0)
		for i := range o.Deliveries {
			sum += o.Deliveries[i].Total.Minor()
		}
		e.Properties[PropertyShipping] = money.New(sum, o.Currency).Decimal().String()
	}
	if len(o.Tenders) > 0 {
		paid := map[string]int64{}
		for _, t := range o.Tenders {
			paid[string(t.Type)] += t.Amount.Minor()
		}
		shares := map[string]any{}
		for t, minor := range paid {
			shares[t] = money.New(minor, o.Currency).Decimal().String()
		}
		e.Properties[PropertyTenders] = shares
	}
	return e
}
