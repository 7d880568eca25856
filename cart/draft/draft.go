package draft

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// ID identifies a [Draft].
type ID string

// Status is where a draft stands.
type Status string

// The states of a draft. Ordered, withdrawn and expired are final.
const (
	Open      Status = "open" // staff works at it
	Sent      Status = "sent" // the buyer can see it and order
	Ordered   Status = "ordered"
	Withdrawn Status = "withdrawn"
	Expired   Status = "expired"
)

// Final reports that the draft changes no more.
func (s Status) Final() bool { return s == Ordered || s == Withdrawn || s == Expired }

// Draft is an order that staff prepares for somebody, or a quote. It is loaded and
// saved whole.
type Draft struct {
	ID ID `json:"id"`
	// Key makes [Service.Create] idempotent: no two drafts have the same.
	Key string `json:"key"`
	// By names the member of staff who made it.
	By string `json:"by"`
	// Customer is for whom it is, empty for somebody without an account; then Visitor
	// names him, by default one that nobody else has.
	Customer flywheel.CustomerID `json:"customer,omitempty"`
	Visitor  flywheel.VisitorID  `json:"visitor,omitempty"`
	Currency money.Currency      `json:"currency"`
	Lines    []Line              `json:"lines"`
	// Buyer, Address and Billing are what staff knows; the buyer may set them.
	Buyer   checkout.Buyer `json:"buyer"`
	Address *order.Address `json:"address,omitempty"`
	Billing *order.Address `json:"billing,omitempty"`
	// Deliveries are how the lines travel; their Lines are "1", "2", … in the order of
	// Lines. None: the buyer chooses.
	Deliveries []checkout.DeliveryChoice `json:"deliveries,omitempty"`
	// Note is for the buyer.
	Note string `json:"note,omitempty"`
	// ValidUntil is the first instant at which the draft no longer holds.
	ValidUntil time.Time `json:"valid_until"`
	Status     Status    `json:"status"`
	// Sends counts how often it was sent, Cart is the cart of the last time.
	Sends int64   `json:"sends,omitempty"`
	Cart  cart.ID `json:"cart,omitempty"`
	// Session is the one of the last try to place it.
	Session checkout.SessionID `json:"session,omitempty"`
	// Order is what an ordered draft became.
	Order order.ID `json:"order,omitempty"`
	// Asked stands for what [Service.Create] was asked for.
	Asked     string    `json:"asked,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	// Due is when [Service.Advance] looks at it next, zero for never.
	Due time.Time `json:"due,omitzero"`
	// Version counts the saves; the first is 1.
	Version int64 `json:"version"`
}

// Line is a quantity of an item at an agreed price.
type Line struct {
	SKU      flywheel.SKU `json:"sku"`
	Quantity int64        `json:"quantity"`
	// Price is that of a unit before Off; zero takes the price of the day when the draft
	// is saved, which stands here from then on.
	Price money.Price `json:"price,omitzero"`
	// TaxIncluded says that Price has the tax within. With the price of the day it is
	// what that says.
	TaxIncluded bool `json:"tax_included,omitempty"`
	// Off is the part of Price that is given off, from 0 to 1. The agreed price of a
	// unit is rounded half up to the minor unit.
	Off money.Rate `json:"off,omitzero"`
	// Unit is the agreed price.
	Unit money.Price `json:"unit"`
}

// The bounds of a draft.
const (
	MaxLines = 500
	MaxNote  = 4096 // bytes
)

// Clone returns a copy that shares no memory with d.
func (d *Draft) Clone() Draft {
	c := *d
	c.Lines = slices.Clone(d.Lines)
	c.Buyer.Consent = slices.Clone(d.Buyer.Consent)
	c.Address, c.Billing = cloneAddress(d.Address), cloneAddress(d.Billing)
	c.Deliveries = slices.Clone(d.Deliveries)
	for i := range c.Deliveries {
		c.Deliveries[i].Lines = slices.Clone(c.Deliveries[i].Lines)
	}
	return c
}

func cloneAddress(a *order.Address) *order.Address {
	if a == nil {
		return nil
	}
	c := *a
	c.Street = slices.Clone(a.Street)
	return &c
}

// Normal returns d as stores keep it: times in UTC to the microsecond. It shares memory
// with d. It is for authors of stores.
func (d Draft) Normal() Draft {
	for _, t := range []*time.Time{&d.ValidUntil, &d.CreatedAt, &d.UpdatedAt, &d.Due} {
		*t = normal(*t)
	}
	return d
}

func normal(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

func refuse(field string, kind error, format string, args ...any) error {
	return &flywheel.FieldError{Field: field, Err: fmt.Errorf("draft: "+format+": %w", append(args, kind)...)}
}

// check reports the first thing wrong with the terms of a draft.
func (d *Draft) check(now time.Time) error {
	for _, f := range [...]struct{ name, value string }{{"id", string(d.ID)}, {"key", d.Key}, {"by", d.By}} {
		if err := flywheel.CheckID(f.value); err != nil {
			return &flywheel.FieldError{Field: f.name, Err: err}
		}
	}
	for _, f := range [...]struct{ name, value string }{{"customer", string(d.Customer)}, {"visitor", string(d.Visitor)}} {
		if f.value == "" {
			continue
		}
		if err := flywheel.CheckID(f.value); err != nil {
			return &flywheel.FieldError{Field: f.name, Err: err}
		}
	}
	switch {
	case d.Currency.IsZero():
		return refuse("currency", flywheel.ErrInvalid, "missing")
	case len(d.Lines) == 0:
		return refuse("lines", flywheel.ErrInvalid, "none")
	case len(d.Lines) > MaxLines:
		return refuse("lines", flywheel.ErrLimit, "%d, at most %d", len(d.Lines), MaxLines)
	case len(d.Note) > MaxNote:
		return refuse("note", flywheel.ErrLimit, "%d bytes, at most %d", len(d.Note), MaxNote)
	case !utf8.ValidString(d.Note):
		return refuse("note", flywheel.ErrInvalid, "not UTF-8")
	case !d.ValidUntil.After(now):
		return refuse("valid_until", flywheel.ErrOutOfRange, "%s is over", d.ValidUntil.Format(time.RFC3339))
	}
	type terms struct {
		sku      flywheel.SKU
		unit     money.Price
		included bool
	}
	seen := map[terms]int{}
	for i := range d.Lines {
		l, field := &d.Lines[i], func(name string) string { return fmt.Sprintf("lines[%d].%s", i, name) }
		if err := flywheel.CheckID(string(l.SKU)); err != nil {
			return &flywheel.FieldError{Field: field("sku"), Err: err}
		}
		key := terms{l.SKU, l.Unit, l.TaxIncluded}
		if first, twice := seen[key]; twice {
			return refuse(field("sku"), flywheel.ErrInvalid, "%q is line %d too, at the same price", l.SKU, first)
		}
		seen[key] = i
		if l.Quantity < 1 || l.Quantity > order.MaxQuantity {
			return refuse(field("quantity"), flywheel.ErrOutOfRange, "%d units", l.Quantity)
		}
		if (l.Price != money.Price{}) && (l.Price.Currency() != d.Currency || l.Price.Sign() < 0) {
			return refuse(field("price"), flywheel.ErrInvalid, "%v", l.Price)
		}
		if l.Off.Sign() < 0 || l.Off.Cmp(money.Percent(100)) > 0 {
			return refuse(field("off"), flywheel.ErrOutOfRange, "%s is not between 0 and 1", l.Off)
		}
	}
	return nil
}
