package checkout_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

func TestPlace(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		s := w.open(t, noHook, true)
		s.fill(t, "c")
		r := request("c")
		r.OrderID, r.At = "my order", now.Add(90*time.Minute)
		o, err := s.Place(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, w.checkSale(t, s, "c"), o)
		assert.Equal(t, order.ID("my order"), o.ID)
		assert.Equal(t, r.At, o.PlacedAt)
		assert.Equal(t, eur(3604), o.Lines[0].Total)
		assert.Equal(t, money.Percent(20), o.Lines[0].TaxRate)
		_, err = s.log.Number(t.Context())
		require.NoError(t, err)
		for e, err := range s.log.Entries(t.Context(), segment.Query{}) {
			require.NoError(t, err)
			if e.Event.Name != flywheel.EventPurchase {
				continue
			}
			assert.Equal(t, flywheel.Event{
				ID: "purchase:my order", Name: flywheel.EventPurchase, Time: r.At, Customer: "customer of c", Visitor: "v", Ref: "my order",
				Lines: []flywheel.Line{{SKU: "a-c", Quantity: 3, Amount: eur(3604)}, {SKU: "b-c", Quantity: 2, Amount: eur(1200)}}, Value: filledTotal,
				Properties: map[string]any{checkout.PropertyTax: o.Tax.Decimal().String()},
			}, e.Event)
		}
	})
}

// What is refused leaves no order, no charge, no reservation and an open cart.
func TestRefused(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for _, withTx := range []bool{true, false} {
			s := w.open(t, noHook, withTx)
			for _, c := range []struct {
				name string
				kind error
				edit func(r *checkout.Request)
			}{
				{"no key", flywheel.ErrInvalid, func(r *checkout.Request) { r.Key = "" }},
				{"no cart", flywheel.ErrInvalid, func(r *checkout.Request) { r.Cart = "" }},
				{"key too long", flywheel.ErrLimit, func(r *checkout.Request) { r.Key = strings.Repeat("k", 256) }},
				{"order id that is none", flywheel.ErrInvalid, func(r *checkout.Request) { r.OrderID = "\n" }},
				{"method that is none", flywheel.ErrInvalid, func(r *checkout.Request) { r.Method = " card" }},
				{"a cart that is not there", flywheel.ErrNotFound, func(r *checkout.Request) { r.Cart = "nowhere" }},
				{"another price", checkout.ErrPrice, func(r *checkout.Request) { r.Expect = eur(1) }},
				{"a price in another currency", checkout.ErrPrice, func(r *checkout.Request) { r.Expect = money.New(4804, money.USD) }},
				{"a price of nothing", checkout.ErrPrice, func(r *checkout.Request) { r.Expect = eur(0) }},
			} {
				id := name(c.name, " ", withTx)
				s.fill(t, id)
				r := request(id)
				c.edit(&r)
				_, err := s.Place(t.Context(), r)
				require.ErrorIs(t, err, c.kind, c.name)
				w.checkUntouched(t, s, id)
			}
			id := name("empty ", withTx)
			_, err := s.carts.Create(t.Context(), cart.Cart{ID: cart.ID(id), Visitor: "v", Currency: money.EUR})
			require.NoError(t, err)
			_, err = s.Place(t.Context(), checkout.Request{Key: "k", Cart: cart.ID(id)})
			require.ErrorIs(t, err, flywheel.ErrInvalid)
		}
	})
}

func (w *world) checkUntouched(t *testing.T, s *shop, id string) {
	t.Helper()
	require.Empty(t, s.ordersOf(t, id))
	s.checkStock(t, skuA(id), 0)
	s.checkStock(t, skuB(id), 0)
	for _, p := range w.payments(id) {
		require.True(t, p.Voided)
	}
	c, err := s.carts.Get(t.Context(), cart.ID(id))
	require.NoError(t, err)
	require.Equal(t, cart.Open, c.Status)
}

