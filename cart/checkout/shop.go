package checkout

import (
	"context"
	"fmt"
	"slices"
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
	ways := w.waysOf(o, q, items)
	var offer order.Offer
	if !replace {
		var err error
		if offer.Lines, err = w.price(ctx, o, q, ways); err != nil {
			return order.Offer{}, err
		}
	}
	if w.s.opts.Network == nil {
		return offer, nil
	}
	stock, short := q.stock, &order.ShortError{Short: map[flywheel.SKU]int64{}}
	packed := order.Order{}
	for i := range ways {
		way := &ways[i]
		a, err := w.s.opts.Network.Allocate(way.items, stock, way.pickup())
		if err != nil {
			return order.Offer{}, err
		}
		for _, l := range a.Short {
			short.Short[l.SKU] = l.Have
		}
		if len(ways) > 1 {
			stock = stock.Less(&a)
		}
		option := ""
		if way.delivery != nil {
			option = way.delivery.Option
		}
		if err := w.s.packInto(&packed, &a, option, "", at); err != nil {
			return order.Offer{}, err
		}
	}
	if len(short.Short) > 0 {
		return order.Offer{}, short
	}
	offer.Parcels = packed.Parcels
	if o.Delivery == nil && len(o.Deliveries) == 0 {
		for i := range offer.Parcels {
			offer.Parcels[i].Earliest, offer.Parcels[i].Latest = fulfillment.Date{}, fulfillment.Date{}
		}
	}
	return offer, nil
}

// way is how some of the items travel; delivery is nil where nothing is delivered.
type way struct {
	delivery *order.Delivery
	items    []fulfillment.Item
}

func (w *way) pickup() fulfillment.Location {
	if w.delivery != nil && w.delivery.Type == string(fulfillment.Pickup) {
		return w.delivery.Location
	}
	return ""
}

// waysOf puts items together that travel together, those first that come from one place.
func (w *Shop) waysOf(o *order.Order, q *sessionQuote, items []order.Item) []way {
	var ways []way
	for i := range items {
		d := o.DeliveryFor(items[i])
		at := slices.IndexFunc(ways, func(w way) bool { return w.delivery == d })
		if at < 0 {
			at, ways = len(ways), append(ways, way{delivery: d})
		}
		ways[at].items = append(ways[at].items, q.ship[i])
	}
	slices.SortStableFunc(ways, func(a, b way) int {
		switch {
		case (a.pickup() == "") == (b.pickup() == ""):
			return 0
		case a.pickup() != "":
			return -1
		}
		return 1
	})
	return ways
}

// askTaxes sets the taxes of the places where the items are taxed.
func (w *Shop) askTaxes(ctx context.Context, of *Session, q *sessionQuote, ways []way) error {
	if len(ways) == 1 {
		return w.s.askTaxes(ctx, of, q, ways[0].pickup())
	}
	for i := range ways {
		g := deliveryGroup{place: ways[i].pickup()}
		for j := range ways[i].items {
			g.lines = append(g.lines, ways[i].items[j].Line)
		}
		q.groups = append(q.groups, g)
	}
	return w.s.askGroupTaxes(ctx, of, q)
}

// price returns the lines at today's price, or the agreed one, without promotions.
func (w *Shop) price(ctx context.Context, o *order.Order, q *sessionQuote, ways []way) (lines []order.Line, err error) {
	of := &Session{Address: o.Shipping}
	q.terms.Coupons, q.terms.WithoutPromotions = []string{}, true
	q.terms.TaxExempt = q.terms.TaxExempt || o.TaxExempt
	if err := w.askTaxes(ctx, of, q, ways); err != nil {
		return nil, err
	}
	if err := w.s.opts.Carts.QuoteInto(&q.quote, &q.cart, q.terms); err != nil {
		return nil, err
	}
	if err := q.quote.Priced(); err != nil {
		return nil, err
	}
	for i := range q.quote.Lines {
		lines = append(lines, q.orderLine(i, slices.Clone(q.quote.Lines[i].Trace)))
	}
	return lines, nil
}
