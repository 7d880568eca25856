package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A guest's wishes become the member's, are shared by a link that says nothing more, and
// what was waited for is told once by mail.
func TestWishesAndWatches(t *testing.T) {
	wheres(t, func(t *testing.T, where string) {
		shop := opened(t, where)
		b := visit(t, site(shop))
		_, at := b.press("/en/wishes", "sku", "table-lamp", "kind", "wished")
		require.Equal(t, "/en/wishes", at)
		_, at = b.press("/en/wishes", "sku", "iron-pot-red", "kind", "back_in_stock")
		require.Equal(t, "/en/login", at, "a letter needs an address")
		b.join(shop, "anna@example.com", "")
		body, _ := b.see("/en/wishes")
		require.Contains(t, body, "Table lamp")
		body, _ = b.press("/en/wishes/share")
		link := regexp.MustCompile(`<code>[^<]*(/en/wishes/[^<]+)`).FindStringSubmatch(body)[1]
		stranger := again(t, b.base)
		body, _ = stranger.see(link)
		require.Contains(t, body, "Table lamp")
		require.NotContains(t, body, "anna")
		b.press("/en/wishes/share", "hide", "yes")
		body, _ = stranger.see(link)
		require.Contains(t, body, "404")

		require.NoError(t, shop.Stock.Adjust(t.Context(), "lost", "lost", "iron-pot-red", -4))
		body, _ = b.see("/en/goods/cast-iron-pot")
		require.Contains(t, body, "Tell me when it is back")
		b.press("/en/wishes", "sku", "iron-pot-red", "kind", "back_in_stock")
		b.press("/en/wishes", "sku", "table-lamp", "kind", "cheaper_than")
		require.NoError(t, shop.Wheel.Drain(t.Context()))
		before := len(shop.Outbox.Mails("anna@example.com"))
		require.NoError(t, shop.Stock.Receive(t.Context(), "more", []flywheel.Line{{SKU: "iron-pot-red", Quantity: 2}}))
		list := data.Prices()
		for i := range list.Entries {
			if list.Entries[i].SKU == "table-lamp" {
				list.Entries[i].Unit = money.MustPrice("99.00", money.EUR)
			}
		}
		list.Version = 1
		_, err := shop.Prices.SaveList(t.Context(), list)
		require.NoError(t, err)
		for range 3 {
			require.NoError(t, shop.Wheel.Drain(t.Context()))
		}
		var told []string
		for _, m := range shop.Outbox.Mails("anna@example.com")[:len(shop.Outbox.Mails("anna@example.com"))-before] {
			told = append(told, m.Subject)
			require.Contains(t, m.Text, "/en/goods/")
		}
		require.ElementsMatch(t, []string{"Cast-iron pot, Red is back", "Table lamp costs less"}, told)
		body, _ = b.see("/en/wishes")
		require.NotContains(t, body, "Cast-iron")
		b.press("/en/wishes/drop", "sku", "table-lamp", "kind", "wished")
		body, _ = b.see("/en/wishes")
		require.Contains(t, body, "Nothing is on the list")
	})
}

func TestHostileWishes(t *testing.T) {
	b := visit(t, site(opened(t, "memory")))
	for _, fields := range [][]string{
		{"sku", "none", "kind", "wished"}, {"sku", "table-lamp", "kind", "stolen"}, {"sku", "", "kind", "wished"}, {"sku", "<script>", "kind", "wished"},
		{"sku", strings.Repeat("x", 1900), "kind", "later"},
	} {
		body, _ := b.press("/en/wishes", fields...)
		require.NotContains(t, body, "<script>")
	}
	body, _ := b.see("/en/wishes")
	require.Contains(t, body, "Nothing is on the list")
	for _, path := range []string{"/en/wishes/none", "/en/wishes/%00", "/en/wishes/..%2f..%2fetc"} {
		body, _ = b.see(path)
		require.Contains(t, body, "404", path)
	}
}
