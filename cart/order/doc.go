// Package order keeps orders from the moment they are placed to the last refund.
//
// # The problem
//
// An order is a promise about money. What was quoted must be what is charged, what
// comes back must add up to what was paid, to the last cent and in whatever parts it
// comes, and two clerks who refund at once must not give back more than was taken.
// Meanwhile the bank declines, answers late or not at all, and the process stops. An
// [Order] is one value with a version that remembers every amount as it was quoted, and
// every promise before it is kept.
//
//	orders, err := order.New(store, &order.Options{Gateway: gateway, Warehouse: stock, Shop: shop})
//	o, err := orders.Place(ctx, o)                       // checkout does it
//	o, err = orders.Capture(ctx, o.ID)                   // or each parcel when it is sent
//	r, err := orders.Do(ctx, o.ID, &order.Ship{Parcel: "p1"})
//	r, err = orders.Do(ctx, o.ID, &order.RequestReturn{ID: "r1", Lines: lines, Reason: order.ChangedMind})
//	r, err = orders.Do(ctx, o.ID, &order.Receive{ID: "r1", Lines: received})
//
// # Concepts
//
// Commands. What happens to an order that stands is a [Command]: [Ship], [Deliver],
// [CallOff], [Edit], [RequestReturn], [CancelReturn], [Receive], [Exchange], [Claim],
// [PayBack], [DisputeLost], [Withdraw]. [Order.Decide] computes what one does: the
// order afterwards and the [Effects] that must have happened before. It is a pure
// function. [Service.Do] saves the command as an [Operation], carries out the effects,
// each with a key of its own, and saves the order with its papers and events in one
// transaction. A command that is refused leaves the order as it was, and so does one
// without an answer: the same command again, or [Service.Resume], goes on and has one
// effect. Where all that it changes is kept in one database there is nothing to resume:
// it is one transaction.
//
// Delivery. All lines travel in one way ([Order.Delivery]), or groups of them in
// different ones ([Order.Deliveries]). Each delivery is charged once, with its first
// parcel or when the order is paid, and given back by its own rules when no unit of its
// lines is left, whatever becomes of the others. What is added later travels as
// [Order.DeliveryFor] says.
//
// Shares. The price of one unit of a line is rarely a whole number of cents. The units
// of a line have fixed shares in it (pricing.QuoteLine.Units): they leave from the
// front, are called off from the back and come back from the front, so that all parts
// of a line sum to it. Package order computes no cent; pricing does.
//
// Money. Tenders pay in their sequence and are paid back in another ([Tender]). With
// [OnPlace] all is charged when the order stands, and nothing is sent before; with
// [OnShipment] each parcel is charged when it is sent, after what balances have paid
// is used up. Refunds never exceed what was paid and not paid back: what is cut is cut
// with its tax.
//
// Papers. Invoices and credit notes have numbers without gaps ([Document]). What is
// invoiced and not credited is what was paid and not paid back, less [Order.Prepaid],
// and of each line it is the share of the units that the buyer has. Package
// cart/order/paper prints them.
//
// Orders without [CaptureMode]. Where goods and money change hands at once, as behind a
// counter or with checkout.Checkout, an order has no parcels and no papers:
// [Service.Return] takes units, [Service.Refund] money without goods, [Service.Cancel]
// all that is left. Each saves its promise as a [Return], moves the money, the goods
// and the event, and marks the promise as done.
//
// Who acts. With flywheel.WithActor an order of another answers like one that does not
// exist, and buyers may do what buyers may. [Links] are for guests.
//
// The laws: Refunded ≤ Captured ≤ Authorized; a unit comes back once; after every unit
// came back without fees and other refunds, Refunded = Captured; a document never
// changes.
//
// # Units
//
// Amounts are minor units of the order's currency, quantities whole units, times UTC to
// the microsecond; days of a [Policy] are those of its zone.
//
// # Cost
//
// A command is one read and one transaction, and two more where the gateway or another
// database is asked: one that saves the operation before, one that saves the order
// after. An order is loaded and saved whole; its operations are a field of it, a few
// hundred bytes each.
//
// # Two processes, a restart, a bad event
//
// Processes that share a database share orders. A command is saved before its effects,
// and each effect has a key that follows from it: whichever process goes on after a
// crash, by the same command or by [Service.Resume] when it starts, has the effect
// once. Nothing here reads events. What is told is written with the order, or kept
// beside it and told by [Service.Deliver] where the Sink has another database.
//
// # Concurrency
//
// A [Service] is safe for concurrent use, and so is a [Store]. Of two commands at the
// same time one waits for the other's outcome, or reports [ErrBusy].
package order
