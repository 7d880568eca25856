// Package wishtest is the suite that every wish.Store must pass, and a store that fails
// on demand.
//
// # The problem
//
// A store that forgets to take a watch out of its index tells a customer of a thing that
// was bought long ago; one that lets a stale list win loses what was wished on another
// device. The suite has a case for each sentence of the contract.
//
//	func TestStore(t *testing.T) {
//		wishtest.Run(t, func(t *testing.T) wish.Store { return open(t) }, wishtest.Features{Transactions: true})
//	}
//
// [Failing] wraps a store so that any call fails before or after its effect.
package wishtest
