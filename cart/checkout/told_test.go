package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/ordersql"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// base is a database of one kind with a store of everything.
type base struct {
	tx     flywheel.Transactor
	carts  cart.Store // nil: there is none of this kind
	orders order.Store
	stock  inventory.Store
	log    segment.LogStore
}

var kinds = []string{"memory", "sqlite", "postgres"}

func openBase(t testing.TB, kind string) base {
	if kind == "memory" {
		db := &flywheel.Memory{}
		return base{db, cart.NewMemory(db), order.NewMemory(db), inventory.NewMemory(db), segment.NewMemoryLog(db)}
	}
	db := flywheel.OpenSQL(sqldbtest.OpenSQLite(t), flywheel.SQLite)
	if kind == "postgres" {
		db = flywheel.OpenSQL(sqldbtest.OpenPostgres(t), flywheel.Postgres)
	}
	orders, stock, log := ordersql.New(db), inventorysql.New(db), segmentsql.New(db)
	require.NoError(t, flywheel.Migrate(t.Context(), db, orders, stock, log))
	return base{db, cart.NewMemory(nil), orders, stock, log}
}

// mixed is a shop whose parts may be in different databases. Its clock moves with
// every look, as clocks do.
type mixed struct {
	*checkout.Checkout
	stock *inventory.Service
	log   *segment.Log
}

func openMixed(t testing.TB, carts cart.Store, orders order.Store, goods inventory.Store, log segment.LogStore, tx flywheel.Transactor) *mixed {
	var mu sync.Mutex
	at := now
	tick := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(time.Millisecond)
		return at
	}
	m := &mixed{}
	var err error
	m.log, err = segment.NewLog(log, nil)
	require.NoError(t, err)
	m.stock, err = inventory.New(goods, &inventory.Options{Now: tick, Sink: m.log, Tx: tx})
	require.NoError(t, err)
	basket, err := cart.New(carts, &cart.Options{Now: tick, Sink: m.log})
	require.NoError(t, err)
	book, err := order.New(orders, &order.Options{Now: tick, Sink: m.log, Stock: m.stock, Tx: tx})
	require.NoError(t, err)
	m.Checkout, err = checkout.New(basket, book, &checkout.Options{Now: tick, Sink: m.log, Stock: m.stock, Tx: tx})
	require.NoError(t, err)
	return m
}

// told returns how often the log has each event, by name.
func (m *mixed) told(t testing.TB) map[string]int {
	t.Helper()
	for {
		n, err := m.log.Number(t.Context())
		require.NoError(t, err)
		if n == 0 {
			break
		}
	}
	entries, err := m.log.Read(t.Context(), 0, 1000)
	require.NoError(t, err)
	count := map[string]int{}
	ids := map[string]bool{}
	for i := range entries {
		e := &entries[i].Event
		require.False(t, ids[e.ID], "%s twice", e.ID)
		ids[e.ID] = true
		count[e.Name]++
	}
	return count
}

// deliver does what a runner does for sinks elsewhere.
func (m *mixed) deliver(t testing.TB) { deliver(t, m.Checkout, m.stock) }

func (s *shop) deliver(t testing.TB) { deliver(t, s.Checkout, s.stock) }

func deliver(t testing.TB, shop *checkout.Checkout, stock *inventory.Service) {
	t.Helper()
	for _, d := range []interface {
		Deliver(context.Context, time.Time) (bool, error)
	}{shop, shop.Orders(), shop.Carts(), stock} {
		for more := true; more; {
			var err error
			more, err = d.Deliver(t.Context(), now.Add(24*time.Hour))
			require.NoError(t, err)
		}
	}
}

func (m *mixed) fill(t testing.TB, ctx context.Context, id string) {
	t.Helper()
	require.NoError(t, m.stock.Receive(ctx, "delivery "+id, []flywheel.Line{{SKU: flywheel.SKU(id), Quantity: 10}}))
	_, err := m.Carts().Create(ctx, cart.Cart{ID: cart.ID(id), Customer: "ann", Currency: money.EUR})
	require.NoError(t, err)
	_, err = m.Carts().Add(ctx, cart.ID(id), cart.Line{SKU: flywheel.SKU(id), Quantity: 3, Agreed: money.MustPrice("10", money.EUR)})
	require.NoError(t, err)
}