// checkOneCharge requires that one of the authorizations for the cart was captured and
// that the others were let go.
func (w *world) checkOneCharge(t *testing.T, id string) {
	t.Helper()
	captured := 0
	for _, p := range w.payments(id) {
		if p.Voided {
			continue
		}
		captured++
		require.Equal(t, filledTotal, p.Captured)
	}
	require.Equal(t, 1, captured)
}

func TestShortage(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		s := w.open(t, noHook, true)
		s.fill(t, "c")
		_, err := s.carts.SetQuantity(t.Context(), "c", "2", opening+1)
		require.NoError(t, err)
		r := request("c")
		r.Expect = money.Amount{}
		_, err = s.Place(t.Context(), r)
		require.ErrorIs(t, err, inventory.ErrOutOfStock)
		w.checkUntouched(t, s, "c")
		require.Empty(t, w.gateway.Payments(), "nothing is authorized for what is not there")
	})
}

// Every way in which the gateway may fail, once at each of its calls: in the end there
// is one order and one charge.
func TestGatewayMisbehaves(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for _, withTx := range []bool{true, false} {
			s := w.open(t, noHook, withTx)
			for _, fault := range []payment.Fault{payment.Decline, payment.Timeout, payment.LostAnswer, payment.Twice} {
				for call := range 2 { // authorize, capture
					id := name("fault ", fault, " at ", call, withTx)
					s.fill(t, id)
					faults := make([]payment.Fault, 2)
					faults[call] = fault
					w.gateway.Intercept(payment.Sequence(faults...))
					o, err := s.Place(t.Context(), request(id))
					switch {
					case fault == payment.Twice:
						require.NoError(t, err)
					case call == 0:
						require.Error(t, err)
						if fault == payment.Decline {
							w.checkUntouched(t, s, id)
						}
					default:
						require.Error(t, err)
						require.Equal(t, order.Placed, o.Status, "the order stands and is returned")
					}
					_, err = s.Place(t.Context(), request(id))
					require.NoError(t, err)
					w.checkSale(t, s, id)
				}
			}
		}
	})
}

// Another card after a decline: the key serves again, since nothing happened.
func TestAnotherCard(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		s := w.open(t, noHook, true)
		s.fill(t, "c")
		w.gateway.Intercept(payment.Sequence(payment.Decline))
		_, err := s.Place(t.Context(), request("c"))
		require.ErrorIs(t, err, payment.ErrDeclined)
		_, err = s.Place(t.Context(), otherBody(request("c")))
		require.NoError(t, err)
		w.checkSale(t, s, "c")
		require.Equal(t, "another card", w.payments("c")[0].Method)
	})
}

// A capture that is declined for good: the order is cancelled, nothing is charged.
func TestCancelWhatCannotBeCaptured(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		s := w.open(t, noHook, false)
		s.fill(t, "c")
		w.gateway.Intercept(payment.Sequence(payment.Pass, payment.Decline, payment.Decline))
		o, err := s.Place(t.Context(), request("c"))
		require.ErrorIs(t, err, payment.ErrDeclined)
		n, err := s.Resume(t.Context())
		require.ErrorIs(t, err, payment.ErrDeclined)
		require.Zero(t, n)
		_, err = s.orders.Cancel(t.Context(), o.ID, order.Request{Key: "no money"})
		require.NoError(t, err)
		s.checkStock(t, skuA("c"), 0)
		require.True(t, w.payments("c")[0].Voided)
		again, err := s.Place(t.Context(), request("c"))
		require.NoError(t, err)
		require.Equal(t, order.Canceled, again.Status, "the same request gives the same order")
		checkEvents(t, w)
	})
}

