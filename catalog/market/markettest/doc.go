// Package markettest tests stores of package market: [Run] is the suite for whoever
// writes one, [Failing] a store whose calls fail when a test wants them to.
//
//	func TestStore(t *testing.T) {
//		markettest.Run(t, func(t *testing.T) market.Store { return mystore.New(open(t)) }, markettest.Features{Transactions: true})
//	}
package markettest
