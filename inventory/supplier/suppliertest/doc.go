// Package suppliertest tests stores of package supplier: [Run] is the suite for whoever
// writes one, [Failing] a store whose calls fail when a test wants them to.
//
//	func TestStore(t *testing.T) {
//		suppliertest.Run(t, func(t *testing.T) supplier.Store { return mystore.New(open(t)) }, suppliertest.Features{Transactions: true})
//	}
package suppliertest
