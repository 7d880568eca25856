// Package inventory knows how much of what is where, how much of it is promised,
// and how it came to be so.
//
// # The problem
//
// Two buyers want the last unit. One is still typing the card number, a worker
// has just found the unit broken, and a third process crashed between taking
// stock and writing the order. A counter in a table oversells here, leaks there,
// and when the figure is wrong nobody can tell since when. This package keeps a
// ledger in which every change is a line with its balance, promises that end by
// themselves, and one conditional write that decides who gets the unit.
//
//	stock, err := inventory.New(nil, nil) // in memory
//	err = stock.Receive(ctx, "delivery-1", []flywheel.Line{{SKU: "mug", Quantity: 10}})
//	err = stock.Reserve(ctx, "order-1", []flywheel.Line{{SKU: "mug", Quantity: 2}})
//	if short, ok := errors.AsType[*inventory.ShortageError](err); ok { … short.Have … }
//	err = stock.Commit(ctx, "order-1") // paid: the mugs leave
//
// # Concepts
//
// An item is a SKU at a [Location]. Its [Level] has two balances: OnHand, what
// is on the shelf, and Reserved, what of it is promised. Available is the
// difference. Each change of a balance is a [Movement] in the item's ledger, to
// which movements are only added: the sums of the deltas are the balances, after
// every movement.
//
// A [Reservation] promises units to a ref, such as an order, until it expires.
// Reserve takes all lines or none. From there it goes one way: Commit lets the
// units leave, Release gives them back, and time does so too. Of several at once
// exactly one wins. Units whose time is over are taken back by [Service.Advance],
// which a runner calls, or [Service.ReleaseExpired], and by a Reserve that needs
// them.
//
// # Orders at several places
//
// [Service.Available] says what can be had of each SKU at every place, package
// fulfillment decides what comes from where, and [Service.Hold] promises these units in
// one reservation. [Service.Allocate] makes them an order's: they stay until
// [Service.Ship] lets them leave, a parcel at a time, or [Service.Deallocate] takes back
// what was called off.
//
//	have, err := stock.Available(ctx, skus)
//	from, err := network.Allocate(items, have, "")
//	units, err := from.Units()
//	err = stock.Hold(ctx, "order-1", units, now.Add(15*time.Minute))
//	err = stock.Allocate(ctx, "order-1") // ordered
//	err = stock.Ship(ctx, "order-1", "p1", parcel)
//
// An [Item] says how a SKU is sold: that it is a kit of parts, or sold before it is
// there, up to a limit over all places, which the item at [EveryPlace] counts. Such
// units are Backordered where they will be packed, and leave when as many are on hand
// that nobody else was promised. What is available at a place is what is on hand, less
// what is reserved, allocated and backordered there.
//
// Commit is for shops where goods leave with the order.
//
// # Lots, transfers, counts
//
// With Options.Lots an item may be tracked by lot or serial number: what leaves is of the
// lots that expire first, [Service.Recall] takes a lot out of sale and names the orders
// that got it, [Service.WriteOff] clears what is over its day. [Service.Expect],
// [Service.Transfer] and [Service.Arrive] follow goods that are on their way,
// [Service.ProposeCount] waits for approval of what a count found, [Service.LevelAt] knows
// every past instant, and with Options.Alerts the Sink is told when an item is low, out or
// back. These need a store with transactions, as those of this module have.
//
// # Backorders at one place
//
// Available may go below zero as far as the item's backorder limit says: not at
// all by default. When units on backorder are committed OnHand becomes negative;
// it is the backlog, the units that were sold and have still to come, and the
// next receipt fills it.
//
// Every call that changes something carries a ref. The same call again is
// answered as the first time and changes nothing, so a caller that lost the
// answer simply repeats it. A ref may be reserved anew after its reservation was
// released or expired; that is its next attempt.
//
// # Crashes and transactions
//
// Everything is correct with each call of the [Store] atomic on its own: a
// reservation of several lines is then a saga whose states in between say what
// is left to do, and a repeated call, or ReleaseExpired, does it. Stores that
// keep everything in one database offer [BatchStore] and do it at once; those of
// this module do. With Options.Tx a change and the events that tell of it are
// one transaction, and calls within a transaction of the caller join it.
//
// # Two processes, a restart, a bad event
//
// Processes that share a database share the stock: one conditional write decides who
// gets the unit. [Service.Advance] may run in all of them; each promise that is over is
// taken back by one. After a restart it finds what is due in the promises themselves.
// Nothing here reads events; a line that is refused is named and nothing of the call
// happens, other calls go on. A Sink with another database holds up no call: what it
// has not taken waits for [Service.Deliver].
//
// # Units
//
// Quantities are whole units of the SKU, up to [MaxQuantity]. Times are UTC to
// the microsecond. In the memory store a line that is reserved and committed,
// two movements, keeps about 150 bytes, everything included. An item whose
// units are allocated or backordered keeps 16 bytes more for each movement from then on.
//
// # Sources
//
// Working step by step is a saga with compensation (Garcia-Molina and Salem,
// 1987, Sagas).
package inventory
