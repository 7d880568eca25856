package pricing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var placed = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

// goodsAndDelivery is a basket of one mug at 11.90 and a charge for delivery.
func goodsAndDelivery(charge int64) pricing.Basket {
	b := pricing.Basket{Currency: money.EUR, At: placed, Lines: []pricing.Line{{ID: "1", SKU: "mug", Quantity: 1}}}
	if charge > 0 {
		b.Shipping = []pricing.Shipping{{ID: "d", Amount: cents(charge), TaxIncluded: true}}
	}
	return b
}

func turns(promotions ...pricing.Promotion) pricing.Config {
	return pricing.Config{
		ShippingInTurn: true, Promotions: promotions,
		Lists: []pricing.List{{ID: "l", TaxIncluded: true, Entries: []pricing.Entry{{SKU: "mug", Unit: money.PriceOf(cents(1190))}}}},
	}
}

func TestShippingInTurn(t *testing.T) {
	half := money.MustRate("0.5")
	ship := pricing.Promotion{ID: "ship", Level: pricing.ShippingLevel, Percent: half}
	shipAlone := pricing.Promotion{ID: "ship", Level: pricing.ShippingLevel, Percent: half, Exclusive: true}
	ten := pricing.Promotion{ID: "ten", Percent: money.Percent(10)}
	tenAlone := pricing.Promotion{ID: "ten", Percent: money.Percent(10), Exclusive: true}
	needs := shipAlone
	needs.Minimum, needs.MinimumBase = cents(5000), pricing.Original
	for name, c := range map[string]struct {
		promotions []pricing.Promotion
		charge     int64
		applied    []string
	}{
		"an exclusive one counts without a charge": {[]pricing.Promotion{shipAlone, ten}, 0, nil},
		"and with one":                                 {[]pricing.Promotion{shipAlone, ten}, 490, []string{"ship"}},
		"not below its minimum":                        {[]pricing.Promotion{needs, ten}, 0, []string{"ten"}},
		"another counts when it takes something off":   {[]pricing.Promotion{ship, tenAlone}, 490, []string{"ship"}},
		"and not without a charge":                     {[]pricing.Promotion{ship, tenAlone}, 0, []string{"ten"}},
		"an exclusive one of the goods before it wins": {[]pricing.Promotion{tenAlone, ship}, 490, []string{"ten"}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := pricing.Compile(turns(c.promotions...))
			require.NoError(t, err)
			q, err := e.Quote(goodsAndDelivery(c.charge))
			require.NoError(t, err)
			var applied []string
			for _, a := range q.Applied {
				applied = append(applied, a.Promotion)
			}
			require.Equal(t, c.applied, applied)
		})
	}
	config := turns(ship)
	config.Strategy = pricing.BestOf
	_, err := pricing.Compile(config)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// With 19 % at home and 20 % there 11.90 is 12.00; with none it is the net price.
func TestNetStays(t *testing.T) {
	c := turns()
	c.NetStays = true
	c.Taxes = []pricing.Tax{{Class: "", Rate: money.Percent(19)}}
	c.Lists = append(c.Lists, pricing.List{ID: "stairs", TaxIncluded: true, Graduated: true, Entries: []pricing.Entry{
		{SKU: "pen", Unit: money.PriceOf(cents(333)), MaxQuantity: 1}, {SKU: "pen", Unit: money.PriceOf(cents(300)), MinQuantity: 2},
	}})
	e, err := pricing.Compile(c)
	require.NoError(t, err)
	for _, to := range []struct {
		rate              string
		unit, total, pens int64
	}{{"0.19", 1190, 2380, 633}, {"0.2", 1200, 2400, 638}, {"0", 1000, 2000, 532}, {"0.175", 1175, 2350, 625}} {
		b := pricing.Basket{
			Currency: money.EUR, At: placed, Taxes: []pricing.Tax{{Class: "", Rate: money.MustRate(to.rate)}},
			Lines: []pricing.Line{{ID: "1", SKU: "mug", Quantity: 2}, {ID: "2", SKU: "pen", Quantity: 2}},
		}
		q, err := e.Quote(b)
		require.NoError(t, err)
		require.Equal(t, money.PriceOf(cents(to.unit)), q.Lines[0].Unit, to.rate)
		require.Equal(t, cents(to.total), q.Lines[0].Total)
		require.Equal(t, cents(to.pens), q.Lines[1].Total)
		agreed := b
		agreed.Lines = []pricing.Line{{ID: "1", SKU: "mug", Quantity: 1, Agreed: money.PriceOf(cents(999)), TaxIncluded: true}}
		q, err = e.Quote(agreed)
		require.NoError(t, err)
		require.Equal(t, cents(999), q.Total, "what was agreed stays")
	}
}

