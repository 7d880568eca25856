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

// The bank wants the buyer to confirm; afterwards the same call answers.
func ExampleActionError() {
	ctx := context.Background()
	var gateway payment.Memory
	fault, err := payment.ParseFault("action", false)
	if err != nil {
		fmt.Println(err)
		return
	}
	gateway.Intercept(payment.Script{payment.OpAuthorize: {fault}}.Intercept())
	charge := payment.Charge{Key: "order-1", Amount: money.New(4999, money.EUR), Return: "https://shop.example/back"}
	_, err = gateway.Authorize(ctx, charge)
	action, ok := errors.AsType[*payment.ActionError](err)
	if !ok {
		fmt.Println(err)
		return
	}
	fmt.Println(action.Type, action.URL)
	fmt.Println(gateway.Finish(action.Authorization, true)) // the buyer confirms
	auth, err := gateway.Authorize(ctx, charge)
	fmt.Println(auth.Amount, err)
	// Output:
	// redirect https://bank.example/confirm/authorization-order-1
	// <nil>
	// 49.99 EUR <nil>
}

// A charge whose answer was lost is given up: it never stands, even if a late
// request of the same key arrives.
func ExampleMemory_Abandon() {
	ctx := context.Background()
	var gateway payment.Memory
	gateway.Intercept(payment.Sequence(payment.LostAnswer))
	charge := payment.Charge{Key: "order-1", Amount: money.New(4999, money.EUR)}
	_, err := gateway.Authorize(ctx, charge)
	fmt.Println(err)
	fmt.Println(gateway.Abandon(ctx, charge))
	_, err = gateway.Authorize(ctx, charge)
	fmt.Println(err, gateway.Payments()[0].Released)
	// Output:
	// payment: no answer: outcome unknown
	// <nil>
	// payment: authorization is voided: conflict 49.99 EUR
}
