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
	q.group(of)
	engine := s.opts.Carts.Engine()
	for _, c := range q.codes {
		if c.unlocks == "" {
			continue
		}
		if text := engine.Coupon(c.unlocks); text != "" && !slices.Contains(q.terms.Coupons, text) {
			q.terms.Coupons = append(q.terms.Coupons, text)
		}
	}
	if len(q.groups) > 0 {
		return s.deliverGroups(ctx, of, q)
	}
	var place fulfillment.Location // of a pickup
	if q.ships {
		place = s.pickupOf(q.option)
	}
	if err := s.askTaxes(ctx, of, q, place); err != nil {
		return err
	}
	if s.opts.Network == nil {
		return s.opts.Carts.QuoteInto(&q.quote, &q.cart, q.terms)
	}
	r := fulfillment.Request{Items: q.ship, Stock: q.stock, Value: money.New(0, q.cart.Currency), At: q.at, Memory: &q.pieces}
	if !q.anew {
		r.Chosen = q.option
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
	r.Address = of.destination()
	var err error
	if q.offers, q.alloc, err = s.opts.Network.Plan(r); err != nil {
		return err
	}
	q.pieces = q.alloc
	if q.ships {
		q.chosen = offered(q.offers, q.option)
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
		ID: deliveryLine, Amount: q.chosen.Charge, TaxIncluded: s.opts.DeliveryIncludesTax, TaxClass: q.deliveryClass(q.chosen.Tax, nil),
	}}
	if s.opts.Taxes != nil && q.terms.Shipping[0].TaxClass != "" {
		if err := s.askTaxes(ctx, of, q, place); err != nil {
			return err
		}
	}
	return s.opts.Carts.QuoteInto(&q.quote, &q.cart, q.terms)
}

// pickupOf returns the place of a pickup option, empty for any other.
func (s *Sessions) pickupOf(option string) fulfillment.Location {
	if option == "" {
		return ""
	}
	o, known := s.opts.Network.Option(option)
	if !known || o.Type != fulfillment.Pickup {
		return ""
	}
	return o.Location
}

// destination is where the goods go, as far as delivery is concerned.
func (s *Session) destination() fulfillment.Address {
	if s.Address == nil {
		return fulfillment.Address{}
	}
	return fulfillment.Address{Country: s.Address.Country, Region: s.Address.Region, Postcode: s.Address.Postcode}
}

// offered returns the offer of an option, nil where it is none.
func offered(offers []fulfillment.Offer, option string) *fulfillment.Offer {
	at := slices.IndexFunc(offers, func(o fulfillment.Offer) bool { return o.ID == option })
	if at < 0 {
		return nil
	}
	return &offers[at]
}

// deliveryClass returns the tax class of a charge for some lines, nil for all: the one
// that the option names, that of the goods with the highest rate, or none to share it
// over the goods.
func (q *sessionQuote) deliveryClass(mode string, lines []string) string {
	if class, named := strings.CutPrefix(mode, "class:"); named {
		return class
	}
	if mode != taxHighest {
		return ""
	}
	best := -1
	for i := range q.quote.Lines {
		if lines != nil && !slices.Contains(lines, q.quote.Lines[i].ID) {
			continue
		}
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
	taxes, exempt, err := s.taxesAt(ctx, q, s.taxPlace(of, pickup), nil)
	if err != nil {
		return err
	}
	q.terms.Taxes, q.terms.TaxExempt = taxes, q.terms.TaxExempt || exempt
	return nil
}

// taxPlace is where goods are taxed: where they are picked up, else where they go, else
// home.
func (s *Sessions) taxPlace(of *Session, pickup fulfillment.Location) tax.Place {
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
	return place
}

// taxesAt returns the taxes in a place of the classes of a quote, or of those of its
// lines and charges that are taxed there, and whether the buyer is exempt from all of
// them.
func (s *Sessions) taxesAt(ctx context.Context, q *sessionQuote, place tax.Place, there *string) (taxes []pricing.Tax, exempt bool, err error) {
	b := pricing.Basket{Customer: q.cart.Customer, At: q.at, Shipping: q.terms.Shipping}
	if there != nil {
		b.Shipping = slices.DeleteFunc(slices.Clone(b.Shipping), func(s pricing.Shipping) bool { return s.TaxPlace != *there })
	}
	for i := range q.cart.Lines {
		l := &q.cart.Lines[i]
		if there != nil && q.terms.TaxPlaces[l.ID] != *there {
			continue
		}
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
		return nil, false, err
	}
	return b.Taxes, b.TaxExempt, nil
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
	if len(q.groups) > 0 {
		s.groupMessages(of, q)
		return
	}
	if q.option != "" && q.chosen == nil {
		q.messages = append(q.messages, onlyOnce(warned(CodeFulfillmentChanged, pathOption)))
	}
	switch {
	case q.chosen != nil:
	case of.Address == nil:
		q.messages = append(q.messages, failed(CodeMissing, pathDestinations))
	case !s.opts.Network.Reaches(of.destination()):
		q.messages = append(q.messages, failed(CodeUndeliverable, pathDestination))
	default:
		q.messages = append(q.messages, failed(CodeMissing, pathOption))
	}
}
