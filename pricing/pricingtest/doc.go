// Package pricingtest checks that a store does what pricing.Store promises.
// Write a Store of your own, hand it to [Run], and read which rule it breaks:
//
//	func TestStore(t *testing.T) {
//		fresh := func(t *testing.T) pricing.Store { return mystore.New(openEmpty(t)) }
//		pricingtest.Run(t, fresh, pricingtest.Features{Transactions: true})
//	}
//
// [Failing] makes a store that fails where a test wants it to, for testing how a
// program goes on after a crash.
package pricingtest
