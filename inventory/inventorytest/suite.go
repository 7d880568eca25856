package inventorytest

import (
	"slices"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
)

// Features says what a store can do beyond inventory.Store. Whether it offers
// inventory.BatchStore the suite finds out by itself.
type Features struct {
	// Transactions means that the store is a flywheel.Transactor too.
	Transactions bool
	// Seeds is how often the concurrency scenarios run. Default: 20, with -short 2.
	Seeds int
}

// Run checks each rule of inventory.Store in a sub-test on a store of its own;
// fresh returns an empty one.
func Run(t *testing.T, fresh func(t *testing.T) inventory.Store, f Features) {
	if f.Seeds == 0 {
		f.Seeds = 20
		if testing.Short() {
			f.Seeds = 2
		}
	}
	contract(f.Seeds).Run(t, fresh, suite.Transactor[inventory.Store](f.Transactions, nil))
}

type testCase = suite.Case[check]

type check func(e *env)

// contract is the suite with that many seeds for each scenario.
func contract(seeds int) suite.Suite[inventory.Store, check] {
	return suite.Suite[inventory.Store, check]{
		Cases: slices.Concat(postChecks, holdChecks, listChecks, reservationChecks, batchChecks, transactionChecks, serviceChecks, scenarioChecks, orderChecks, itemChecks, lotChecks, paperChecks, purchaseChecks),
		Call: func(t suite.T, check check, s inventory.Store, tx flywheel.Transactor) error {
			check(&env{suite.Checker{T: t}, s, tx, seeds})
			return nil
		},
	}
}

// env is what a check runs in: whom to report to, and an empty store.
type env struct {
	suite.Checker
	inventory.Store
	tx    flywheel.Transactor // nil when there is none
	seeds int
}

// itemized is a check that is made of stores that offer inventory.ItemStore.
func itemized(run func(e *env, items inventory.ItemStore)) check {
	return func(e *env) {
		items, ok := e.Store.(inventory.ItemStore)
		if !ok {
			e.Skip("the store offers no inventory.ItemStore")
		}
		run(e, items)
	}
}

// batched is a check that is made of stores that offer inventory.BatchStore.
func batched(run check) check {
	return func(e *env) {
		if _, ok := e.Store.(inventory.BatchStore); !ok {
			e.Skip("the store offers no inventory.BatchStore")
		}
		run(e)
	}
}
