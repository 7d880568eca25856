package order_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/ordertest"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// errCrash is what a call answers when the process dies: nothing that is known.
var errCrash = errors.New("the process is stopped")

// crasher stops the process before or after one call of a neighbor; from then on, until
// it is restarted, every call fails.
type crasher struct {
	mu        sync.Mutex
	calls, at int // calls are counted from 1; at is 0 for never
	after     bool
	dead      bool
	names     []string
}

func (c *crasher) hook(call string, after bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		return errCrash
	}
	if !after {
		c.calls++
		c.names = append(c.names, call)
	}
	if c.calls == c.at && after == c.after {
		c.dead = true
		return errCrash
	}
	return nil
}

func around(c *crasher, call string, do func() error) error {
	if err := c.hook(call, false); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return c.hook(call, true)
}

type crashingGateway struct {
	*payment.Memory
	c *crasher
}

func (g crashingGateway) Authorize(ctx context.Context, charge payment.Charge) (a payment.Authorization, err error) {
	err = around(g.c, "authorize", func() error { a, err = g.Memory.Authorize(ctx, charge); return err })
	return a, err
}

func (g crashingGateway) Capture(ctx context.Context, key, auth string, amount money.Amount) error {
	return around(g.c, "capture", func() error { return g.Memory.Capture(ctx, key, auth, amount) })
}

func (g crashingGateway) Release(ctx context.Context, key, auth string, amount money.Amount) error {
	return around(g.c, "release part", func() error { return g.Memory.Release(ctx, key, auth, amount) })
}

func (g crashingGateway) Refund(ctx context.Context, key, auth string, amount money.Amount) error {
	return around(g.c, "refund", func() error { return g.Memory.Refund(ctx, key, auth, amount) })
}

type crashingStock struct {
	*caseStock
	c *crasher
}

func (s crashingStock) Hold(ctx context.Context, ref string, units []fulfillment.Unit, until time.Time) error {
	return around(s.c, "hold", func() error { return s.caseStock.Hold(ctx, ref, units, until) })
}

func (s crashingStock) Allocate(ctx context.Context, ref string) error {
	return around(s.c, "allocate", func() error { return s.caseStock.Allocate(ctx, ref) })
}

func (s crashingStock) Ship(ctx context.Context, ref, key string, units []fulfillment.Unit) error {
	return around(s.c, "ship", func() error { return s.caseStock.Ship(ctx, ref, key, units) })
}

func (s crashingStock) Deallocate(ctx context.Context, ref, key string, units []fulfillment.Unit) error {
	return around(s.c, "deallocate", func() error { return s.caseStock.Deallocate(ctx, ref, key, units) })
}

func (s crashingStock) RestockAt(ctx context.Context, ref string, at fulfillment.Location, lines []flywheel.Line) error {
	return around(s.c, "restock", func() error { return s.caseStock.RestockAt(ctx, ref, at, lines) })
}

// shops are those of the reference cases.
func shops(t *testing.T) map[string]json.RawMessage {
	var file struct {
		Shops map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal(testkit.ReferenceOf(t, "../checkout", "checkout", "cases.json"), &file))
	return file.Shops
}

// crashWorld is a shop whose neighbors may stop.
func crashWorld(t *testing.T, shop json.RawMessage, capture string) (*caseShop, *crasher) {
	var s caseSetup
	require.NoError(t, json.Unmarshal(shop, &s))
	s.Capture = capture
	s.GiftCards = map[string]struct{ Balance int64 }{"G": {1500}}
	w, c := newCaseShop(t, s), &crasher{}
	store := order.NewMemory(nil)
	opts := w.options()
	opts.Gateway = crashingGateway{w.gateway, c}
	opts.Warehouse = crashingStock{w.stock, c}
	opts.Sink = flywheel.SinkFunc(func(ctx context.Context, events ...flywheel.Event) error {
		return around(c, "publish", func() error { return w.publish(ctx, events...) })
	})
	var err error
	w.orders, err = order.New(ordertest.Failing(store, c.hook), &opts)
	require.NoError(t, err)
	w.draft = caseDraft{
		customer: "m-1", lines: []caseItem{{SKU: "MUG", Quantity: 4}, {SKU: "SET", Quantity: 2}, {SKU: "EBOOK", Quantity: 1}},
		country: "DE", option: "express", tenders: []order.Tender{{Type: order.GiftCard, Account: "G"}, {Type: order.Card}}, bounds: []int64{-1, -1},
	}
	return w, c
}

