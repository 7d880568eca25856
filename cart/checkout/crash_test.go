package checkout_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
)

var errStopped = errors.New("stopped")

// stopper stops a process at one boundary of one call: boundary 0 is before the
// effect of the first call, boundary 1 after it, and so on.
type stopper struct {
	at, next int
	// dies says that the process is gone afterwards: no later call has an effect.
	dies    bool
	stopped string // where
}

func (s *stopper) hook(call string, after bool) error {
	n := s.next
	s.next++
	if n == s.at {
		s.stopped = fmt.Sprintf("%s, after the effect: %v", call, after)
		return errStopped
	}
	if s.dies && n > s.at {
		return errStopped
	}
	return nil
}

// everyStop runs act once for each boundary of the calls that act makes (or some of
// them, see world.stride), stops it
// there, and then lets recover and verify look at what is left. It runs them in
// a process that dies, and in one that goes on after an error.
func everyStop(t *testing.T, w *world, withTx bool,
	prepare func(clean *shop, id string), act func(s *shop, id string) error, verify func(clean *shop, id string)) {
	for _, dies := range []bool{true, false} {
		first := w.rounds % w.stride
		w.rounds++
		for at := first; ; at += w.stride {
			id := name("tx=", withTx, " dies=", dies, " at=", at)
			clean := w.open(t, noHook, withTx)
			prepare(clean, id)
			stop := &stopper{at: at, dies: dies}
			err := act(w.open(t, stop.hook, withTx), id)
			if stop.stopped == "" {
				require.NoError(t, err)
				require.Greater(t, at, 10, "the calls were not looked at")
				verify(clean, id)
				break
			}
			if !t.Run(id+" "+stop.stopped, func(t *testing.T) {
				if dies {
					require.Error(t, err)
				}
				verify(w.open(t, noHook, withTx), id)
			}) {
				return
			}
		}
	}
}

// TestStopPlaceAnywhere stops Place before and after the effect of every call to
// a store, the gateway, the log and the transactor, asks again with the same key, and
// finds one order, one charge, the stock equal to its ledger, and every event once.
func TestStopPlaceAnywhere(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for _, resume := range []bool{false, true} {
			for _, withTx := range []bool{true, false} {
				t.Run(name("resume first ", resume, ", transaction ", withTx), func(t *testing.T) {
					prefix := name("resume=", resume, " ")
					everyStop(t, w, withTx,
						func(clean *shop, id string) { clean.fill(t, prefix+id) },
						func(s *shop, id string) error {
							_, err := s.Place(t.Context(), request(prefix+id))
							return err
						},
						func(clean *shop, id string) {
							id = prefix + id
							if resume {
								_, err := clean.Resume(t.Context())
								require.NoError(t, err)
								for _, o := range clean.ordersOf(t, id) {
									require.Equal(t, order.Paid, o.Status, "Resume finishes an order that stands")
								}
							}
							first, err := clean.Place(t.Context(), request(id))
							require.NoError(t, err)
							again, err := clean.Place(t.Context(), request(id))
							require.NoError(t, err)
							assert.Equal(t, first, again)
							assert.Equal(t, first, w.checkSale(t, clean, id))
							_, err = clean.Place(t.Context(), otherBody(request(id)))
							require.ErrorIs(t, err, order.ErrKeyReused)
						})
				})
			}
		}
		checkEvents(t, w)
	})
}

// checkEvents requires that every order of the world was told of once and every return
// once, and nothing else.
func checkEvents(t *testing.T, w *world) {
	clean := w.open(t, noHook, true)
	clean.deliver(t)
	got := clean.consume(t)
	want := newConsumer()
	for o, err := range clean.orders.List(t.Context(), order.Filter{}) {
		require.NoError(t, err)
		want.count[flywheel.EventPurchase+" "+string(o.ID)]++
		want.value[flywheel.EventPurchase+" "+string(o.ID)] += o.Total.Minor()
		for _, r := range o.Returns {
			want.count[flywheel.EventRefund+" "+string(o.ID)]++
			want.value[flywheel.EventRefund+" "+string(o.ID)] += r.Amount.Minor()
		}
	}
	require.NotEmpty(t, want.count)
	require.Equal(t, want.count, got.count)
	require.Equal(t, want.value, got.value)
}

// TestStopReturnAnywhere does the same with the return of some units and then the
// cancellation of the rest.
func TestStopReturnAnywhere(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for _, resume := range []bool{false, true} {
			for _, withTx := range []bool{true, false} {
				t.Run(name("resume first ", resume, ", transaction ", withTx), func(t *testing.T) {
					prefix := name("resume=", resume, " ")
					back := func(s *shop, id string) error {
						o := order.ID("order of " + id)
						if _, err := s.orders.Return(t.Context(), o, order.Request{Key: "some", Lines: []order.ReturnLine{{Line: "1", Quantity: 2}}}); err != nil {
							return err
						}
						_, err := s.orders.Cancel(t.Context(), o, order.Request{Key: "rest"})
						return err
					}
					everyStop(t, w, withTx,
						func(clean *shop, id string) {
							id = prefix + id
							clean.fill(t, id)
							r := request(id)
							r.OrderID = order.ID("order of " + id)
							_, err := clean.Place(t.Context(), r)
							require.NoError(t, err)
						},
						func(s *shop, id string) error { return back(s, prefix+id) },
						func(clean *shop, id string) {
							id = prefix + id
							if resume {
								_, err := clean.Resume(t.Context())
								require.NoError(t, err)
								o := clean.theOrder(t, id)
								require.False(t, o.Pending(), "Resume finishes what is under way")
							}
							require.NoError(t, back(clean, id))
							require.NoError(t, back(clean, id), "once more")
							o := clean.theOrder(t, id)
							require.Equal(t, order.Canceled, o.Status)
							require.Equal(t, filledTotal, o.Payment.Refunded)
							charges := w.payments(id)
							require.Len(t, charges, 1)
							require.Equal(t, filledTotal, charges[0].Refunded)
							clean.checkStock(t, skuA(id), 0)
							clean.checkStock(t, skuB(id), 0)
						})
				})
			}
		}
		checkEvents(t, w)
	})
}
