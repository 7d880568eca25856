package checkout_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
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

// benchCounter is a shop in memory with delivery and codes, and a catalog that answers
// from what it has, so that its own work is no part of what is measured.
func benchCounter(b *testing.B) (*process, *lifeWorld, *life) {
	w := newLifeWorld()
	known := map[int]map[flywheel.SKU]flywheel.Item{} // by how many: all carts of a benchmark hold the same
	l := &life{id: "b", mode: order.OnPlace, gateway: new(payment.Memory), world: w}
	l.catalog = flywheel.CatalogFunc(func(ctx context.Context, skus ...flywheel.SKU) (map[flywheel.SKU]flywheel.Item, error) {
		if _, there := known[len(skus)]; !there {
			items, err := lifeCatalog(ctx, skus...)
			if err != nil {
				return nil, err
			}
			known[len(skus)] = items
		}
		return known[len(skus)], nil
	})
	return w.open(b, nil, l), w, l
}

func benchLines(b *testing.B, p *process, n int) []cart.Line {
	lines := make([]cart.Line, n)
	var delivery []flywheel.Line
	for i := range lines {
		sku := flywheel.SKU("sku-" + strconv.Itoa(i))
		lines[i] = cart.Line{SKU: sku, Quantity: int64(i%3 + 1), Agreed: money.MustPrice("2.55", money.EUR), TaxIncluded: true}
		delivery = append(delivery, flywheel.Line{SKU: sku, Quantity: inventory.MaxQuantity / 4})
	}
	require.NoError(b, p.stock.At("east").Receive(b.Context(), "delivery", delivery))
	return lines
}

// BenchmarkSessionUpdate measures one change of a session with its quote: goods,
// delivery options with dates, tax, codes and tenders, all stores in memory.
func BenchmarkSessionUpdate(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("lines=%d", n), func(b *testing.B) {
			ctx := b.Context()
			p, _, _ := benchCounter(b)
			_, err := p.carts.Create(ctx, cart.Cart{ID: "c", Customer: "anna", Currency: money.EUR, Lines: benchLines(b, p, n)})
			require.NoError(b, err)
			_, err = p.sessions.Open(ctx, "c", "s")
			require.NoError(b, err)
			_, err = p.sessions.SetAddress(ctx, "s", order.Address{Country: "DE", Postcode: "10115"}, nil)
			require.NoError(b, err)
			_, err = p.sessions.Choose(ctx, "s", "standard")
			require.NoError(b, err)
			_, err = p.sessions.SetTenders(ctx, "s", checkout.TenderChoice{Type: order.Card, Token: "tok"})
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.sessions.SetBuyer(ctx, "s", checkout.Buyer{Email: "anna@example.com"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSessionCheckout measures a whole checkout of a session, from the cart to
// the captured order, all stores in memory.
func BenchmarkSessionCheckout(b *testing.B) {
	ctx := b.Context()
	p, w, _ := benchCounter(b)
	lines := benchLines(b, p, 10)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		w.now = w.now.Add(time.Second)
		id := checkout.SessionID(strconv.Itoa(i))
		of := cart.ID(id)
		_, err := p.carts.Create(ctx, cart.Cart{ID: of, Customer: flywheel.CustomerID(id), Currency: money.EUR, Lines: lines})
		if err != nil {
			b.Fatal(err)
		}
		for _, step := range []func() (checkout.View, error){
			func() (checkout.View, error) { return p.sessions.Open(ctx, of, id) },
			func() (checkout.View, error) {
				return p.sessions.SetBuyer(ctx, id, checkout.Buyer{Email: "a@example.com"})
			},
			func() (checkout.View, error) {
				return p.sessions.SetAddress(ctx, id, order.Address{Country: "DE"}, nil)
			},
			func() (checkout.View, error) { return p.sessions.Choose(ctx, id, "standard") },
			func() (checkout.View, error) {
				return p.sessions.SetTenders(ctx, id, checkout.TenderChoice{Type: order.Card, Token: "tok"})
			},
			func() (checkout.View, error) {
				return p.sessions.Place(ctx, checkout.PlaceRequest{Session: id, Key: "k"})
			},
		} {
			if _, err := step(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