var onceEach = map[string]int{
	inventory.EventReceived: 1, flywheel.EventAddToCart: 1, flywheel.EventPurchase: 1, inventory.EventCommitted: 1,
	inventory.EventAdjusted: 1, inventory.EventRestocked: 1, flywheel.EventRefund: 1,
}

// Each fact reaches the log once, at the time and with the content of its row,
// however often the call is repeated: with stores and log in one database and in
// two, with a Transactor named and without.
func TestToldOnce(t *testing.T) {
	for _, stores := range kinds {
		for _, logs := range append([]string{"same"}, kinds...) {
			for _, named := range []bool{false, true} {
				t.Run(fmt.Sprintf("stores=%s/log=%s/tx=%v", stores, logs, named), func(t *testing.T) {
					t.Parallel()
					b := openBase(t, stores)
					log := b.log
					if logs != "same" {
						log = openBase(t, logs).log
					}
					var tx flywheel.Transactor
					if named {
						tx = b.tx
					}
					m, ctx := openMixed(t, b.carts, b.orders, b.stock, log, tx), t.Context()
					m.fill(t, ctx, "c")
					require.NoError(t, m.stock.Receive(ctx, "delivery c", []flywheel.Line{{SKU: "c", Quantity: 10}}))
					for range 2 {
						require.NoError(t, m.stock.Adjust(ctx, "count", "broken", "c", -1))
						o, err := m.Place(ctx, checkout.Request{Key: "k", Cart: "c", OrderID: "o", Method: "card"})
						require.NoError(t, err)
						require.NotEqual(t, order.Placed, o.Status)
						require.NoError(t, m.stock.Commit(ctx, o.Reservation))
						_, err = m.Orders().Return(ctx, "o", order.Request{Key: "r", Lines: []order.ReturnLine{{Line: o.Lines[0].ID, Quantity: 1}}})
						require.NoError(t, err)
					}
					m.deliver(t)
					require.Equal(t, onceEach, m.told(t))
					level, err := m.stock.Level(ctx, "c")
					require.NoError(t, err)
					require.Equal(t, []int64{7, 0}, []int64{level.OnHand, level.Reserved})
				})
			}
		}
	}
}

var errDown = errors.New("the log is down")

// Stores that change while the log, in another database, is down are not held up,
// and what they changed is told when it is back.
func TestLogIsDown(t *testing.T) {
	for _, stores := range kinds {
		t.Run(stores, func(t *testing.T) {
			t.Parallel()
			b := openBase(t, stores)
			m := openMixed(t, b.carts, b.orders, b.stock, nil, nil)
			refuse := true
			sink := flywheel.SinkFunc(func(ctx context.Context, events ...flywheel.Event) error {
				if refuse {
					return errDown
				}
				return m.log.Publish(ctx, events...)
			})
			stock, err := inventory.New(b.stock, &inventory.Options{Sink: sink, Now: clock})
			require.NoError(t, err)
			book, err := order.New(b.orders, &order.Options{Sink: sink, Stock: stock, Now: clock})
			require.NoError(t, err)
			shop, err := checkout.New(m.Carts(), book, &checkout.Options{Sink: sink, Stock: stock, Now: clock})
			require.NoError(t, err)
			broken := &mixed{shop, stock, m.log}
			ctx := t.Context()
			broken.fill(t, ctx, "c")
			o, err := shop.Place(ctx, checkout.Request{Key: "k", Cart: "c", OrderID: "o", Method: "card"})
			require.NoError(t, err)
			require.Equal(t, order.Paid, o.Status)
			require.Equal(t, map[string]int{flywheel.EventAddToCart: 1}, broken.told(t))
			refuse = false
			broken.deliver(t)
			require.Equal(t, map[string]int{
				flywheel.EventAddToCart: 1, inventory.EventReceived: 1, inventory.EventCommitted: 1, flywheel.EventPurchase: 1,
			}, broken.told(t))
		})
	}
}

