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

// What a buyer asks of an item is confirmed with it: another engraving is another
// content, and the order has the one that was seen. It is said that such goods do not
// come back, and their return for a change of mind is refused.
func TestPersonalizedLines(t *testing.T) {
	ctx := t.Context()
	c, err := newCounter(ctx)
	require.NoError(t, err)
	v, err := c.ready(ctx, "s")
	require.NoError(t, err)
	codes := func(v checkout.View) (all []string) {
		for _, m := range v.Messages {
			all = append(all, m.Code)
		}
		return all
	}
	require.NotContains(t, codes(v), checkout.CodeFinalSale)
	anna := flywheel.MustDetails(map[string]string{"engraving": "Anna"})
	erp := flywheel.MustDetails(map[string]string{"erp": "17"})

	seen := v.Version
	_, err = c.carts.Personalize(ctx, "cart-s", "1", anna)
	require.NoError(t, err)
	_, err = c.carts.Add(ctx, "cart-s", cart.Line{SKU: "mug", Quantity: 1, Metadata: erp})
	require.NoError(t, err)
	v, err = c.sessions.Place(ctx, checkout.PlaceRequest{Session: "s", Key: "k", Seen: seen})
	require.ErrorIs(t, err, checkout.ErrSeen)
	require.Contains(t, codes(v), checkout.CodeFinalSale)
	require.Equal(t, anna, v.Lines[0].Personalization)

	// Another engraving alone is another content, at the same price.
	seen = v.Version
	ben := flywheel.MustDetails(map[string]string{"engraving": "Ben"})
	_, err = c.carts.Personalize(ctx, "cart-s", "1", ben)
	require.NoError(t, err)
	v, err = c.sessions.Place(ctx, checkout.PlaceRequest{Session: "s", Key: "k", Seen: seen})
	require.ErrorIs(t, err, checkout.ErrSeen)
	require.Greater(t, v.Version, seen)
	v, err = c.sessions.Place(ctx, checkout.PlaceRequest{Session: "s", Key: "k", Seen: v.Version})
	require.NoError(t, err)

	o, err := c.options.Orders.Get(ctx, v.Order)
	require.NoError(t, err)
	require.Equal(t, ben, o.Lines[0].Personalization)
	require.True(t, o.Lines[0].FinalSale)
	require.Equal(t, erp, o.Lines[1].Metadata)
	require.False(t, o.Lines[1].FinalSale)
	erased := o.Erased(func(string) string { return "x" })
	for _, l := range erased.Lines {
		require.Equal(t, order.Line{}.Personalization, l.Personalization)
		require.Equal(t, order.Line{}.Metadata, l.Metadata)
	}
}

// Whoever is led to a session by an agent or a letter goes on at the shop's page, until the
// session is over.
func TestContinue(t *testing.T) {
	ctx := t.Context()
	c, err := newCounter(ctx)
	require.NoError(t, err)
	c.options.Continue = func(id checkout.SessionID) string { return "https://shop.example/checkout/" + string(id) }
	c.sessions, err = checkout.NewSessions(nil, c.options)
	require.NoError(t, err)
	v, err := c.ready(ctx, "s")
	require.NoError(t, err)
	require.Equal(t, "https://shop.example/checkout/s", v.Continue)
	v, err = c.sessions.Place(ctx, checkout.PlaceRequest{Session: "s", Key: "k", Seen: v.Version})
	require.NoError(t, err)
	require.Equal(t, checkout.Completed, v.Status)
	require.Empty(t, v.Continue)

	c.gateway.Intercept(payment.Script{payment.OpAuthorize: {payment.Ask}}.Intercept())
	_, err = c.ready(ctx, "asked")
	require.NoError(t, err)
	v, err = c.sessions.Place(ctx, checkout.PlaceRequest{Session: "asked", Key: "k"})
	require.NoError(t, err)
	require.NotNil(t, v.Action)
	require.Equal(t, "https://shop.example/checkout/asked", v.Continue)
}
