// Package wish keeps what customers mean to buy: things set aside for later, wish lists
// that can be shown to others, and watches that tell when a thing is back in stock or
// costs less.
//
// # The problem
//
// A customer who waits for a thing is told once, when it is there, and not again when
// the next pallet comes. A list that is shared must not say whose it is to whoever
// guesses numbers, and must be gone when it is shared no longer. What a guest wished on
// a telephone belongs to the customer who signs in there.
//
//	wishes, err := wish.New(nil, nil)
//	owner := flywheel.PersonOf("anna", "")
//	_, err = wishes.Add(ctx, owner, wish.Item{SKU: "lamp", Kind: wish.BackInStock})
//	… the log tells stock_back for the lamp, and a segment.Runner passes it on …
//	err = wishes.Consume(ctx, entries) // tells watch_met, which a journey waits for
//
// # Lists
//
// An owner, a customer or the device of a guest, has one [List] of at most [MaxItems]
// items. An [Item] is a SKU of one [Kind]; adding it again changes nothing but the price
// it was seen at. [Service.Share] makes a token of 128 random bits, by which anybody
// sees the wished items and nothing else, until [Service.Hide].
//
// # Watches
//
// A [Service] is a flywheel.Consumer: inventory's stock_back meets the watches of
// [BackInStock]. Prices are asked for: [Service.Advance] compares the watched prices of
// [CheaperThan] with those of [Options].Prices. A watch that is met becomes an
// [EventMet] in the transaction that removes it, so that it is told once, whatever
// crashes.
//
// # Two processes, a restart, a bad event
//
// In a segment.Runner one process at a time has the turn, and what it saves is saved
// with its place in the log, so that a restart repeats nothing. A stock_back that
// cannot be taken is parked by the runner, and the watches of other things go on.
// [Service.Advance] may run in several processes: a watch is removed by one of them.
//
// # Access
//
// A call that is made for an actor (flywheel.WithActor) answers for another's list as
// if it were not there.
//
// # Cost and concurrency
//
// A list is loaded and saved whole, with a version; who loses a race does it again.
// A back-in-stock event costs one look at the index and one save for each watch.
// Services and stores are safe for concurrent use. Package wishsql keeps lists in
// PostgreSQL and SQLite; package wishtest has the suite for any [Store].
package wish
