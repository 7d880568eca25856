package pricing_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// What a unit sold gross was paid at is what it comes back at (Directive
// 2011/83/EU, art. 13(1)), whatever the rate.
func TestUnitsSoldGross(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := money.MustRate(rapid.SampledFrom([]string{"0", "0.055", "0.07", "0.19", "0.2", "0.21", "0.25", "1.5"}).Draw(t, "rate"))
		currency := rapid.SampledFrom([]money.Currency{money.EUR, money.JPY, money.MustCurrency("KWD")}).Draw(t, "currency")
		unit := money.New(rapid.Int64Range(1, 20_000).Draw(t, "unit"), currency)
		quantity := rapid.Int64Range(1, 12).Draw(t, "quantity")
		e, err := pricing.Compile(pricing.Config{Taxes: []pricing.Tax{{Rate: rate}}})
		require.NoError(t, err)
		q, err := e.Quote(pricing.Basket{Currency: currency, At: noon, Lines: []pricing.Line{
			{ID: "1", SKU: "a", Quantity: quantity, Agreed: money.PriceOf(unit), TaxIncluded: true},
		}})
		require.NoError(t, err)
		var tax int64
		for k := range quantity {
			r, err := q.Lines[0].Units(k, 1)
			require.NoError(t, err)
			require.Equal(t, unit, r.Total)
			require.Equal(t, r.Total.Minor(), r.Net.Minor()+r.Tax.Minor())
			require.GreaterOrEqual(t, r.Net.Minor(), int64(0))
			tax += r.Tax.Minor()
		}
		require.Equal(t, q.Lines[0].Tax.Minor(), tax)
	})
}

// However the units come back, and whatever was taken off, the parts sum to the
// line and none is negative.
func TestUnitsSumToTheLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := pricing.QuoteLine{Quantity: rapid.Int64Range(1, 100_000).Draw(t, "quantity"), TaxIncluded: rapid.Bool().Draw(t, "gross")}
		net, tax := rapid.Int64Range(0, 1<<40).Draw(t, "net"), rapid.Int64Range(0, 1<<40).Draw(t, "tax")
		l.Net, l.Tax = money.New(net, money.EUR), money.New(tax, money.EUR)
		for before := int64(0); before < l.Quantity; {
			n := rapid.Int64Range(1, l.Quantity-before).Draw(t, "units")
			r, err := l.Units(before, n)
			require.NoError(t, err)
			require.GreaterOrEqual(t, min(r.Net.Minor(), r.Tax.Minor()), int64(0))
			require.Equal(t, r.Total.Minor(), r.Net.Minor()+r.Tax.Minor())
			net, tax, before = net-r.Net.Minor(), tax-r.Tax.Minor(), before+n
		}
		require.Zero(t, net)
		require.Zero(t, tax)
	})
	line := pricing.QuoteLine{Quantity: 2}
	for _, bad := range [][2]int64{{-1, 1}, {0, 0}, {1, 2}, {0, 3}} {
		_, err := line.Units(bad[0], bad[1])
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
}

// soldWithPost sells at 0 and 20 % with a delivery charge of 10.00 that is taxed like the
// goods.
func soldWithPost(t *testing.T, scope tax.Scope, lines ...pricing.Line) (*pricing.Engine, pricing.Basket, pricing.Quote) {
	e, err := pricing.Compile(pricing.Config{TaxScope: scope, Taxes: []pricing.Tax{{Class: "zero"}, {Class: "std", Rate: money.MustRate("0.2")}}})
	require.NoError(t, err)
	b := pricing.Basket{Currency: money.EUR, At: noon, Lines: lines, Shipping: []pricing.Shipping{{ID: "post", Amount: cents(1000)}}}
	q, err := e.Quote(b)
	require.NoError(t, err)
	return e, b, q
}

func sold(id, unit, class string, quantity int64) pricing.Line {
	return pricing.Line{ID: id, SKU: flywheel.SKU(id), Quantity: quantity, Agreed: money.MustPrice(unit, money.EUR), TaxClass: class}
}

