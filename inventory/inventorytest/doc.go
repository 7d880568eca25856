// Package inventorytest checks that a store does what inventory.Store promises.
// Write a Store of your own, hand it to [Run], and read which rule it breaks:
//
//	func TestStore(t *testing.T) {
//		fresh := func(t *testing.T) inventory.Store { return mystore.New(openEmpty(t)) }
//		inventorytest.Run(t, fresh, inventorytest.Features{Transactions: true})
//	}
//
// [Failing] makes a store that fails where a test wants it to, for testing how a
// program goes on after a crash.
package inventorytest
