package inventorytest

import (
	"context"
	"testing"

	"github.com/flywheel-go/flywheel"
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
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			s := fresh(t)
			_, batch := s.(inventory.BatchStore)
			tx, ok := s.(flywheel.Transactor)
			switch {
			case f.Transactions && !ok:
				t.Fatal("Features.Transactions is set and the store is no flywheel.Transactor")
			case c.needs == transactions && !f.Transactions:
				t.Skip("the store declares no transactions")
			case c.needs == batches && !batch:
				t.Skip("the store offers no inventory.BatchStore")
			}
			e := &env{reporter: t, Store: s, tx: tx, seeds: f.Seeds}
			c.run(e)
			if t.Failed() {
				t.Logf("rule: %s", c.rule)
			}
		})
	}
}

// need is what a check needs beyond inventory.Store.
type need int

const (
	nothing need = iota
	transactions
	batches
)

// check is one rule in words and what shows that it is kept.
type check struct {
	name, rule string
	needs      need
	run        func(e *env)
}

// checks returns all checks. They are not a variable so that a faulty store can
// be given to them again and again.
func checks() []check {
	var all []check
	for _, group := range [][]check{postChecks, holdChecks, listChecks, reservationChecks, batchChecks, transactionChecks, serviceChecks, scenarioChecks} {
		all = append(all, group...)
	}
	return all
}

// reporter is what a check needs of *testing.T.
type reporter interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// env is what a check runs in: a reporter and an empty store.
type env struct {
	reporter
	inventory.Store
	tx    flywheel.Transactor // nil when there is none
	seeds int
}
