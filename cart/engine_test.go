package cart_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A quote by another engine says what a change would do, and the cart's own price stays.
func TestQuoteByAnotherEngine(t *testing.T) {
	ctx := t.Context()
	prices, err := pricing.New(nil, nil)
	require.NoError(t, err)
	_, err = prices.SaveList(ctx, pricing.List{ID: "base", Entries: []pricing.Entry{{SKU: "mug", Unit: money.MustPrice("10", money.EUR)}}})
	require.NoError(t, err)
	carts, err := cart.New(nil, &cart.Options{Prices: prices})
	require.NoError(t, err)
	c, err := carts.Create(ctx, cart.Cart{Visitor: "device", Currency: money.EUR})
	require.NoError(t, err)
	_, err = carts.Add(ctx, c.ID, cart.Line{SKU: "mug", Quantity: 2})
	require.NoError(t, err)
	tried, err := prices.Try(ctx, pricing.Promotion{ID: "half", Percent: money.Percent(50)})
	require.NoError(t, err)
	would, err := carts.Quote(ctx, c.ID, cart.Terms{Engine: tried})
	require.NoError(t, err)
	is, err := carts.Quote(ctx, c.ID, cart.Terms{})
	require.NoError(t, err)
	require.Equal(t, money.New(1000, money.EUR), would.Total)
	require.Equal(t, money.New(2000, money.EUR), is.Total)
}
