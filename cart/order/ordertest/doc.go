// Package ordertest is the suite that every order.Store must pass, and a
// decorator that makes any of them fail.
//
//	func TestMyStore(t *testing.T) {
//		fresh := func(t *testing.T) order.Store { return mystore.New(open(t)) }
//		ordertest.Run(t, fresh, ordertest.Features{Transactions: true})
//	}
//
// Each sentence of the comments on order.Store has its case; a case that fails
// says which rule is broken. The package's own tests hold deliberately faulty
// stores and show that each is caught.
package ordertest
