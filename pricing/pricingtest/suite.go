package pricingtest

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
)

// Features says what a store can do beyond the contract of pricing.Store.
type Features struct {
	// Transactions says that calls join a transaction. The transactor is the
	// store itself unless Tx names another.
	Transactions bool
	// Tx returns the transactor whose transactions s joins.
	Tx func(s pricing.Store) flywheel.Transactor
}

// Run tests the rules of pricing.Store on stores that fresh makes, each of them
// empty. A failure begins with the rule that is broken.
func Run(t *testing.T, fresh func(t *testing.T) pricing.Store, f Features) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			if c.transactions && !f.Transactions {
				t.Skip("the store has no transactions")
			}
			t.Log("rule: " + c.rule)
			c.run(newEnv(t, fresh(t), f))
		})
	}
}

// check protects one rule.
type check struct {
	name, rule   string
	transactions bool
	run          func(e *env)
}

func checks() []check {
	return append(checksOf(lists), checksOf(promotions)...)
}

// reporter is the part of a testing.TB that the checks use, so that the suite can
// be run against stores that must fail.
type reporter interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

type env struct {
	reporter
	store pricing.Store
	tx    flywheel.Transactor
}

func newEnv(r reporter, s pricing.Store, f Features) *env {
	e := &env{reporter: r, store: s}
	if f.Transactions {
		if f.Tx != nil {
			e.tx = f.Tx(s)
		} else {
			e.tx = s.(flywheel.Transactor)
		}
	}
	return e
}

// ok ends the check when err is not nil.
func (e *env) ok(err error) {
	e.Helper()
	if err != nil {
		e.Fatalf("unexpected error: %v", err)
	}
}

// matches fails unless err is of a kind.
func (e *env) matches(err, kind error) {
	e.Helper()
	if !errors.Is(err, kind) {
		e.Errorf("error %v does not match %q", err, kind)
	}
}

// side is one half of the Store: the methods for one type of value.
type side[T any] struct {
	name   string
	make   func(id string) T // with every field set
	alter  func(v *T)        // changes the memory that v shares
	meta   func(v *T) (id string, version *int64, starts, ends *time.Time)
	all    func(s pricing.Store, ctx context.Context) iter.Seq2[T, error]
	save   func(s pricing.Store, ctx context.Context, v T) (T, error)
	delete func(s pricing.Store, ctx context.Context, id string, version int64) error
}
