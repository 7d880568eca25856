package order_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
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

// Guests are erased by their address, customers who have the same one are not.
func TestForgetGuest(t *testing.T) {
	ctx, store := t.Context(), order.NewMemory(nil)
	s, err := order.New(store, nil)
	require.NoError(t, err)
	for id, who := range map[order.ID]flywheel.CustomerID{"guest": "", "hers": "ann"} {
		_, err := store.Insert(ctx, order.Order{ID: id, Key: string(id), Customer: who, Visitor: "v", Mode: order.OnPlace, Status: order.Paid, Contact: order.Contact{Email: "ann@example.com"}})
		require.NoError(t, err)
	}
	require.NoError(t, s.ForgetGuest(ctx, "ann@example.com"))
	require.NoError(t, s.ForgetGuest(ctx, "ann@example.com"))
	guest, err := s.Get(ctx, "guest")
	require.NoError(t, err)
	require.Empty(t, guest.Contact.Email)
	require.EqualValues(t, "v", guest.Visitor)
	hers, err := s.Get(ctx, "hers")
	require.NoError(t, err)
	require.Equal(t, "ann@example.com", hers.Contact.Email)
	require.EqualValues(t, "ann", hers.Customer)
	require.ErrorIs(t, s.ForgetGuest(ctx, ""), flywheel.ErrInvalid)
}
