// Package checkouttest is the suite that every checkout.SessionStore must pass, and a
// decorator that makes any of them fail.
//
//	func TestMyStore(t *testing.T) {
//		fresh := func(t *testing.T) checkout.SessionStore { return mystore.New(open(t)) }
//		checkouttest.Run(t, fresh, checkouttest.Features{Transactions: true})
//	}
//
// Each sentence of the comments on checkout.SessionStore has its case; a case that
// fails says which rule is broken. The package's own tests hold deliberately faulty
// stores and show that each is caught.
package checkouttest
