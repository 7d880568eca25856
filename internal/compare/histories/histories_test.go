package histories

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/cartsql"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/checkout/checkoutsql"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/ordersql"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/coupon/couponsql"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const (
	shelf   = 30 // units of a SKU
	limit   = 6  // uses of a code
	clients = 8
)

// counter is a shop, and what its clients saw.
type counter struct {
	*testing.T
	carts    *cart.Service
	sessions *checkout.Sessions
	orders   *order.Service
	stock    *inventory.Service
	codes    *coupon.Service

	began    time.Time
	mu       sync.Mutex
	history  []porcupine.Operation
	tries    int
	start    map[string]int64
	outcomes map[string]int
}

func open(t *testing.T, carts cart.Store, sessions checkout.SessionStore, orders order.Store, stock inventory.Store, codes coupon.Store) *counter {
	c := &counter{T: t, began: time.Now(), start: map[string]int64{}, outcomes: map[string]int{}}
	engine, err := pricing.Compile(pricing.Config{Promotions: []pricing.Promotion{{ID: "ten", Percent: money.Percent(10), Coupon: "ten"}}})
	require.NoError(t, err)
	network, err := fulfillment.New(fulfillment.Config{Options: []fulfillment.Option{{
		ID: "standard", Type: fulfillment.Shipping, Zones: []string{"DE"}, Rates: []fulfillment.Rate{{Price: money.New(490, money.EUR)}}, Days: [2]int{1, 2},
	}}})
	require.NoError(t, err)
	gateway := new(payment.Memory)
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(1, 2))
	gateway.Intercept(func(call payment.Call) payment.Fault {
		mu.Lock()
		defer mu.Unlock()
		if n := rnd.IntN(20); call.Operation == payment.OpAuthorize && n < 4 {
			return []payment.Fault{payment.Decline, payment.Decline, payment.LostAnswer, payment.Timeout}[n]
		}
		return payment.Pass
	})
	c.stock, err = inventory.New(stock, nil)
	require.NoError(t, err)
	c.codes, err = coupon.New(codes, nil)
	require.NoError(t, err)
	c.carts, err = cart.New(carts, &cart.Options{Engine: engine})
	require.NoError(t, err)
	c.orders, err = order.New(orders, &order.Options{Gateway: gateway, Warehouse: c.stock, Coupons: c.codes})
	require.NoError(t, err)
	c.sessions, err = checkout.NewSessions(sessions, &checkout.SessionOptions{
		Carts: c.carts, Orders: c.orders, Network: network, Stock: c.stock, Codes: c.codes, Mode: order.OnPlace,
	})
	require.NoError(t, err)
	return c
}

func (c *counter) now() int64 { return int64(time.Since(c.began)) }

// saw notes what a call showed that began at an instant.
func (c *counter) saw(client int, called int64, outcome string, events ...event) {
	returned := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outcomes[outcome]++
	for _, e := range events {
		c.history = append(c.history, porcupine.Operation{ClientId: client, Input: e, Call: called, Return: returned})
	}
}

func (c *counter) length() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.history)
}

// held is what a try held and let go.
func (c *counter) held(part string, n int64) []event {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries++
	return []event{{part, hold, n, c.tries}, {part, release, n, c.tries}}
}

// placed is an order that its client can call off.
type placed struct {
	id   order.ID
	sku  string
	n    int64
	code string // that it used
}

