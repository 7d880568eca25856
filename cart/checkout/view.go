package checkout

import (
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// View is an answer of a session, priced at the prices, stock, codes and balances of
// now. While a try is under way it is as it was when the try began.
type View struct {
	Session SessionID     `json:"id"`
	Cart    cart.ID       `json:"cart"`
	Status  SessionStatus `json:"status"`
	// Version is the number of the content below.
	Version  int64     `json:"version"`
	Messages []Message `json:"messages"`
	Content
	// Action is what the bank wants the buyer to do, nil for nothing.
	Action *payment.ActionError `json:"action,omitempty"`
	// Offers are the delivery options to choose from, with their dates.
	Offers []fulfillment.Offer `json:"options,omitempty"`
	// GroupOffers are those of each of Groups, which take the place of Offers where
	// groups of lines travel in different ways.
	GroupOffers [][]fulfillment.Offer `json:"group_options,omitempty"`
	// Order is what a completed session became.
	Order order.ID `json:"order,omitempty"`
	// Continue is the page where the buyer goes on, of a session that can still become
	// an order; see SessionOptions.
	Continue string `json:"continue_url,omitempty"`
}

// TotalType says what a [Total] is of.
type TotalType string

// The types of totals, in the order in which they are told. Discounts are negative;
// without ItemsDiscount and Discount, Subtotal is of the goods as listed.
const (
	TotalSubtotal      TotalType = "subtotal"
	TotalItemsDiscount TotalType = "items_discount" // computed line by line
	TotalDiscount      TotalType = "discount"       // shared over the lines, or off the delivery
	TotalFulfillment   TotalType = "fulfillment"    // before its discount
	TotalTax           TotalType = "tax"            // on top of the prices
	TotalTotal         TotalType = "total"          // what is paid
)

// Total is one of the sums of a session. All but the last add up to the last.
type Total struct {
	Type   TotalType    `json:"type"`
	Amount money.Amount `json:"amount"`
}

// TaxTotal is what is taxed at one rate, goods and delivery.
type TaxTotal struct {
	Rate money.Rate   `json:"rate"`
	Net  money.Amount `json:"net"`
	Tax  money.Amount `json:"tax"`
}

// Method says how a promotion was shared.
type Method string

// The methods.
const (
	Each   Method = "each"   // computed on each line
	Across Method = "across" // computed once and shared
)

// AppliedCode is a promotion that took something off, with its code if it has one.
type AppliedCode struct {
	Promotion string       `json:"promotion"`
	Code      string       `json:"code,omitempty"`
	Amount    money.Amount `json:"amount"`
	Method    Method       `json:"method"`
	// Allocations add up to Amount.
	Allocations []Allocation `json:"allocations"`
}

// Allocation is the part of a promotion that a line, or the delivery, bears.
type Allocation struct {
	Path   string       `json:"path"`
	Amount money.Amount `json:"amount"`
}

// Share is what one tender pays.
type Share struct {
	// Tender is the type, for a gift card with a colon and its code.
	Tender string       `json:"tender"`
	Amount money.Amount `json:"amount"`
	// Points are what the amount takes of points.
	Points int64 `json:"points,omitempty"`
}

// Of returns the total of a type, zero where it is not told.
func (c *Content) Of(t TotalType) money.Amount {
	for _, total := range c.Totals {
		if total.Type == t {
			return total.Amount
		}
	}
	return money.New(0, c.Total.Currency())
}
