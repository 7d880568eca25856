package pricing

import (
	"maps"
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// Config is everything that decides prices. [Compile] makes an [Engine] of it.
type Config struct {
	// Lists are the price lists.
	Lists []List `json:"lists,omitempty"`
	// Promotions are tried by descending Priority, equals in this order.
	Promotions []Promotion `json:"promotions,omitempty"`
	// Groups are what promotions may name as theirs.
	Groups []Group `json:"groups,omitempty"`
	// Strategy says how promotions are combined.
	Strategy Strategy `json:"strategy,omitzero"`
	// ShippingInTurn tries promotions on shipping at their priority among those on
	// goods, by default behind them. An exclusive one then counts as applied also
	// while there is no charge to take something off, so that no other promotion
	// comes and goes with the choice of delivery. It does not go together with
	// [BestOf].
	ShippingInTurn bool `json:"shipping_in_turn,omitempty"`
	// NetStays says what of a listed price with tax stays where [Basket.Taxes] has
	// another rate for its class than Taxes here: the net price, so that the unit
	// price is price · (1 + rate there) / (1 + rate here), rounded once. By default
	// the price with tax stays.
	NetStays bool `json:"net_stays,omitempty"`
	// Taxes has a rate for each tax class that baskets may name. A line
	// without a class takes the entry of the empty class, or no tax where
	// there is none.
	Taxes []Tax `json:"taxes,omitempty"`
	// TaxScope says what a tax is rounded on.
	TaxScope tax.Scope `json:"tax_scope,omitzero"`
	// TaxEach rounds each of several taxes of a class by itself, as where they are
	// owed to different authorities: the tax of a line is their sum. By default their
	// sum is rounded and shared over them. With scope rate_total each tax is rounded
	// once on all that bears it at its rate, of whatever class.
	TaxEach bool `json:"tax_each,omitempty"`
	// Rounding is applied once to each line amount, discount and tax; the
	// zero value is [money.HalfUp].
	Rounding money.Rounding `json:"rounding,omitempty"`
	// BasketAttributes are what conditions may ask of a basket beyond its
	// own: see [Promotion.When].
	BasketAttributes map[string]rule.Type `json:"basket_attributes,omitempty"`
	// LineAttributes are what conditions may ask of a line beyond its own:
	// see [Promotion.Lines].
	LineAttributes map[string]rule.Type `json:"line_attributes,omitempty"`
}

// clone returns a copy whose collections can be appended to and changed without
// touching those of c.
func (c Config) clone() Config {
	c.Lists = slices.Clone(c.Lists)
	for i := range c.Lists {
		c.Lists[i] = c.Lists[i].Clone()
	}
	c.Promotions = slices.Clone(c.Promotions)
	for i := range c.Promotions {
		c.Promotions[i] = c.Promotions[i].Clone()
	}
	c.Groups = slices.Clone(c.Groups)
	c.Taxes = slices.Clone(c.Taxes)
	c.BasketAttributes = maps.Clone(c.BasketAttributes)
	c.LineAttributes = maps.Clone(c.LineAttributes)
	return c
}

// The attributes that every basket and every line has.
var (
	basketAttributes = map[string]rule.Type{
		"customer": rule.String,
		"groups":   rule.List,
		"segments": rule.List,
		"channel":  rule.String,
		"hour":     rule.Int,
		"weekday":  rule.Int,
		"currency": rule.String,
		"subtotal": rule.Number,
		"quantity": rule.Int,
		"lines":    rule.Int,
	}
	lineAttributes = map[string]rule.Type{
		"sku":         rule.String,
		"product":     rule.String,
		"categories":  rule.List,
		"collections": rule.List,
		"quantity":    rule.Int,
		"unit":        rule.Number,
		"subtotal":    rule.Number,
		"tax_class":   rule.String,
	}
)

// schema joins the attributes that are always there with those of the user.
func schema(own, more map[string]rule.Type) (*rule.Schema, error) {
	all := make(map[string]rule.Type, len(own)+len(more))
	for name, t := range own {
		all[name] = t
	}
	for name, t := range more {
		if _, there := own[name]; there {
			return nil, invalid("%q is there already", name)
		}
		all[name] = t
	}
	return rule.NewSchema(all)
}

// maxDecimals bounds what unit prices may have beyond the minor unit, and rates
// in all, so that a tax on an unrounded line is one exact division.
const maxDecimals = 9

func checkRate(r money.Rate, most int64) error {
	switch {
	case r.Sign() < 0 || r.Cmp(money.Percent(100*most)) > 0:
		return outOfRange("%s is not between 0 and %d", r, most)
	case r.Scale() > maxDecimals:
		return outOfRange("%s has more than %d decimals", r, maxDecimals)
	}
	return nil
}

func checkUnit(p money.Price) error {
	switch {
	case p.Currency().IsZero():
		return invalid("no currency")
	case p.Sign() < 0:
		return outOfRange("%s is negative", p)
	case p.Scale() > p.Currency().Digits()+maxDecimals:
		return outOfRange("%s has more than %d decimals beyond the minor unit", p, maxDecimals)
	}
	return nil
}