// place brings a session to its end and notes what it showed.
func (c *counter) place(client, i int, rnd *rand.Rand, parts int) *placed {
	ctx := c.Context()
	id := checkout.SessionID(fmt.Sprint("s", client, "-", i))
	sku, n, code := fmt.Sprint("sku", rnd.IntN(parts)), 1+rnd.Int64N(3), ""
	if rnd.IntN(2) == 0 {
		code = fmt.Sprint("CODE", rnd.IntN(parts))
	}
	_, err := c.carts.Create(ctx, cart.Cart{ID: cart.ID(id), Customer: flywheel.CustomerID(id), Currency: money.EUR, Lines: []cart.Line{
		{SKU: flywheel.SKU(sku), Quantity: n, Agreed: money.PriceOf(money.New(1000, money.EUR))},
	}})
	require.NoError(c, err)
	_, err = c.sessions.Open(ctx, cart.ID(id), id)
	require.NoError(c, err)
	_, err = c.sessions.SetBuyer(ctx, id, checkout.Buyer{Email: "x@example.com"})
	require.NoError(c, err)
	_, err = c.sessions.SetAddress(ctx, id, order.Address{Country: "DE"}, nil)
	require.NoError(c, err)
	_, err = c.sessions.Choose(ctx, id, "standard")
	require.NoError(c, err)
	if code != "" {
		_, err = c.sessions.SetCodes(ctx, id, code)
		require.NoError(c, err)
	}
	_, err = c.sessions.SetTenders(ctx, id, checkout.TenderChoice{Type: order.Card, Token: "tok"})
	require.NoError(c, err)

	called := c.now()
	v, err := c.sessions.Place(ctx, checkout.PlaceRequest{Session: id, Key: string(id), Order: order.ID(id)})
	outcome := "at once"
	for v.Status == checkout.Completing {
		outcome = "resumed"
		v, err = c.sessions.Resume(ctx, id)
	}
	applied := code != "" && slices.ContainsFunc(v.Applied, func(a checkout.AppliedCode) bool { return a.Code == coupon.Normalize(code) })
	var events []event
	participant, refused := errors.AsType[*checkout.ParticipantError](err)
	switch {
	case err == nil:
		require.Equal(c, checkout.Completed, v.Status)
		p := &placed{id: v.Order, sku: sku, n: n}
		events = append(events, event{"sku " + sku, take, n, 0})
		if applied {
			p.code = code
			events = append(events, event{"code " + code, take, 1, 0})
		} else if code != "" {
			events = append(events, event{"code " + code, refuse, 1, 0})
		}
		c.saw(client, called, "placed "+outcome, events...)
		return p
	case errors.Is(err, payment.ErrDeclined):
		events = c.held("sku "+sku, n)
		if code != "" { // the answer no longer tells whether the code counted
			try := events[0].try
			events = append(events, event{"code " + code, mayHold, 1, try}, event{"code " + code, mayRelease, 1, try})
		}
		c.saw(client, called, "declined "+outcome, events...)
	case refused && participant.Participant == "stock":
		c.saw(client, called, "no stock to hold", event{"sku " + sku, refuse, n, 0})
	case refused && participant.Participant == "coupon":
		c.saw(client, called, "no use to hold", append(c.held("sku "+sku, n), event{"code " + code, refuse, 1, 0})...)
	default:
		require.ErrorIs(c, err, flywheel.ErrConflict)
		if slices.ContainsFunc(v.Messages, func(m checkout.Message) bool { return m.Code == checkout.CodeOutOfStock }) {
			events = append(events, event{"sku " + sku, refuse, n, 0})
		}
		if code != "" && !applied {
			events = append(events, event{"code " + code, refuse, 1, 0})
		}
		c.saw(client, called, "refused as quoted", events...)
	}
	return nil
}

func (c *counter) callOff(client int, p *placed) {
	called := c.now()
	_, err := c.orders.Do(c.Context(), p.id, &order.CallOff{Key: "off"})
	require.NoError(c, err)
	events := []event{{"sku " + p.sku, back, p.n, 0}}
	if p.code != "" {
		events = append(events, event{"code " + p.code, back, 1, 0})
	}
	c.saw(client, called, "called off", events...)
}

func (c *counter) look(client int, rnd *rand.Rand, parts int) {
	called, k := c.now(), rnd.IntN(parts)
	if rnd.IntN(2) == 0 {
		sku := flywheel.SKU(fmt.Sprint("sku", k))
		stock, err := c.stock.Available(c.Context(), []flywheel.SKU{sku})
		require.NoError(c, err)
		c.saw(client, called, "looked at stock", event{"sku " + string(sku), look, stock[sku].Free[inventory.DefaultLocation], 0})
		return
	}
	code := fmt.Sprint("CODE", k)
	_, err := c.codes.Look(c.Context(), coupon.Request{Code: code, Customer: "x"})
	if err == nil {
		return // one is left: nothing is taken, and what is left is not told
	}
	require.ErrorIs(c, err, coupon.ErrRefused)
	c.saw(client, called, "looked at code", event{"code " + code, refuse, 1, 0})
}