// crashScript is a life in which every command goes through.
func crashScript(w *caseShop) []order.Command {
	agreed := money.PriceOf(w.amount(100))
	script := []order.Command{
		&order.CallOff{Key: "off", Lines: map[string]int64{"1": 1}},
		&order.Edit{Key: "more", Add: []order.Item{{SKU: "TEE", Quantity: 2}}, Remove: map[string]int64{"2": 1}},
		&order.Edit{Key: "less", Add: []order.Item{{SKU: "PEN", Quantity: 1}}, Remove: map[string]int64{"4": 1}},
		&order.Ship{Parcel: "p1", Lines: map[string]int64{"1": 2}},
		&order.Ship{Parcel: "p2"}, &order.Ship{Parcel: "p3"}, &order.Ship{Parcel: "p4"},
		&order.Deliver{Parcel: "p1"}, &order.Deliver{Parcel: "p2"}, &order.Deliver{Parcel: "p4"},
		&order.RequestReturn{ID: "r1", Lines: map[string]int64{"1": 1}, Reason: order.ChangedMind},
		&order.Exchange{ID: "x1", Lines: map[string]int64{"1": 1}, For: []order.Item{{SKU: "LAMP", Quantity: 1}}},
		&order.Receive{ID: "x1", Lines: map[string]order.Received{"1": {Accepted: 1, Condition: "new", Restock: "east"}}},
		&order.Receive{ID: "r1", Lines: map[string]order.Received{"1": {Accepted: 1, Condition: "opened", Restock: "west"}}, To: order.StoreCredit},
		&order.Exchange{ID: "x2", Lines: map[string]int64{"2": 1}, For: []order.Item{{SKU: "PEN", Quantity: 1, Agreed: &agreed}}},
		&order.Receive{ID: "x2", Lines: map[string]order.Received{"2": {Accepted: 1, Condition: "new", Restock: "east"}}},
		&order.Claim{Key: "c1", Lines: map[string]int64{"1": 1}, Remedy: order.Replace},
		&order.Claim{Key: "c2", Lines: map[string]int64{"1": 1}, Remedy: order.RefundUnits},
		&order.PayBack{Key: "g", Amount: w.amount(700)},
	}
	return script
}

// live runs the script; what stops is resumed by the job or by the same command again.
func liveScript(t *testing.T, w *caseShop, c *crasher, byJob bool) map[string]any {
	ctx := t.Context()
	again := func(do func() error) {
		for range 3 {
			err := do()
			if err == nil {
				return
			}
			require.True(t, c.dead, "%v", err)
			require.True(t, payment.Uncertain(err), "what stopped is not refused: %v", err)
			c.dead, c.at = false, 0 // restarted
			if byJob {
				_, err := w.orders.Resume(ctx)
				require.NoError(t, err)
			}
		}
		t.Fatal("it does not come to an end")
	}
	c.dead = false
	placed := false
	again(func() error {
		if !placed {
			_, err := w.place(ctx)
			placed = true // the script stops after the order is there, not before
			return err
		}
		_, err := w.orders.Capture(ctx, w.id)
		return err
	})
	for _, command := range crashScript(w) {
		again(func() error {
			_, err := w.orders.Do(ctx, w.id, command)
			return err
		})
	}
	c.dead, c.at = false, 0
	for more := true; more; { // a runner tells the sink what it was not told
		var err error
		more, err = w.orders.Deliver(ctx, time.Now().Add(48*time.Hour))
		require.NoError(t, err)
	}
	looks := w.looks(ctx)
	looks["balances"] = fmt.Sprint(w.balances)
	return looks
}

