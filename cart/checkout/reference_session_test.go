package checkout_test

import (
	"errors"
	"testing"
)

// refShop is the shop of a case.
type refShop struct {
	setup *refSetup
}

// newRefShop opens the shop of a setup.
func newRefShop(tb testing.TB, setup *refSetup) (*refShop, error) {
	return nil, errors.New("not opened yet")
}

// refSessionSteps are the steps of carts, sessions, webhooks, clock and shop.
var refSessionSteps = map[string]refHandler{}

// refSessionLooks are what is compared at the end of sessions, stock, codes,
// balances and events.
var refSessionLooks = map[string]refLook{}
