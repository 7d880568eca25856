// Package checkout turns a cart into a paid order.
//
// # The problem
//
// Checkout is the one moment when stock, money, the order, the cart and everyone
// who wants to know about it must agree, while the customer presses the button
// twice, the payment provider times out and the process is stopped. There is no
// transaction that spans a shop and a bank. What helps is a fixed order of steps,
// each with a key, each of which may be repeated.
//
// # Concepts
//
// [Checkout.Place] goes through these steps:
//
//	quote        the cart at the prices of now; another total than the customer saw is a conflict
//	reserve      all of the stock, or nothing
//	authorize    the total at the gateway; declined, the stock is released
//	record       in one transaction: the order, the stock taken, the cart closed, the purchase published
//	capture      the money; then the order is paid
//
// The point of no return is the order: its store lets one order in for a key and
// one for a cart. Before it, a certain failure undoes the try; after it, the rest
// is only ever repeated until it is done, by the same request or by
// [Checkout.Resume]. An uncertain failure (payment.Uncertain) is left as it is: the
// same request finds the same reservation and the same authorization again, since
// their keys follow from the request's key and from what the cart holds.
// Reservations that nobody comes back to expire, and so do authorizations; an
// authorization that is gone when the money is taken is made anew.
//
// Without a Transactor the steps of record are separate and the order comes
// first; [order.Order.Booked] tells whether the others are done. Should the stock
// be lost in between and be sold to another, the order is cancelled.
//
// # Units
//
// Amounts are those of the quote. Times are UTC to the microsecond; Request.At or
// the clock decides them.
//
// # Concurrency
//
// A [Checkout] is safe for concurrent use: parallel calls with one key, and calls
// with different keys for one cart, give one order. A cart that is edited while it
// is being ordered gives the order of the cart before the edit, or one of the
// two is refused.
package checkout
