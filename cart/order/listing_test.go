package order_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/ordertest"
)

// Orders that cannot be listed are no empty list: whoever asks hears so.
func TestListingFails(t *testing.T) {
	ctx, down := t.Context(), errors.New("the store is down")
	s, err := order.New(ordertest.Failing(order.NewMemory(nil), func(call string, _ bool) error {
		if call == "List" {
			return down
		}
		return nil
	}), nil)
	require.NoError(t, err)
	_, err = s.Page(ctx, order.Filter{}, "", 10)
	require.ErrorIs(t, err, down)
	_, err = s.Known(ctx, "ann")
	require.ErrorIs(t, err, down)
	_, err = s.Resume(ctx)
	require.ErrorIs(t, err, down)
	require.ErrorIs(t, s.ForgetGuest(ctx, "ann@example.com"), down)
	for _, err := range s.List(ctx, order.Filter{}) {
		require.ErrorIs(t, err, down)
	}
}
