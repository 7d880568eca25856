package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/page"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// filled opens a store with the assortment of a file.
func filled(t *testing.T, where, file string) (*page.Shop, func() error, error) {
	t.Helper()
	s, err := open(t.Context(), where)
	require.NoError(t, err)
	shop, err := newShop(t.Context(), s, time.Now, outside{Goods: file})
	return shop, s.close, err
}

// The export of another shop, which the catalog's own tests read, is sold, with the prices,
// stock and suppliers that it names; and opened again, with the file or without, it is the same.
func TestData(t *testing.T) {
	towels := filepath.Join("..", "..", "catalog", "testdata", "import", "tea-towels.csv")
	where := "sqlite:" + filepath.Join(t.TempDir(), "store.db")
	for _, file := range []string{towels, "", towels} {
		shop, done, err := filled(t, where, file)
		require.NoError(t, err)
		b := visit(t, site(shop))
		home, _ := b.see("/en")
		require.Contains(t, home, "Linen towel")
		require.NotContains(t, home, "Stoneware mug")
		require.NotContains(t, home, "Gift card</a>", "a draft")
		towel, _ := b.see("/en/goods/linen-towel")
		require.Contains(t, towel, "14.90")
		require.Contains(t, towel, "Weber &amp; Co")
		kitchen, _ := b.see("/en/goods?category=kitchen")
		require.Contains(t, kitchen, "Linen towel")
		german, _ := b.see("/de/goods/linen-towel")
		require.Contains(t, german, "Linen towel", "what is not translated is shown as it is")
		found, _ := b.see("/en/goods?q=linnen")
		require.Contains(t, found, "Linen towel")
		l, err := shop.Stock.Level(t.Context(), "LT-N-5")
		require.NoError(t, err)
		require.EqualValues(t, 12, l.Available())
		of, err := shop.Suppliers.Supplier(t.Context(), "Weber & Co")
		require.NoError(t, err)
		require.Len(t, of.Items, 3)
		require.NoError(t, done())
	}

	// Other prices move, and what was sold is not put back.
	text, err := os.ReadFile(towels)
	require.NoError(t, err)
	dearer := filepath.Join(t.TempDir(), "dearer.csv")
	require.NoError(t, os.WriteFile(dearer, []byte(strings.Replace(string(text), "12,deny,14.9,", "90,deny,15.5,", 1)), 0o600))
	shop, done, err := filled(t, where, dearer)
	require.NoError(t, err)
	priced, err := shop.Prices.Listed(money.EUR, time.Now(), "LT-N-5")
	require.NoError(t, err)
	require.Equal(t, money.New(1550, money.EUR), priced["LT-N-5"])
	l, err := shop.Stock.Level(t.Context(), "LT-N-5")
	require.NoError(t, err)
	require.EqualValues(t, 12, l.Available())
	require.NoError(t, done())
}

// A past is made up of the goods of the file.
func TestPastOfData(t *testing.T) {
	s, err := open(t.Context(), "memory")
	require.NoError(t, err)
	base := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	clock := &data.Clock{Base: func() time.Time { return base }}
	shop, err := newShop(t.Context(), s, clock.Now, outside{Goods: filepath.Join("..", "..", "catalog", "testdata", "import", "tea-towels.csv")})
	require.NoError(t, err)
	require.NoError(t, past(shop, clock, 1).Make(t.Context(), 30))
	orders := 0
	for o, err := range shop.Orders.List(t.Context(), order.Filter{}) {
		require.NoError(t, err)
		for i := range o.Lines {
			require.Contains(t, o.Lines[i].SKU, "LT-")
		}
		orders++
	}
	require.Greater(t, orders, 10)
}

// A file with mistakes is refused with the places of them, and nothing is kept of it.
func TestDataRefused(t *testing.T) {
	wrong := filepath.Join("..", "..", "catalog", "testdata", "import", "row-errors.csv")
	where := "sqlite:" + filepath.Join(t.TempDir(), "store.db")
	_, done, err := filled(t, where, wrong)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	require.ErrorAs(t, err, new(catalog.ImportError))
	require.Regexp(t, `row-errors\.csv: line \d+, column "`, err.Error())
	require.NoError(t, done())

	shop, done, err := filled(t, where, "") // as if there had been no file
	require.NoError(t, err)
	listed, err := shop.Products.List(t.Context(), catalog.ListQuery{})
	require.NoError(t, err)
	require.Len(t, listed.IDs, len(data.Goods))
	require.NoError(t, done())

	_, done, err = filled(t, where, filepath.Join("..", "..", "catalog", "testdata", "import", "tea-towels.csv"))
	require.ErrorIs(t, err, flywheel.ErrConflict, "the store has goods already")
	require.NoError(t, done())
	_, done, err = filled(t, "memory", filepath.Join(t.TempDir(), "none.csv"))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, done())
}