// run lets clients work until there are so many operations, and checks them.
func (c *counter) run(operations int) {
	parts := max(4, operations/200)
	for i := range parts {
		sku, code := flywheel.SKU(fmt.Sprint("sku", i)), fmt.Sprint("CODE", i)
		c.start["sku "+string(sku)], c.start["code "+code] = shelf, limit
		require.NoError(c, c.stock.Receive(c.Context(), "delivery of "+string(sku), []flywheel.Line{{SKU: sku, Quantity: shelf}}))
		_, err := c.codes.SaveCampaign(c.Context(), coupon.Campaign{ID: code, Promotion: "ten", Limit: limit})
		require.NoError(c, err)
		require.NoError(c, c.codes.Add(c.Context(), coupon.Code{Campaign: code, Code: coupon.Normalize(code)}))
	}
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(client), 7))
			var mine []*placed
			for i := 0; c.length() < operations; i++ {
				switch n := rnd.IntN(20); {
				case n < 12:
					if p := c.place(client, i, rnd, parts); p != nil {
						mine = append(mine, p)
					}
				case n < 16 && len(mine) > 0:
					k := rnd.IntN(len(mine))
					c.callOff(client, mine[k])
					mine = slices.Delete(mine, k, k+1)
				default:
					c.look(client, rnd, parts)
				}
			}
		})
	}
	wg.Wait()
	c.Logf("%d operations on %d SKUs and codes: %v", len(c.history), parts, c.outcomes)
	for _, outcome := range []string{"placed at once", "refused as quoted", "called off", "looked at stock"} {
		require.NotZero(c, c.outcomes[outcome], "%s: never seen", outcome)
	}
	require.Equal(c, porcupine.Ok, porcupine.CheckOperationsTimeout(model(c.start), c.history, 10*time.Minute))
}

func operations(t *testing.T, short int) int {
	if long := os.Getenv("FLYWHEEL_HISTORY"); long != "" {
		n, err := strconv.Atoi(long)
		require.NoError(t, err)
		return n
	}
	return short
}

// TestHistories finds no history that one client after the other could not have seen,
// on any store.
func TestHistories(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		db := new(flywheel.Memory)
		open(t, cart.NewMemory(db), checkout.NewMemory(db), order.NewMemory(db), inventory.NewMemory(db), coupon.NewMemory(db)).run(operations(t, 2000))
	})
	sqldbtest.Each(t, func(t *testing.T, pool sqldbtest.Opener, d sqldb.Dialect) {
		db := flywheel.OpenSQL(pool(t), d)
		require.NoError(t, flywheel.Migrate(t.Context(), db, cartsql.New(db), checkoutsql.New(db), ordersql.New(db), inventorysql.New(db), couponsql.New(db)))
		open(t, cartsql.New(db), checkoutsql.New(db), ordersql.New(db), inventorysql.New(db), couponsql.New(db)).run(operations(t, 300))
	})
}

// TestModel finds the history of a counter that oversells, or forgets what came back.
func TestModel(t *testing.T) {
	at := func(e event, from, to int64) porcupine.Operation {
		return porcupine.Operation{Input: e, Call: from, Return: to}
	}
	for _, c := range []struct {
		name    string
		history []porcupine.Operation
		legal   bool
	}{
		{"one after the other", []porcupine.Operation{at(event{"a", take, 2, 0}, 0, 1), at(event{"a", refuse, 2, 0}, 2, 3), at(event{"a", look, 1, 0}, 4, 5)}, true},
		{"oversold", []porcupine.Operation{at(event{"a", take, 2, 0}, 0, 9), at(event{"a", take, 2, 0}, 0, 9)}, false},
		{"refused while it was there", []porcupine.Operation{at(event{"a", take, 2, 0}, 2, 3), at(event{"a", refuse, 2, 0}, 0, 1)}, false},
		{"refused by a hold", []porcupine.Operation{at(event{"a", hold, 2, 1}, 0, 9), at(event{"a", release, 2, 1}, 0, 9), at(event{"a", refuse, 2, 0}, 3, 4), at(event{"a", look, 3, 0}, 10, 11)}, true},
		{"a hold that does not come back", []porcupine.Operation{at(event{"a", hold, 2, 1}, 0, 9), at(event{"a", release, 2, 1}, 0, 9), at(event{"a", look, 1, 0}, 10, 11)}, false},
		{"lost on the way back", []porcupine.Operation{at(event{"a", take, 3, 0}, 0, 1), at(event{"a", back, 3, 0}, 2, 3), at(event{"a", refuse, 1, 0}, 4, 5)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.legal, porcupine.CheckOperations(model(map[string]int64{"a": 3}), c.history))
		})
	}
}
