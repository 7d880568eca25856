package coupontest

import (
	"slices"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

// Features says what a store can do beyond coupon.Store.
type Features struct {
	// Transactions means that the store is a flywheel.Transactor too.
	Transactions bool
	// Seeds is how often the concurrency scenarios run. Default: 20, with -short 2.
	Seeds int
	// Small lets fewer fight in all seeds but the first, for stores that wait for a
	// disk.
	Small bool
}

// Run checks each rule of coupon.Store in a sub-test on a store of its own; fresh
// returns an empty one.
func Run(t *testing.T, fresh func(t *testing.T) coupon.Store, f Features) {
	if f.Seeds == 0 {
		f.Seeds = 20
		if testing.Short() {
			f.Seeds = 2
		}
	}
	contract(f.Seeds, f.Small).Run(t, fresh, suite.Transactor[coupon.Store](f.Transactions, nil))
}

type testCase = suite.Case[check]

type check func(e *env)

// contract is the suite with that many seeds for each scenario, and fewer who
// fight in all but the first if it is small.
func contract(seeds int, small bool) suite.Suite[coupon.Store, check] {
	return suite.Suite[coupon.Store, check]{
		Cases: slices.Concat(catalogChecks, ledgerChecks, holdChecks, transactionChecks, scenarioChecks),
		Call: func(t suite.T, check check, s coupon.Store, tx flywheel.Transactor) error {
			check(&env{suite.Checker{T: t}, s, tx, seeds, small})
			return nil
		},
	}
}

// env is what a check runs in: whom to report to, and an empty store.
type env struct {
	suite.Checker
	coupon.Store
	tx    flywheel.Transactor // nil when there is none
	seeds int
	small bool
}
