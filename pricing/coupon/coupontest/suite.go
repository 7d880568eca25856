package coupontest

import (
	"context"
	"testing"

	"github.com/flywheel-go/flywheel"
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
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			s := fresh(t)
			tx, ok := s.(flywheel.Transactor)
			switch {
			case f.Transactions && !ok:
				t.Fatal("Features.Transactions is set and the store is no flywheel.Transactor")
			case c.transactions && !f.Transactions:
				t.Skip("the store declares no transactions")
			}
			c.run(&env{reporter: t, Store: s, tx: tx, seeds: f.Seeds, small: f.Small})
			if t.Failed() {
				t.Logf("rule: %s", c.rule)
			}
		})
	}
}

// check is one rule in words and what shows that it is kept.
type check struct {
	name, rule   string
	transactions bool
	run          func(e *env)
}

func checks() []check {
	var all []check
	for _, group := range [][]check{catalogChecks, ledgerChecks, transactionChecks, scenarioChecks} {
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
	coupon.Store
	tx    flywheel.Transactor // nil when there is none
	seeds int
	small bool
}
