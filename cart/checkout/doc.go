// Package checkout turns a cart into a paid order.
//
// # The problem
//
// Checkout is the one moment when stock, money, codes, balances, the order, the cart
// and everyone who wants to know about it must agree, while the customer presses
// the button twice, the bank asks the customer something, the payment provider
// times out and the process is stopped. There is no transaction that spans a shop
// and a bank. What helps is a fixed order of steps, each with a key, each of which
// may be repeated.
//
//	sessions, err := checkout.NewSessions(nil, &checkout.SessionOptions{
//		Carts: carts, Orders: orders, Catalog: catalog, Network: network, Stock: stock, Codes: codes, Mode: order.OnPlace,
//	})
//	v, err := sessions.Open(ctx, "cart-1", "")
//	v, err = sessions.SetBuyer(ctx, v.Session, checkout.Buyer{Email: "anna@example.com"})
//	v, err = sessions.SetAddress(ctx, v.Session, order.Address{Country: "DE", Postcode: "10115"}, nil)
//	v, err = sessions.Choose(ctx, v.Session, v.Offers[0].ID)
//	v, err = sessions.SetTenders(ctx, v.Session, checkout.TenderChoice{Type: order.Card, Token: token})
//	v, err = sessions.Place(ctx, checkout.PlaceRequest{Session: v.Session, Key: button, Seen: v.Version})
//
// There are two ways. [Sessions] is the whole one: buyer, address, delivery, codes and
// several tenders, over requests and processes, for web pages, agents and points of
// sale. [Checkout.Place] is the express way from a cart to an order that is paid by
// one token, in one call.
//
// # Sessions
//
// A session is what a buyer has said so far. Each answer is a [View]: priced at the
// prices, stock, codes and balances of now, with messages that say what is missing
// or wrong, where, and whether the buyer can mend it. Its Version grows whenever its
// content is another than in the answer before: goods, prices, delivery, taxes, and
// how it is paid; dates and messages are no content. [Sessions.Place] takes the
// version that the buyer confirms and refuses another, also at the same total.
//
// [Sessions.Choose] lets all lines travel in one way; with [Sessions.ChooseFor] groups
// of them travel in different ways: some are shipped, some are picked up. Each group has
// a charge that follows from its goods, the taxes of its place, and stock and parcels of
// its own, and the order has a delivery for each ([order.Order.Deliveries]). Fewer than
// two groups with lines are as if there were none.
//
// The cart of a draft order (package draft) has agreed prices: promotions and codes take
// nothing off them, and a shopper (flywheel.WithActor) changes neither codes nor
// delivery of its session.
//
// Placing is a [Try], saved in the session before anything is held:
//
//	quote        another content than the buyer saw, or something missing, is a conflict
//	hold         stock, codes, points, gift cards, store credit, in this order; all under one reference
//	authorize    the card's part, if any, last; the bank may say no, ask the buyer to act, or not answer
//	record       in one transaction: the session completed, all that is held taken, the order, the cart closed, the purchase
//	capture      the money, where that is done on placing
//
// A failure that is certain releases what was held, lets the money go and frees the
// idempotency key. One that is not leaves the session [Completing]: holds stay until
// they end by themselves, the cart stays as it is, and the same request, a webhook
// ([Webhooks]) or [Sessions.ResumeAll] goes on where it stopped. If the holds have
// ended by then they are made again, provided that the session still has the content
// that was confirmed; else the money is let go. What a gateway did not answer when
// money was let go is kept in the session and tried again by [Sessions.Advance],
// which also ends sessions and holds whose time is over.
//
// Sessions, orders, carts and participants are best kept in one database, so that
// recording is one transaction. What is kept elsewhere is changed outside of it, and
// is not taken back when the transaction comes to nothing.
//
// # The express way
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
// A try whose outcome is unknown and which is then refused for certain, since its stock
// was sold meanwhile or the total is another than the customer saw, leaves nothing: the
// stock is released and the charge abandoned (payment.Gateway). A cart that is edited
// in between makes another try; then the authorization of the first lapses by itself.
// Recording, closing, publishing, authorizing and letting go are the same steps as
// those of sessions.
//
// Without a Transactor the steps of record are separate and the order comes
// first; [order.Order.Booked] tells whether the others are done. Should the stock
// be lost in between and be sold to another, the order is cancelled.
//
// # Round trips
//
// With one PostgreSQL for everything, [Sessions.Place] of goods from stock, paid by
// card, sends this until the order is captured, however many lines there are (a test
// compares the list with what the driver is asked):
//
//	read checkout_sessions
//	read carts
//	read inventory_items
//	read inventory_levels
//	BEGIN
//	write carts
//	write checkout_sessions
//	COMMIT
//	BEGIN
//	lock inventory_levels, inventory_movements
//	write inventory_reservations, inventory_levels, inventory_movements
//	COMMIT
//	BEGIN
//	write checkout_sessions
//	write orders, order_terms
//	read inventory_reservations
//	lock inventory_levels, inventory_movements
//	write inventory_reservations, inventory_levels, inventory_movements
//	write carts
//	write events
//	COMMIT
//	BEGIN
//	write order_series, orders, order_documents
//	COMMIT
//
// The four reads are the quote at the prices of now; then the try is noted, the stock
// held, the order recorded and captured. Stock is locked before it is decided on,
// therefore it takes two statements each time. Codes, points, gift cards and
// store credit each add a transaction for their hold and a few statements to the
// recording, whose number does not depend on the lines either.
//
// # Two processes, a restart, a bad event
//
// Processes that share a database share sessions and keys: the button that is pressed
// in two of them gives one order. After a restart [Sessions.ResumeAll],
// [Checkout.Resume] and [Sessions.Advance] go on with what stopped; each may run in
// every process. A session that cannot go on, since its gateway does not answer, holds
// up no other. Nothing here reads events; what the Sink does not take is kept with the
// order and told by Deliver.
//
// # Units
//
// Amounts are those of the quote. Times are UTC to the microsecond; Request.At or
// the clock decides them.
//
// # Concurrency
//
// [Sessions] are safe for concurrent use: a second call for a try that another call is
// at work on reports [ErrInFlight], and calls for one session that change it begin
// again when another was first.
//
// A [Checkout] is safe for concurrent use: parallel calls with one key, and calls
// with different keys for one cart, give one order. A cart that is edited while it
// is being ordered gives the order of the cart before the edit, or one of the
// two is refused.
package checkout
