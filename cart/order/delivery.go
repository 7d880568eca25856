package order

import (
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Delivery is how the goods of an order travel, and what that cost. It is charged
// once, however many parcels there are.
type Delivery struct {
	Option string `json:"option"`
	Title  string `json:"title,omitempty"`
	Type   string `json:"type,omitempty"` // "shipping" or "pickup"
	// Location is where a pickup waits.
	Location fulfillment.Location `json:"location,omitempty"`
	// Charge is what the option costs, Discount what promotions took off it. Net,
	// Tax and Total are those of the difference.
	Charge   money.Amount `json:"charge"`
	Discount money.Amount `json:"discount"`
	Net      money.Amount `json:"net"`
	Tax      money.Amount `json:"tax"`
	Total    money.Amount `json:"total"`
	// Taxes are the parts of Tax, one for each rate.
	Taxes []pricing.RateTotal `json:"taxes,omitempty"`
	// Cheapest is what the cheapest shipping option that was offered cost, tax
	// included and before promotions.
	Cheapest money.Amount `json:"cheapest"`
	// Invoiced says that an invoice has charged the delivery.
	Invoiced bool `json:"invoiced,omitempty"`
	// Back is what of Total was given back, tax included.
	Back money.Amount `json:"back,omitzero"`
}

// paid returns what was charged.
func (d *Delivery) paid() pricing.Refund {
	return pricing.Refund{Net: d.Net, Tax: d.Tax, Total: d.Total}
}

// line is a line of a document for the delivery.
func (d *Delivery) line() DocumentLine {
	l := DocumentLine{Kind: DeliveryLine, Title: d.Title}
	if len(d.Taxes) == 1 {
		l.Rate = d.Taxes[0].Rate
	}
	return l
}

func (d *Delivery) clone() *Delivery {
	if d == nil {
		return nil
	}
	c := *d
	c.Taxes = slices.Clone(d.Taxes)
	return &c
}

// check validates the amounts of the delivery and adds them to sums, see [Line].
func (d *Delivery) check(c money.Currency, sums *[5]int64) (field string, err error) {
	l := Line{
		ID: "delivery", SKU: "delivery", Quantity: 1,
		Subtotal: d.Charge, Discount: d.Discount, Net: d.Net, Tax: d.Tax, Total: d.Total,
	}
	if field, err := l.check(c, sums); err != nil {
		return field, err
	}
	if d.Cheapest.Currency() != c || d.Cheapest.Sign() < 0 {
		return "cheapest", fmt.Errorf("%v: %w", d.Cheapest, flywheel.ErrInvalid)
	}
	return "", nil
}
