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
