package cart

import (
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// ID identifies a cart.
type ID string

// Status is where a cart stands. Only an open cart can be changed.
type Status string

// The states of a cart.
const (
	// Open means that the cart is being filled.
	Open Status = "open"
	// Ordered means that the cart became an order.
	Ordered Status = "ordered"
	// Merged means that its lines went into another cart.
	Merged Status = "merged"
	// Expired means that nobody touched it for too long.
	Expired Status = "expired"
)

// Cart is what a customer or a guest means to buy. It is loaded and saved whole.
type Cart struct {
	ID       ID                  `json:"id"`
	Customer flywheel.CustomerID `json:"customer,omitempty"`
	// Visitor is the device; of a guest's cart it is the owner.
	Visitor  flywheel.VisitorID `json:"visitor,omitempty"`
	Session  string             `json:"session,omitempty"`
	Currency money.Currency     `json:"currency"`
	Lines    []Line             `json:"lines"`
	Coupons  []string           `json:"coupons,omitempty"`
	Status   Status             `json:"status"`
	// Order is the order that an ordered cart became, Into the cart that took
	// the lines of a merged one.
	Order string `json:"order,omitempty"`
	Into  ID     `json:"into,omitempty"`
	// Frozen names what holds the cart as it is, such as a checkout session whose
	// payment is under way; empty while it can be changed.
	Frozen string `json:"frozen,omitempty"`
	// Draft names the draft order of package draft that made the cart, empty for one
	// that a shopper fills. Its goods and prices are agreed: nobody changes it, it is
	// not merged at login, nothing is taken off it, and time does not end it.
	Draft string `json:"draft,omitempty"`
	// Absorbed are the carts whose lines were merged into this one.
	Absorbed  []ID      `json:"absorbed,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	// UpdatedAt is when the cart was last changed, in UTC to the microsecond.
	UpdatedAt time.Time `json:"updated_at"`
	// AbandonedAt is the instant at which the cart counted as abandoned, zero
	// while it does not; a change of the cart sets it back.
	AbandonedAt time.Time `json:"abandoned_at,omitzero"`
	// Due is the next instant at which time alone changes the cart, zero for never;
	// see [Service.Advance].
	Due time.Time `json:"due,omitzero"`
	// LastLine is the number of the last line that was given an ID here.
	LastLine int64 `json:"last_line"`
	// Version counts the saves; the first is 1.
	Version int64 `json:"version"`
}

// Line is a quantity of one SKU.
type Line struct {
	// ID is unique within the cart. Leave it empty to have one given.
	ID       string       `json:"id"`
	SKU      flywheel.SKU `json:"sku"`
	Quantity int64        `json:"quantity"`
	// Agreed is a price per unit that was agreed on, such as in a negotiation
	// or by a recorded sale; zero takes the price from the price lists.
	// It is set by trusted code, never from a shopper's request.
	Agreed money.Price `json:"agreed,omitzero"`
	// TaxIncluded says that Agreed is gross.
	TaxIncluded bool `json:"tax_included,omitempty"`
	// TaxClass, when set, says how the line is taxed.
	TaxClass string `json:"tax_class,omitempty"`
	// Personalization is what the buyer asks of each unit, such as the words of an
	// engraving. Units of one SKU that are asked for differently stand on lines of
	// their own. It goes with the line into the order and onto its papers, never into
	// an event.
	Personalization flywheel.Details `json:"personalization,omitzero"`
	// Seen is the price per unit that the buyer was last shown, see [Service.Look]; zero
	// while the line was not shown as it is.
	Seen money.Price `json:"seen,omitzero"`
	// Metadata is the shop's own, of no meaning here: it goes with the line into the
	// order. Adding units to the line replaces it, unless they come without.
	Metadata flywheel.Details `json:"metadata,omitzero"`
}

// Line returns the line with the given id, or nil.
func (c *Cart) Line(id string) *Line {
	for i := range c.Lines {
		if c.Lines[i].ID == id {
			return &c.Lines[i]
		}
	}
	return nil
}

// Clone returns a copy that shares no memory with c.
func (c *Cart) Clone() Cart {
	d := *c
	d.Lines = slices.Clone(c.Lines)
	d.Coupons = slices.Clone(c.Coupons)
	d.Absorbed = slices.Clone(c.Absorbed)
	return d
}
