package checkout

import (
	"fmt"
	"sync"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing"
)

var quotes = sync.Pool{New: func() any { return new(pricing.Quote) }}

// draft prices the cart and returns the order it would become, without payment. With a
// [*PriceError] it returns the order too.
func (c *Checkout) draft(b *cart.Cart, r *Request) (order.Order, error) {
	if len(b.Lines) == 0 {
		return order.Order{}, fmt.Errorf("checkout: cart %q is empty: %w", b.ID, flywheel.ErrInvalid)
	}
	at := r.At
	if at.IsZero() {
		at = c.opts.Now()
	}
	q := quotes.Get().(*pricing.Quote)
	defer quotes.Put(q)
	terms := cart.Terms{At: at, Groups: r.Groups, TaxExempt: r.TaxExempt, Attributes: r.Attributes}
	if err := c.carts.QuoteInto(q, b, terms); err != nil {
		return order.Order{}, err
	}
	if err := q.Priced(); err != nil {
		return order.Order{}, fmt.Errorf("checkout: cart %q: %w", b.ID, err)
	}
	o := order.Order{
		ID: r.OrderID, Key: r.Key, Fingerprint: r.fingerprint(), Cart: string(b.ID),
		Customer: b.Customer, Visitor: b.Visitor, Session: b.Session, Currency: b.Currency,
		Lines: make([]order.Line, len(q.Lines)), Coupons: b.Coupons,
		Subtotal: q.Subtotal, Discount: q.Discount, Net: q.Net, Tax: q.Tax, Total: q.Total,
		Status: order.Placed, PlacedAt: at,
	}
	if o.ID == "" {
		o.ID = order.ID(c.opts.NewID())
	}
	for i := range q.Lines {
		l := &q.Lines[i]
		o.Lines[i] = order.Line{
			ID: l.ID, SKU: l.SKU, Quantity: l.Quantity, Unit: l.Unit, TaxIncluded: l.TaxIncluded, TaxRate: l.TaxRate,
			Subtotal: l.Subtotal, Discount: l.Discount, Net: l.Net, Tax: l.Tax, Total: l.Total,
			Personalization: b.Lines[i].Personalization, Metadata: b.Lines[i].Metadata,
		}
	}
	for _, a := range q.Applied {
		o.Promotions = append(o.Promotions, order.Promotion{ID: a.Promotion, Discount: a.Discount})
	}
	return o, r.seen(q.Total)
}
