package stripe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/stripe/stripe-mock/server"

	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/stripe"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// wire passes requests on to the mock, remembers what it refused, and makes of each
// PaymentIntent that it answers with one that is authorized.
type wire struct {
	mu      sync.Mutex
	calls   map[string]int
	refused []string
	// status and received are what a PaymentIntent is said to be, replayed that the
	// answer is one of memory.
	status   string
	received int
	replayed bool
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	for i := range parts {
		if strings.HasPrefix(parts[i], "pi_") {
			parts[i] = "{id}"
		}
	}
	name := r.Method + " " + strings.Join(parts, "/")
	w.mu.Lock()
	w.calls[name]++
	if resp.StatusCode != http.StatusOK {
		w.refused = append(w.refused, fmt.Sprintf("%s: %d %s", name, resp.StatusCode, body))
	}
	w.mu.Unlock()
	if parts[0] == "payment_intents" && resp.StatusCode == http.StatusOK {
		var intent map[string]any
		if err := json.Unmarshal(body, &intent); err != nil {
			return nil, err
		}
		maps.Copy(intent, map[string]any{"status": w.status, "amount": 1000, "amount_capturable": 1000, "amount_received": w.received, "currency": "eur"})
		if w.replayed {
			resp.Header.Set("Idempotent-Replayed", "true")
		}
		if body, err = json.Marshal(intent); err != nil {
			return nil, err
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// Every request that the adapter makes is one that Stripe's own description allows.
func TestRequests(t *testing.T) {
	fixtures, err := server.LoadFixtures(embedded.OpenAPIFixtures, "")
	if err != nil {
		t.Fatal(err)
	}
	spec, err := server.LoadSpec(embedded.OpenAPISpec, "")
	if err != nil {
		t.Fatal(err)
	}
	stub, err := server.NewStubServer(fixtures, spec, false, false)
	if err != nil {
		t.Fatal(err)
	}
	mock := httptest.NewServer(http.HandlerFunc(stub.HandleRequest))
	defer mock.Close()
	w := &wire{calls: map[string]int{}, status: "requires_capture"}
	c, err := stripe.New("sk_test_123", &stripe.Options{URL: mock.URL, HTTP: &http.Client{Transport: w}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	ten, five := money.New(1000, money.EUR), money.New(500, money.EUR)
	charge := payment.Charge{Key: "k", Amount: ten, Method: "pm_card_visa", Ref: "s", Customer: "ann", Return: "https://shop.example/back"}
	auth, err := c.Authorize(ctx, charge)
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"find":         func() error { _, err := c.Find(ctx, auth.ID); return err },
		"capture":      func() error { return c.Capture(ctx, "c", auth.ID, ten) },
		"capture part": func() error { return c.Capture(ctx, "p", auth.ID, five) },
		"release":      func() error { return c.Release(ctx, "r", auth.ID, five) },
		"void":         func() error { return c.Void(ctx, "v", auth.ID) },
		"abandon":      func() error { return c.Abandon(ctx, charge) },
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.received = 1000
	if err := c.Refund(ctx, "f", auth.ID, five); err != nil {
		t.Errorf("refund: %v", err)
	}
	w.status, w.replayed = "requires_payment_method", true // declined before, tried again
	if _, err := c.Authorize(ctx, charge); !errors.Is(err, payment.ErrDeclined) {
		t.Errorf("authorize again: %v", err)
	}
	for _, err := range c.Report(ctx, time.Unix(0, 0), time.Unix(1, 0)) {
		if err != nil {
			t.Logf("report: %v", err)
		}
	}
	for _, err := range c.Payout(ctx, "po_1") {
		if err != nil {
			t.Logf("payout: %v", err)
		}
	}
	for _, r := range w.refused {
		t.Error(r)
	}
	for _, name := range []string{
		"POST payment_intents", "GET payment_intents/{id}", "POST payment_intents/{id}", "POST payment_intents/{id}/capture",
		"POST payment_intents/{id}/cancel", "POST payment_intents/{id}/confirm", "GET refunds", "POST refunds", "GET balance_transactions",
	} {
		if w.calls[name] == 0 {
			t.Errorf("%s was not asked: %v", name, slices.Sorted(maps.Keys(w.calls)))
		}
	}
}
