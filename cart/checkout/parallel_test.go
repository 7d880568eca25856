package checkout_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// seeds is how often each scenario runs on each store.
var seeds = testkit.Often(20, 4)

// eachSeed runs fn for every store, with and without a transaction, and seed.
func eachSeed(t *testing.T, fn func(t *testing.T, w *world, s *shop, id string, chance *rand.Rand)) {
	eachWorld(t, func(t *testing.T, w *world) {
		for seed := range uint64(seeds) {
			withTx := seed%2 == 0
			s := w.open(t, noHook, withTx)
			fn(t, w, s, name("seed ", seed, " transaction ", withTx), rand.New(rand.NewPCG(seed, 0)))
			if t.Failed() {
				return
			}
		}
	})
}

// together runs fn n times at once.
func together(n int, fn func(i int)) {
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-begin
			fn(i)
		})
	}
	close(begin)
	wg.Wait()
}

// Scenario 8: 100 parallel calls with one idempotency key: one order, 100 identical
// answers; the same key with another body is refused; a retry after a failure that
// happened before any effect runs again; a storefront call and a payment webhook
// for one cart give one order.
func TestParallelPlaces(t *testing.T) {
	const calls = 100
	eachSeed(t, func(t *testing.T, w *world, s *shop, id string, chance *rand.Rand) {
		s.fill(t, id)
		w.gateway.Intercept(payment.Sequence(payment.Decline))
		_, err := s.Place(t.Context(), request(id))
		require.ErrorIs(t, err, payment.ErrDeclined)
		s.checkStock(t, skuA(id), 0)
		w.gateway.Intercept(payment.Sequence(payment.Twice, payment.Twice))

		webhook := chance.IntN(2) == 0 // half of the calls come with another key
		answers := make([]order.Order, calls)
		errs := make([]error, calls)
		refused := make([]error, calls/10)
		together(calls+len(refused), func(i int) {
			r := request(id)
			if webhook && i%2 == 1 {
				r.Key = "webhook of " + id
			}
			if i < calls {
				answers[i], errs[i] = s.Place(t.Context(), r)
				return
			}
			r = request(id)
			r.Expect = eur(1)
			_, refused[i-calls] = s.Place(t.Context(), r)
		})
		for i := range answers {
			require.NoError(t, errs[i])
			require.Equal(t, answers[0], answers[i])
		}
		for _, err := range refused { // the price is wrong before there is an order, the key afterwards
			require.ErrorIs(t, err, flywheel.ErrConflict)
		}
		o := s.theOrder(t, id)
		require.Equal(t, o, answers[0])
		captured := int64(0)
		for _, p := range w.payments(id) {
			captured += p.Captured.Minor()
			assert.True(t, p.Voided || !p.Captured.IsZero(), "an authorization that nobody needs is let go")
		}
		require.Equal(t, filledTotal.Minor(), captured)
		s.checkStock(t, skuA(id), 3)
		s.checkStock(t, skuB(id), 2)
		got := s.consume(t)
		require.Equal(t, 1, got.count[flywheel.EventPurchase+" "+string(o.ID)])
		other := request(id)
		other.Key, other.Method = o.Key, "another card"
		_, err = s.Place(t.Context(), other)
		require.ErrorIs(t, err, order.ErrKeyReused)
	})
}

// Scenario 9: capture and refund raced 100 times: captured ≤ authorized,
// refunded ≤ captured, and no unit comes back twice.
func TestParallelCaptureAndRefund(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for round := range testkit.Often(100, 12) {
			s := w.open(t, noHook, round%2 == 0)
			id := name("round ", round)
			s.fill(t, id)
			w.gateway.Intercept(func(c payment.Call) payment.Fault { // the order stands, its money is not taken
				if c.Operation == payment.OpCapture {
					return payment.Timeout
				}
				return payment.Pass
			})
			o, err := s.Place(t.Context(), request(id))
			require.ErrorIs(t, err, payment.ErrNoAnswer)
			require.Equal(t, order.Placed, o.Status)
			w.gateway.Intercept(nil)
			errs := make([]error, 8)
			together(len(errs), func(i int) {
				r := order.Request{Key: name("key ", i)}
				switch i {
				case 0, 1:
					_, errs[i] = s.orders.Capture(t.Context(), o.ID)
				case 2, 3:
					r.Amount = eur(filledTotal.Minor() * 6 / 10)
					_, errs[i] = s.orders.Refund(t.Context(), o.ID, r)
				case 4, 5, 6:
					r.Lines = []order.ReturnLine{{Line: "1", Quantity: int64(i - 3)}}
					_, errs[i] = s.orders.Return(t.Context(), o.ID, r)
				case 7:
					if round%3 == 0 {
						_, errs[i] = s.orders.Cancel(t.Context(), o.ID, r)
					}
				}
			})
			for _, err := range errs {
				if err != nil {
					require.ErrorIs(t, err, flywheel.ErrConflict)
				}
			}
			got, err := s.orders.Get(t.Context(), o.ID)
			require.NoError(t, err)
			require.False(t, got.Pending(), "everything that was promised is done: %+v", got)
			p := w.payments(id)
			require.Len(t, p, 1)
			require.Equal(t, p[0].Captured, got.Payment.Captured)
			require.Equal(t, p[0].Refunded, got.Payment.Refunded)
			require.LessOrEqual(t, got.Payment.Captured.Minor(), got.Payment.Authorized.Minor())
			require.LessOrEqual(t, got.Payment.Refunded.Minor(), got.Payment.Captured.Minor())
			for _, l := range got.Lines {
				require.LessOrEqual(t, l.Returned, l.Quantity)
			}
			s.checkStock(t, skuA(id), 3-got.Lines[0].Returned)
			s.checkStock(t, skuB(id), 2-got.Lines[1].Returned)
		}
	})
}

