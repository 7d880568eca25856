package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/supplier"
)

// A purchase order goes to the maker of the goods, is expected in stock, is taken in once, and
// tells how the supplier did.
func TestPurchaseOrder(t *testing.T) {
	wheres(t, func(t *testing.T, where string) {
		shop := opened(t, where)
		b := visit(t, site(shop))
		b.press("/en/desk/login", "password", "secret word")
		for range 2 { // pressed twice
			b.press("/en/desk/replenish", "sku", "table-lamp", "quantity", "12", "number", "po-1")
		}
		body, _ := b.see("/en/desk/replenish")
		require.Len(t, regexp.MustCompile(`12 × table-lamp`).FindAllString(body, -1), 1)
		require.Contains(t, body, "Nordlicht")
		require.Contains(t, body, "599.76 EUR", "twelve at 42 per cent of 119 euros")
		coming, err := shop.Stock.OnOrder(t.Context(), []flywheel.SKU{"table-lamp"})
		require.NoError(t, err)
		require.EqualValues(t, 12, coming["table-lamp"])
		refused, _ := b.press("/en/desk/replenish", "sku", "table-lamp", "quantity", "24", "number", "po-1")
		require.Contains(t, refused, "409", "another order under the number")
		seen := regexp.MustCompile(`name="seen" value="(\d+)"`).FindStringSubmatch(body)
		require.NotNil(t, seen)
		for range 2 {
			b.press("/en/desk/replenish/arrived", "order", "po-1", "seen", seen[1])
		}
		level, err := shop.Stock.Level(t.Context(), "table-lamp")
		require.NoError(t, err)
		require.EqualValues(t, 15, level.Available(), "three, and twelve once")
		body, _ = b.see("/en/desk/replenish")
		require.Contains(t, body, "Nothing is on order.")
		require.Contains(t, body, "100 %", "in full")
		report, err := shop.Suppliers.Report(t.Context(), time.Time{}, supplier.ScoreRules{})
		require.NoError(t, err)
		require.Len(t, report.Suppliers, 1)
	})
}

// As CSV a table has all its rows, not those of a page, and the filter of the page.
func TestWholeTables(t *testing.T) {
	shop := opened(t, "memory")
	b := visit(t, site(shop))
	const orders = 53
	for range orders {
		b.press("/en/cart/add", "sku", "bread-book-epub")
		b.press("/en/checkout/address", "email", "anna@example.com", "name", "Anna", "street", "Torstraße 1", "postcode", "10115", "city", "Berlin", "country", "DE")
		body, _ := b.press("/en/checkout/payment", "number", numbers["card-4242"], "expiry", "12/40")
		_, at := b.order(body, "en")
		require.Regexp(t, `^/en/orders/`, at)
	}
	b.order(b.review("en", "card-4242"), "en")
	keeper := again(t, b.base)
	keeper.press("/en/desk/login", "password", "secret word")
	page, _ := keeper.see("/en/desk/orders")
	require.Equal(t, 50, strings.Count(page, `<th scope="row"><a`))
	require.Contains(t, page, ">Next</a>")
	for path, rows := range map[string]int{"/en/desk/orders?csv=orders": orders + 1, "/en/desk/orders?csv=orders&to=ship": 1, "/en/desk/orders?csv=orders&q=anna": orders + 1, "/en/desk/catalog?csv=products": 9} {
		all, _ := keeper.see(path)
		require.Equal(t, rows+1, strings.Count(all, "\n"), path)
	}
	toShip, _ := keeper.see("/en/desk/orders?to=ship")
	require.Contains(t, toShip, "?csv=orders&amp;q=&amp;to=ship")
	features, _ := keeper.see("/en/desk/experiments")
	require.Contains(t, features, "2.067", "what the wheel brings")
	require.Contains(t, features, "187/200")
}
