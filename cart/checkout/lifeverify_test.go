package checkout_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// verify requires that all ledgers agree on what became of the order.
func (l *life) verify(t testing.TB, p *process) {
	ctx := t.Context()
	_, err := p.orders.Resume(ctx)
	require.NoError(t, err)
	l.world.now = l.world.now.Add(24 * time.Hour) // what nobody came back to has ended
	for more := true; more; {
		more, err = p.sessions.Advance(ctx, l.world.now)
		require.NoError(t, err)
	}
	for more := true; more; {
		more, err = p.stock.Advance(ctx, l.world.now)
		require.NoError(t, err)
	}
	v, err := p.sessions.Get(ctx, checkout.SessionID(l.name("session")))
	if !errors.Is(err, flywheel.ErrExpired) {
		require.NoError(t, err)
	}
	require.Equal(t, checkout.Completed, v.Status)
	o, err := p.orders.Get(ctx, l.order())
	require.NoError(t, err)
	l.verifyMoney(t, p, &o, true)
	l.verifyGoods(t, p, &o)
	l.verifyEvents(t, p, &o)
}

// verifyMoney requires that tenders, gateway and papers agree; at the end of the life
// also that no money stands that no order knows of.
func (l *life) verifyMoney(t testing.TB, p *process, o *order.Order, end bool) {
	ctx := t.Context()
	want := map[order.TenderType]int64{order.Points: lifePoints, order.StoreCredit: lifeCredit, order.GiftCard: lifeCard}
	auths := map[string]order.Authorization{}
	var paid, back int64
	for _, tender := range o.Tenders {
		if tender.Type != order.Card {
			want[tender.Type] += tender.Refunded.Minor() - tender.Amount.Minor()
			paid, back = paid+tender.Amount.Minor(), back+tender.Refunded.Minor()
		}
		for _, a := range tender.Authorizations {
			auths[a.ID] = a
		}
	}
	credit, err := p.credit.Spendable(ctx, string(l.customer()), money.EUR)
	require.NoError(t, err)
	points, err := p.points.Spendable(ctx, l.customer())
	require.NoError(t, err)
	card, err := p.codes.Cards().Spendable(ctx, l.name("CARD"), money.EUR)
	require.NoError(t, err)
	require.Equal(t, want, map[order.TenderType]int64{order.Points: points, order.StoreCredit: credit.Minor(), order.GiftCard: card.Minor()})
	for _, charge := range l.gateway.Payments() {
		a, known := auths[charge.ID]
		if !known {
			if !end {
				continue
			}
			require.Equal(t, charge.Authorized, charge.Released, "money that no order knows of is let go: %+v", charge)
			require.True(t, charge.Waiting.IsZero() || charge.Voided || charge.Refused, "%+v", charge)
			continue
		}
		delete(auths, charge.ID)
		require.Equal(t, charge.Captured.Minor(), a.Captured.Minor(), "captured")
		require.Equal(t, charge.Refunded.Minor(), a.Refunded.Minor(), "refunded")
		require.Equal(t, charge.Released.Minor(), a.Released.Minor(), "released")
		paid, back = paid+charge.Captured.Minor(), back+charge.Refunded.Minor()
	}
	require.Empty(t, auths, "the gateway knows every authorization of the order")
	var papers int64
	for _, d := range o.Documents {
		if d.Kind == order.Invoice {
			papers += d.Total.Minor()
		} else {
			papers -= d.Total.Minor()
		}
	}
	if o.Mode == order.OnPlace {
		require.Equal(t, paid-back, papers, "paid less paid back is what the papers say")
	}
	used, held, err := p.codes.Uses(ctx, l.name("code"))
	require.NoError(t, err)
	require.Zero(t, held)
	whole := o.State() == order.CalledOff
	require.Equal(t, len(o.Uses) > 0 && !whole, used == 1, "the code is used %d times, the order is %s", used, o.State())
}

func (l *life) verifyGoods(t testing.TB, p *process, o *order.Order) {
	want := map[flywheel.SKU][2]int64{} // on the shelves, and allocated
	for i := range l.lines {
		want[l.lines[i].SKU] = [2]int64{lifeStock, 0}
	}
	move := func(sku flywheel.SKU, shelf, allocated int64) {
		n := want[sku]
		want[sku] = [2]int64{n[0] + shelf, n[1] + allocated}
	}
	for i := range o.Parcels {
		for _, piece := range o.Parcels[i].Pieces {
			switch o.Parcels[i].Status {
			case order.ParcelOpen:
				move(piece.SKU, 0, piece.Quantity)
			case order.ParcelShipped, order.ParcelDelivered:
				move(piece.SKU, -piece.Quantity, 0)
			}
		}
	}
	for _, r := range o.RMAs {
		for _, line := range r.Lines {
			if !r.ReceivedAt.IsZero() && line.Restock != "" {
				move(o.Line(line.Line).SKU, line.Accepted, 0)
			}
		}
	}
	for sku, n := range want {
		var shelf, allocated, reserved int64
		for level, err := range p.stock.Levels(t.Context(), sku) {
			require.NoError(t, err)
			shelf, allocated, reserved = shelf+level.OnHand, allocated+level.Allocated, reserved+level.Reserved
		}
		require.Equal(t, n, [2]int64{shelf, allocated}, "on the shelves and allocated of %s", sku)
		require.Zero(t, reserved)
	}
}

func (l *life) verifyEvents(t testing.TB, p *process, o *order.Order) {
	_, err := p.log.Number(t.Context())
	require.NoError(t, err)
	told := map[string]int{}
	var refunds int64
	for e, err := range p.log.Entries(t.Context(), segment.Query{After: l.since}) {
		require.NoError(t, err)
		if e.Event.Ref != l.name("session") && e.Event.Ref != string(o.ID) {
			continue
		}
		told[e.Event.Name]++
		if e.Event.Name == flywheel.EventRefund {
			refunds += e.Event.Value.Minor()
		}
	}
	sent := 0
	for i := range o.Parcels {
		if s := o.Parcels[i].Status; s == order.ParcelShipped || s == order.ParcelDelivered {
			sent++
		}
	}
	require.Equal(t, 1, told[flywheel.EventBeginCheckout])
	require.Equal(t, 1, told[flywheel.EventPurchase])
	require.Equal(t, sent, told[order.EventShipped])
	require.Equal(t, o.Payment.Refunded.Minor(), refunds, "what was told of refunds")
}
