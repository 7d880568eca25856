package ordersql

import (
	"encoding/json"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// storedLine is a line as it is written: amounts in minor units of the order's
// currency, without what came back, which changes later and stands in the body.
type storedLine struct {
	ID          string       `json:"id"`
	SKU         flywheel.SKU `json:"sku"`
	Quantity    int64        `json:"quantity"`
	Unit        money.Price  `json:"unit"`
	TaxIncluded bool         `json:"tax_included,omitempty"`
	TaxRate     money.Rate   `json:"tax_rate"`
	Subtotal    int64        `json:"subtotal"`
	Discount    int64        `json:"discount,omitempty"`
	Net         int64        `json:"net"`
	Tax         int64        `json:"tax"`
	Total       int64        `json:"total"`
}

func encodeLines(lines []order.Line) (string, error) {
	stored := make([]storedLine, len(lines))
	for i := range lines {
		l := &lines[i]
		stored[i] = storedLine{
			l.ID, l.SKU, l.Quantity, l.Unit, l.TaxIncluded, l.TaxRate,
			l.Subtotal.Minor(), l.Discount.Minor(), l.Net.Minor(), l.Tax.Minor(), l.Total.Minor(),
		}
	}
	text, err := json.Marshal(stored)
	return string(text), err
}

// storedBody is an order without what has a column of its own.
type storedBody struct {
	order.Order
	Lines []struct{} `json:"lines,omitempty"` // hides those of Order
	// Returned counts what came back, by the line's place.
	Returned map[int]int64 `json:"returned,omitempty"`
}

func encodeBody(o *order.Order) (string, error) {
	b := storedBody{Order: *o}
	for i := range o.Lines {
		if n := o.Lines[i].Returned; n != 0 {
			if b.Returned == nil {
				b.Returned = map[int]int64{}
			}
			b.Returned[i] = n
		}
	}
	text, err := json.Marshal(&b)
	return string(text), err
}

// decode fills in o from the two texts; what has a column is there already and
// stays.
func decode(o *order.Order, lines, body string) error {
	b := storedBody{}
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		return err
	}
	var stored []storedLine
	if err := json.Unmarshal([]byte(lines), &stored); err != nil {
		return err
	}
	b.Order.ID, b.Order.Customer, b.Order.Visitor = o.ID, o.Customer, o.Visitor
	b.Order.Key, b.Order.Fingerprint, b.Order.Cart, b.Order.PlacedAt = o.Key, o.Fingerprint, o.Cart, o.PlacedAt
	*o = b.Order
	o.Lines = make([]order.Line, len(stored))
	amount := func(minor int64) money.Amount { return money.New(minor, o.Currency) }
	for i := range stored {
		l := &stored[i]
		o.Lines[i] = order.Line{
			ID: l.ID, SKU: l.SKU, Quantity: l.Quantity, Unit: l.Unit, TaxIncluded: l.TaxIncluded, TaxRate: l.TaxRate,
			Subtotal: amount(l.Subtotal), Discount: amount(l.Discount), Net: amount(l.Net), Tax: amount(l.Tax),
			Total: amount(l.Total), Returned: b.Returned[i],
		}
	}
	*o = o.Normal()
	return nil
}
