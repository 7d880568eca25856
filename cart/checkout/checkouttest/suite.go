package checkouttest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Features says what a store can do beyond the contract.
type Features struct {
	// Transactions says that the store joins the transaction of a
	// flywheel.Transactor, which is the store itself unless Tx is given.
	Transactions bool
	// Tx returns the transactor of a store.
	Tx func(s checkout.SessionStore) flywheel.Transactor
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) checkout.SessionStore, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

type testCase = suite.Case[check]

type check func(w *world) error

var contract = suite.Suite[checkout.SessionStore, check]{
	Cases: slices.Concat(saveCases, findCases, transactionCases),
	Call: func(_ suite.T, check check, s checkout.SessionStore, tx flywheel.Transactor) error {
		return check(&world{s, tx})
	},
}

// world is what a check works on.
type world struct {
	checkout.SessionStore
	tx flywheel.Transactor
}

var ctx = context.Background()

// start is a moment with microseconds.
var start = time.Date(2026, 3, 10, 9, 0, 0, 123456000, time.UTC)

func euro(minor int64) money.Amount { return money.New(minor, money.EUR) }

// sample returns a session that is not stored yet, with every field set.
func sample(id string) checkout.Session {
	return checkout.Session{
		ID: checkout.SessionID(id), Cart: cart.ID("cart-" + id), Customer: "anna", Visitor: "v",
		Buyer:   checkout.Buyer{Email: "anna@example.com", Name: "Anna", Phone: "1", VATExempt: true, Consent: []string{"newsletter"}},
		Address: &order.Address{Country: "DE", Postcode: "10115", Street: []string{"Invalidenstraße 1"}},
		Billing: &order.Address{Country: "AT"}, Option: "standard", Codes: []string{"TEN"},
		Tenders:    []checkout.TenderChoice{{Type: order.GiftCard, ID: "GC-1", Amount: euro(500)}, {Type: order.Card, Token: "tok"}},
		Deliveries: []checkout.DeliveryChoice{{Lines: []string{"1"}, Option: "shop"}, {Option: "standard"}},
		Reviewed:   true, Metadata: map[string]string{"campaign": "spring"},
		Seen: checkout.Content{
			Lines:  []checkout.ContentLine{{ID: "1", SKU: "MUG", Quantity: 2, Unit: money.PriceOf(euro(1190)), Discount: euro(238), Total: euro(2142)}},
			Option: "standard", Charge: 490, Groups: []checkout.ContentGroup{{Lines: []string{"1"}, Option: "shop", Place: "east", Charge: 100, Discount: 10}},
			Totals: []checkout.Total{{Type: checkout.TotalTotal, Amount: euro(2632)}},
			Taxes:  []checkout.TaxTotal{{Rate: money.Percent(19), Net: euro(2212), Tax: euro(420)}},
			Applied: []checkout.AppliedCode{{
				Promotion: "ten", Code: "TEN", Amount: euro(238), Method: checkout.Each,
				Allocations: []checkout.Allocation{{Path: "$.line_items[0]", Amount: euro(238)}},
			}},
			Split: []checkout.Share{{Tender: "card", Amount: euro(2632)}}, Total: euro(2632),
		},
		Version: 3, Tries: 1, Claim: checkout.Claim{Owner: "customer/anna", Key: "key-" + id},
		Try: &checkout.Try{
			Ref: "try-1", Charge: "charge-1", Phase: checkout.TryAuthorizing, Until: start.Add(time.Minute), Held: true, Working: start,
			Authorization: "auth", Action: &payment.ActionError{Authorization: "auth", Type: "redirect", URL: "https://bank.example"},
			Amount: euro(2632), Method: "tok", Tender: 1, CartVersion: 4,
			Units:    []fulfillment.Unit{{SKU: "MUG", Location: "east", Quantity: 2}},
			Codes:    []checkout.HeldCode{{Code: "TEN", Amount: euro(238)}},
			Balances: []checkout.HeldBalance{{Type: order.GiftCard, Account: "GC-1", Amount: euro(500)}},
			Order:    order.Order{ID: "o", Key: "k", Currency: money.EUR, PlacedAt: start, Total: euro(2632), Subtotal: euro(1), Discount: euro(0), Net: euro(1), Tax: euro(0), Payment: order.Payment{Authorized: euro(0), Captured: euro(0), Refunded: euro(0)}, Lines: []order.Line{}},
		},
		Loose:    []checkout.LooseCharge{{Key: "charge-0", Amount: euro(1), Next: start}},
		OpenedAt: start, ExpiresAt: start.Add(time.Hour), Due: start.Add(time.Minute),
	}
}

// with returns a sample changed by edit.
func with(id string, edit func(s *checkout.Session)) checkout.Session {
	s := sample(id)
	edit(&s)
	return s
}

// save saves sessions, none of which may be refused.
func (w *world) save(sessions ...checkout.Session) error {
	for _, s := range sessions {
		if _, err := w.SaveSession(ctx, s); err != nil {
			return fmt.Errorf("SaveSession of %q: %w", s.ID, err)
		}
	}
	return nil
}

// expect compares the stored session with want.
func (w *world) expect(want checkout.Session) error {
	got, err := w.Session(ctx, want.ID)
	if err != nil {
		return fmt.Errorf("Session %q: %w", want.ID, err)
	}
	return suite.Same("Session", got, want)
}
