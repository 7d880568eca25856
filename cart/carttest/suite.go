package carttest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
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
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			if c.transaction && !f.Transactions {
				t.Skip("the store has no transactions")
			}
			if err := c.run(fresh(t), f); err != nil {
				t.Errorf("%v\nthe rule: %s", err, c.rule)
			}
		})
	}
}

type testCase struct {
	name, rule  string
	transaction bool
	check       func(w *world) error
}

// world is what a check works on.
type world struct {
	cart.Store
	tx flywheel.Transactor
}

func cases() []testCase {
	var all []testCase
	for _, group := range [][]testCase{saveCases, listCases, transactionCases} {
		all = append(all, group...)
	}
	return all
}

// run returns what is wrong with s, a panic included.
func (c *testCase) run(s cart.Store, f Features) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	w := &world{Store: s}
	if c.transaction {
		if f.Tx != nil {
			w.tx = f.Tx(s)
		} else if tx, ok := s.(flywheel.Transactor); ok {
			w.tx = tx
		} else {
			return fmt.Errorf("%T is no flywheel.Transactor and Features.Tx is nil", s)
		}
	}
	return c.check(w)
}

var ctx = context.Background()

// start is a moment with microseconds.
var start = time.Date(2010, 12, 1, 8, 26, 0, 123456000, time.UTC)

// sample returns a cart that is not stored yet, with every field set.
func sample(id string) cart.Cart {
	return cart.Cart{
		ID: cart.ID(id), Customer: "customer", Visitor: "visitor", Session: "session", Currency: money.EUR,
		Lines: []cart.Line{
			{ID: "1", SKU: "85123A", Quantity: 6},
			{ID: "2", SKU: "screw", Quantity: 1000, Agreed: money.MustPrice("0.0125", money.EUR), TaxIncluded: true, TaxClass: "standard"},
		},
		Coupons: []string{"WELCOME"}, Status: cart.Open, Absorbed: []cart.ID{"guest"},
		CreatedAt: start, UpdatedAt: start, LastLine: 2,
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
	return same("Get", got, want)
}

func same(what string, got, want any) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
	return nil
}

// wrong reports an error that does not match what is wanted.
func wrong(what string, err, want error) error {
	if errors.Is(err, want) {
		return nil
	}
	return fmt.Errorf("%s: got the error %v, want one that matches %q", what, err, want)
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
	return same(fmt.Sprintf("List(%+v)", f), got, want)
}

// first returns the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// parallel runs fn n times at once and returns the first error.
func parallel(n int, fn func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	return first(errs...)
}
