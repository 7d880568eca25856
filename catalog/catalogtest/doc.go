// Package catalogtest is the suite that every [catalog.Store] must pass, for people
// who write their own, and a store that fails on purpose, for crash tests.
//
//	func TestMyStore(t *testing.T) {
//		fresh := func(t *testing.T) catalog.Store { return mystore.New(open(t)) }
//		catalogtest.Run(t, fresh, catalogtest.Features{Transactions: true})
//	}
//
// Each case names the rule of the contract that it protects.
package catalogtest
