package order_test

import (
	"context"
	"fmt"
	"log"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

// Whoever has an order is known to the coupons that an order service is given.
func ExampleService_Known() {
	ctx := context.Background()
	orders := standing(flywheel.WithActor(ctx, flywheel.Actor{Customer: "anna"}))
	for _, customer := range []flywheel.CustomerID{"anna", "ben"} {
		known, err := orders.Known(ctx, customer)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(customer, known)
	}
	// Output:
	// anna true
	// ben false
}

func TestKnownToCoupons(t *testing.T) {
	ctx, at := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	few, err := coupon.NewLimiter(3, time.Hour)
	require.NoError(t, err)
	codes, err := coupon.New(nil, &coupon.Options{Now: func() time.Time { return at }, Campaigns: few})
	require.NoError(t, err)
	_, err = codes.SaveCampaign(ctx, coupon.Campaign{ID: "c"})
	require.NoError(t, err)
	require.NoError(t, codes.Add(ctx, coupon.Code{Code: "RIGHT", Campaign: "c"}))
	store := order.NewMemory(nil)
	_, err = order.New(store, &order.Options{Coupons: codes})
	require.NoError(t, err)
	put := func(id order.ID, who flywheel.CustomerID, status order.Status) {
		_, err := store.Insert(ctx, order.Order{ID: id, Key: string(id), Customer: who, Status: status, PlacedAt: at})
		require.NoError(t, err)
	}
	put("1", "buyer", order.Canceled)
	put("2", "buyer", order.Paid)
	put("3", "prankster", order.Canceled)
	check := func(who flywheel.CustomerID, code string) error {
		_, err := codes.Check(ctx, coupon.Request{Code: code, Customer: who, Campaign: "c"})
		return err
	}
	for i := range 3 {
		require.ErrorIs(t, check(flywheel.CustomerID(fmt.Sprint("guesser", i)), "WRONG"), coupon.ErrRefused)
	}
	require.NoError(t, check("buyer", "RIGHT"))
	require.ErrorIs(t, check("prankster", "RIGHT"), coupon.ErrTooManyFailures, "what was called off is no order")
	require.ErrorIs(t, check("stranger", "RIGHT"), coupon.ErrTooManyFailures)
}
