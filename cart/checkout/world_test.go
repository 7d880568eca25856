package checkout_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/carttest"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/ordersql"
	"github.com/flywheel-go/flywheel/cart/order/ordertest"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
	"github.com/flywheel-go/flywheel/inventory/inventorytest"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
	"github.com/flywheel-go/flywheel/segment/segmenttest"
)

// What is declared here is met there.
var (
	_ checkout.Stock   = (*inventory.Service)(nil)
	_ checkout.Goods   = (*inventory.Service)(nil)
	_ checkout.Codes   = (*coupon.Service)(nil)
	_ checkout.Balance = (*coupon.Cards)(nil)
	_ checkout.Balance = (*credit.Service)(nil)
	_ checkout.Points  = (*loyalty.Service)(nil)
	_ cart.Prices      = (*pricing.Service)(nil)
	_ order.Restocker  = (*inventory.Service)(nil)
	_ flywheel.Sink    = (*segment.Log)(nil)
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is what outlives a process: databases and the payment provider.
type world struct {
	carts   cart.Store
	orders  order.Store
	stock   inventory.Store
	events  segment.LogStore
	tx      flywheel.Transactor
	gateway *payment.Memory
	engine  *pricing.Engine

	// stride is 1 where every boundary is stopped at; else each round of everyStop
	// takes one of so many, and begins with another than the round before.
	stride, rounds int
}

// shop is one process in the world.
type shop struct {
	*checkout.Checkout
	carts  *cart.Service
	orders *order.Service
	stock  *inventory.Service
	log    *segment.Log
}

var now = time.Date(2011, 3, 4, 5, 6, 7, 0, time.UTC)

func clock() time.Time { return now }

// eachWorld runs fn on every kind of store.
func eachWorld(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Parallel() // much of the time goes into waiting for disks
	engine, err := pricing.Compile(pricing.Config{Taxes: []pricing.Tax{{Class: "standard", Rate: money.Percent(20)}}})
	require.NoError(t, err)
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		db := new(flywheel.Memory)
		fn(t, &world{
			carts: cart.NewMemory(db), orders: order.NewMemory(db), stock: inventory.NewMemory(db),
			events: segment.NewMemoryLog(db), tx: db, gateway: new(payment.Memory), engine: engine, stride: 1,
		})
	})
	t.Run("memory, item by item", func(t *testing.T) { // an inventory.Store that is no inventory.BatchStore
		t.Parallel()
		db := new(flywheel.Memory)
		fn(t, &world{
			carts: cart.NewMemory(db), orders: order.NewMemory(db), stock: struct{ inventory.Store }{inventory.NewMemory(db)},
			events: segment.NewMemoryLog(db), tx: db, gateway: new(payment.Memory), engine: engine, stride: 1,
		})
	})
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		t.Parallel()
		db := flywheel.OpenSQL(open(t), d)
		orders, stock, events := ordersql.New(db), inventorysql.New(db), segmentsql.New(db)
		require.NoError(t, flywheel.Migrate(t.Context(), db, orders, stock, events))
		fn(t, &world{
			carts: cart.NewMemory(nil), orders: orders, stock: stock, events: events, tx: db,
			gateway: new(payment.Memory), engine: engine, stride: testkit.Often(1, 5),
		})
	})
}

type hook func(call string, after bool) error

func noHook(string, bool) error { return nil }

// open starts a process whose every call to the world goes through h.
func (w *world) open(t testing.TB, h hook, withTx bool) *shop {
	named := func(what string) func(string, bool) error {
		return func(call string, after bool) error { return h(what+"."+call, after) }
	}
	// Without a transaction the stores do not say where they are kept.
	var tx flywheel.Transactor
	goods := inventorytest.Failing(w.stock, named("stock"))
	book := ordertest.Failing(w.orders, named("orders"))
	if withTx {
		tx = failingTx{w.tx, h}
	} else {
		book = struct{ order.Store }{book}
		if batch, ok := goods.(inventory.BatchStore); ok {
			goods = struct {
				inventory.Store
				inventory.BatchStore
			}{goods, batch}
		} else {
			goods = struct{ inventory.Store }{goods}
		}
	}
	s := &shop{}
	var err error
	s.log, err = segment.NewLog(segmenttest.Failing(w.events, named("events")), nil)
	require.NoError(t, err)
	s.stock, err = inventory.New(goods, &inventory.Options{Now: clock, Tx: tx})
	require.NoError(t, err)
	s.carts, err = cart.New(carttest.Failing(w.carts, named("carts")), &cart.Options{Now: clock, Engine: w.engine})
	require.NoError(t, err)
	s.orders, err = order.New(book, &order.Options{
		Now: clock, Gateway: failingGateway{w.gateway, h}, Stock: s.stock, Sink: s.log, Tx: tx,
	})
	require.NoError(t, err)
	s.Checkout, err = checkout.New(s.carts, s.orders, &checkout.Options{Stock: s.stock, Sink: s.log, Tx: tx, Now: clock})
	require.NoError(t, err)
	return s
}

