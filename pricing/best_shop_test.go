package pricing_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// assortment makes n promotions of every ordinary shape: percentages and amounts
// off some products, free units, order discounts with and without a minimum,
// free shipping, tiers; some exclusive, some in groups.
func assortment(r *rand.Rand, n, lines int) (c pricing.Config, b pricing.Basket) {
	skus := []flywheel.SKU{"a", "b", "c", "d", "e", "f", "g", "h"}
	b = pricing.Basket{Currency: money.EUR, At: noon, Shipping: []pricing.Shipping{{ID: "ship", Amount: cents(495)}}}
	for i := range lines {
		b.Lines = append(b.Lines, pricing.Line{ID: fmt.Sprint(i), SKU: skus[r.IntN(len(skus))], Quantity: 1 + r.Int64N(4), Agreed: eur(500 + r.Int64N(10_000))})
	}
	for i := range n {
		p := pricing.Promotion{ID: fmt.Sprint("p", i), Priority: r.IntN(5)}
		from := r.IntN(len(skus))
		scope := skus[from : from+1+r.IntN(min(3, len(skus)-from))]
		switch r.IntN(8) {
		case 0, 1:
			p.SKUs, p.Percent = scope, money.Percent(5+5*r.Int64N(6))
		case 2:
			p.SKUs, p.Percent, p.BuyGet = scope, money.Percent(100), &pricing.BuyGet{Buy: 1 + r.Int64N(3), Get: 1}
		case 3:
			p.SKUs, p.Amount = scope, cents(100*(1+r.Int64N(5)))
		case 4:
			p.Level, p.Percent = pricing.OrderLevel, money.Percent(5+r.Int64N(15))
		case 5:
			p.Level, p.Amount, p.Minimum = pricing.OrderLevel, cents(500+500*r.Int64N(4)), cents(5000*(1+r.Int64N(6)))
		case 6:
			p.Level, p.Percent, p.Minimum = pricing.ShippingLevel, money.Percent(100), cents(5000)
		case 7:
			p.Level = pricing.OrderLevel
			p.Tiers = []pricing.Tier{{Minimum: cents(10_000), Percent: money.Percent(5)}, {Minimum: cents(20_000), Percent: money.Percent(10)}}
		}
		switch r.IntN(6) {
		case 0:
			p.Exclusive = true
		case 1, 2:
			p.Group = fmt.Sprint("g", r.IntN(4))
		}
		c.Promotions = append(c.Promotions, p)
	}
	return c, b
}

// A group that is decided line by line counts in the search though the minimum of
// its first member is out of reach.
func TestBestOfGroupBehindMinimum(t *testing.T) {
	c := pricing.Config{
		Strategy: pricing.BestOf,
		Groups:   []pricing.Group{{ID: "lines", Pick: pricing.LineBest}},
		Promotions: []pricing.Promotion{
			{ID: "voucher", Level: pricing.OrderLevel, Amount: cents(100), Priority: 1},
			{ID: "huge", Percent: money.Percent(1), Minimum: cents(1_000_000), Group: "lines"},
			{ID: "half", Percent: money.Percent(50), Minimum: cents(10_000), Group: "lines"},
		},
	}
	b := pricing.Basket{Currency: money.EUR, At: noon, Lines: []pricing.Line{{ID: "1", SKU: "a", Quantity: 1, Agreed: eur(10_000)}}}
	q := quote(t, c, b)
	require.Equal(t, "half", q.Applied[0].Promotion)
	require.Equal(t, cents(5_000), q.Discount)
}
