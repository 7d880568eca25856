package payment_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// The life of a payment: set aside, taken, given back in part.
func ExampleMemory() {
	ctx := context.Background()
	var gateway payment.Memory
	auth, err := gateway.Authorize(ctx, payment.Charge{Key: "order-1", Amount: money.New(4999, money.EUR), Method: "card"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(gateway.Capture(ctx, "capture-1", auth.ID, auth.Amount))
	fmt.Println(gateway.Refund(ctx, "refund-1", auth.ID, money.New(1000, money.EUR)))
	fmt.Println(gateway.Refund(ctx, "refund-2", auth.ID, money.New(4000, money.EUR)))
	p, _ := gateway.Payment(auth.ID)
	fmt.Println(p.Captured, p.Refunded)
	// Output:
	// <nil>
	// <nil>
	// payment: refund of 40.00 EUR, at most 39.99 EUR is left
	// 49.99 EUR 10.00 EUR
}

// An answer that is lost: the caller repeats the call with the same key, and is
// charged once.
func ExampleMemory_Intercept() {
	ctx := context.Background()
	var gateway payment.Memory
	gateway.Intercept(payment.Sequence(payment.LostAnswer, payment.Decline))
	charge := payment.Charge{Key: "order-1", Amount: money.New(4999, money.EUR)}
	_, err := gateway.Authorize(ctx, charge)
	fmt.Println(err, payment.Uncertain(err))
	_, err = gateway.Authorize(ctx, payment.Charge{Key: "order-2", Amount: money.New(1, money.EUR)})
	fmt.Println(err, payment.Uncertain(err), errors.Is(err, payment.ErrDeclined))
	auth, err := gateway.Authorize(ctx, charge)
	fmt.Println(auth.Amount, err, len(gateway.Payments()))
	// Output:
	// payment: no answer: outcome unknown true
	// payment: declined: asked to false true
	// 49.99 EUR <nil> 1
}

// An error tells how much was possible, or why the bank said no. The interceptor
// sees each call and decides how it goes.
func ExampleLimitError() {
	ctx := context.Background()
	var memory payment.Memory
	var gateway payment.Gateway = &memory
	memory.Intercept(func(c payment.Call) payment.Fault {
		if c.Operation == payment.OpAuthorize && c.Method == "expired card" {
			return payment.Decline
		}
		return payment.Pass
	})
	_, err := gateway.Authorize(ctx, payment.Charge{Key: "1", Amount: money.New(100, money.EUR), Method: "expired card"})
	if no, ok := errors.AsType[*payment.DeclinedError](err); ok {
		fmt.Println("declined:", no.Reason)
	}
	auth, err := gateway.Authorize(ctx, payment.Charge{Key: "1", Amount: money.New(100, money.EUR), Method: "card"})
	fmt.Println(auth.Amount, err)
	err = gateway.Capture(ctx, "2", auth.ID, money.New(101, money.EUR))
	if limit, ok := errors.AsType[*payment.LimitError](err); ok {
		fmt.Println("at most", limit.Left)
	}
	// Output:
	// declined: asked to
	// 1.00 EUR <nil>
	// at most 1.00 EUR
}

// What outlives the process puts its payments back.
func ExampleMemory_Restore() {
	ctx := context.Background()
	var gateway payment.Memory
	total := money.New(4999, money.EUR)
	err := gateway.Restore(payment.Payment{ID: "authorization-1", Key: "1", Authorized: total, Captured: total, Refunded: money.New(0, money.EUR)})
	fmt.Println(err, gateway.Refund(ctx, "refund", "authorization-1", total))
	// Output: <nil> <nil>
}