// failingTx is a Transactor that stops before it begins or after it committed.
type failingTx struct {
	flywheel.Transactor
	hook hook
}

func (f failingTx) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if err := f.hook("tx.InTx", false); err != nil {
		return err
	}
	if err := f.Transactor.InTx(ctx, fn); err != nil {
		return err
	}
	return f.hook("tx.InTx", true)
}

// failingGateway is a Gateway that stops before a call or after its effect.
type failingGateway struct {
	gateway payment.Gateway
	hook    hook
}

func (f failingGateway) around(call string, fn func() error) error {
	if err := f.hook("gateway."+call, false); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	return f.hook("gateway."+call, true)
}

func (f failingGateway) Authorize(ctx context.Context, c payment.Charge) (a payment.Authorization, err error) {
	err = f.around("Authorize", func() error {
		a, err = f.gateway.Authorize(ctx, c)
		return err
	})
	return a, err
}

func (f failingGateway) Capture(ctx context.Context, key, authorization string, amount money.Amount) error {
	return f.around("Capture", func() error { return f.gateway.Capture(ctx, key, authorization, amount) })
}

func (f failingGateway) Void(ctx context.Context, key, authorization string) error {
	return f.around("Void", func() error { return f.gateway.Void(ctx, key, authorization) })
}

func (f failingGateway) Find(ctx context.Context, authorization string) (a payment.Authorization, err error) {
	err = f.around("Find", func() error {
		a, err = f.gateway.Find(ctx, authorization)
		return err
	})
	return a, err
}

func (f failingGateway) Release(ctx context.Context, key, authorization string, amount money.Amount) error {
	return f.around("Release", func() error { return f.gateway.Release(ctx, key, authorization, amount) })
}

func (f failingGateway) Abandon(ctx context.Context, c payment.Charge) error {
	return f.around("Abandon", func() error { return f.gateway.Abandon(ctx, c) })
}

func (f failingGateway) Refund(ctx context.Context, key, authorization string, amount money.Amount) error {
	return f.around("Refund", func() error { return f.gateway.Refund(ctx, key, authorization, amount) })
}

const opening = 1000 // units of each item at the start

func eur(minor int64) money.Amount { return money.New(minor, money.EUR) }

// fill creates a cart of two items of its own, 3 × 10.01 and 2 × 5.00 net, and
// puts both into stock.
func (s *shop) fill(t testing.TB, id string) {
	t.Helper()
	ctx := t.Context()
	require.NoError(t, s.stock.Receive(ctx, "opening of "+id, []flywheel.Line{{SKU: skuA(id), Quantity: opening}, {SKU: skuB(id), Quantity: opening}}))
	_, err := s.carts.Create(ctx, cart.Cart{ID: cart.ID(id), Customer: flywheel.CustomerID("customer of " + id), Visitor: "v", Currency: money.EUR})
	require.NoError(t, err)
	_, err = s.carts.Add(ctx, cart.ID(id),
		cart.Line{SKU: skuA(id), Quantity: 3, Agreed: money.MustPrice("10.01", money.EUR), TaxClass: "standard"},
		cart.Line{SKU: skuB(id), Quantity: 2, Agreed: money.MustPrice("5", money.EUR), TaxClass: "standard"})
	require.NoError(t, err)
}

// 30.03 + 6.01 and 10.00 + 2.00
var filledTotal = eur(4804)

func skuA(id string) flywheel.SKU { return flywheel.SKU("a-" + id) }
func skuB(id string) flywheel.SKU { return flywheel.SKU("b-" + id) }

