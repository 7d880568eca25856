package checkout

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// Shop prices and packs what is added to orders that stand, by the terms by which
// [Sessions] price. It is the order.Shop of an order.Service, and safe for
// concurrent use.
type Shop struct{ s Sessions }

var _ order.Shop = (*Shop)(nil)

// NewShop returns a shop with the neighbors of sessions; Orders is not needed, so
// that the shop can be made before them.
func NewShop(opts *SessionOptions) (*Shop, error) {
	if opts == nil || opts.Carts == nil {
		return nil, fmt.Errorf("checkout: shop without carts: %w", flywheel.ErrInvalid)
	}
	return &Shop{Sessions{opts: *opts}}, nil
}

// Offer implements order.Shop. Lines are named by their place among the items.
func (w *Shop) Offer(ctx context.Context, o *order.Order, items []order.Item, at time.Time, replace bool) (order.Offer, error) {
	q := &sessionQuote{at: at, cart: cart.Cart{Customer: o.Customer, Visitor: o.Visitor, Currency: o.Currency, Status: cart.Open}}
	gross := w.s.opts.DeliveryIncludesTax
	if len(o.Lines) > 0 {
		gross = o.Lines[0].TaxIncluded
	}
	for i := range items {
		l := cart.Line{ID: strconv.Itoa(i), SKU: items[i].SKU, Quantity: items[i].Quantity}
		if items[i].Agreed != nil {
			l.Agreed, l.TaxIncluded = *items[i].Agreed, gross
		}
		q.cart.Lines = append(q.cart.Lines, l)
	}
	if err := w.s.describe(ctx, q); err != nil {
		return order.Offer{}, err
	}
	for i := range items {
		if item, known := q.items[items[i].SKU]; w.s.opts.Catalog != nil && (!known || item.Withdrawn) {
			return order.Offer{}, &flywheel.FieldError{Field: fmt.Sprintf("add[%d].sku", i), Err: fmt.Errorf("%q: %w", items[i].SKU, flywheel.ErrNotFound)}
		}
	}
	var pickup fulfillment.Location
	if o.Delivery != nil && o.Delivery.Type == string(fulfillment.Pickup) {
		pickup = o.Delivery.Location
	}
	var offer order.Offer
	if !replace {
		var err error
		if offer.Lines, err = w.price(ctx, o, q, pickup); err != nil {
			return order.Offer{}, err
		}
	}
	if w.s.opts.Network == nil {
		return offer, nil
	}
	var err error
	if q.alloc, err = w.s.opts.Network.Allocate(q.ship, q.stock, pickup); err != nil {
		return order.Offer{}, err
	}
	if len(q.alloc.Short) > 0 {
		short := &order.ShortError{Short: map[flywheel.SKU]int64{}}
		for _, l := range q.alloc.Short {
			short.Short[l.SKU] = l.Have
		}
		return order.Offer{}, short
	}
	for _, p := range w.s.opts.Network.Parcels(&q.alloc, 1) {
		to := order.Parcel{Parcel: p, Status: order.ParcelOpen}
		if o.Delivery != nil {
			if to.Earliest, to.Latest, err = w.s.opts.Network.Promise(&p, o.Delivery.Option, at); err != nil {
				return order.Offer{}, err
			}
		}
		offer.Parcels = append(offer.Parcels, to)
	}
	return offer, nil
}

// price returns the lines at today's price, or the agreed one, without promotions.
func (w *Shop) price(ctx context.Context, o *order.Order, q *sessionQuote, pickup fulfillment.Location) (lines []order.Line, err error) {
	of := &Session{Address: o.Shipping}
	q.terms.Coupons, q.terms.WithoutPromotions = []string{}, true
	q.terms.TaxExempt = q.terms.TaxExempt || o.TaxExempt
	if err := w.s.askTaxes(ctx, of, q, pickup); err != nil {
		return nil, err
	}
	if err := w.s.opts.Carts.QuoteInto(&q.quote, &q.cart, q.terms); err != nil {
		return nil, err
	}
	if err := q.quote.Priced(); err != nil {
		return nil, err
	}
	for i := range q.quote.Lines {
		lines = append(lines, q.orderLine(&q.quote.Lines[i]))
	}
	return lines, nil
}