// The reservation is gone when the order is recorded, since the gateway took long.
// Where the stock is still there it is reserved anew; where it is not, nothing is
// sold, or, when the order stood already, it is cancelled.
func TestReservationExpires(t *testing.T) {
	t.Parallel()
	for _, withTx := range []bool{true, false} {
		for _, soldOut := range []bool{false, true} {
			t.Run(name("transaction ", withTx, ", sold out ", soldOut), func(t *testing.T) {
				eachWorld(t, func(t *testing.T, w *world) {
					s := w.open(t, noHook, withTx)
					s.fill(t, "c")
					w.gateway.Intercept(func(c payment.Call) payment.Fault {
						if c.Operation == payment.OpAuthorize {
							_, err := s.stock.ReleaseExpired(t.Context(), now.Add(24*time.Hour))
							require.NoError(t, err)
							if soldOut {
								require.NoError(t, s.stock.Adjust(t.Context(), "fire", "fire", skuA("c"), -opening))
							}
						}
						return payment.Pass
					})
					o, err := s.Place(t.Context(), request("c"))
					if !soldOut {
						require.NoError(t, err)
						w.checkSale(t, s, "c")
						return
					}
					require.ErrorIs(t, err, inventory.ErrOutOfStock)
					p := w.payments("c")
					require.Len(t, p, 1)
					require.True(t, p[0].Voided)
					s.checkStock(t, skuA("c"), opening)
					s.checkStock(t, skuB("c"), 0)
					if withTx {
						require.Empty(t, s.ordersOf(t, "c"))
						w.gateway.Intercept(nil)
						require.NoError(t, s.stock.Adjust(t.Context(), "found", "found", skuA("c"), 3))
						_, err := s.Place(t.Context(), request("c"))
						require.NoError(t, err, "the same request serves again")
						w.checkOneCharge(t, "c")
						return
					}
					require.Equal(t, order.Canceled, o.Status)
					require.Equal(t, o, s.theOrder(t, "c"))
					checkEvents(t, w)
				})
			})
		}
	}
}

// letGo is a stock whose reservation a parallel try of the same request releases just
// before it is taken.
type letGo struct {
	*inventory.Service
	done bool
}

func (l *letGo) Commit(ctx context.Context, ref string) error {
	if !l.done {
		l.done = true
		if err := l.Release(ctx, ref); err != nil {
			return err
		}
	}
	return l.Service.Commit(ctx, ref)
}

func TestReservationReleasedByAParallelTry(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		s := w.open(t, noHook, true)
		s.fill(t, "c")
		stock := &letGo{Service: s.stock}
		var err error
		s.Checkout, err = checkout.New(s.carts, s.orders, &checkout.Options{Stock: stock, Sink: s.log, Tx: w.tx, Now: clock})
		require.NoError(t, err)
		_, err = s.Place(t.Context(), request("c"))
		require.NoError(t, err)
		require.True(t, stock.done)
		w.checkSale(t, s, "c")
	})
}

func TestFreeOrder(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		s := w.open(t, noHook, true)
		_, err := s.carts.Create(t.Context(), cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR})
		require.NoError(t, err)
		require.NoError(t, s.stock.Receive(t.Context(), "r", []flywheel.Line{{SKU: "sample", Quantity: 1}}))
		_, err = s.carts.Add(t.Context(), "c", cart.Line{SKU: "sample", Quantity: 1, Agreed: money.MustPrice("0", money.EUR)})
		require.NoError(t, err)
		o, err := s.Place(t.Context(), checkout.Request{Key: "k", Cart: "c"})
		require.NoError(t, err)
		require.Equal(t, order.Paid, o.Status)
		require.Empty(t, w.gateway.Payments())
	})
}

// A transaction that closed the cart and came to nothing, where the cart is not
// part of the transaction: the cart can still be ordered.
func TestCartClosedForNothing(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		s := w.open(t, noHook, true)
		s.fill(t, "c")
		_, err := s.carts.Close(t.Context(), "c", 0, "an order that did not come about")
		require.NoError(t, err)
		_, err = s.Place(t.Context(), request("c"))
		require.NoError(t, err)
		w.checkSale(t, s, "c")
	})
}

// refusing is a sink in a database that refuses everything.
type refusing struct{ flywheel.Transactor }

func (r refusing) Handle() flywheel.Transactor                      { return r.Transactor }
func (r refusing) Publish(context.Context, ...flywheel.Event) error { return flywheel.ErrForbidden }

