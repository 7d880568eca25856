// Package carttest is the suite that every cart.Store must pass, and a decorator
// that makes any of them fail.
//
//	func TestMyStore(t *testing.T) {
//		fresh := func(t *testing.T) cart.Store { return mystore.New(open(t)) }
//		carttest.Run(t, fresh, carttest.Features{Transactions: true})
//	}
//
// Each sentence of the comments on cart.Store has its case; a case that fails
// says which rule is broken. The package's own tests hold deliberately faulty
// stores and show that each is caught.
package carttest
