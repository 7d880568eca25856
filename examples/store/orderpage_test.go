package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

// The page of an order: where the parcel is, papers to print, other goods in exchange; all of
// it also by the link of the letter, and for nobody else.
func TestOrderPage(t *testing.T) {
	shop := opened(t, "memory")
	b := visit(t, site(shop))
	confirmation, at := b.order(b.review("en", "card-4242"), "en")
	require.Contains(t, confirmation, "Next we pack your goods")
	id := strings.TrimPrefix(at, "/en/orders/")
	keeper := again(t, b.base)
	keeper.press("/en/desk/login", "password", "secret word")
	desk, _ := keeper.see("/en/desk/orders/" + id)
	require.Contains(t, desk, "with a tracking number")
	keeper.press("/en/desk/orders/"+id+"/ship", "parcel", "p1", "carrier", "DHL", "tracking", "00340434 1&x")
	keeper.press("/en/desk/orders/"+id+"/deliver", "parcel", "p1")

	require.NoError(t, shop.Wheel.Drain(t.Context()))
	_, link := letter(t, shop, "anna@example.com")
	guest := again(t, b.base)
	body, _ := guest.see(link)
	require.Contains(t, body, "piececode=00340434&#43;1%26x", "the carrier's page")
	require.Contains(t, body, ">Green</option>")
	require.NotContains(t, body, ">Blue</option>", "not for itself")

	_, token, _ := strings.Cut(link, "?token=")
	invoice, _ := guest.see(at + "/papers/0?token=" + token)
	require.Contains(t, invoice, "Invoice")
	require.Contains(t, invoice, "28.70")
	german, _ := guest.see("/de" + strings.TrimPrefix(at, "/en") + "/papers/0?token=" + token)
	require.Contains(t, german, "Rechnung")
	slip, _ := guest.see(at + "/slips/p1?token=" + token)
	require.Contains(t, slip, "Stoneware mug")
	require.NotContains(t, slip, "11.90", "a slip has no prices")
	stranger := again(t, b.base)
	for _, path := range []string{"/papers/0", "/slips/p1", "/papers/-1", "/papers/9"} {
		none, _ := stranger.see(at + path)
		require.NotContains(t, none, "Stoneware mug")
		require.Contains(t, none, "404")
	}
	r, err := guest.Get(b.base + at + "/papers/0?token=" + token)
	require.NoError(t, err)
	r.Body.Close()
	require.Equal(t, "no-store", r.Header.Get("Cache-Control"), "an invoice is kept by nobody between")

	none, _ := stranger.press(at+"/exchange", "line", "1", "quantity", "1", "sku", "stoneware-mug-green")
	require.Contains(t, none, "404")
	for _, sku := range []string{"saucepan", "stoneware-mug-blue", "none", ""} {
		none, _ = guest.press(at+"/exchange", "line", "1", "quantity", "1", "sku", sku, "token", token)
		require.Contains(t, none, "<h1>404</h1>", "%q is not what the page offers", sku)
	}
	body, _ = guest.press(at+"/exchange", "line", "1", "quantity", "1", "sku", "stoneware-mug-green", "token", token)
	require.Contains(t, body, "r1: Exchange")
	require.Contains(t, body, "p2: ", "the other goods go out")
	_, where := guest.press(at+"/exchange", "line", "1", "quantity", "9", "sku", "stoneware-mug-green", "token", token)
	require.Contains(t, where, "/exchange", "more than there are is refused")
	desk, _ = keeper.press("/en/desk/orders/"+id+"/receive", "return", "r1")
	require.Contains(t, desk, "received")
	for sku, left := range map[flywheel.SKU]int64{"stoneware-mug-blue": 23, "stoneware-mug-green": 23} {
		level, err := shop.Stock.Level(t.Context(), sku)
		require.NoError(t, err)
		require.Equal(t, left, level.Available(), sku)
	}
	papers, _ := keeper.see("/en/desk/orders/" + id + "/papers/0")
	require.Contains(t, papers, "Invoice")
}