func request(id string) checkout.Request {
	return checkout.Request{Key: "key of " + id, Cart: cart.ID(id), Method: "card", Expect: filledTotal}
}

// theOrder returns the one order of the cart.
func (s *shop) theOrder(t testing.TB, id string) order.Order {
	t.Helper()
	all := s.ordersOf(t, id)
	require.Len(t, all, 1, "orders of cart %s", id)
	return all[0]
}

func (s *shop) ordersOf(t testing.TB, id string) []order.Order {
	t.Helper()
	var all []order.Order
	for o, err := range s.orders.List(t.Context(), order.Filter{Customer: flywheel.CustomerID("customer of " + id)}) {
		require.NoError(t, err)
		all = append(all, o)
	}
	return all
}

// payments returns what the gateway knows of the cart.
func (w *world) payments(id string) (all []payment.Payment) {
	for _, p := range w.gateway.Payments() {
		if p.Ref == id {
			all = append(all, p)
		}
	}
	return all
}

// checkStock requires that so many units have left, that none is reserved, and that the
// ledger sums to the level after every movement.
func (s *shop) checkStock(t testing.TB, sku flywheel.SKU, gone int64) {
	t.Helper()
	level, err := s.stock.Level(t.Context(), sku)
	require.NoError(t, err)
	require.Equal(t, opening-gone, level.OnHand, "on hand of %s", sku)
	require.Zero(t, level.Reserved, "reserved of %s", sku)
	var onHand, reserved int64
	for m, err := range s.stock.Ledger(t.Context(), sku, 0) {
		require.NoError(t, err)
		onHand, reserved = onHand+m.OnHand, reserved+m.Reserved
		require.Equal(t, onHand, m.OnHandAfter)
		require.Equal(t, reserved, m.ReservedAfter)
	}
	require.Equal(t, level.OnHand, onHand, "ledger of %s", sku)
	require.Equal(t, level.Reserved, reserved, "ledger of %s", sku)
}

// consumer is a Sink that acts once on each event, as all consumers do.
type consumer struct {
	seen  map[string]bool
	count map[string]int // by "name ref"
	value map[string]int64
}

func newConsumer() *consumer {
	return &consumer{map[string]bool{}, map[string]int{}, map[string]int64{}}
}

func (c *consumer) Publish(_ context.Context, events ...flywheel.Event) error {
	for _, e := range events {
		if c.seen[e.ID] {
			continue
		}
		c.seen[e.ID] = true
		c.count[e.Name+" "+e.Ref]++
		c.value[e.Name+" "+e.Ref] += e.Value.Minor()
	}
	return nil
}

// consume delivers the whole log to a new consumer.
func (s *shop) consume(t testing.TB) *consumer {
	t.Helper()
	c := newConsumer()
	_, err := s.log.Number(t.Context())
	require.NoError(t, err)
	for e, err := range s.log.Entries(t.Context(), segment.Query{}) {
		require.NoError(t, err)
		require.NoError(t, c.Publish(t.Context(), e.Event))
	}
	return c
}

// checkSale requires one order, one charge, the stock taken once, the cart closed and
// the purchase told once.
func (w *world) checkSale(t testing.TB, clean *shop, id string) order.Order {
	t.Helper()
	o := clean.theOrder(t, id)
	require.Equal(t, order.Paid, o.Status)
	require.True(t, o.Booked)
	require.Equal(t, filledTotal, o.Total)
	require.Equal(t, filledTotal, o.Payment.Captured)
	charges := w.payments(id)
	require.Len(t, charges, 1, "charges for cart %s", id)
	require.Equal(t, filledTotal, charges[0].Captured)
	require.True(t, charges[0].Refunded.IsZero())
	clean.checkStock(t, skuA(id), 3)
	clean.checkStock(t, skuB(id), 2)
	c, err := clean.carts.Get(t.Context(), cart.ID(id))
	require.NoError(t, err)
	require.Equal(t, cart.Ordered, c.Status)
	require.Equal(t, string(o.ID), c.Order)
	return o
}

func name(parts ...any) string { return fmt.Sprint(parts...) }

// otherBody returns a request with the same key that asks for something else.
func otherBody(r checkout.Request) checkout.Request {
	r.Method = "another card"
	return r
}
