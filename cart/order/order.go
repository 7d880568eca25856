package order

import (
	"maps"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
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

	// Mode says when a card is charged. Orders of checkout sessions have one; of an
	// order without it goods and money change hands at once, and parcels, tenders,
	// papers and operations are not kept.
	Mode CaptureMode `json:"mode,omitempty"`
	// Number is how the buyer calls the order. It is unique and reveals nothing;
	// [Service.Place] makes one if it is empty.
	Number string `json:"number,omitempty"`
	// TaxExempt says that the buyer pays no tax on top of prices without tax.
	TaxExempt bool              `json:"tax_exempt,omitempty"`
	Contact   Contact           `json:"contact,omitzero"`
	Shipping  *Address          `json:"shipping,omitempty"`
	Billing   *Address          `json:"billing,omitempty"`
	Metadata  map[string]string `json:"metadata,omitempty"`
	// Delivery is nil where nothing is delivered, or not all in one way. Its charge is part of Subtotal, its
	// discount of Discount, and what it cost of Net, Tax and Total.
	Delivery *Delivery `json:"delivery,omitempty"`
	// Deliveries take its place where groups of lines travel in different ways: each
	// line that is sent is in one of them.
	Deliveries []Delivery `json:"deliveries,omitempty"`
	Parcels    []Parcel   `json:"parcels,omitempty"`
	// Tenders pay in their sequence. Payment is derived from them.
	Tenders []Tender `json:"tenders,omitempty"`
	// Uses are the codes that the order used up.
	Uses   []CouponUse `json:"uses,omitempty"`
	Policy Policy      `json:"policy,omitzero"`
	// Documents are the invoices and credit notes, in the sequence in which they were
	// written.
	Documents []Document `json:"documents,omitempty"`
	// RMAs are the returns and exchanges that were agreed.
	RMAs []RMA `json:"rmas,omitempty"`
	// Operations are what was done with the order since it was placed, and Sequence
	// counts them and those that were withdrawn.
	Operations []Operation `json:"operations,omitempty"`
	Sequence   int64       `json:"sequence,omitempty"`
	// PaidAt is when all money was taken, zero before.
	PaidAt time.Time `json:"paid_at,omitzero"`
	// Prepaid is what balances paid and no parcel has used up yet, of an order that
	// is paid on shipment. Credited was paid back as store credit in place of money.
	// Due is what the buyer owes for an exchange whose goods did not come back.
	Prepaid  money.Amount `json:"prepaid,omitzero"`
	Credited money.Amount `json:"credited,omitzero"`
	Due      money.Amount `json:"due,omitzero"`

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
	// Returned counts the units that came back or, of an order without Mode, are on
	// their way back.
	Returned int64 `json:"returned,omitempty"`

	// Title, Categories, Brand and Cost are those of the day of the sale.
	Title      string       `json:"title,omitempty"`
	Categories []string     `json:"categories,omitempty"`
	Brand      string       `json:"brand,omitempty"`
	Cost       money.Amount `json:"cost,omitzero"`
	TaxClass   string       `json:"tax_class,omitempty"`
	// Taxes are the parts of Tax where there are several, and Trace explains Total.
	Taxes []pricing.TaxPart `json:"taxes,omitempty"`
	Trace []pricing.Step    `json:"trace,omitempty"`
	// FinalSale says that the item does not come back for a change of mind, Download
	// that it is in no parcel.
	FinalSale bool `json:"final_sale,omitempty"`
	Download  bool `json:"download,omitempty"`
	// NetContent is what one unit holds, as sold; with Unit it makes the price per kilogram
	// or liter (pricing.PerUnit).
	NetContent flywheel.NetContent `json:"net_content,omitzero"`
	// Personalization is what the buyer asked of each unit, and Metadata the shop's own.
	Personalization flywheel.Details `json:"personalization,omitzero"`
	Metadata        flywheel.Details `json:"metadata,omitzero"`
	// Added names the operation that added the line, empty when it was ordered.
	Added string `json:"added,omitempty"`
	// Canceled counts the units that were called off, Shipped those that were sent.
	// Units leave from the front, are called off from the back and come back from
	// the front, so that all parts of a line sum to it.
	Canceled int64 `json:"canceled,omitempty"`
	Shipped  int64 `json:"shipped,omitempty"`
	// DeliveredAt is when units of the line arrived last.
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
}

// CaptureMode says when a card is charged.
type CaptureMode string

// When a card is charged.
const (
	OnPlace    CaptureMode = "on_place"    // as soon as the order stands; before that nothing is sent
	OnShipment CaptureMode = "on_shipment" // for each parcel when it is sent
)

// CouponUse is a code that an order used up, and the reference of its use.
type CouponUse struct {
	Code string `json:"code"`
	Ref  string `json:"ref"`
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
	if o.Status == Placed && o.Mode != OnShipment {
		return true
	}
	for i := range o.Operations {
		if !o.Operations[i].Done {
			return true
		}
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
	ownSteps(c.Lines)
	for i := range c.Lines {
		l := &c.Lines[i]
		l.Categories, l.Taxes = slices.Clone(l.Categories), slices.Clone(l.Taxes)
	}
	if c.Mode == "" {
		return c
	}
	c.Shipping, c.Billing = o.Shipping.clone(), o.Billing.clone()
	c.Metadata = maps.Clone(o.Metadata)
	c.Delivery = o.Delivery.clone()
	c.Deliveries = slices.Clone(o.Deliveries)
	for i := range c.Deliveries {
		c.Deliveries[i] = *c.Deliveries[i].clone()
	}
	c.Parcels = cloneParcels(o.Parcels)
	c.Tenders = cloneTenders(o.Tenders)
	c.Uses = slices.Clone(o.Uses)
	c.Policy = o.Policy.clone()
	c.Documents = cloneDocuments(o.Documents)
	c.RMAs = cloneRMAs(o.RMAs)
	c.Operations = cloneOperations(o.Operations)
	return c
}

// work returns a copy on which a command can work: it shares with o what no command
// changes of a line, what explains how it was sold.
func (o *Order) work() Order {
	c := o.withLines()
	c.Lines = slices.Clone(c.Lines)
	return c
}

// withLines is work for whoever changes no line.
func (o *Order) withLines() Order {
	c := *o
	c.Lines = nil
	c = c.Clone()
	c.Lines = o.Lines
	return c
}

// ownSteps gives lines traces of their own, in one piece of memory.
func ownSteps(lines []Line) {
	n := 0
	for i := range lines {
		n += len(lines[i].Trace)
	}
	steps := make([]pricing.Step, 0, n)
	for i := range lines {
		if l := &lines[i]; l.Trace != nil {
			from := len(steps)
			steps = append(steps, l.Trace...)
			l.Trace = steps[from:len(steps):len(steps)]
		}
	}
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

// sameAs reports whether two versions of a line are the same: what was sold never
// changes.
func (l Line) sameAs(other Line) bool {
	return l.ID == other.ID && l.Returned == other.Returned && l.Canceled == other.Canceled && l.Shipped == other.Shipped && l.DeliveredAt.Equal(other.DeliveredAt)
}
