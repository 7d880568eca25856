package order

import (
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// ID identifies an order.
type ID string

// Order is what a customer bought, what was paid for it, and what came back.
// It is loaded and saved whole.
type Order struct {
	ID ID `json:"id"`
	// Key is the idempotency key of the request that placed the order. It
	// belongs to the order's [Buyer]: two buyers may use the same key.
	Key string `json:"key"`
	// Fingerprint stands for the body of that request. The same key with
	// another fingerprint is refused.
	Fingerprint string `json:"fingerprint,omitempty"`
	// Cart names the cart that became the order, empty where there was none.
	// No two orders have the same cart.
	Cart     string              `json:"cart,omitempty"`
	Customer flywheel.CustomerID `json:"customer,omitempty"`
	Visitor  flywheel.VisitorID  `json:"visitor,omitempty"`
	Session  string              `json:"session,omitempty"`
	Currency money.Currency      `json:"currency"`
	Lines    []Line              `json:"lines"`
	Coupons  []string            `json:"coupons,omitempty"`
	// Promotions are those that took something off.
	Promotions []Promotion `json:"promotions,omitempty"`
	// Subtotal, Discount, Net, Tax and Total are the sums over Lines. Total is
	// what is paid; Net + Tax = Total.
	Subtotal money.Amount `json:"subtotal"`
	Discount money.Amount `json:"discount"`
	Net      money.Amount `json:"net"`
	Tax      money.Amount `json:"tax"`
	Total    money.Amount `json:"total"`
	Payment  Payment      `json:"payment"`
	// Reservation is the reference under which the stock was set aside.
	Reservation string `json:"reservation,omitempty"`
	// Booked says that the stock is taken, the cart closed and the purchase
	// published; false only while placing is under way without a transaction.
	Booked  bool     `json:"booked"`
	Status  Status   `json:"status"`
	Returns []Return `json:"returns,omitempty"`
	// PlacedAt is in UTC to the microsecond.
	PlacedAt time.Time `json:"placed_at"`
	// Version counts the saves; the first is 1.
	Version int64 `json:"version"`
}

// Line is one line of an order with the amounts that were quoted.
type Line struct {
	// ID is unique within the order.
	ID       string       `json:"id"`
	SKU      flywheel.SKU `json:"sku"`
	Quantity int64        `json:"quantity"`
	Unit     money.Price  `json:"unit"`
	// TaxIncluded says that Unit, Subtotal and Discount are gross.
	TaxIncluded bool         `json:"tax_included,omitempty"`
	TaxRate     money.Rate   `json:"tax_rate"`
	Subtotal    money.Amount `json:"subtotal"`
	Discount    money.Amount `json:"discount"`
	Net         money.Amount `json:"net"`
	Tax         money.Amount `json:"tax"`
	Total       money.Amount `json:"total"`
	// Returned counts the units that came back or are on their way back.
	Returned int64 `json:"returned,omitempty"`
}

// Promotion is what a promotion took off the order.
type Promotion struct {
	ID       string       `json:"id"`
	Discount money.Amount `json:"discount"`
}

// Payment is the state of the money of an order:
// Refunded ≤ Captured ≤ Authorized.
type Payment struct {
	// Authorization is the gateway's id, empty when nothing was to be paid.
	Authorization string `json:"authorization,omitempty"`
	// Method is the gateway's token for the means of payment.
	Method     string       `json:"method,omitempty"`
	Authorized money.Amount `json:"authorized"`
	Captured   money.Amount `json:"captured"`
	Refunded   money.Amount `json:"refunded"`
}

// Buyer is whom an idempotency key belongs to: a customer, or a visitor while
// the customer is unknown.
type Buyer struct {
	Customer flywheel.CustomerID
	Visitor  flywheel.VisitorID // empty when Customer is set
}

// Buyer returns who placed the order.
func (o *Order) Buyer() Buyer { return BuyerOf(o.Customer, o.Visitor) }

// BuyerOf returns the owner of the keys of a customer, or of a visitor when
// customer is empty.
func BuyerOf(customer flywheel.CustomerID, visitor flywheel.VisitorID) Buyer {
	if customer != "" {
		return Buyer{Customer: customer}
	}
	return Buyer{Visitor: visitor}
}

// Line returns the line with the given id, or nil.
func (o *Order) Line(id string) *Line {
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return &o.Lines[i]
		}
	}
	return nil
}

// Pending reports whether work is outstanding: the order is not captured yet, or
// a return has not been carried through. [Service.Resume] and
// checkout.Checkout.Resume finish it.
func (o *Order) Pending() bool {
	if o.Status == Placed {
		return true
	}
	for i := range o.Returns {
		if !o.Returns[i].Done {
			return true
		}
	}
	return false
}

// Clone returns a copy that shares no memory with o.
func (o *Order) Clone() Order {
	c := *o
	c.Lines = slices.Clone(o.Lines)
	c.Coupons = slices.Clone(o.Coupons)
	c.Promotions = slices.Clone(o.Promotions)
	c.Returns = slices.Clone(o.Returns)
	for i := range c.Returns {
		c.Returns[i].Lines = slices.Clone(c.Returns[i].Lines)
	}
	return c
}

// Items returns the lines as items of an event or of a stock movement.
func (o *Order) Items() []flywheel.Line {
	items := make([]flywheel.Line, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		items[i] = flywheel.Line{SKU: l.SKU, Quantity: l.Quantity, Amount: l.Total}
	}
	return items
}