// Many buyers in a shop of mixed databases: no call hangs, no order is lost, none
// is told twice.
func TestMixedDatabases(t *testing.T) {
	buyers := 20
	if testing.Short() {
		buyers = 6
	}
	for _, c := range [][4]string{ // carts, orders, stock, log
		{"memory", "sqlite", "sqlite", "sqlite"},
		{"memory", "memory", "sqlite", "memory"},
		{"memory", "sqlite", "memory", "memory"},
		{"memory", "memory", "memory", "sqlite"},
		{"memory", "memory", "postgres", "sqlite"},
		{"memory", "postgres", "memory", "sqlite"},
	} {
		for _, named := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v/tx=%v", c, named), func(t *testing.T) {
				t.Parallel()
				bases := map[string]base{}
				for _, kind := range c {
					if _, ok := bases[kind]; !ok {
						bases[kind] = openBase(t, kind)
					}
				}
				var tx flywheel.Transactor
				if named {
					tx = bases[c[1]].tx
				}
				m := openMixed(t, bases[c[0]].carts, bases[c[1]].orders, bases[c[2]].stock, bases[c[3]].log, tx)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				require.NoError(t, m.stock.Receive(ctx, "d", []flywheel.Line{{SKU: "mug", Quantity: int64(5 * buyers)}}))
				errs := make([]error, buyers)
				var wg sync.WaitGroup
				for i := range buyers {
					wg.Go(func() { errs[i] = m.shopAround(ctx, fmt.Sprint(i), 5) })
				}
				wg.Wait()
				require.NoError(t, errors.Join(errs...))
				m.deliver(t)
				told := m.told(t)
				require.Equal(t, 5*buyers, told[flywheel.EventPurchase])
				require.Equal(t, 5*buyers, told[inventory.EventCommitted])
				level, err := m.stock.Level(ctx, "mug")
				require.NoError(t, err)
				require.Equal(t, []int64{0, 0}, []int64{level.OnHand, level.Reserved})
			})
		}
	}
}

// shopAround buys one mug at a time, and asks for each order twice.
func (m *mixed) shopAround(ctx context.Context, buyer string, times int) error {
	for n := range times {
		id := fmt.Sprintf("%s-%d", buyer, n)
		_, err := m.Carts().Create(ctx, cart.Cart{ID: cart.ID(id), Customer: flywheel.CustomerID(buyer), Currency: money.EUR})
		if err != nil {
			return err
		}
		if _, err = m.Carts().Add(ctx, cart.ID(id), cart.Line{SKU: "mug", Quantity: 1, Agreed: money.MustPrice("9", money.EUR)}); err != nil {
			return err
		}
		var orders []order.ID
		for range 2 {
			o, err := m.Place(ctx, checkout.Request{Key: id, Cart: cart.ID(id), Method: "card"})
			if err != nil {
				return err
			}
			orders = append(orders, o.ID)
		}
		if len(slices.Compact(orders)) != 1 {
			return fmt.Errorf("two orders of one request: %v", orders)
		}
	}
	return nil
}

// Four calls of one key at once, with a log that is told of the stock: all get the
// order.
func TestOneKeyAtOnce(t *testing.T) {
	rounds := 30
	if testing.Short() {
		rounds = 5
	}
	for _, kind := range kinds[:2] {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := openBase(t, kind)
			m := openMixed(t, b.carts, b.orders, b.stock, b.log, b.tx)
			for round := range rounds {
				id := fmt.Sprint("c", round)
				m.fill(t, t.Context(), id)
				var wg sync.WaitGroup
				errs := make([]error, 4)
				for i := range errs {
					wg.Go(func() {
						_, errs[i] = m.Place(t.Context(), checkout.Request{Key: id, Cart: cart.ID(id), Method: "card"})
					})
				}
				wg.Wait()
				require.NoError(t, errors.Join(errs...))
			}
			require.Equal(t, rounds, m.told(t)[inventory.EventCommitted])
			require.Equal(t, rounds, m.told(t)[flywheel.EventPurchase])
		})
	}
}
