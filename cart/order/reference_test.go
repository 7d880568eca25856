package order_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// TestReference runs the abuse cases that are about orders: money and units in
// parallel, and orders of others. The cases of the checkout are run by [TestCases] and by
// TestReference of package checkout.
func TestReference(t *testing.T) {
	var cases []struct {
		ID, Area, Attack string
		Input, Expected  json.RawMessage
	}
	require.NoError(t, json.Unmarshal(testkit.ReferenceOf(t, "../../pricing", "security", "abuse.json"), &cases))
	for _, c := range cases {
		switch c.Area {
		case "payment_state":
			t.Run(c.ID, func(t *testing.T) { abusePayment(t, c.Input, c.Expected) })
		case "object_access":
			t.Run(c.ID, func(t *testing.T) { abuseAccess(t, c.Input, c.Expected) })
		}
	}
}

// abusePayment captures, refunds and returns more than there is, in parallel.
func abusePayment(t *testing.T, input, expected json.RawMessage) {
	var in struct {
		Authorized, Capture, Captured, Bought int64
		ParallelRefunds                       []int64 `json:"parallel_refunds"`
		ParallelReturns                       []int64 `json:"parallel_returns"`
		ParallelCaptures                      []int64 `json:"parallel_captures"`
	}
	var want struct {
		Result, Kind       string
		Captured, Refunded *int64
		Succeeded          *int
		ReturnedAtMost     *int64 `json:"returned_at_most"`
		CapturedAtMost     *int64 `json:"captured_at_most"`
	}
	testkit.Strict(t, input, &in)
	testkit.Strict(t, expected, &want)
	ctx := t.Context()
	parallel := func(n int, do func(i int) error) (succeeded int) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				if do(i) == nil {
					mu.Lock()
					succeeded++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		return succeeded
	}
	switch {
	case in.Authorized > 0:
		g := new(payment.Memory)
		a, err := g.Authorize(ctx, payment.Charge{Key: "k", Amount: eur(in.Authorized)})
		require.NoError(t, err)
		captures := in.ParallelCaptures
		if in.Capture > 0 {
			captures = []int64{in.Capture}
		}
		var last error
		succeeded := parallel(len(captures), func(i int) error {
			err := g.Capture(ctx, fmt.Sprint("capture ", i), a.ID, eur(captures[i]))
			if err != nil {
				last = err
			}
			return err
		})
		p, err := g.Payment(a.ID)
		require.NoError(t, err)
		require.LessOrEqual(t, p.Captured.Minor(), in.Authorized)
		if want.Result == "refused" {
			require.Zero(t, succeeded)
			require.Equal(t, want.Kind, kindOf(last))
		}
		if want.Captured != nil {
			require.Equal(t, *want.Captured, p.Captured.Minor())
		}
		if want.Succeeded != nil {
			require.Equal(t, *want.Succeeded, succeeded)
		}
		if want.CapturedAtMost != nil {
			require.LessOrEqual(t, p.Captured.Minor(), *want.CapturedAtMost)
		}
	case len(in.ParallelRefunds) > 0:
		orders := sold(t, 1, in.Captured)
		succeeded := parallel(len(in.ParallelRefunds), func(i int) error {
			for {
				_, err := orders.Do(ctx, "o", &order.PayBack{Key: fmt.Sprint(i), Amount: eur(in.ParallelRefunds[i])})
				if !isBusy(err) {
					return err
				}
			}
		})
		o, err := orders.Get(ctx, "o")
		require.NoError(t, err)
		require.Equal(t, *want.Succeeded, succeeded)
		require.Equal(t, *want.Refunded, o.Payment.Refunded.Minor())
	case len(in.ParallelReturns) > 0:
		orders := sold(t, in.Bought, in.Bought*100)
		for _, c := range []order.Command{&order.Ship{Parcel: "p1"}, &order.Deliver{Parcel: "p1"}} {
			_, err := orders.Do(ctx, "o", c)
			require.NoError(t, err)
		}
		parallel(len(in.ParallelReturns), func(i int) error {
			id := fmt.Sprint(i)
			_, err := orders.Do(ctx, "o", &order.RequestReturn{ID: id, Lines: map[string]int64{"1": in.ParallelReturns[i]}, Reason: "defective"})
			for err == nil || isBusy(err) {
				_, err = orders.Do(ctx, "o", &order.Receive{ID: id, Lines: map[string]order.Received{"1": {Accepted: in.ParallelReturns[i]}}})
				if err == nil {
					return nil
				}
			}
			return err
		})
		o, err := orders.Get(ctx, "o")
		require.NoError(t, err)
		require.LessOrEqual(t, o.Lines[0].Returned, *want.ReturnedAtMost)
		require.LessOrEqual(t, o.Payment.Refunded.Minor(), o.Payment.Captured.Minor())
	default:
		t.Fatalf("unknown input %s", input)
	}
}

