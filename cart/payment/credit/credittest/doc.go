// Package credittest tests stores of package credit: [Run] is the suite for whoever
// writes one, [Failing] a store whose calls fail when a test wants them to.
//
//	func TestStore(t *testing.T) {
//		credittest.Run(t, func(t *testing.T) credit.Store { return mystore.New(open(t)) }, credittest.Features{Transactions: true})
//	}
package credittest