// Scenario 10: a cart edited while checkout completes: the order equals either the
// cart before, or the edit is part of it, or the edit or the order is refused.
func TestParallelEdit(t *testing.T) {
	eachSeed(t, func(t *testing.T, w *world, s *shop, id string, chance *rand.Rand) {
		s.fill(t, id)
		r := request(id)
		r.Expect = money.Amount{}
		wait := time.Duration(chance.Int64N(int64(300 * time.Microsecond)))
		var placed order.Order
		var placeErr, editErr error
		together(2, func(i int) {
			if i == 0 {
				placed, placeErr = s.Place(t.Context(), r)
				return
			}
			time.Sleep(wait)
			_, editErr = s.carts.SetQuantity(t.Context(), cart.ID(id), "1", 7)
		})
		quantity := int64(3)
		switch {
		case placeErr != nil:
			require.ErrorIs(t, placeErr, cart.ErrStale)
			require.NoError(t, editErr)
			s.checkStock(t, skuA(id), 0)
			for _, p := range w.payments(id) {
				require.True(t, p.Voided)
			}
			again, err := s.Place(t.Context(), r) // a failure without effect: the key serves again
			require.NoError(t, err)
			placed, quantity = again, 7
		case editErr != nil:
			require.ErrorIs(t, editErr, cart.ErrClosed)
		case placed.Lines[0].Quantity == 7: // the edit came first
			quantity = 7
		default: // the edit came after the order stood and before the cart was closed
		}
		require.Equal(t, quantity, placed.Lines[0].Quantity)
		require.Equal(t, placed, s.theOrder(t, id))
		s.checkStock(t, skuA(id), quantity)
		_, err := s.carts.SetQuantity(t.Context(), cart.ID(id), "1", 9)
		require.ErrorIs(t, err, cart.ErrClosed)
	})
}

// TestLastUnits lets many carts of one customer compete for few units: exactly the
// units that are there are sold, and everybody else learns that they are gone.
func TestLastUnits(t *testing.T) {
	const buyers, units = 40, 5
	eachWorld(t, func(t *testing.T, w *world) {
		for _, withTx := range []bool{true, false} {
			s := w.open(t, noHook, withTx)
			sku := flywheel.SKU(name("rare ", withTx))
			require.NoError(t, s.stock.Receive(t.Context(), name("rare ", withTx), []flywheel.Line{{SKU: sku, Quantity: units}}))
			errs := make([]error, buyers)
			together(buyers, func(i int) {
				id := cart.ID(name(sku, " ", i))
				_, err := s.carts.Create(t.Context(), cart.Cart{ID: id, Visitor: "v", Currency: money.EUR})
				if err == nil {
					_, err = s.carts.Add(t.Context(), id, cart.Line{SKU: sku, Quantity: 1, Agreed: money.MustPrice("1", money.EUR)})
				}
				if err == nil {
					r := request(string(id))
					r.Expect = money.Amount{}
					_, err = s.Place(t.Context(), r)
				}
				errs[i] = err
			})
			sold := 0
			for _, err := range errs {
				if err == nil {
					sold++
					continue
				}
				require.True(t, errors.Is(err, flywheel.ErrConflict), "%v", err)
			}
			require.Equal(t, units, sold)
			level, err := s.stock.Level(t.Context(), sku)
			require.NoError(t, err)
			require.Zero(t, level.OnHand)
			require.Zero(t, level.Reserved)
		}
	})
}
