package order_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
)

// An authorization that lapsed before its parcel was sent is made anew, with what was
// open, and the next parcel is charged to it.
func TestLapsedAuthorizationIsRenewed(t *testing.T) {
	w, _ := crashWorld(t, shops(t)["de"], "on_shipment")
	ctx := t.Context()
	w.draft.lines = w.draft.lines[:1]
	o, err := w.place(ctx)
	require.NoError(t, err)
	old := o.Tenders[1].Authorizations[0]
	require.NoError(t, w.gateway.Void(ctx, "lapsed", old.ID))
	_, err = w.orders.Do(ctx, w.id, &order.Ship{Parcel: "p1", Lines: map[string]int64{"1": 1}})
	require.NoError(t, err)
	r, err := w.orders.Do(ctx, w.id, &order.Ship{Parcel: "p2"})
	require.NoError(t, err)
	auths := r.Order.Tenders[1].Authorizations
	require.Len(t, auths, 2)
	require.Equal(t, old.Amount, auths[0].Released)
	require.True(t, auths[0].Captured.IsZero())
	require.Equal(t, old.Amount, auths[1].Amount)
	require.Equal(t, old.Amount, auths[1].Captured)
	p, err := w.gateway.Payment(auths[1].ID)
	require.NoError(t, err)
	require.Equal(t, auths[1].Captured, p.Captured)
	require.Equal(t, r.Order.Total, r.Order.Payment.Captured)
	require.Len(t, r.Order.Documents, 2)

	// On placing, too.
	w, _ = crashWorld(t, shops(t)["de"], "on_place")
	w.quiet = true
	declined := true
	w.gateway.Intercept(func(c payment.Call) payment.Fault {
		if c.Operation == payment.OpCapture && declined {
			return payment.Decline
		}
		return payment.Pass
	})
	_, err = w.place(ctx)
	require.ErrorIs(t, err, payment.ErrDeclined)
	o, err = w.orders.Get(ctx, w.id)
	require.NoError(t, err)
	declined = false
	require.NoError(t, w.gateway.Void(ctx, "lapsed", o.Tenders[1].Authorizations[0].ID))
	o, err = w.orders.Capture(ctx, w.id)
	require.NoError(t, err)
	require.Equal(t, order.Paid, o.Status)
	require.Equal(t, o.Total, o.Payment.Captured)
}

// Where the bank wants the buyer to act, nobody is there: an edit is refused, and
// nothing stays set aside.
func TestEditThatNeedsTheBuyerIsRefused(t *testing.T) {
	w, _ := crashWorld(t, shops(t)["de"], "on_place")
	ctx := t.Context()
	before, err := w.place(ctx)
	require.NoError(t, err)
	w.gateway.Intercept(payment.Script{payment.OpAuthorize: {payment.Ask}}.Intercept())
	_, err = w.orders.Do(ctx, w.id, &order.Edit{Key: "e", Add: []order.Item{{SKU: "TEE", Quantity: 1}}})
	require.ErrorIs(t, err, payment.ErrAction)
	require.ErrorIs(t, err, flywheel.ErrConflict)
	after, err := w.orders.Get(ctx, w.id)
	require.NoError(t, err)
	require.Equal(t, before.Operations, after.Operations)
	for _, p := range w.gateway.Payments() {
		require.True(t, p.Waiting.IsZero() || p.Voided, "nothing waits for the buyer")
	}
	_, err = w.orders.Do(ctx, w.id, &order.Edit{Key: "e", Add: []order.Item{{SKU: "TEE", Quantity: 1}}})
	require.NoError(t, err, "the same again is tried anew")
}
