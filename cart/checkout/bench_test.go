package checkout_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// BenchmarkPlace measures one order from the empty cart to the money: create, add,
// place, with all stores in memory. 27 lines is the average invoice of the Online
// Retail data.
func BenchmarkPlace(b *testing.B) {
	for _, lines := range []int{1, 27, 500} {
		for _, stocked := range []bool{false, true} {
			b.Run(fmt.Sprintf("lines=%d/stock=%v", lines, stocked), func(b *testing.B) { benchmarkPlace(b, lines, stocked) })
		}
	}
}

func benchmarkPlace(b *testing.B, n int, stocked bool) {
	ctx := b.Context()
	db := new(flywheel.Memory)
	at := time.Date(2011, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return at }
	engine, err := pricing.Compile(pricing.Config{Taxes: []pricing.Tax{{Class: "standard", Rate: money.Percent(20)}}})
	require.NoError(b, err)
	carts, err := cart.New(cart.NewMemory(db), &cart.Options{Engine: engine, Now: clock})
	require.NoError(b, err)
	orders, err := order.New(order.NewMemory(db), &order.Options{Now: clock, Tx: db})
	require.NoError(b, err)
	opts := &checkout.Options{Now: clock, Tx: db}
	lines := make([]cart.Line, n)
	for i := range lines {
		lines[i] = cart.Line{SKU: flywheel.SKU("sku-" + strconv.Itoa(i)), Quantity: int64(i%5 + 1), Agreed: money.MustPrice("2.55", money.GBP), TaxClass: "standard"}
	}
	if stocked {
		stock, err := inventory.New(inventory.NewMemory(db), &inventory.Options{Now: clock})
		require.NoError(b, err)
		var delivery []flywheel.Line
		for _, l := range lines {
			delivery = append(delivery, flywheel.Line{SKU: l.SKU, Quantity: inventory.MaxQuantity})
		}
		require.NoError(b, stock.Receive(ctx, "delivery", delivery))
		opts.Stock = stock
	}
	shop, err := checkout.New(carts, orders, opts)
	require.NoError(b, err)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		at = at.Add(time.Second)
		id := strconv.Itoa(i)
		if _, err := carts.Create(ctx, cart.Cart{ID: cart.ID(id), Customer: "c", Currency: money.GBP}); err != nil {
			b.Fatal(err)
		}
		if _, err := carts.Add(ctx, cart.ID(id), lines...); err != nil {
			b.Fatal(err)
		}
		if _, err := shop.Place(ctx, checkout.Request{Key: id, Cart: cart.ID(id), OrderID: order.ID(id), At: at}); err != nil {
			b.Fatal(err)
		}
		if err := carts.Delete(ctx, cart.ID(id)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/line")
}
