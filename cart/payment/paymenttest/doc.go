// Package paymenttest tests stores of package payment: [Run] is the suite for whoever
// writes a payment.NoticeStore, [Failing] a store whose calls fail when a test wants
// them to.
//
//	func TestStore(t *testing.T) {
//		paymenttest.Run(t, func(t *testing.T) payment.NoticeStore { return mystore.New(open(t)) }, paymenttest.Features{Transactions: true})
//	}
package paymenttest
