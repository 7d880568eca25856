package carttest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Features says what a store can do beyond the contract.
type Features struct {
	// Transactions says that the store joins the transaction of a
	// flywheel.Transactor, which is the store itself unless Tx is given.
	Transactions bool
	// Tx returns the transactor of a store.
	Tx func(s cart.Store) flywheel.Transactor
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) cart.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

type testCase = suite.Case[check]

type check func(w *world) error

var contract = suite.Suite[cart.Store, check]{
	Cases: slices.Concat(saveCases, listCases, dueCases, transactionCases),
	Call: func(_ suite.T, check check, s cart.Store, tx flywheel.Transactor) error {
		return check(&world{s, tx})
	},
}

// world is what a check works on.
type world struct {
	cart.Store
	tx flywheel.Transactor
}

var ctx = context.Background()

// start is a moment with microseconds.
var start = time.Date(2010, 12, 1, 8, 26, 0, 123456000, time.UTC)

// sample returns a cart that is not stored yet, with every field set.
func sample(id string) cart.Cart {
	return cart.Cart{
		ID: cart.ID(id), Customer: "customer", Visitor: "visitor", Session: "session", Currency: money.EUR,
		Lines: []cart.Line{
			{ID: "1", SKU: "85123A", Quantity: 6, Seen: money.MustPrice("2.55", money.EUR)},
			{ID: "2", SKU: "screw", Quantity: 1000, Agreed: money.MustPrice("0.0125", money.EUR), TaxIncluded: true, TaxClass: "standard",
				Personalization: flywheel.MustDetails(map[string]string{"engraving": "Für Anna & \"Ben\""}), Metadata: flywheel.MustDetails(map[string]string{"erp": "17"})},
		},
		Coupons: []string{"WELCOME"}, Status: cart.Open, Absorbed: []cart.ID{"guest"},
		CreatedAt: start, UpdatedAt: start, AbandonedAt: start.Add(time.Hour), Due: start.Add(24 * time.Hour), LastLine: 2,
	}
}

// at returns a sample changed some seconds after start.
func at(id string, seconds int) cart.Cart {
	c := sample(id)
	c.UpdatedAt = start.Add(time.Duration(seconds) * time.Second)
	return c
}

// with returns a sample changed by edit.
func with(id string, edit func(c *cart.Cart)) cart.Cart {
	c := sample(id)
	edit(&c)
	return c
}

// save saves carts, none of which may be refused.
func (w *world) save(carts ...cart.Cart) error {
	for _, c := range carts {
		if _, err := w.Save(ctx, c); err != nil {
			return fmt.Errorf("Save of %q: %w", c.ID, err)
		}
	}
	return nil
}

// expect compares the stored cart with want.
func (w *world) expect(want cart.Cart) error {
	got, err := w.Get(ctx, want.ID)
	if err != nil {
		return fmt.Errorf("Get of %q: %w", want.ID, err)
	}
	return suite.Same("Get", got, want)
}

// lists compares a listing with want.
func (w *world) lists(f cart.Filter, want ...cart.ID) error {
	got := []cart.ID{}
	for c, err := range w.List(ctx, f) {
		if err != nil {
			return fmt.Errorf("List(%+v): %w", f, err)
		}
		got = append(got, c.ID)
	}
	if len(want) == 0 {
		want = []cart.ID{}
	}
	return suite.Same(fmt.Sprintf("List(%+v)", f), got, want)
}
