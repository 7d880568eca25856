// Package catalogtest holds the suite that every [catalog.Store] must pass, and a
// Store that fails on command.
//
//	func TestStore(t *testing.T) {
//		fresh := func(t *testing.T) catalog.Store { return mystore.New(openDatabase(t)) }
//		catalogtest.Run(t, fresh, catalogtest.Features{Transactions: true})
//	}
package catalogtest
