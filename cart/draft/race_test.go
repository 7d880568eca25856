package draft_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/draft"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A sending that has read a draft which staff then changes and sends again does not put
// the old terms under the new link.
func TestLateSendAgainstChange(t *testing.T) {
	var s *shop
	ctx, armed := t.Context(), false
	var token string
	s, err := newShop(func(call string, after bool) error {
		if call != "Get" || !after || !armed {
			return nil
		}
		armed = false
		_, err := s.drafts.Change(ctx, "d-k", func(d *draft.Draft) error { d.Lines[0].Off = money.Percent(10); return nil })
		require.NoError(t, err)
		_, token, err = s.drafts.Send(ctx, "d-k")
		require.NoError(t, err)
		return nil
	})
	require.NoError(t, err)
	_, err = s.drafts.Create(ctx, quote("k"))
	require.NoError(t, err)
	armed = true
	d, late, err := s.drafts.Send(ctx, "d-k")
	require.NoError(t, err)
	require.Equal(t, token, late)
	require.Equal(t, money.MustPrice("10.71", money.EUR), d.Lines[0].Unit)
	shown, err := s.drafts.Link("d-k", token).See(ctx)
	require.NoError(t, err)
	require.Equal(t, int64(107100+150+490), shown.View.Total.Minor())
	carts := 0
	for _, err := range s.carts.List(ctx, cart.Filter{}) {
		require.NoError(t, err)
		carts++
	}
	require.Equal(t, 1, carts, "that of the late one is gone")
}

// TestPlaceAgainstWithdraw lets a buyer place while staff withdraws: either the order
// stands and the draft is ordered, or it is withdrawn and there is no order.
func TestPlaceAgainstWithdraw(t *testing.T) {
	for round := range 20 {
		s, ctx := open(t), t.Context()
		_, link := sent(t, s, "k")
		_, err := link.SetTenders(ctx, card)
		require.NoError(t, err)
		var wg sync.WaitGroup
		var placed, withdrawn error
		wg.Go(func() { _, placed = link.Place(ctx, "button", 0) })
		wg.Go(func() { _, withdrawn = s.drafts.Withdraw(ctx, "d-k") })
		wg.Wait()
		d, err := s.drafts.Get(ctx, "d-k")
		require.NoError(t, err)
		orders := 0
		for _, err := range s.orders.List(ctx, order.Filter{}) {
			require.NoError(t, err)
			orders++
		}
		switch d.Status {
		case draft.Ordered:
			require.Equal(t, 1, orders)
			require.Error(t, withdrawn)
		case draft.Withdrawn:
			require.Zero(t, orders, "round %d", round)
			require.Error(t, placed)
		default: // both lost the race for the draft, and may try again
			require.Zero(t, orders)
			require.Error(t, placed)
			require.Error(t, withdrawn)
		}
	}
}

// The button is pressed in a second tab at any moment of the first: both get the one
// order.
func TestTwoTabs(t *testing.T) {
	ran := 0
	for at := 1; ; at++ {
		s, ctx := open(t), t.Context()
		d, link := sent(t, s, "k")
		_, err := link.SetTenders(ctx, card)
		require.NoError(t, err)
		_, token, err := s.drafts.Send(ctx, d.ID)
		require.NoError(t, err)
		var first checkout.View
		looks, failed := 0, error(nil)
		opts := *s.options
		opts.Now = func() time.Time {
			if looks++; looks == at {
				first, failed = link.Place(ctx, "button", 0)
			}
			return s.now
		}
		slow, err := draft.New(s.store, &opts)
		require.NoError(t, err)
		second, err := slow.Link(d.ID, token).Place(ctx, "button", 0)
		require.NoError(t, err, "at %d", at)
		require.NoError(t, failed, "at %d", at)
		require.Equal(t, checkout.Completed, second.Status)
		if first.Order == "" {
			break // the second was through before
		}
		ran++
		require.Equal(t, first.Order, second.Order, "at %d", at)
	}
	require.GreaterOrEqual(t, ran, 4)
}

// Many tabs at once: each gets the one order, or is told to ask again.
func TestManyTabs(t *testing.T) {
	for range 10 {
		s, ctx := open(t), t.Context()
		_, link := sent(t, s, "k")
		v, err := link.SetTenders(ctx, card)
		require.NoError(t, err)
		var wg sync.WaitGroup
		var errs [4]error
		for i := range errs {
			wg.Go(func() { _, errs[i] = link.Place(ctx, "button", v.Version) })
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil {
				require.ErrorIs(t, err, flywheel.ErrConflict)
			}
		}
		v, err = link.Place(ctx, "button", v.Version)
		require.NoError(t, err)
		require.Equal(t, checkout.Completed, v.Status)
		orders := 0
		for _, err := range s.orders.List(ctx, order.Filter{}) {
			require.NoError(t, err)
			orders++
		}
		require.Equal(t, 1, orders)
	}
}
