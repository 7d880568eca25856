// Package reviewtest tests implementations of review.Store and
// review.PurchaseStore: [Run] is the contract as a suite, [Failing] a store for crash
// tests.
//
//	func TestMyStore(t *testing.T) {
//		reviewtest.Run(t, func(t *testing.T) reviewtest.Store { return mystore.New(open(t)) }, reviewtest.Features{Transactions: true})
//	}
package reviewtest
