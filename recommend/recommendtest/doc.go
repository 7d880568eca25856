// Package recommendtest holds the suite that every [recommend.Store] must pass,
// and a Store that fails on command.
//
//	func TestStore(t *testing.T) {
//		fresh := func(t *testing.T) recommend.Store { return mystore.New(openDatabase(t)) }
//		recommendtest.Run(t, fresh, recommendtest.Features{Transactions: true})
//	}
package recommendtest
