package pricing

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// conditions is what the rules of an engine may ask for.
type conditions struct {
	basket, line *rule.Schema

	asksBasket, asksLine, asksGroups bool // some rule does

	customer, groups, currency, subtotal, quantity, lines    rule.Slot
	lineSKU, lineQuantity, lineUnit, lineSubtotal, lineClass rule.Slot
}

func compileConditions(basket, line map[string]rule.Type) (c conditions, err error) {
	if c.basket, err = schema(basketAttributes, basket); err != nil {
		return c, field(err, "basket_attributes")
	}
	if c.line, err = schema(lineAttributes, line); err != nil {
		return c, field(err, "line_attributes")
	}
	for name, slot := range map[string]*rule.Slot{
		"customer": &c.customer, "groups": &c.groups, "currency": &c.currency,
		"subtotal": &c.subtotal, "quantity": &c.quantity, "lines": &c.lines,
	} {
		*slot, _ = c.basket.Slot(name)
	}
	for name, slot := range map[string]*rule.Slot{
		"sku": &c.lineSKU, "quantity": &c.lineQuantity, "unit": &c.lineUnit,
		"subtotal": &c.lineSubtotal, "tax_class": &c.lineClass,
	} {
		*slot, _ = c.line.Slot(name)
	}
	return c, nil
}

// compileRule compiles a condition, nil for none.
func compileRule(src json.RawMessage, s *rule.Schema) (*rule.Rule, error) {
	if len(src) == 0 {
		return nil, nil
	}
	return rule.Compile(src, &rule.Options{Schema: s})
}

// loadBasket fills the record that conditions on the basket look at.
func (c *conditions) loadBasket(r *rule.Record, b *Basket, q *Quote) {
	r.Load(b.Attributes)
	if b.Customer == "" {
		r.Set(c.customer, nil)
	} else {
		r.SetString(c.customer, string(b.Customer))
	}
	if c.asksGroups { // the one attribute whose conversion allocates
		groups := b.Groups
		if groups == nil {
			groups = []string{}
		}
		r.Set(c.groups, groups)
	}
	var units float64
	for i := range b.Lines {
		units += float64(b.Lines[i].Quantity)
	}
	r.SetString(c.currency, b.Currency.String())
	r.SetNumber(c.subtotal, major(money.PriceOf(q.Subtotal)))
	r.SetNumber(c.quantity, units)
	r.SetNumber(c.lines, float64(len(b.Lines)))
}

// loadLine fills the record that conditions on a line look at.
func (c *conditions) loadLine(r *rule.Record, l *Line, priced *QuoteLine) {
	r.Load(l.Attributes)
	r.SetString(c.lineSKU, string(l.SKU))
	r.SetNumber(c.lineQuantity, float64(l.Quantity))
	r.SetNumber(c.lineUnit, major(priced.Unit))
	r.SetNumber(c.lineSubtotal, major(money.PriceOf(priced.Subtotal)))
	r.SetString(c.lineClass, l.TaxClass)
}

// major returns p in major units. Up to 2^53 of the last decimal the quotient is
// the float nearest to the decimal, the one that its text in a rule stands for.
func major(p money.Price) float64 {
	return float64(p.Coefficient()) / math.Pow10(p.Scale())
}

// note keeps in mind which records the conditions of a promotion need.
func (c *conditions) note(when, lines *rule.Rule) {
	c.asksLine = c.asksLine || lines != nil
	c.asksBasket = c.asksBasket || when != nil
	c.asksGroups = c.asksGroups || slices.Contains(when.Paths(), "groups")
}
