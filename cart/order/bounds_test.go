package order_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Whatever is wrong with an order with a mode is refused with the field, and nothing is
// kept of it.
func TestPlaceRefuses(t *testing.T) {
	good, err := standing(t.Context()).Get(t.Context(), "o")
	require.NoError(t, err)
	good.Status = order.Placed
	long := strings.Repeat("x", 501)
	for field, c := range map[string]struct {
		edit func(o *order.Order)
		kind error
	}{
		"mode":                      {func(o *order.Order) { o.Mode = "later" }, flywheel.ErrInvalid},
		"number":                    {func(o *order.Order) { o.Number = "a\x00b" }, flywheel.ErrInvalid},
		"policy":                    {func(o *order.Order) { o.Policy.Zone = "Nowhere/Land" }, flywheel.ErrInvalid},
		"contact.email":             {func(o *order.Order) { o.Contact.Email = long }, flywheel.ErrLimit},
		"contact.name":              {func(o *order.Order) { o.Contact.Name = "\xff" }, flywheel.ErrInvalid},
		"shipping":                  {func(o *order.Order) { o.Shipping = &order.Address{City: long} }, flywheel.ErrLimit},
		"billing.street":            {func(o *order.Order) { o.Billing = &order.Address{Street: make([]string, 9)} }, flywheel.ErrLimit},
		"metadata":                  {func(o *order.Order) { o.Metadata = map[string]string{"a": long} }, flywheel.ErrLimit},
		"delivery.total":            {func(o *order.Order) { o.Delivery.Total = eur(1) }, flywheel.ErrInvalid},
		"delivery.cheapest":         {func(o *order.Order) { o.Delivery.Cheapest = money.New(1, money.USD) }, flywheel.ErrInvalid},
		"parcels[0].id":             {func(o *order.Order) { o.Parcels[0].ID = "p2" }, flywheel.ErrInvalid},
		"parcels[0].status":         {func(o *order.Order) { o.Parcels[0].Status = order.ParcelShipped }, flywheel.ErrInvalid},
		"parcels[0].pieces[0].line": {func(o *order.Order) { o.Parcels[0].Pieces[0].Line = "9" }, flywheel.ErrInvalid},
		"lines[0].quantity":         {func(o *order.Order) { o.Parcels[0].Pieces[0].Quantity = 2 }, flywheel.ErrInvalid},
		"parcels[0].pieces[1].quantity": {func(o *order.Order) {
			o.Parcels[0].Pieces = append(o.Parcels[0].Pieces, fulfillment.Piece{Line: "1", Quantity: 1})
		}, flywheel.ErrOutOfRange},
		"tenders": {func(o *order.Order) {
			o.Tenders = append(o.Tenders, order.Tender{Type: order.GiftCard, Amount: eur(1)})
		}, flywheel.ErrInvalid},
		"tenders[0].type":                     {func(o *order.Order) { o.Tenders[0].Type = "shells" }, flywheel.ErrInvalid},
		"tenders[0].amount":                   {func(o *order.Order) { o.Tenders[0].Amount = eur(-1) }, flywheel.ErrInvalid},
		"tenders[0].points":                   {func(o *order.Order) { o.Tenders[0].Points = 3 }, flywheel.ErrOutOfRange},
		"tenders[0].authorizations":           {func(o *order.Order) { o.Tenders[0].Authorizations = nil }, flywheel.ErrInvalid},
		"tenders[0].authorizations[0].id":     {func(o *order.Order) { o.Tenders[0].Authorizations[0].ID = "" }, flywheel.ErrInvalid},
		"tenders[0].authorizations[0].amount": {func(o *order.Order) { o.Tenders[0].Authorizations[0].Amount = eur(-5) }, flywheel.ErrInvalid},
		"uses[0].code":                        {func(o *order.Order) { o.Uses = []order.CouponUse{{}} }, flywheel.ErrInvalid},
	} {
		t.Run(field, func(t *testing.T) {
			orders, err := order.New(nil, nil)
			require.NoError(t, err)
			o := good.Clone()
			c.edit(&o)
			_, err = orders.Place(t.Context(), o)
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, ": "+field+": ")
			_, err = orders.Get(t.Context(), "o")
			require.ErrorIs(t, err, flywheel.ErrNotFound)
		})
	}
}

// A buyer cannot fill an order until nothing can be done with it.
func TestOperationsAreBounded(t *testing.T) {
	orders := standing(t.Context())
	for _, c := range []order.Command{&order.Ship{Parcel: "p1"}, &order.Deliver{Parcel: "p1"}} {
		_, err := orders.Do(t.Context(), "o", c)
		require.NoError(t, err)
	}
	buyer := flywheel.WithActor(t.Context(), flywheel.Actor{Customer: "anna"})
	var err error
	for i := 0; err == nil && i < order.MaxBuyerOperations; i++ {
		if _, err = orders.Do(buyer, "o", &order.RequestReturn{ID: fmt.Sprint(i), Lines: map[string]int64{"1": 1}, Reason: "r"}); err == nil {
			_, err = orders.Do(buyer, "o", &order.CancelReturn{ID: fmt.Sprint(i)})
		}
	}
	require.ErrorIs(t, err, flywheel.ErrLimit)
	r, err := orders.Do(t.Context(), "o", &order.PayBack{Key: "shop", Amount: eur(100)})
	require.NoError(t, err)
	require.Equal(t, order.ActorBuyer, r.Order.Operations[3].Actor)
	require.Empty(t, r.Order.Operations[1].Actor)
}

// BenchmarkDo is what a command costs in memory: a return of one of many units, with
// its refund.
func BenchmarkDo(b *testing.B) {
	ctx := b.Context()
	b.ReportAllocs()
	orders := standing(ctx)
	n := 0
	for b.Loop() {
		if n%100 == 0 { // an order of its own for every hundred
			orders = standing(ctx)
		}
		n++
		if _, err := orders.Do(ctx, "o", &order.PayBack{Key: fmt.Sprint(n), Amount: eur(1)}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecide is what a decision costs that calls an order off.
func BenchmarkDecide(b *testing.B) {
	b.ReportAllocs()
	o, err := standing(b.Context()).Get(b.Context(), "o")
	require.NoError(b, err)
	for b.Loop() {
		if _, err := o.Decide(&order.CallOff{}, order.Inputs{At: o.PlacedAt}); err != nil {
			b.Fatal(err)
		}
	}
}