// A sink that refuses the purchase: the transaction comes to nothing, and so does
// all that is outside of it.
func TestSinkRefuses(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		if _, ok := w.stock.(flywheel.Stored); !ok {
			t.Skip("the stock does not say where it is, so it is no part of the transaction")
		}
		s := w.open(t, noHook, true)
		s.fill(t, "c")
		shop, err := checkout.New(s.carts, s.orders, &checkout.Options{
			Stock: s.stock, Tx: w.tx, Now: clock,
			Sink: refusing{w.tx},
		})
		require.NoError(t, err)
		_, err = shop.Place(t.Context(), request("c"))
		var untold *flywheel.TellError
		require.ErrorAs(t, err, &untold)
		require.ErrorIs(t, untold.Err, flywheel.ErrForbidden)
		w.checkUntouched(t, s, "c")
		_, err = s.carts.SetQuantity(t.Context(), "c", "1", 1)
		require.NoError(t, err, "the cart can be edited")
		_, err = s.carts.SetQuantity(t.Context(), "c", "1", 3)
		require.NoError(t, err)
		o, err := s.Place(t.Context(), request("c"))
		require.NoError(t, err, "the same request serves again")
		require.Equal(t, order.Paid, o.Status)
		w.checkOneCharge(t, "c")
	})
}

// The id of an order that stands, asked for with another cart or another key:
// refused, and the order, its cart and its money stay as they are.
func TestTakenOrderID(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for _, withTx := range []bool{true, false} {
			s := w.open(t, noHook, withTx)
			first, second := name("first ", withTx), name("second ", withTx)
			s.fill(t, first)
			s.fill(t, second)
			r := request(first)
			r.OrderID = order.ID(name("the order ", withTx))
			_, err := s.Place(t.Context(), r)
			require.NoError(t, err)
			again := request(second)
			again.OrderID = r.OrderID
			_, err = s.Place(t.Context(), again)
			require.ErrorIs(t, err, order.ErrDuplicate)
			w.checkUntouched(t, s, second)
			w.checkSale(t, s, first)
		}
	})
}

// A cart that was deleted after its order stood, or lost with the process's memory.
func TestCartIsGone(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		stop := &stopper{at: -1}
		s := w.open(t, func(call string, after bool) error {
			if call == "carts.Save" && stop.at == 0 {
				return errStopped
			}
			return nil
		}, false)
		s.fill(t, "c")
		stop.at = 0
		_, err := s.Place(t.Context(), request("c"))
		require.ErrorIs(t, err, errStopped)
		stop.at = -1
		require.NoError(t, s.carts.Delete(t.Context(), "c"))
		n, err := s.Resume(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Equal(t, order.Paid, s.theOrder(t, "c").Status)
	})
}

func TestDefaults(t *testing.T) {
	shop, err := checkout.New(nil, nil, nil)
	require.NoError(t, err)
	_, err = shop.Carts().Create(t.Context(), cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR})
	require.NoError(t, err)
	_, err = shop.Carts().Add(t.Context(), "c", cart.Line{SKU: "a", Quantity: 1, Agreed: money.MustPrice("1", money.EUR)})
	require.NoError(t, err)
	o, err := shop.Place(t.Context(), checkout.Request{Key: "k", Cart: "c"})
	require.NoError(t, err)
	got, err := shop.Orders().Get(t.Context(), o.ID)
	require.NoError(t, err)
	require.Equal(t, o, got)
}

// A caller who goes away is no reason to undo: the same request goes on later.
func TestCallerGoesAway(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		s := w.open(t, noHook, true)
		s.fill(t, "c")
		ctx, cancel := context.WithCancel(t.Context())
		w.gateway.Intercept(func(payment.Call) payment.Fault {
			cancel()
			return payment.LostAnswer
		})
		_, err := s.Place(ctx, request("c"))
		require.True(t, errors.Is(err, payment.ErrNoAnswer) || errors.Is(err, context.Canceled), "%v", err)
		w.gateway.Intercept(nil)
		_, err = s.Place(t.Context(), request("c"))
		require.NoError(t, err)
		w.checkSale(t, s, "c")
	})
}
