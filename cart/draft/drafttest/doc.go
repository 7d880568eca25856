// Package drafttest is the suite that every draft.Store must pass, and a store that
// fails on demand.
//
//	func TestStore(t *testing.T) {
//		drafttest.Run(t, func(t *testing.T) draft.Store { return newStore(t) }, drafttest.Features{Transactions: true})
//	}
//
// Each case names the rule of the contract that it protects.
package drafttest