// abuseAccess asks for an order of another.
func abuseAccess(t *testing.T, input, expected json.RawMessage) {
	var in struct{ Actor, Action, Object, Owner, Token string }
	var want struct {
		Result, Kind string
		Same         bool `json:"same_answer_as_missing"`
	}
	testkit.Strict(t, input, &in)
	testkit.Strict(t, expected, &want)
	orders := sold(t, 1, 100)
	ctx := flywheel.WithActor(t.Context(), flywheel.Actor{Customer: flywheel.CustomerID(in.Actor)})
	var ask func(id order.ID) error
	switch in.Action {
	case "order.get":
		ask = func(id order.ID) error { _, err := orders.Get(ctx, id); return err }
	case "order.cancel":
		ask = func(id order.ID) error { _, err := orders.Do(ctx, id, &order.CallOff{}); return err }
	case "return.cancel":
		ask = func(id order.ID) error { _, err := orders.Do(ctx, id, &order.CancelReturn{ID: in.Object}); return err }
	case "return.request":
		ask = func(id order.ID) error {
			_, err := orders.Do(ctx, id, &order.RequestReturn{ID: "r", Lines: map[string]int64{"1": 1}, Reason: "r"})
			return err
		}
	default:
		t.Skipf("%s is not about orders that stand", in.Action)
	}
	before, err := orders.Get(t.Context(), "o")
	require.NoError(t, err)
	refused := ask("o")
	require.Equal(t, "refused", want.Result)
	require.Equal(t, want.Kind, kindOf(refused))
	if want.Same {
		require.Equal(t, replaceID(ask("none"), "none"), replaceID(refused, "o"))
	}
	after, err := orders.Get(t.Context(), "o")
	require.NoError(t, err)
	require.Equal(t, before, after, "a refusal changes nothing")
	if in.Token == "" {
		links, err := order.NewLinks(secret("s"))
		require.NoError(t, err)
		require.ErrorIs(t, links.Check("o", in.Token, before.PlacedAt), flywheel.ErrUnauthenticated)
	}
}

func isBusy(err error) bool {
	return errors.Is(err, order.ErrBusy) || errors.Is(err, flywheel.ErrUnknownOutcome)
}

// sold returns orders with one paid order of c1: units of one item for a total.
func sold(t *testing.T, units, total int64) *order.Service {
	t.Helper()
	orders := standing(context.Background())
	one, err := orders.Get(t.Context(), "o")
	require.NoError(t, err)
	fresh, err := order.New(nil, nil)
	require.NoError(t, err)
	auth, err := fresh.Gateway().Authorize(t.Context(), payment.Charge{Key: "abuse", Amount: eur(total)})
	require.NoError(t, err)
	l := one.Lines[0]
	l.Quantity, l.Subtotal, l.Net, l.Tax, l.Total, l.TaxRate = units, eur(total), eur(total), eur(0), eur(total), money.Rate{}
	l.Shipped = 0
	one.Lines, one.Delivery, one.Customer, one.Status = []order.Line{l}, nil, "c1", order.Placed
	one.Parcels[0].Pieces[0].Quantity = units
	one.Tenders[0].Amount = eur(total)
	one.Tenders[0].Authorizations = []order.Authorization{{ID: auth.ID, Amount: eur(total)}}
	one.Subtotal, one.Net, one.Tax, one.Total = eur(total), eur(total), eur(0), eur(total)
	_, err = fresh.Place(t.Context(), one)
	require.NoError(t, err)
	_, err = fresh.Capture(t.Context(), "o")
	require.NoError(t, err)
	return fresh
}
