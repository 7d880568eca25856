package main

import (
	"regexp"
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