// Goods that come back do not make the delivery that stays untaxed, or taxed by
// what is left (Directive 2006/112/EC, art. 78(b)).
func TestRepriceKeepsDeliveryAsItWasTaxed(t *testing.T) {
	for _, c := range []struct {
		name               string
		lines              []pricing.Line
		returns            []pricing.Return
		net, tax, delivery int64
	}{
		{"all goods", []pricing.Line{sold("lamp", "50.00", "std", 1)}, []pricing.Return{{Line: "lamp", Quantity: 1}}, 5000, 1000, 200},
		{"a book beside a lamp", []pricing.Line{sold("book", "10.00", "zero", 1), sold("lamp", "10.00", "std", 1)},
			[]pricing.Return{{Line: "book", Quantity: 1}}, 1000, 0, 100},
		{"a lamp beside a free leaflet", []pricing.Line{sold("leaflet", "0.00", "zero", 1), sold("lamp", "50.00", "std", 1)},
			[]pricing.Return{{Line: "lamp", Quantity: 1}}, 5000, 1000, 200},
		{"with the delivery", []pricing.Line{sold("lamp", "50.00", "std", 1)},
			[]pricing.Return{{Line: "lamp", Quantity: 1}, {Line: "post", Quantity: 1}}, 6000, 1200, 0},
		{"the delivery alone", []pricing.Line{sold("lamp", "50.00", "std", 1)}, []pricing.Return{{Line: "post", Quantity: 1}}, 1000, 200, 0},
	} {
		for _, scope := range []tax.Scope{tax.PerLine, tax.PerRate} {
			e, b, paid := soldWithPost(t, scope, c.lines...)
			r, stays, err := e.Reprice(b, &paid, c.returns...)
			require.NoError(t, err, c.name)
			require.Equal(t, pricing.Refund{Net: cents(c.net), Tax: cents(c.tax), Total: cents(c.net + c.tax)}, r, "%s, %s", c.name, scope)
			left := int64(0)
			for _, l := range stays.Shipping {
				left += l.Tax.Minor()
			}
			require.Equal(t, c.delivery, left, c.name)
			require.Equal(t, paid.Total.Minor(), stays.Total.Minor()+r.Total.Minor(), c.name)
		}
	}
}

// An offer that is lost moves what stays to another rate: no part of the refund
// is negative.
func TestRepriceHasNoNegativePart(t *testing.T) {
	e, err := pricing.Compile(pricing.Config{
		Taxes:      []pricing.Tax{{Class: "zero"}, {Class: "std", Rate: money.MustRate("0.2")}},
		Promotions: []pricing.Promotion{{ID: "lamp free with books", SKUs: []flywheel.SKU{"lamp"}, Percent: money.Percent(50), Minimum: cents(10000)}},
	})
	require.NoError(t, err)
	b := pricing.Basket{Currency: money.EUR, At: noon, Lines: []pricing.Line{sold("book", "80.00", "zero", 1), sold("lamp", "40.00", "std", 1)}}
	paid, err := e.Quote(b)
	require.NoError(t, err)
	r, stays, err := e.Reprice(b, &paid, pricing.Return{Line: "book", Quantity: 1})
	require.NoError(t, err)
	require.Equal(t, cents(4800), stays.Total)
	require.Equal(t, pricing.Refund{Net: cents(5600), Tax: cents(0), Total: cents(5600)}, r)

	// Where what stays costs more than all did, nothing is paid back, not a cent.
	b.Lines[0] = sold("book", "6.00", "zero", 10)
	paid, err = e.Quote(b)
	require.NoError(t, err)
	r, stays, err = e.Reprice(b, &paid, pricing.Return{Line: "book", Quantity: 1})
	require.NoError(t, err)
	require.Equal(t, [2]int64{8400, 10200}, [2]int64{paid.Total.Minor(), stays.Total.Minor()})
	require.Equal(t, pricing.Refund{Net: cents(0), Tax: cents(0), Total: cents(0)}, r)
}

func TestRefundNames(t *testing.T) {
	e, b, q := soldWithPost(t, tax.PerLine, sold("mug", "10.00", "std", 4))
	r, err := q.Refund(pricing.Return{Line: "mug", Quantity: 1}, pricing.Return{Line: "post", Quantity: 1})
	require.NoError(t, err)
	require.Equal(t, pricing.Refund{Net: cents(2000), Tax: cents(400), Total: cents(2400)}, r)
	for name, returns := range map[string][]pricing.Return{
		"returns[1].line":     {{Line: "mug", Quantity: 1}, {Line: "mug", Quantity: 1, Before: 1}},
		"returns[0].line":     {{Line: "cup", Quantity: 1}},
		"returns[0].quantity": {{Line: "post", Quantity: 2}},
	} {
		var f *pricing.FieldError
		_, err := q.Refund(returns...)
		require.ErrorAs(t, err, &f)
		require.Equal(t, name, f.Field)
		_, _, err = e.Reprice(b, &q, returns...)
		require.ErrorAs(t, err, &f)
		require.Equal(t, name, f.Field)
	}
}
