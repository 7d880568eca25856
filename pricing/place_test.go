package pricing_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// TestPlacesAreBaskets compares a basket whose parts are taxed in two places, each with
// a charge for its lines, with the two baskets that the parts would be by themselves.
func TestPlacesAreBaskets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		engine, err := pricing.Compile(pricing.Config{NetStays: rapid.Bool().Draw(t, "net stays"),
			Taxes: []pricing.Tax{{Class: "a", Rate: money.Percent(19)}, {Class: "b", Rate: money.Percent(7)}},
			Lists: []pricing.List{{ID: "l", TaxIncluded: true, Entries: []pricing.Entry{{SKU: "x", Unit: money.MustPrice("9.99", money.EUR)}}}},
		})
		require.NoError(t, err)
		there := []pricing.Tax{{Class: "a", Rate: money.Percent(21)}, {Class: "b", Components: []tax.Tax{{Code: "vat", Rate: money.Percent(9)}}}}
		here := []pricing.Tax{{Class: "a", Rate: money.Percent(19)}, {Class: "b", Rate: money.Percent(7)}}
		all := pricing.Basket{Currency: money.EUR, At: noon, Taxes: here}
		for _, x := range there {
			x.Place = "there"
			all.Taxes = append(all.Taxes, x)
		}
		parts := [2]pricing.Basket{{Currency: money.EUR, At: noon, Taxes: here}, {Currency: money.EUR, At: noon, Taxes: there}}
		var names [2][]string
		for i := range rapid.IntRange(2, 6).Draw(t, "lines") {
			l := pricing.Line{ID: fmt.Sprint(i), SKU: "x", Quantity: rapid.Int64Range(1, 5).Draw(t, "quantity"), TaxClass: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "class")}
			if rapid.Bool().Draw(t, "agreed") {
				l.SKU = flywheel.SKU("other")
				l.Agreed, l.TaxIncluded = money.PriceOf(money.New(rapid.Int64Range(0, 5000).Draw(t, "price"), money.EUR)), rapid.Bool().Draw(t, "gross")
			}
			at := i % 2
			parts[at].Lines = append(parts[at].Lines, l)
			names[at] = append(names[at], l.ID)
			l.TaxPlace = []string{"", "there"}[at]
			all.Lines = append(all.Lines, l)
		}
		for at := range parts {
			s := pricing.Shipping{ID: fmt.Sprint("d", at), Amount: money.New(rapid.Int64Range(0, 2000).Draw(t, "charge"), money.EUR), TaxIncluded: true, TaxClass: rapid.SampledFrom([]string{"", "a"}).Draw(t, "charged")}
			parts[at].Shipping = []pricing.Shipping{s}
			s.Lines, s.TaxPlace = names[at], []string{"", "there"}[at]
			all.Shipping = append(all.Shipping, s)
		}
		q, err := engine.Quote(all)
		require.NoError(t, err)
		var sum int64
		for at := range parts {
			of, err := engine.Quote(parts[at])
			require.NoError(t, err)
			sum += of.Total.Minor()
			for k := range of.Lines {
				require.Equal(t, of.Lines[k], q.Lines[2*k+at])
			}
			require.Equal(t, of.Shipping[0].Total, q.Shipping[at].Total)
			require.Equal(t, of.Shipping[0].Taxes, q.Shipping[at].Taxes)
		}
		require.Equal(t, sum, q.Total.Minor())
	})
}

func TestPlaceRefused(t *testing.T) {
	engine, err := pricing.Compile(pricing.Config{})
	require.NoError(t, err)
	b := pricing.Basket{Currency: money.EUR, At: noon, Lines: []pricing.Line{{ID: "1", SKU: "x", Quantity: 1, Agreed: money.MustPrice("1.00", money.EUR), TaxClass: "a", TaxPlace: "there"}}}
	b.Taxes = []pricing.Tax{{Class: "a", Rate: money.Percent(19)}}
	_, err = engine.Quote(b)
	require.ErrorIs(t, err, pricing.ErrTaxClass, "the class of another place is not that of this one")
	b.Taxes = []pricing.Tax{{Class: "a", Place: "there"}, {Class: "a", Place: "there"}}
	_, err = engine.Quote(b)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	b.Lines[0].TaxPlace = "no\x00place"
	_, err = engine.Quote(b)
	require.ErrorContains(t, err, "lines[0].tax_place")
}
