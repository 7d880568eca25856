package stripe_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/stripe"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A card is refused; a program has a secret key, and no URL.
func ExampleNew() {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusPaymentRequired)
		fmt.Fprint(w, `{"error": {"type": "card_error", "code": "card_declined", "decline_code": "lost_card"}}`)
	}))
	defer api.Close()
	var gateway payment.Gateway
	var client *stripe.Client
	client, err := stripe.New("sk_test_1", &stripe.Options{URL: api.URL})
	if err != nil {
		log.Fatal(err)
	}
	gateway = client
	_, err = gateway.Authorize(context.Background(), payment.Charge{Key: "order-1", Amount: money.New(4999, money.EUR), Method: "pm_card_visa"})
	fmt.Println(err, payment.Uncertain(err))
	// Output: payment: declined: lost_card false
}

// What Stripe says in its own words.
func ExampleAPIError() {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"error": {"type": "invalid_request_error", "code": "rate_limit"}}`)
	}))
	defer api.Close()
	client, err := stripe.New("sk_test_1", &stripe.Options{URL: api.URL})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Find(context.Background(), "pi_1")
	if e, ok := errors.AsType[*stripe.APIError](err); ok {
		fmt.Println(e.Status, e.Code)
	}
	// Output: 429 rate_limit
}

// A webhook's signature is checked over the raw body, then the event is read.
func ExampleParseEvent() {
	now := time.Unix(1767225600, 0)
	body := []byte(`{"id": "evt_1", "object": "event", "type": "payment_intent.amount_capturable_updated", "created": 1767225590,
		"data": {"object": {"id": "pi_1", "amount": 4999, "currency": "eur", "metadata": {"flywheel_ref": "session-1"}}}}`)
	header := payment.Sign("whsec_1", body, now) // Stripe-Signature
	verifier, err := payment.NewVerifier(5*time.Minute, "whsec_1")
	if err != nil {
		log.Fatal(err)
	}
	if err := verifier.Verify(header, body, now); err != nil {
		log.Fatal(err)
	}
	n, err := stripe.ParseEvent(body)
	fmt.Println(n.Type, n.Session, n.Authorization, n.Amount, err)
	// Output: payment.authorized session-1 pi_1 49.99 EUR <nil>
}

// Report and Payout yield what Stripe settled, for payment.Reconcile.
func ExampleClient_Report() {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"data": [
			{"id": "txn_1", "type": "charge", "currency": "eur", "amount": 4999, "fee": 175, "created": 1767225600,
				"source": {"id": "ch_1", "payment_intent": "pi_1"}},
			{"id": "txn_2", "type": "payout", "currency": "eur", "amount": -4824, "created": 1767312000, "source": {"id": "po_1"}}]}`)
	}))
	defer api.Close()
	client, err := stripe.New("sk_test_1", &stripe.Options{URL: api.URL})
	if err != nil {
		log.Fatal(err)
	}
	ctx, day := context.Background(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for p, err := range client.Report(ctx, day, day.AddDate(0, 0, 7)) { // of a week, without payouts
		fmt.Println(p.Kind, p.Authorization, p.Amount, p.Fee, err)
	}
	for p, err := range client.Payout(ctx, "po_1") { // of one line of the bank statement
		fmt.Println(p.Payout, p.Kind, p.Amount, err)
	}
	// Output:
	// capture pi_1 49.99 EUR 1.75 EUR <nil>
	// po_1 capture 49.99 EUR <nil>
	// po_1 payout 48.24 EUR <nil>
}
