package paper_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/paper"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func eur(minor int64) money.Amount { return money.New(minor, money.EUR) }

// sold is an order of two mugs at 19 % and a book at 7 %, delivered, with its invoice.
func sold() order.Order {
	return order.Order{
		ID: "o", Number: "K7M2P-9QRST", Currency: money.EUR, Mode: order.OnPlace, PlacedAt: time.Date(2026, 3, 10, 23, 30, 0, 0, time.UTC),
		Contact: order.Contact{Name: "Ann <script>alert(1)</script>"}, Policy: order.Policy{Zone: "Europe/Berlin"},
		Shipping: &order.Address{Name: "Ann", Street: []string{"Hauptstraße 1 & 2"}, Postcode: "10115", City: "Berlin", Country: "DE"},
		Lines: []order.Line{
			{ID: "1", SKU: "mug", Title: `Mug "big"`, Quantity: 2},
			{ID: "2", SKU: "book", Quantity: 1},
		},
		Delivery: &order.Delivery{Title: "Post", Total: eur(690), Net: eur(600), Tax: eur(90), Taxes: []pricing.RateTotal{
			{Rate: money.Percent(19), Net: eur(400), Tax: eur(76), Total: eur(476)}, {Rate: money.Percent(7), Net: eur(200), Tax: eur(14), Total: eur(214)},
		}},
		Parcels: []order.Parcel{{Parcel: fulfillment.Parcel{ID: "p1", Location: "east", Pieces: []fulfillment.Piece{{Line: "1", SKU: "mug", Quantity: 2}}}, Carrier: "Post", Tracking: "00340"}},
		Documents: []order.Document{{
			Kind: order.Invoice, Number: 1001, At: time.Date(2026, 3, 10, 23, 30, 0, 0, time.UTC), Net: eur(3600), Tax: eur(540), Total: eur(4140),
			Lines: []order.DocumentLine{
				{Kind: order.GoodsLine, Line: "1", SKU: "mug", Title: `Mug "big"`, Quantity: 2, Rate: money.Percent(19), Net: eur(2000), Tax: eur(380), Total: eur(2380)},
				{Kind: order.GoodsLine, Line: "2", SKU: "book", Quantity: 1, Rate: money.Percent(7), Net: eur(1000), Tax: eur(70), Total: eur(1070)},
				{Kind: order.DeliveryLine, Title: "Post", Net: eur(600), Tax: eur(90), Total: eur(690)},
			},
		}},
	}
}

func TestDocument(t *testing.T) {
	o, b := sold(), new(bytes.Buffer)
	require.NoError(t, paper.Document(b, &paper.Shop{Name: "Shop", TaxID: "DE1"}, &o, &o.Documents[0]))
	html := b.String()
	for _, want := range []string{
		"<h1>Invoice</h1>", "<td>1001</td>", "K7M2P-9QRST", "<td>2026-03-11</td>", // the day in Berlin
		"Mug &#34;big&#34;", "<small>mug</small>", "Hauptstraße 1 &amp; 2", "10115 Berlin", "Tax ID DE1", "41.40 EUR",
		`Tax at 19 %</td><td class="n">24.00 EUR</td><td class="n">4.56 EUR</td><td class="n">28.56 EUR`,
		`Tax at 7 %</td><td class="n">12.00 EUR</td><td class="n">0.84 EUR</td><td class="n">12.84 EUR`,
		"&lt;script&gt;",
	} {
		require.Contains(t, html, want)
	}
	require.NotContains(t, html, "<script")
	require.NotContains(t, html, "Exempt")

	o.TaxExempt = true
	o.Documents[0].Kind = order.CreditNote
	o.Documents[0].Lines[2].Total = eur(600) // a part of the delivery: its rates are not known
	words := paper.English
	words.CreditNote = "Gutschrift"
	b.Reset()
	require.NoError(t, paper.Document(b, &paper.Shop{Words: &words, Language: "de", Date: "02.01.2006", Format: func(a money.Amount) string { return "€" + a.Decimal().String() }}, &o, &o.Documents[0]))
	for _, want := range []string{`<html lang="de">`, "<h1>Gutschrift</h1>", "11.03.2026", "€41.4", "Exempt from tax."} {
		require.Contains(t, b.String(), want)
	}
	require.NotContains(t, b.String(), "Tax at")
}

func TestPackingSlip(t *testing.T) {
	o, b := sold(), new(bytes.Buffer)
	require.NoError(t, paper.PackingSlip(b, &paper.Shop{Name: "Shop"}, &o, "p1"))
	html := b.String()
	for _, want := range []string{"<h1>Packing slip</h1>", "Mug &#34;big&#34;", `<td class="n">2</td>`, "00340", "<td>east</td>"} {
		require.Contains(t, html, want)
	}
	require.NotContains(t, html, "EUR", "a slip has no prices")
	require.NotContains(t, html, "engraving")

	o.Lines[0].Personalization = flywheel.MustDetails(map[string]string{"engraving": "Anna <3\n\u202e7 May", "ribbon": "red"})
	for _, write := range []func() error{
		func() error { return paper.PackingSlip(b, &paper.Shop{}, &o, "p1") },
		func() error { return paper.Document(b, &paper.Shop{}, &o, &o.Documents[0]) },
	} {
		b.Reset()
		require.NoError(t, write())
		require.Contains(t, b.String(), "<small>mug</small><br><small><bdi>engraving</bdi>: <bdi>Anna &lt;3\n\u202e7 May</bdi></small><br><small><bdi>ribbon</bdi>: <bdi>red</bdi></small></td>",
			"its lines stay lines, and text that turns round turns nothing else round")
		require.Contains(t, b.String(), "bdi { white-space: pre-line; }")
	}
	require.NotContains(t, html, "book", "what is in another parcel is not on the slip")
}

func TestRefused(t *testing.T) {
	o, b := sold(), new(bytes.Buffer)
	shop := &paper.Shop{}
	d := o.Documents[0]
	d.Number = 0
	require.ErrorIs(t, paper.Document(b, shop, &o, &d), flywheel.ErrInvalid)
	d.Number, d.Kind = 1, "receipt"
	require.ErrorIs(t, paper.Document(b, shop, &o, &d), flywheel.ErrInvalid)
	require.ErrorIs(t, paper.PackingSlip(b, shop, &o, "p2"), flywheel.ErrNotFound)
	o.Policy.Zone = "Nowhere/Land"
	err := paper.PackingSlip(b, shop, &o, "p1")
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	field, ok := errors.AsType[*flywheel.FieldError](err)
	require.True(t, ok)
	require.Equal(t, "policy.zone", field.Field)
	require.Zero(t, b.Len(), "nothing is written")
	require.False(t, strings.Contains(err.Error(), "Ann"))
}
