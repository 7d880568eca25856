package checkout

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// deliveryLine names the charge for delivery in a quote.
const deliveryLine = "delivery"

// taxHighest taxes a charge like the goods with the highest rate.
const taxHighest = "highest"

// deliver prices the goods, finds the options, and prices the goods with the chosen
// one.
func (s *Sessions) deliver(ctx context.Context, of *Session, q *sessionQuote) error {
	q.terms.TaxExempt = q.terms.TaxExempt || of.Buyer.VATExempt
	q.terms.Coupons = []string{}
	engine := s.opts.Carts.Engine()
	for _, c := range q.codes {
		if c.unlocks == "" {
			continue
		}
		if text := engine.Coupon(c.unlocks); text != "" && !slices.Contains(q.terms.Coupons, text) {
			q.terms.Coupons = append(q.terms.Coupons, text)
		}
	}
	var place fulfillment.Location // of a pickup
	if q.ships && of.Option != "" {
		if o, known := s.opts.Network.Option(of.Option); known && o.Type == fulfillment.Pickup {
			place = o.Location
		}
	}
	if err := s.askTaxes(ctx, of, q, place); err != nil {
		return err
	}
	if s.opts.Network == nil {
		return s.opts.Carts.QuoteInto(&q.quote, &q.cart, q.terms)
	}
	r := fulfillment.Request{Items: q.ship, Stock: q.stock, Value: money.New(0, q.cart.Currency), At: q.at}
	if !q.anew {
		r.Chosen = of.Option
	}
	priced := s.opts.Network.ByValue() // else the goods are priced once, with the delivery
	if priced {
		if err := s.opts.Carts.QuoteInto(&q.quote, &q.cart, q.terms); err != nil {
			return err
		}
		for i := range q.quote.Lines {
			l := &q.quote.Lines[i]
			r.Value = money.New(r.Value.Minor()+l.Subtotal.Minor()-l.Discount.Minor(), q.cart.Currency)
		}
	}
	if of.Address != nil {
		r.Address = fulfillment.Address{Country: of.Address.Country, Region: of.Address.Region, Postcode: of.Address.Postcode}
	}
	var err error
	if q.offers, q.alloc, err = s.opts.Network.Plan(r); err != nil {
		return err
	}
	if q.ships && of.Option != "" {
		for i := range q.offers {
			if q.offers[i].ID == of.Option {
				q.chosen = &q.offers[i]
			}
		}
	}
	if q.chosen == nil && place != "" { // the pickup is no longer offered: taxed where the goods go
		place, priced = "", false
		if err := s.askTaxes(ctx, of, q, ""); err != nil {
			return err
		}
	}
	if place != "" {
		if q.alloc, err = s.opts.Network.Allocate(q.ship, q.stock, place); err != nil {
			return err
		}
	}
	if !priced && (q.chosen == nil || q.chosen.Tax == taxHighest) {
		if err := s.opts.Carts.QuoteInto(&q.quote, &q.cart, q.terms); err != nil {
			return err
		}
	}
	if q.chosen == nil {
		return nil
	}
	q.terms.Shipping = []pricing.Shipping{{
		ID: deliveryLine, Amount: q.chosen.Charge, TaxIncluded: s.opts.DeliveryIncludesTax, TaxClass: q.deliveryClass(q.chosen.Tax),
	}}
	if s.opts.Taxes != nil && q.terms.Shipping[0].TaxClass != "" {
		if err := s.askTaxes(ctx, of, q, place); err != nil {
			return err
		}
	}
	return s.opts.Carts.QuoteInto(&q.quote, &q.cart, q.terms)
}

// deliveryClass returns the tax class of a charge: the one that the option names,
// that of the goods with the highest rate, or none to share it over the goods.
func (q *sessionQuote) deliveryClass(mode string) string {
	if class, named := strings.CutPrefix(mode, "class:"); named {
		return class
	}
	if mode != taxHighest {
		return ""
	}
	best := -1
	for i := range q.quote.Lines {
		if best < 0 || q.quote.Lines[i].TaxRate.Cmp(q.quote.Lines[best].TaxRate) > 0 {
			best = i
		}
	}
	if best < 0 {
		return ""
	}
	return q.quote.Lines[best].TaxClass
}

// askTaxes sets the taxes of the place where the sale is taxed: where goods are
// picked up, else where they go, else home.
func (s *Sessions) askTaxes(ctx context.Context, of *Session, q *sessionQuote, pickup fulfillment.Location) error {
	if s.opts.Taxes == nil {
		return nil
	}
	place := s.opts.Home
	switch {
	case pickup != "":
		for _, p := range s.opts.Network.Places() {
			if p.ID == pickup && p.Country != "" {
				place = tax.Place{Country: p.Country, Region: p.Region}
			}
		}
	case of.Address != nil:
		place = tax.Place{Country: of.Address.Country, Region: of.Address.Region, Postal: of.Address.Postcode}
	}
	taxes, err := s.taxesAt(ctx, q, place)
	if err != nil {
		return err
	}
	q.terms.Taxes = taxes
	return nil
}

// taxesAt returns the taxes of the classes of a quote in a place.
func (s *Sessions) taxesAt(ctx context.Context, q *sessionQuote, place tax.Place) ([]pricing.Tax, error) {
	b := pricing.Basket{Customer: q.cart.Customer, At: q.at, Shipping: q.terms.Shipping}
	for i := range q.cart.Lines {
		l := &q.cart.Lines[i]
		class := l.TaxClass
		if class == "" {
			class = q.items[l.SKU].TaxClass
		}
		b.Lines = append(b.Lines, pricing.Line{TaxClass: class})
	}
	provider := s.opts.Taxes
	if s.opts.UntaxedElsewhere {
		provider = untaxedElsewhere{provider}
	}
	if err := b.AskTaxes(ctx, provider, place); err != nil {
		return nil, err
	}
	q.terms.TaxExempt = q.terms.TaxExempt || b.TaxExempt
	return b.Taxes, nil
}

// untaxedElsewhere levies nothing where the provider knows nothing.
type untaxedElsewhere struct{ tax.Provider }

func (u untaxedElsewhere) Taxes(ctx context.Context, q tax.Query) (tax.Decision, error) {
	d, err := u.Provider.Taxes(ctx, q)
	if errors.Is(err, flywheel.ErrNotFound) {
		return tax.Decision{}, nil
	}
	return d, err
}

// deliveryMessages says what is missing for the delivery.
func (s *Sessions) deliveryMessages(of *Session, q *sessionQuote) {
	if !q.ships {
		return
	}
	if of.Option != "" && q.chosen == nil {
		q.messages = append(q.messages, onlyOnce(warned(CodeFulfillmentChanged, pathOption)))
	}
	switch {
	case q.chosen != nil:
	case of.Address == nil:
		q.messages = append(q.messages, failed(CodeMissing, pathDestinations))
	case !s.opts.Network.Reaches(fulfillment.Address{Country: of.Address.Country, Region: of.Address.Region, Postcode: of.Address.Postcode}):
		q.messages = append(q.messages, failed(CodeUndeliverable, pathDestination))
	default:
		q.messages = append(q.messages, failed(CodeMissing, pathOption))
	}
}
