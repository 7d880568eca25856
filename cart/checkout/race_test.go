package checkout_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
)

// meanwhile is a shop of which one call is interrupted, at a boundary, by another that
// runs to its end.
func meanwhile(t *testing.T, at string, other func(p *process), faults ...payment.Fault) (r *rush, interrupted *process) {
	w := newLifeWorld()
	l := &life{id: "m", mode: order.OnPlace, gateway: new(payment.Memory), world: w}
	l.gateway.Intercept(payment.Sequence(faults...))
	r = &rush{process: w.open(t, nil, l), life: l, t: t, world: w}
	r.receive("a", 5)
	r.session("b", "anna", nil, nil, r.line("a", 1, 1000))
	done := false
	interrupted = w.open(t, func(call string, after bool) error {
		if call == at && !after && !done {
			done = true
			other(r.process)
		}
		return nil
	}, l)
	t.Cleanup(func() { require.True(t, done) })
	return r, interrupted
}

// A call that looked at the session before another began to place it leaves the cart as
// that one holds it.
func TestLookingDoesNotThaw(t *testing.T) {
	r, p := meanwhile(t, "carts.Get", func(p *process) {
		_, err := p.sessions.Place(t.Context(), checkout.PlaceRequest{Session: "m-b", Key: "k"})
		require.ErrorIs(t, err, flywheel.ErrUnknownOutcome)
	}, payment.Timeout)
	v, err := p.sessions.Get(t.Context(), "m-b")
	require.NoError(t, err)
	require.Equal(t, checkout.Completing, v.Status)
	_, err = r.carts.Add(t.Context(), "m-b", r.line("a", 1, 1000))
	require.ErrorIs(t, err, cart.ErrFrozen)
}

// Of two calls with one key the second answers with the order of the first, also where
// that one was done between the quote of the second and its try.
func TestPlacedBetweenQuoteAndTry(t *testing.T) {
	var first checkout.View
	request := checkout.PlaceRequest{Session: "m-b", Key: "k"}
	_, p := meanwhile(t, "tx.InTx", func(p *process) {
		var err error
		first, err = p.sessions.Place(t.Context(), request)
		require.NoError(t, err)
	})
	v, err := p.sessions.Place(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, first, v)
}