// TestCrashInEveryCommand stops the process before and after every call of every
// command to store, gateway, warehouse and sink. Resumed, the order, its papers, the
// money, the stock and the events are as if it had never stopped. Without
// FLYWHEEL_LONG it stops at every third call, with the race detector at every eleventh.
func TestCrashInEveryCommand(t *testing.T) {
	points, shop, stride := 0, shops(t)["de"], testkit.Often(3, 11)
	if os.Getenv("FLYWHEEL_LONG") != "" {
		stride = 1
	}
	for _, capture := range []string{"on_place", "on_shipment"} {
		w, c := crashWorld(t, shop, capture)
		want := liveScript(t, w, c, false)
		calls, names := c.calls, c.names
		for at := 1; at <= calls; at += stride {
			for _, after := range []bool{false, true} {
				for _, byJob := range []bool{false, true} {
					w, c := crashWorld(t, shop, capture)
					c.at, c.after = at, after
					if placing := names[at-1] == "Insert"; placing && !after {
						continue // nothing has happened
					}
					got := liveScript(t, w, c, byJob)
					require.Equal(t, want, got, "%s: stopped at call %d, %s, after %v, resumed by the job %v", capture, at, names[at-1], after, byJob)
					points++
				}
			}
		}
	}
	t.Log(points, "points")
}

// TestCommandsInParallel lets clerks do the same and different commands at the same
// time: each has its effect once.
func TestCommandsInParallel(t *testing.T) {
	shop := shops(t)["de"]
	for _, capture := range []string{"on_place", "on_shipment"} {
		w, _ := crashWorld(t, shop, capture)
		o, err := w.place(t.Context())
		require.NoError(t, err)
		var mu sync.Mutex
		done := map[string]int{}
		commands := []order.Command{
			&order.Ship{Parcel: "p1", Lines: map[string]int64{"1": 1}}, &order.CallOff{Key: "a", Lines: map[string]int64{"1": 1}},
			&order.CallOff{Key: "b", Lines: map[string]int64{"1": 3}}, &order.Edit{Key: "e", Add: []order.Item{{SKU: "PEN", Quantity: 1}}},
			&order.PayBack{Key: "g", Amount: w.amount(500)}, &order.PayBack{Key: "h", Amount: w.amount(o.Total.Minor())},
		}
		var wg sync.WaitGroup
		for i, c := range commands {
			for range 4 {
				wg.Go(func() {
					for range 200 {
						r, err := w.orders.Do(t.Context(), w.id, c)
						if errors.Is(err, order.ErrBusy) || errors.Is(err, flywheel.ErrUnknownOutcome) {
							continue
						}
						mu.Lock()
						defer mu.Unlock()
						if err == nil && !r.Replayed {
							done[fmt.Sprint(i)]++
						}
						return
					}
				})
			}
		}
		wg.Wait()
		o, err = w.orders.Get(t.Context(), w.id)
		require.NoError(t, err)
		require.False(t, o.Pending() && o.Mode == order.OnPlace, "nothing is left to do")
		require.LessOrEqual(t, o.Payment.Refunded.Minor(), o.Payment.Captured.Minor())
		for i := range o.Tenders {
			for _, a := range o.Tenders[i].Authorizations {
				p, err := w.gateway.Payment(a.ID)
				require.NoError(t, err)
				require.Equal(t, []money.Amount{a.Captured, a.Refunded, a.Released}, []money.Amount{p.Captured, p.Refunded, p.Released}, "%v", done)
			}
		}
		keys := map[string]int{}
		for _, op := range o.Operations {
			if op.Key != "" {
				keys[string(op.Kind)+op.Key]++
			}
		}
		for key, n := range keys {
			require.Equal(t, 1, n, key)
		}
	}
}
