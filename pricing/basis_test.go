package pricing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func priced1(unit string) []pricing.Entry {
	return []pricing.Entry{{SKU: "a", Unit: money.MustPrice(unit, money.EUR)}}
}

// A price with tax and one without are compared with the tax of the line.
func TestListsOfTwoBases(t *testing.T) {
	taxes := []pricing.Tax{{Rate: money.MustRate("0.19")}, {Class: "books", Rate: money.MustRate("0.07")}}
	sale := pricing.Config{Taxes: taxes, Lists: []pricing.List{
		{ID: "base", TaxIncluded: true, Entries: priced1("11.90")}, {ID: "sale", Kind: pricing.Sale, Entries: priced1("10.50")},
	}}
	groups := pricing.Config{Taxes: taxes, Lists: []pricing.List{
		{ID: "shop", TaxIncluded: true, Entries: priced1("11.90")}, {ID: "b2b", Groups: []string{"b2b"}, Entries: priced1("11.00")},
	}}
	for _, c := range []struct {
		config pricing.Config
		class  string
		total  int64
		list   string
	}{
		{sale, "", 1190, "base"}, {sale, "books", 1124, "sale"}, {groups, "", 1190, "shop"}, {groups, "books", 1177, "b2b"},
	} {
		b := pricing.Basket{Currency: money.EUR, At: noon, Groups: []string{"b2b"}, Lines: []pricing.Line{{ID: "1", SKU: "a", Quantity: 1, TaxClass: c.class}}}
		q := quote(t, c.config, b)
		require.Equal(t, c.list, q.Lines[0].List)
		require.Equal(t, cents(c.total), q.Total)
	}
}

func TestLowestPriorOfTwoBases(t *testing.T) {
	day := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC) }
	e, err := pricing.Compile(pricing.Config{Taxes: []pricing.Tax{{Rate: money.MustRate("0.19")}}, Lists: []pricing.List{
		{ID: "base", TaxIncluded: true, Entries: priced1("11.90")},
		{ID: "february", Kind: pricing.Override, Starts: day(2, 10), Ends: day(2, 15), Entries: priced1("10.50")},
	}})
	require.NoError(t, err)
	lowest, err := e.LowestPrior(pricing.Basket{Currency: money.EUR, At: day(3, 1)}, "a", 30)
	require.NoError(t, err)
	require.Equal(t, "11.90 EUR", lowest.String()) // 10.50 is 12.50 with tax
}

// The days are those before the reduction began, whenever it is asked, and the
// sale is no prior price of its own.
func TestLowestPriorIsBeforeTheReduction(t *testing.T) {
	began := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	e, err := pricing.Compile(pricing.Config{Lists: []pricing.List{
		{ID: "base", Entries: priced1("100.00")}, {ID: "sale", Kind: pricing.Sale, Starts: began, Entries: priced1("80.00")},
	}})
	require.NoError(t, err)
	for _, days := range []int{0, 1, 9, 40} {
		lowest, err := e.LowestPrior(pricing.Basket{Currency: money.EUR, At: began.AddDate(0, 0, days)}, "a", 30)
		require.NoError(t, err)
		require.Equal(t, "100.00 EUR", lowest.String(), "after %d days", days)
	}
}

// Lines of one item reach the quantity of a price together, and the steps of
// graduated prices go on from line to line.
func TestQuantityOverLines(t *testing.T) {
	c := pricing.Config{Lists: []pricing.List{{ID: "l", Entries: []pricing.Entry{
		{SKU: "a", Unit: money.MustPrice("12.00", money.EUR), MaxQuantity: 4}, {SKU: "a", Unit: money.MustPrice("10.00", money.EUR), MinQuantity: 5},
	}}}}
	b := pricing.Basket{Currency: money.EUR, At: noon, Lines: []pricing.Line{
		{ID: "red", SKU: "a", Quantity: 3}, {ID: "blue", SKU: "a", Quantity: 2},
		{ID: "agreed", SKU: "a", Quantity: 1, Agreed: money.MustPrice("1.00", money.EUR)},
	}}
	require.Equal(t, cents(5100), quote(t, c, b).Total)
	c.Lists[0].Graduated = true
	q := quote(t, c, b)
	require.Equal(t, []money.Amount{cents(3600), cents(2200)}, []money.Amount{q.Lines[0].Total, q.Lines[1].Total})
	checkLaws(t, &q)
	joined := b
	joined.Lines = []pricing.Line{{ID: "both", SKU: "a", Quantity: 5}}
	require.Equal(t, cents(5800), quote(t, c, joined).Total)
}

// A line without a price leaves the rest with theirs, is not sold, and does not
// change what the others cost.
func TestUnpricedLines(t *testing.T) {
	c := pricing.Config{
		Lists:      []pricing.List{{ID: "l", Entries: priced1("10.00")}},
		Promotions: []pricing.Promotion{{ID: "bogo", BuyGet: &pricing.BuyGet{Buy: 1, Get: 1}, Percent: money.Percent(100)}},
	}
	b := pricing.Basket{Currency: money.EUR, At: noon, Lines: []pricing.Line{
		{ID: "1", SKU: "gone", Quantity: 3}, {ID: "2", SKU: "a", Quantity: 2}, {ID: "3", SKU: "lost", Quantity: 1}, {ID: "4", SKU: "a", Quantity: 1},
	}, Shipping: []pricing.Shipping{{ID: "post", Amount: cents(500)}}}
	q := quote(t, c, b)
	require.Equal(t, 2, q.Unpriced)
	require.Equal(t, cents(2500), q.Total)
	for i, l := range q.Lines {
		require.Equal(t, b.Lines[i].ID, l.ID)
		require.Equal(t, i%2 == 0, l.Unpriced)
	}
	var f *pricing.FieldError
	require.ErrorAs(t, q.Priced(), &f)
	require.Equal(t, "lines[0].sku", f.Field)
	require.ErrorIs(t, f, pricing.ErrNoPrice)
	e, err := pricing.Compile(c)
	require.NoError(t, err)
	_, err = e.Confirm(b, &q)
	require.ErrorIs(t, err, pricing.ErrNoPrice)
	b.Lines[3].Quantity = -1
	_, err = e.Quote(b)
	require.ErrorAs(t, err, &f)
	require.Equal(t, "lines[3].quantity", f.Field)
	b.Lines[3].Quantity, b.Lines[3].TaxClass = 1, "odd"
	_, err = e.Quote(b)
	require.ErrorAs(t, err, &f)
	require.Equal(t, "lines[3].tax_class", f.Field, "by its place in the basket")
	b.Lines = b.Lines[:1]
	q = quote(t, c, b)
	require.Equal(t, cents(500), q.Total)
}
