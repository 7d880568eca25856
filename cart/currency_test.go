package cart_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A cart changes its currency with all that is in it, unless a price was agreed in the old one.
func TestSetCurrency(t *testing.T) {
	ctx := t.Context()
	carts, err := cart.New(nil, nil)
	require.NoError(t, err)
	c, err := carts.Create(ctx, cart.Cart{Visitor: "v", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 2}}})
	require.NoError(t, err)
	same, err := carts.SetCurrency(ctx, c.ID, money.EUR)
	require.NoError(t, err)
	require.Equal(t, c, same, "nothing changes")
	c, err = carts.SetCurrency(ctx, c.ID, money.USD)
	require.NoError(t, err)
	require.Equal(t, money.USD, c.Currency)
	require.EqualValues(t, 2, c.Lines[0].Quantity)

	c, err = carts.Add(ctx, c.ID, cart.Line{SKU: "lamp", Quantity: 1, Agreed: money.MustPrice("80", money.USD)})
	require.NoError(t, err)
	_, err = carts.SetCurrency(ctx, c.ID, money.EUR)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	var line *cart.LineError
	require.ErrorAs(t, err, &line)
	require.Equal(t, 1, line.Index)
	kept, err := carts.Get(ctx, c.ID)
	require.NoError(t, err)
	require.Equal(t, c, kept)
	_, err = carts.SetCurrency(ctx, c.ID, money.Currency{})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = carts.SetCurrency(ctx, "none", money.EUR)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	_, err = carts.SetCurrency(flywheel.WithActor(ctx, flywheel.Actor{Visitor: "other"}), c.ID, money.EUR)
	require.ErrorIs(t, err, flywheel.ErrNotFound)
}

// A visitor who goes on in another country sees its prices.
func ExampleService_SetCurrency() {
	ctx := context.Background()
	prices, err := pricing.New(nil, &pricing.Options{Config: pricing.Config{Lists: []pricing.List{{ID: "shop", Entries: []pricing.Entry{
		{SKU: "mug", Unit: money.MustPrice("11.90", money.EUR)}, {SKU: "mug", Unit: money.MustPrice("13.00", money.USD)},
	}}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	carts, err := cart.New(nil, &cart.Options{Prices: prices})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := carts.Create(ctx, cart.Cart{Visitor: "v", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 2}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := carts.SetCurrency(ctx, c.ID, money.USD); err != nil {
		fmt.Println(err)
		return
	}
	q, err := carts.Quote(ctx, c.ID, cart.Terms{})
	fmt.Println(q.Total, err)
	// Output: 26.00 USD <nil>
}
