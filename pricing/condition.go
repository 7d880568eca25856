package pricing

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// conditions is what the rules of an engine may ask for.
type conditions struct {
	basket, line *rule.Schema

	// Some rule asks for it.
	asksBasket, asksGroups, asksSegments, asksTime, asksLine, asksCategories, asksCollections bool

	customer, groups, segments, channel, hour, weekday, currency, subtotal, quantity, lines rule.Slot

	lineSKU, lineProduct, lineCategories, lineCollections rule.Slot
	lineQuantity, lineUnit, lineSubtotal, lineClass       rule.Slot
}

func compileConditions(basket, line map[string]rule.Type) (c conditions, err error) {
	if c.basket, err = schema(basketAttributes, basket); err != nil {
		return c, field(err, "basket_attributes")
	}
	if c.line, err = schema(lineAttributes, line); err != nil {
		return c, field(err, "line_attributes")
	}
	for name, slot := range map[string]*rule.Slot{
		"customer": &c.customer, "groups": &c.groups, "segments": &c.segments, "channel": &c.channel, "hour": &c.hour, "weekday": &c.weekday, "currency": &c.currency,
		"subtotal": &c.subtotal, "quantity": &c.quantity, "lines": &c.lines,
	} {
		*slot, _ = c.basket.Slot(name)
	}
	for name, slot := range map[string]*rule.Slot{
		"sku": &c.lineSKU, "product": &c.lineProduct, "categories": &c.lineCategories, "collections": &c.lineCollections, "quantity": &c.lineQuantity, "unit": &c.lineUnit,
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
func (c *conditions) loadBasket(r *rule.Record, b *Basket, w *work) {
	r.Load(b.Attributes)
	setText(r, c.customer, string(b.Customer))
	setText(r, c.channel, b.Channel)
	if c.asksGroups { // converting a list allocates
		setList(r, c.groups, b.Groups)
	}
	if c.asksSegments {
		setList(r, c.segments, b.Segments)
	}
	if c.asksTime {
		r.SetNumber(c.hour, float64(b.At.Hour()))
		r.SetNumber(c.weekday, float64(b.At.Weekday()))
	}
	var units float64
	for i := range b.Lines {
		units += float64(b.Lines[i].Quantity)
	}
	r.SetString(c.currency, b.Currency.String())
	r.SetNumber(c.subtotal, major(money.PriceOf(money.New(w.goodsBefore(), b.Currency))))
	r.SetNumber(c.quantity, units)
	r.SetNumber(c.lines, float64(len(b.Lines)))
}

// loadLine fills the record that conditions on a line look at.
func (c *conditions) loadLine(r *rule.Record, l *Line, priced *QuoteLine) {
	r.Load(l.Attributes)
	r.SetString(c.lineSKU, string(l.SKU))
	setText(r, c.lineProduct, l.Product)
	if c.asksCategories {
		setList(r, c.lineCategories, l.Categories)
	}
	if c.asksCollections {
		setList(r, c.lineCollections, l.Collections)
	}
	r.SetNumber(c.lineQuantity, float64(l.Quantity))
	r.SetNumber(c.lineUnit, major(priced.Unit))
	r.SetNumber(c.lineSubtotal, major(money.PriceOf(priced.Subtotal)))
	r.SetString(c.lineClass, l.TaxClass)
}

// setText sets a text, of which the empty one is missing.
func setText(r *rule.Record, slot rule.Slot, text string) {
	if text == "" {
		r.Set(slot, nil)
	} else {
		r.SetString(slot, text)
	}
}

func setList(r *rule.Record, slot rule.Slot, list []string) {
	if list == nil {
		list = []string{}
	}
	r.Set(slot, list)
}

// major returns p in major units. Up to 2^53 of the last decimal the quotient is
// the float nearest to the decimal, the one that its text in a rule stands for.
func major(p money.Price) float64 {
	return float64(p.Coefficient()) / math.Pow10(p.Scale())
}

// noteBasket keeps in mind what the condition of a promotion needs.
func (c *conditions) noteBasket(when *rule.Rule) {
	c.asksBasket = c.asksBasket || when != nil
	for _, path := range when.Paths() {
		c.asksGroups = c.asksGroups || asks(path, "groups")
		c.asksSegments = c.asksSegments || asks(path, "segments")
		c.asksTime = c.asksTime || path == "hour" || path == "weekday"
	}
}

// noteLine is noteBasket for a condition on a line.
func (c *conditions) noteLine(lines *rule.Rule) {
	c.asksLine = c.asksLine || lines != nil
	for _, path := range lines.Paths() {
		c.asksCategories = c.asksCategories || asks(path, "categories")
		c.asksCollections = c.asksCollections || asks(path, "collections")
	}
}

// asks reports that a path is of an attribute, as in "groups" or "groups.length".
func asks(path, attribute string) bool {
	name, _, _ := strings.Cut(path, ".")
	return name == attribute
}
