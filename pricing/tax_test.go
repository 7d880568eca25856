package pricing_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// provider answers by class.
type provider map[string]tax.Decision

func (p provider) Taxes(_ context.Context, q tax.Query) (tax.Decision, error) {
	d, there := p[q.Class]
	if !there {
		return d, flywheel.ErrNotFound
	}
	return d, nil
}

func vat(percent int64) []tax.Tax { return []tax.Tax{{Code: "VAT", Rate: money.Percent(percent)}} }

func TestAskTaxes(t *testing.T) {
	place := tax.Place{Country: "DE"}
	b := basket() // of the classes "standard" and none
	b.Shipping = []pricing.Shipping{{ID: "ship", Amount: cents(500)}}
	require.NoError(t, b.AskTaxes(t.Context(), provider{"": {Taxes: vat(7)}, "standard": {Taxes: vat(19)}}, place))
	q := quote(t, shop(), b)
	require.Equal(t, money.Percent(19), q.Lines[0].TaxRate)
	require.Equal(t, money.Percent(7), q.Lines[1].TaxRate)
	require.Equal(t, []money.Rate{money.Percent(19), money.Percent(7)}, []money.Rate{q.Taxes[0].Rate, q.Taxes[1].Rate})
	require.False(t, b.TaxExempt)

	all := basket()
	require.NoError(t, all.AskTaxes(t.Context(), provider{"": {Taxes: vat(7), Exempt: true}, "standard": {Exempt: true}}, place))
	require.True(t, all.TaxExempt)
	require.True(t, quote(t, shop(), all).Tax.IsZero())

	for _, c := range []struct {
		p    provider
		kind error
	}{
		{provider{"standard": {Taxes: vat(19)}}, flywheel.ErrNotFound},
	} {
		b := basket()
		require.ErrorIs(t, b.AskTaxes(t.Context(), c.p, place), c.kind)
		require.Empty(t, b.Taxes, "a refusal changes nothing")
	}
	b.Taxes = []pricing.Tax{{Class: "standard", Rate: money.Percent(-1)}}
	e, err := pricing.Compile(shop())
	require.NoError(t, err)
	_, err = e.Quote(b)
	var at *pricing.FieldError
	require.True(t, errors.As(err, &at))
	require.Equal(t, "taxes[0].rate", at.Field)
}

// A tax of a unit that is rounded up is never more than what there is.
func TestTaxOfUnitsWithinTheLine(t *testing.T) {
	q := quote(t, pricing.Config{TaxScope: tax.PerUnit, Rounding: money.Up, Taxes: []pricing.Tax{{Rate: money.Percent(20)}}}, pricing.Basket{
		Lines: []pricing.Line{{ID: "1", SKU: "a", Quantity: 100, Agreed: money.MustPrice("0.0012", money.EUR), TaxIncluded: true}},
	})
	require.Equal(t, cents(12), q.Lines[0].Tax)
	require.True(t, q.Lines[0].Net.IsZero())
}

// Shipping of an exempt buyer, of free goods, and of no goods.
func TestShippingTax(t *testing.T) {
	c := pricing.Config{Taxes: []pricing.Tax{{Rate: money.Percent(20)}, {Class: "zero"}}}
	ship := []pricing.Shipping{{ID: "ship", Amount: cents(600), TaxIncluded: true}}
	line := pricing.Line{ID: "1", SKU: "a", Quantity: 1, Agreed: eur(1000)}
	q := quote(t, c, pricing.Basket{Lines: []pricing.Line{line}, Shipping: ship, TaxExempt: true})
	require.Equal(t, cents(500), q.Shipping[0].Total)
	line.Agreed = eur(0)
	q = quote(t, c, pricing.Basket{Lines: []pricing.Line{line}, Shipping: ship})
	require.Equal(t, cents(100), q.Shipping[0].Tax)
	q = quote(t, c, pricing.Basket{Shipping: ship})
	require.True(t, q.Tax.IsZero())
	require.Equal(t, cents(600), q.Total)
}
