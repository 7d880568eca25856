package order

import (
	"fmt"
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
	Authorization string       `json:"authorization,omitempty"`
	Authorized    money.Amount `json:"authorized"`
	Captured      money.Amount `json:"captured"`
	Refunded      money.Amount `json:"refunded"`
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

// Validate reports the first thing wrong with an order that is to be placed.
// The rules: identifiers are identifiers, there is at least one line and no two
// share an ID, quantities are positive, amounts are not negative and of
// the order's currency, Net + Tax = Total on every line, the sums are the sums,
// and nothing is returned yet.
func (o *Order) Validate() error {
	fail := func(field string, err error) error { return &FieldError{Order: o.ID, Field: field, Err: err} }
	for _, f := range [...]struct {
		name, value string
		optional    bool
	}{
		{"id", string(o.ID), false}, {"key", o.Key, false}, {"cart", o.Cart, true},
		{"customer", string(o.Customer), true}, {"visitor", string(o.Visitor), true}, {"session", o.Session, true},
		{"reservation", o.Reservation, true}, {"payment.authorization", o.Payment.Authorization, true},
	} {
		if f.optional && f.value == "" {
			continue
		}
		if err := flywheel.CheckID(f.value); err != nil {
			return fail(f.name, err)
		}
	}
	for i, code := range o.Coupons {
		if err := flywheel.CheckID(code); err != nil {
			return fail(fmt.Sprintf("coupons[%d]", i), err)
		}
	}
	switch {
	case o.Customer == "" && o.Visitor == "":
		return fail("customer", fmt.Errorf("neither customer nor visitor: %w", flywheel.ErrInvalid))
	case o.Currency.IsZero():
		return fail("currency", fmt.Errorf("missing: %w", flywheel.ErrInvalid))
	case len(o.Lines) == 0:
		return fail("lines", fmt.Errorf("none: %w", flywheel.ErrInvalid))
	case o.PlacedAt.IsZero():
		return fail("placed_at", fmt.Errorf("missing: %w", flywheel.ErrInvalid))
	case o.Status != Placed:
		return fail("status", fmt.Errorf("%q is not %q: %w", o.Status, Placed, flywheel.ErrInvalid))
	case len(o.Returns) > 0:
		return fail("returns", fmt.Errorf("already there: %w", flywheel.ErrInvalid))
	}
	var sums [5]int64
	for i := range o.Lines {
		l := &o.Lines[i]
		if field, err := l.check(o.Currency, &sums); err != nil {
			return fail(fmt.Sprintf("lines[%d].%s", i, field), err)
		}
	}
	if i := repeatedLine(o.Lines); i >= 0 {
		return fail(fmt.Sprintf("lines[%d].id", i), fmt.Errorf("%q twice: %w", o.Lines[i].ID, flywheel.ErrInvalid))
	}
	for i, f := range [...]struct {
		name   string
		amount money.Amount
	}{{"subtotal", o.Subtotal}, {"discount", o.Discount}, {"net", o.Net}, {"tax", o.Tax}, {"total", o.Total}} {
		if want := money.New(sums[i], o.Currency); f.amount != want {
			return fail(f.name, fmt.Errorf("%v, the lines sum to %v: %w", f.amount, want, flywheel.ErrInvalid))
		}
	}
	if o.Payment.Authorization != "" && o.Payment.Authorized != o.Total {
		return fail("payment.authorized", fmt.Errorf("%v of %v: %w", o.Payment.Authorized, o.Total, flywheel.ErrInvalid))
	}
	return nil
}

// check validates one line and adds its amounts to sums: subtotal, discount,
// net, tax, total.
func (l *Line) check(c money.Currency, sums *[5]int64) (field string, err error) {
	if err := flywheel.CheckID(l.ID); err != nil {
		return "id", err
	}
	if err := flywheel.CheckID(string(l.SKU)); err != nil {
		return "sku", err
	}
	if l.Quantity <= 0 {
		return "quantity", fmt.Errorf("%d is not positive: %w", l.Quantity, flywheel.ErrOutOfRange)
	}
	if l.Returned != 0 {
		return "returned", fmt.Errorf("%d at the time of order: %w", l.Returned, flywheel.ErrInvalid)
	}
	amounts := [5]money.Amount{l.Subtotal, l.Discount, l.Net, l.Tax, l.Total}
	names := [5]string{"subtotal", "discount", "net", "tax", "total"}
	for i, a := range amounts {
		if a.Currency() != c {
			return names[i], fmt.Errorf("%v is not in %v: %w", a, c, flywheel.ErrInvalid)
		}
		if a.Minor() < 0 {
			return names[i], fmt.Errorf("%v is negative: %w", a, flywheel.ErrOutOfRange)
		}
		if sums[i] += a.Minor(); sums[i] < 0 {
			return names[i], fmt.Errorf("sum overflows: %w", flywheel.ErrOutOfRange)
		}
	}
	if l.Net.Minor() > l.Total.Minor() || l.Total.Minor()-l.Net.Minor() != l.Tax.Minor() {
		return "total", fmt.Errorf("%v + %v is not %v: %w", l.Net, l.Tax, l.Total, flywheel.ErrInvalid)
	}
	return "", nil
}

// repeatedLine returns the index of the first line whose ID an earlier line
// has, or -1. Short orders need no map.
func repeatedLine(lines []Line) int {
	if len(lines) <= 64 {
		for i := range lines {
			for j := range lines[:i] {
				if lines[j].ID == lines[i].ID {
					return i
				}
			}
		}
		return -1
	}
	seen := make(map[string]struct{}, len(lines))
	for i := range lines {
		if _, ok := seen[lines[i].ID]; ok {
			return i
		}
		seen[lines[i].ID] = struct{}{}
	}
	return -1
}