func TestWithoutPromotions(t *testing.T) {
	e, err := pricing.Compile(turns(pricing.Promotion{ID: "ten", Percent: money.Percent(10), Coupon: "TEN"}))
	require.NoError(t, err)
	require.Equal(t, "TEN", e.Coupon("ten"))
	require.Empty(t, e.Coupon("other"))
	b := goodsAndDelivery(0)
	b.Coupons, b.WithoutPromotions = []string{"ten"}, true
	q, err := e.Quote(b)
	require.NoError(t, err)
	require.Equal(t, cents(1190), q.Total)
	require.Empty(t, q.Applied)
	b.WithoutPromotions = false
	q, err = e.Quote(b)
	require.NoError(t, err)
	require.Equal(t, cents(1071), q.Total)
}

func TestTendersOfPoints(t *testing.T) {
	pay := func(total int64, tenders ...pricing.Tender) ([]pricing.Payment, int64) {
		p, due, err := pricing.Pay(cents(total), tenders)
		require.NoError(t, err)
		return p, due.Minor()
	}
	half := money.MustRate("0.5")
	p, due := pay(823, pricing.Tender{ID: "points", PointValue: half, Points: 1001})
	require.Equal(t, []pricing.Payment{{Tender: "points", Amount: cents(500), Points: 1000}}, p)
	require.EqualValues(t, 323, due)
	p, _ = pay(3, pricing.Tender{ID: "points", PointValue: money.MustRate("0.4"), Points: 100})
	require.Equal(t, pricing.Payment{Tender: "points", Amount: cents(3), Points: 8}, p[0], "rounded up")
	p, _ = pay(2870, pricing.Tender{ID: "points", PointValue: money.MustRate("1"), Points: 5000, MaxPercent: money.MustRate("0.3333"), Most: cents(1000)})
	require.EqualValues(t, 956, p[0].Points)
	p, _ = pay(2870, pricing.Tender{ID: "points", PointValue: money.MustRate("1"), Points: 5000, Most: cents(0)})
	require.Zero(t, p[0].Points)
	p, due = pay(1<<62, pricing.Tender{ID: "points", PointValue: money.MustRate("1000000"), Points: 1<<63 - 1})
	require.Zero(t, due)
	require.EqualValues(t, (1<<62+999_999)/1_000_000, p[0].Points)

	for field, bad := range map[string]pricing.Tender{
		"tenders[0].points":      {ID: "p", PointValue: half, Points: -1},
		"tenders[0].point_value": {ID: "p", Points: 1},
		"tenders[0].balance":     {ID: "p", PointValue: half, Balance: cents(1)},
		"tenders[0].most":        {ID: "p", Most: money.New(1, money.USD)},
	} {
		_, _, err := pricing.Pay(cents(100), []pricing.Tender{bad})
		var f *pricing.FieldError
		require.ErrorAs(t, err, &f)
		require.Equal(t, field, f.Field)
	}
	_, _, err := pricing.Pay(cents(100), []pricing.Tender{{ID: "p", Most: cents(-1)}})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}
