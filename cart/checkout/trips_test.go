package checkout_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

// How often Place asks the database does not depend on how many lines the cart has.
func TestStatementsDoNotGrowWithLines(t *testing.T) {
	var n atomic.Int64
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(_ string, done bool) error {
		if !done {
			n.Add(1)
		}
		return nil
	})
	w := newLifeWorldOn(t, flywheel.OpenSQL(pool, flywheel.SQLite))
	count := func(lines int) int64 {
		l := &life{id: fmt.Sprint("l", lines), mode: order.OnPlace, gateway: new(payment.Memory), world: w}
		for i := range lines {
			l.lines = append(l.lines, cart.Line{SKU: l.sku(i), Quantity: 2, Agreed: placePrice, TaxIncluded: true})
		}
		l.tenders = []checkout.TenderChoice{{Type: order.Card, Token: "tok"}}
		p := w.open(t, noHook, l)
		l.prepare(t, p)
		ctx, id := t.Context(), checkout.SessionID(l.name("session"))
		_, err := p.carts.Create(ctx, cart.Cart{ID: "c" + cart.ID(l.id), Customer: l.customer(), Currency: placePrice.Currency(), Lines: l.lines})
		require.NoError(t, err)
		_, err = p.sessions.Open(ctx, "c"+cart.ID(l.id), id)
		require.NoError(t, err)
		_, err = p.sessions.SetBuyer(ctx, id, checkout.Buyer{Email: "x@example.com"})
		require.NoError(t, err)
		_, err = p.sessions.SetAddress(ctx, id, order.Address{Country: "DE"}, nil)
		require.NoError(t, err)
		_, err = p.sessions.Choose(ctx, id, "standard")
		require.NoError(t, err)
		_, err = p.sessions.SetTenders(ctx, id, l.tenders...)
		require.NoError(t, err)
		before := n.Load()
		v, err := p.sessions.Place(ctx, checkout.PlaceRequest{Session: id, Key: "k"})
		require.NoError(t, err)
		require.Equal(t, checkout.Completed, v.Status)
		return n.Load() - before
	}
	first := count(1)
	for _, lines := range []int{2, 10, 40} {
		require.Equal(t, first, count(lines), "%d lines", lines)
	}
	t.Logf("%d calls of the driver from Place to the captured order", first)
}
