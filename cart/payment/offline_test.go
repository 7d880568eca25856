package payment_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestOffline(t *testing.T) {
	ctx, next := t.Context(), new(payment.Memory)
	var g payment.Gateway = payment.Offline{Next: next}
	c := payment.Charge{Key: "k:1", Amount: money.New(1190, money.EUR), Method: "offline:cash"}
	auth, err := g.Authorize(ctx, c)
	require.NoError(t, err)
	again, err := g.Authorize(ctx, c)
	require.NoError(t, err)
	require.Equal(t, auth, again)
	found, err := g.Find(ctx, auth.ID)
	require.NoError(t, err)
	require.Equal(t, auth, found)
	for _, call := range []func() error{
		func() error { return g.Capture(ctx, "c", auth.ID, c.Amount) },
		func() error { return g.Refund(ctx, "r", auth.ID, c.Amount) },
		func() error { return g.Release(ctx, "l", auth.ID, c.Amount) },
		func() error { return g.Void(ctx, "v", auth.ID) },
		func() error { return g.Abandon(ctx, c) },
	} {
		require.NoError(t, call())
	}
	require.Empty(t, next.Payments(), "the gateway was not asked")
	for _, id := range []string{"offline-charge:", "offline-charge:x:EUR:k", "offline-charge:1:nothing:k", "offline-charge:1:EUR"} {
		_, err := g.Find(ctx, id)
		require.ErrorIs(t, err, flywheel.ErrNotFound, id)
	}
	_, err = g.Authorize(ctx, payment.Charge{Key: "k", Method: "offline:cash", Amount: money.New(0, money.EUR)})
	require.ErrorIs(t, err, flywheel.ErrInvalid)

	c.Method = "tok"
	auth, err = g.Authorize(ctx, c)
	require.NoError(t, err)
	require.NoError(t, g.Capture(ctx, "c", auth.ID, money.New(1000, money.EUR)))
	require.NoError(t, g.Release(ctx, "l", auth.ID, money.New(190, money.EUR)))
	require.NoError(t, g.Refund(ctx, "r", auth.ID, money.New(1000, money.EUR)))
	require.ErrorIs(t, g.Void(ctx, "v", auth.ID), payment.ErrCaptured)
	require.ErrorIs(t, g.Abandon(ctx, c), payment.ErrCaptured)
	_, err = g.Find(ctx, "unknown")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	paid, err := next.Payment(auth.ID)
	require.NoError(t, err)
	require.Equal(t, int64(1000), paid.Refunded.Minor())
}

func ExampleOffline() {
	ctx := context.Background()
	g := payment.Offline{Next: new(payment.Memory)}
	auth, err := g.Authorize(ctx, payment.Charge{Key: "k", Amount: money.New(1190, money.EUR), Method: "offline:invoice"})
	fmt.Println(auth.Amount, payment.IsOffline("offline:invoice"), err)
	fmt.Println(g.Capture(ctx, "c", auth.ID, auth.Amount))
	// Output:
	// 11.90 EUR true <nil>
	// <nil>
}
