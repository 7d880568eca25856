package payment_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestSum(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	row := func(id, auth string, kind payment.MoveKind, minor, fee int64, day int) payment.Posting {
		return payment.Posting{ID: id, Authorization: auth, Kind: kind, Reference: "r" + id, Amount: eur(minor), Fee: eur(fee), At: at.AddDate(0, 0, day)}
	}
	got, err := payment.Sum([]payment.Posting{
		row("1", "a", payment.MoveCapture, 100, 3, 0), row("2", "a", payment.MoveRefund, 40, 0, 1), row("3", "a", payment.MoveCapture, 50, 2, 2),
		row("4", "b", payment.MoveCapture, 7, 1, 2), row("1", "a", payment.MoveCapture, 100, 3, 0),
		{ID: "5", Authorization: "a", Kind: payment.MoveCapture, Amount: money.New(9, money.USD), At: at},
	})
	require.NoError(t, err)
	var lines []string
	for _, p := range got {
		lines = append(lines, fmt.Sprint(p.ID, " ", p.Authorization, " ", p.Kind, " ", p.Amount, " ", p.Fee, " ", p.At.Day()))
	}
	require.Equal(t, []string{
		"1 a capture 1.50 EUR 0.05 EUR 2", "2 a refund 0.40 EUR 0.00 EUR 3", "4 b capture 0.07 EUR 0.01 EUR 4", "1 a capture 1.00 EUR 0.03 EUR 2",
		"5 a capture 0.09 USD 0.00 USD 2",
	}, lines)
	_, err = payment.Sum([]payment.Posting{row("1", "a", payment.MoveRefund, math.MaxInt64, 0, 0), row("2", "a", payment.MoveRefund, 1, 0, 0)})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// booksOf are what orders know of their cards, as sums.
func booksOf(orders ...order.Order) (books []payment.Movement) {
	for i := range orders {
		o := &orders[i]
		for _, t := range o.Tenders {
			for _, a := range t.Authorizations {
				m := payment.Movement{Order: string(o.ID), Authorization: a.ID, At: o.PlacedAt}
				for kind, amount := range map[payment.MoveKind]money.Amount{payment.MoveCapture: a.Captured, payment.MoveRefund: a.Refunded} {
					if m.Kind, m.Amount = kind, amount; amount.Sign() > 0 {
						books = append(books, m)
					}
				}
			}
		}
	}
	return books
}

// An order was shipped in two parcels, so its card was charged twice; the gateway's
// report lacks a refund.
func ExampleSum() {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	eur := func(minor int64) money.Amount { return money.New(minor, money.EUR) }
	books := booksOf(order.Order{ID: "o-1", PlacedAt: at, Tenders: []order.Tender{{
		Type: order.Card, Amount: eur(5000),
		Authorizations: []order.Authorization{{ID: "pi_1", Amount: eur(5000), Captured: eur(5000), Refunded: eur(1200)}},
	}}})
	report, err := payment.Sum([]payment.Posting{
		{ID: "txn_1", Authorization: "pi_1", Kind: payment.MoveCapture, Amount: eur(3000), At: at},
		{ID: "txn_2", Authorization: "pi_1", Kind: payment.MoveCapture, Amount: eur(2000), At: at},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := payment.Reconcile(report, books, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range result.Differences {
		fmt.Println(d)
	}
	fmt.Println(result.Matched, result.Net)
	// Output:
	// missing: order "o-1", refund of 12.00 EUR
	// 1 [50.00 EUR]
}
