package pricing

import (
	"context"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// Tax is what lines of one tax class pay.
type Tax struct {
	// Class is what lines name, such as "reduced".
	Class string `json:"class"`
	// Place tells the taxes of several places apart, where parts of one basket are
	// taxed in different ones: lines and charges name theirs by TaxPlace.
	Place string `json:"place,omitempty"`
	// Rate is the tax per unit of net: 0.2 for 20 %. From 0 to 10, at most 9
	// decimals.
	Rate money.Rate `json:"rate,omitzero"`
	// Components take the place of Rate where there are several taxes, in the
	// order in which they are levied.
	Components []tax.Tax `json:"components,omitempty"`
	// Exempt says that the buyer does not pay it on this class, whatever
	// [Basket.TaxExempt] says: an included tax is removed, and none is charged.
	Exempt bool `json:"exempt,omitempty"`
}

// AskTaxes asks a provider for the taxes of each class in the basket at a place,
// for its customer and time, and sets Taxes, and TaxExempt where the customer is
// exempt from all of them; else each class says for itself, with [Tax.Exempt].
func (b *Basket) AskTaxes(ctx context.Context, p tax.Provider, place tax.Place) error {
	var taxes []Tax
	exempt := 0
	ask := func(class string) error {
		if slices.ContainsFunc(taxes, func(t Tax) bool { return t.Class == class }) {
			return nil
		}
		d, err := p.Taxes(ctx, tax.Query{Place: place, At: b.At, Class: class, Customer: b.Customer})
		if err != nil {
			return fmt.Errorf("pricing: taxes of class %q: %w", class, err)
		}
		if d.Exempt {
			exempt++
		}
		taxes = append(taxes, Tax{Class: class, Components: d.Taxes, Exempt: d.Exempt})
		return nil
	}
	for i := range b.Lines {
		if err := ask(b.Lines[i].TaxClass); err != nil {
			return err
		}
	}
	for i := range b.Shipping {
		if class := b.Shipping[i].TaxClass; class != "" {
			if err := ask(class); err != nil {
				return err
			}
		}
	}
	if exempt > 0 && exempt == len(taxes) {
		b.TaxExempt = true
		for i := range taxes {
			taxes[i].Exempt = false // the basket says it
		}
	}
	b.Taxes = taxes
	return nil
}

// classTax is a compiled [Tax].
type classTax struct {
	rate    money.Rate // of all components
	codes   []string
	rates   []money.Rate // what each component adds to the rate
	weights []int64      // the same in proportion
	exempt  bool
}

func compileTaxes(taxes []Tax) (map[string]*classTax, error) {
	compiled := make(map[string]*classTax, len(taxes))
	for i := range taxes {
		t := &taxes[i]
		if t.Class != "" {
			if err := flywheel.CheckID(t.Class); err != nil {
				return nil, field(err, "taxes[%d].class", i)
			}
		}
		if t.Place != "" {
			if err := flywheel.CheckID(t.Place); err != nil {
				return nil, field(err, "taxes[%d].place", i)
			}
		}
		key := classKey(t.Place, t.Class)
		if _, there := compiled[key]; there {
			return nil, field(invalid("%q twice", t.Class), "taxes[%d].class", i)
		}
		if len(t.Components) > 0 && !t.Rate.IsZero() {
			return nil, field(invalid("the components take its place"), "taxes[%d].rate", i)
		}
		to, err := t.compile()
		if err != nil {
			return nil, within(err, "taxes", i)
		}
		compiled[key] = &to
	}
	return compiled, nil
}

// classKey names a class in a place. No ID has a control character.
func classKey(place, class string) string {
	if place == "" {
		return class
	}
	return place + "\x00" + class
}

func (t *Tax) compile() (classTax, error) {
	to := classTax{rate: t.Rate, exempt: t.Exempt}
	one := money.Percent(100)
	for i, c := range t.Components {
		if err := flywheel.CheckID(c.Code); err != nil {
			return to, field(err, "components[%d].code", i)
		}
		if err := checkRate(c.Rate, 10); err != nil {
			return to, field(err, "components[%d].rate", i)
		}
		adds, err := c.Rate, error(nil)
		if c.Compound {
			var base money.Rate
			if base, err = one.Add(to.rate); err == nil {
				adds, err = c.Rate.Mul(base)
			}
		}
		if err == nil {
			to.rate, err = to.rate.Add(adds)
		}
		if err != nil {
			return to, field(err, "components[%d].rate", i)
		}
		to.codes, to.rates = append(to.codes, c.Code), append(to.rates, adds)
	}
	if err := checkRate(to.rate, 10); err != nil {
		return to, field(err, "rate")
	}
	if len(to.rates) > 0 {
		weights, err := money.Weights(to.rates...)
		if err != nil {
			return to, field(err, "components")
		}
		to.weights = weights
	}
	return to, nil
}
