package pricingtest

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
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
// empty. A failure comes with the rule that is broken.
func Run(t *testing.T, fresh func(t *testing.T) pricing.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

type testCase = suite.Case[check]

type check func(e *env)

var contract = suite.Suite[pricing.Store, check]{
	Cases: slices.Concat(casesOf(lists), casesOf(promotions)),
	Call: func(t suite.T, check check, s pricing.Store, tx flywheel.Transactor) error {
		check(&env{suite.Checker{T: t}, s, tx})
		return nil
	},
}

// env is what a check runs in: whom to report to, and an empty store.
type env struct {
	suite.Checker
	store pricing.Store
	tx    flywheel.Transactor // nil when there is none
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
