package pricing

import (
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Validate reports the first field that is wrong as a [*FieldError]. Conditions
// and the names of groups are checked by [Compile], which knows them.
func (p *Promotion) Validate() error {
	if err := flywheel.CheckID(p.ID); err != nil {
		return field(err, "id")
	}
	if p.Level > ShippingLevel {
		return field(invalid("%s", p.Level), "level")
	}
	if p.PercentBase > Original {
		return field(invalid("%s", p.PercentBase), "percent_base")
	}
	if p.MinimumBase > Original {
		return field(invalid("%s", p.MinimumBase), "minimum_base")
	}
	if err := p.checkValue(); err != nil {
		return err
	}
	if err := p.checkShape(); err != nil {
		return err
	}
	if err := p.checkBounds(); err != nil {
		return err
	}
	if err := p.checkOptions(); err != nil {
		return err
	}
	if err := checkSKUs(p.SKUs, "skus"); err != nil {
		return err
	}
	if p.Coupon != "" {
		if err := checkCode(p.Coupon); err != nil {
			return field(err, "coupon")
		}
	}
	if p.Group != "" {
		if err := flywheel.CheckID(p.Group); err != nil {
			return field(err, "group")
		}
		if p.Exclusive {
			return field(invalid("an exclusive promotion stands alone"), "group")
		}
	}
	return checkWindow(p.Starts, p.Ends)
}

func checkSKUs(skus []flywheel.SKU, name string) error {
	for i, sku := range skus {
		if err := flywheel.CheckID(string(sku)); err != nil {
			return field(err, "%s[%d]", name, i)
		}
	}
	return nil
}

// checkValue reports what is wrong with what p takes off.
func (p *Promotion) checkValue() error {
	own := value{percent: p.Percent, amount: p.Amount, price: p.Price}
	switch {
	case p.Gift != nil:
		if own.kinds() > 0 || len(p.Tiers) > 0 {
			return field(invalid("a gift is free"), "gift")
		}
		return nil
	case p.Bundle != nil && p.finePrice():
		return field(invalid("a bundle costs whole minor units"), "price")
	case len(p.Tiers) > 0:
		if own.kinds() > 0 {
			return field(invalid("tiers take the place of it"), "percent")
		}
		return checkTiers(p.Tiers)
	}
	if own.kinds() != 1 {
		return field(invalid("one of percent, amount and price"), "percent")
	}
	if err := own.check(""); err != nil {
		return err
	}
	if p.Level == OrderLevel && !p.Price.Currency().IsZero() && p.BuyGet == nil && p.Bundle == nil {
		return field(invalid("an order has no price of its own"), "price")
	}
	return nil
}

// checkOptions reports an option where it has no meaning.
func (p *Promotion) checkOptions() error {
	plain := p.BuyGet == nil && p.Bundle == nil && p.Gift == nil
	of := func(kind func(value) bool) bool {
		if len(p.Tiers) == 0 {
			return kind(value{p.Percent, p.Amount, p.Price})
		}
		return !slices.ContainsFunc(p.Tiers, func(t Tier) bool { return !kind(t.value()) })
	}
	switch {
	case p.PerUnit && (!plain || p.Level != LineLevel):
		return field(invalid("only of plain promotions on lines"), "per_unit")
	case p.PerUnit && !of(func(v value) bool { return !v.percent.IsZero() }):
		return field(invalid("only of a percentage"), "per_unit")
	case p.WithTax && (!plain || p.Level == ShippingLevel):
		return field(invalid("only of plain promotions on goods"), "with_tax")
	case p.WithTax && !of(func(v value) bool { return v.amount != money.Amount{} }):
		return field(invalid("only of an amount"), "with_tax")
	case p.WithTax && (!p.Maximum.IsZero() || !p.MaximumPerLine.IsZero() || !p.MaximumPerUse.IsZero()):
		return field(invalid("an amount with tax has no maximum beside itself"), "with_tax")
	case len(p.Deliveries) > 0 && p.Level != ShippingLevel:
		return field(invalid("only at level %s", ShippingLevel), "deliveries")
	}
	return checkIDs(p.Deliveries, "deliveries")
}

// finePrice reports a price finer than the minor unit.
func (p *Promotion) finePrice() bool {
	fine := func(price money.Price) bool { return price.Scale() > price.Currency().Digits() }
	return fine(p.Price) || slices.ContainsFunc(p.Tiers, func(t Tier) bool { return fine(t.Price) })
}

// checkShape reports what is wrong with the units that p chooses.
func (p *Promotion) checkShape() error {
	shapes := 0
	for _, there := range []bool{p.BuyGet != nil, p.Bundle != nil, p.Gift != nil} {
		if there {
			shapes++
		}
	}
	switch {
	case shapes > 1:
		return field(invalid("one of buy_get, bundle and gift"), "buy_get")
	case shapes == 1 && p.Level == ShippingLevel:
		return field(invalid("shipping has no units"), "level")
	case p.Limit < 0:
		return field(outOfRange("%d is negative", p.Limit), "limit")
	case p.Limit > 0 && p.BuyGet == nil && p.Bundle == nil:
		return field(invalid("only of buy_get and bundle"), "limit")
	case p.BuyGet != nil:
		return p.BuyGet.check()
	case p.Bundle != nil:
		return p.Bundle.check(len(p.SKUs) > 0 || len(p.Lines) > 0)
	case p.Gift != nil:
		return p.Gift.check()
	}
	return nil
}

// checkBounds reports what is wrong with caps and minima. All amounts of a
// promotion are in one currency.
func (p *Promotion) checkBounds() error {
	if p.MinimumQuantity < 0 {
		return field(outOfRange("%d is negative", p.MinimumQuantity), "minimum_quantity")
	}
	currency := p.Amount.Currency()
	for _, bound := range p.amounts() {
		if (bound.amount == money.Amount{}) {
			continue
		}
		if bound.positive {
			if err := checkPositive(bound.amount); err != nil {
				return field(err, "%s", bound.name)
			}
		}
		if !currency.IsZero() && currency != bound.amount.Currency() {
			return field(&money.MismatchError{A: currency, B: bound.amount.Currency()}, "%s", bound.name)
		}
		currency = bound.amount.Currency()
	}
	return nil
}

type namedAmount struct {
	name     string
	amount   money.Amount
	positive bool
}

// amounts returns all amounts of p beside Amount.
func (p *Promotion) amounts() []namedAmount {
	all := []namedAmount{
		{"price", money.New(0, p.Price.Currency()), false}, {"maximum", p.Maximum, true}, {"maximum_per_line", p.MaximumPerLine, true},
		{"maximum_per_use", p.MaximumPerUse, true}, {"minimum", p.Minimum, true},
	}
	for _, t := range p.Tiers {
		all = append(all, namedAmount{"tiers", t.Minimum, false}, namedAmount{"tiers", t.Amount, false}, namedAmount{"tiers", money.New(0, t.Price.Currency()), false})
	}
	return all
}

// currency returns the one currency that p is for, none where it is for all.
func (p *Promotion) currency() money.Currency {
	if c := p.Amount.Currency(); !c.IsZero() {
		return c
	}
	for _, a := range p.amounts() {
		if c := a.amount.Currency(); !c.IsZero() {
			return c
		}
	}
	return money.Currency{}
}

func checkPositive(a money.Amount) error {
	if a.Currency().IsZero() {
		return invalid("no currency")
	}
	if a.Sign() <= 0 {
		return outOfRange("%s is not positive", a)
	}
	return nil
}

// value is what a promotion takes off: a percentage, an amount, or all above a
// price.
type value struct {
	percent money.Rate
	amount  money.Amount
	price   money.Price
}

// kinds returns how many of the three v has.
func (v value) kinds() (n int) {
	for _, there := range []bool{!v.percent.IsZero(), v.amount != money.Amount{}, v.fixed()} {
		if there {
			n++
		}
	}
	return n
}

// fixed reports that v has a price.
func (v value) fixed() bool { return v.price != money.Price{} }

func (v value) check(prefix string) error {
	if err := checkRate(v.percent, 1); err != nil {
		return field(err, "%spercent", prefix)
	}
	if (v.amount != money.Amount{}) {
		if err := checkPositive(v.amount); err != nil {
			return field(err, "%samount", prefix)
		}
	}
	if v.fixed() {
		if err := checkUnit(v.price); err != nil {
			return field(err, "%sprice", prefix)
		}
	}
	return nil
}

// less reports that v takes off less than w, both of one kind and currency.
func (v value) less(w value) bool {
	switch {
	case !v.percent.IsZero():
		return v.percent.Cmp(w.percent) < 0
	case v.fixed():
		c, _ := v.price.Cmp(w.price)
		return c > 0
	}
	return v.amount.Minor() < w.amount.Minor()
}

// like reports that v and w are of one kind and currency.
func (v value) like(w value) bool {
	return v.percent.IsZero() == w.percent.IsZero() && v.amount.Currency() == w.amount.Currency() && v.price.Currency() == w.price.Currency()
}
