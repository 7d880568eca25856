package order_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
)

// A buyer withdraws after one of three pens has been sent: two are called off and paid
// back at once, one comes back.
func ExampleWithdraw() {
	ctx := flywheel.WithActor(context.Background(), flywheel.Actor{Customer: "anna"})
	orders := standing(ctx)
	do(context.Background(), orders, &order.Ship{Parcel: "p1", Lines: map[string]int64{"1": 1}})
	do(ctx, orders, &order.PayBack{Key: "mine", Amount: eur(1)})
	do(ctx, orders, &order.Withdraw{ID: "w1", Name: "Anna", Email: "anna@example.com"})
	o, err := orders.Get(ctx, "o")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(o.RMA("w1").Lines[0].Quantity, "comes back")
	for _, m := range o.Timeline() {
		fmt.Println(m.What, m.Amount)
	}
	// Output:
	// ship partial
	// refused: order "o": pay_back: only the shop does that: forbidden
	// withdraw fulfilled paid back 6.66 EUR
	// 1 comes back
	// placed 14.89 EUR
	// paid 14.89 EUR
	// ship 0.00 EUR
	// withdraw -6.66 EUR
	// invoice 14.89 EUR
	// credit_note 6.66 EUR
}

func TestWithdraw(t *testing.T) {
	shop := shops(t)["de"]
	w, _ := crashWorld(t, shop, "on_place")
	ctx := t.Context()
	o, err := w.place(ctx)
	require.NoError(t, err)
	do := func(c order.Command) (order.Result, error) { return w.orders.Do(ctx, w.id, c) }
	may := func() map[string]int64 {
		o, err = w.orders.Get(ctx, w.id)
		require.NoError(t, err)
		lines, err := o.MayWithdraw(w.now)
		require.NoError(t, err)
		return lines
	}
	require.Equal(t, map[string]int64{"1": 4, "2": 2}, may(), "not from the download")
	for _, c := range []*order.Withdraw{
		{Name: "Ann", Email: "a@b"}, {ID: "w", Email: "a@b"}, {ID: "w", Name: "Ann", Email: "nowhere"},
	} {
		_, err := do(c)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
	for lines, kind := range map[[2]any]error{
		{"9", 1}: flywheel.ErrNotFound, {"1", 0}: flywheel.ErrOutOfRange, {"1", 5}: flywheel.ErrConflict, {"3", 1}: flywheel.ErrConflict,
	} {
		_, err := do(&order.Withdraw{ID: "w", Name: "Ann", Email: "a@b", Lines: map[string]int64{lines[0].(string): int64(lines[1].(int))}})
		require.ErrorIs(t, err, kind, "%v", lines)
	}
	_, err = do(&order.Ship{Parcel: "p1", Lines: map[string]int64{"1": 3}})
	require.NoError(t, err)
	_, err = do(&order.Deliver{Parcel: "p1"})
	require.NoError(t, err)
	r, err := do(&order.Withdraw{ID: "w1", Name: "Ann", Email: "a@b", Lines: map[string]int64{"1": 2}})
	require.NoError(t, err)
	require.Equal(t, int64(1190), r.Refund.Total.Minor(), "what has not been sent is called off first")
	require.Equal(t, order.RMALine{Line: "1", Quantity: 1}, r.Order.RMA("w1").Lines[0])
	again, err := do(&order.Withdraw{ID: "w1", Name: "Ann", Email: "a@b", Lines: map[string]int64{"1": 2}})
	require.NoError(t, err)
	require.True(t, again.Replayed)
	_, err = do(&order.Withdraw{ID: "w1", Name: "Ann", Email: "a@b", Lines: map[string]int64{"1": 1}})
	require.ErrorIs(t, err, flywheel.ErrKeyReused)
	require.Equal(t, map[string]int64{"1": 2, "2": 2}, may())
	w.now = w.now.Add(31 * 24 * time.Hour)
	require.Equal(t, map[string]int64{"2": 2}, may(), "what was delivered more than 30 days ago stays")
	_, err = do(&order.Withdraw{ID: "w2", Name: "Ann", Email: "a@b"})
	require.NoError(t, err)
	require.Empty(t, may())
	_, err = do(&order.Withdraw{ID: "w3", Name: "Ann", Email: "a@b"})
	require.ErrorIs(t, err, flywheel.ErrConflict)
	require.Len(t, w.events[order.EventWithdrawn], 2)
}

// A stranger gets the answer for an order that does not exist; the buyer may do what
// buyers may.
func TestActors(t *testing.T) {
	shop := shops(t)["de"]
	w, _ := crashWorld(t, shop, "on_place")
	_, err := w.place(t.Context())
	require.NoError(t, err)
	mine := flywheel.WithActor(t.Context(), flywheel.Actor{Customer: "m-1"})
	for _, c := range []order.Command{
		&order.Ship{Parcel: "p1"}, &order.Deliver{Parcel: "p1"}, &order.CallOff{}, &order.Edit{Key: "e", Remove: map[string]int64{"1": 1}},
		&order.RequestReturn{ID: "r", Lines: map[string]int64{"1": 1}, Reason: "r"}, &order.Receive{ID: "r"},
		&order.Exchange{ID: "r", Lines: map[string]int64{"1": 1}, For: []order.Item{{SKU: "PEN", Quantity: 1}}},
		&order.Claim{Lines: map[string]int64{"1": 1}, Remedy: order.Replace}, &order.PayBack{Key: "p", Amount: w.amount(1)},
		&order.DisputeLost{Key: "d", Amount: w.amount(1)}, &order.Withdraw{ID: "w", Name: "n", Email: "a@b"},
	} {
		for _, stranger := range []flywheel.Actor{{}, {Customer: "m-2"}, {Visitor: "v"}} {
			ctx := flywheel.WithActor(t.Context(), stranger)
			_, err := w.orders.Do(ctx, w.id, c)
			require.ErrorIs(t, err, flywheel.ErrNotFound)
			_, missing := w.orders.Do(ctx, "none", c)
			require.Equal(t, fmt.Sprint(missing), fmt.Sprint(replaceID(err, string(w.id))))
		}
		_, err := w.orders.Do(mine, w.id, c)
		switch c.Kind() {
		case order.KindCallOff, order.KindRequest, order.KindTrade, order.KindWithdraw:
			require.NotErrorIs(t, err, flywheel.ErrForbidden, "%s", c.Kind())
		default:
			require.ErrorIs(t, err, flywheel.ErrForbidden, "%s", c.Kind())
		}
	}
	_, err = w.orders.Refund(mine, w.id, order.Request{Key: "k", Amount: w.amount(1)})
	require.ErrorIs(t, err, flywheel.ErrForbidden)
}

// replaceID returns the text of an error with the id that the other one has.
func replaceID(err error, id string) string {
	return strings.ReplaceAll(fmt.Sprint(err), fmt.Sprintf("%q", id), `"none"`)
}
