package pricing

import (
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Basket is what a customer wants to buy, to be priced by [Engine.Quote].
type Basket struct {
	Currency money.Currency      `json:"currency"`
	Customer flywheel.CustomerID `json:"customer,omitempty"`
	// Groups are the customer's groups, as the shop knows them; never what a
	// request claims.
	Groups []string `json:"groups,omitempty"`
	// At is the time that price lists and promotions are looked at.
	At    time.Time `json:"at"`
	Lines []Line    `json:"lines"`
	// Coupons are the codes that the customer has entered.
	Coupons []string `json:"coupons,omitempty"`
	// TaxExempt removes an included tax and charges none.
	TaxExempt bool `json:"tax_exempt,omitempty"`
	// Attributes are the values of [Config.BasketAttributes].
	Attributes map[string]any `json:"attributes,omitempty"`
}

// Line is a quantity of one item in a [Basket].
type Line struct {
	// ID tells the lines of the basket apart.
	ID       string       `json:"id"`
	SKU      flywheel.SKU `json:"sku"`
	Quantity int64        `json:"quantity"` // positive
	// Agreed is the price of one unit where it does not come from the price
	// lists: one that was negotiated or recorded. The zero value takes the
	// price lists. Only trusted code sets it.
	Agreed money.Price `json:"agreed,omitzero"`
	// TaxIncluded says that Agreed is gross. A listed price is what its list
	// says.
	TaxIncluded bool `json:"tax_included,omitempty"`
	// TaxClass names one of [Config.Taxes].
	TaxClass string `json:"tax_class,omitempty"`
	// Attributes are the values of [Config.LineAttributes].
	Attributes map[string]any `json:"attributes,omitempty"`
}

// check reports the first field that is wrong, beside duplicate line IDs.
func (b *Basket) check() error {
	if b.Currency.IsZero() {
		return field(invalid("missing"), "currency")
	}
	if b.At.IsZero() {
		return field(invalid("missing"), "at")
	}
	if b.Customer != "" {
		if err := flywheel.CheckID(string(b.Customer)); err != nil {
			return field(err, "customer")
		}
	}
	if err := checkGroups(b.Groups); err != nil {
		return err
	}
	for i, code := range b.Coupons {
		if err := flywheel.CheckID(code); err != nil {
			return field(err, "coupons[%d]", i)
		}
	}
	for i := range b.Lines {
		l := &b.Lines[i]
		if err := flywheel.CheckID(l.ID); err != nil {
			return field(err, "lines[%d].id", i)
		}
		if err := flywheel.CheckID(string(l.SKU)); err != nil {
			return field(err, "lines[%d].sku", i)
		}
		if l.Quantity <= 0 {
			return field(invalid("%d is not positive", l.Quantity), "lines[%d].quantity", i)
		}
		if l.Agreed == (money.Price{}) {
			continue
		}
		if l.Agreed.Currency() != b.Currency {
			return field(&money.MismatchError{A: b.Currency, B: l.Agreed.Currency()}, "lines[%d].agreed", i)
		}
		if err := checkUnit(l.Agreed); err != nil {
			return field(err, "lines[%d].agreed", i)
		}
	}
	return nil
}

// fold is the form in which coupon codes are compared.
func fold(code string) string { return strings.ToUpper(code) }
