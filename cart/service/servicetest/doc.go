// Package servicetest tests stores of package service: [Run] is the suite for
// whoever writes one, [Failing] a store whose calls fail when a test wants them to.
//
//	func TestStore(t *testing.T) {
//		servicetest.Run(t, func(t *testing.T) service.Store { return mystore.New(open(t)) }, servicetest.Features{Transactions: true})
//	}
package servicetest
