// Package credit keeps what a shop owes its customers and lets it pay for orders.
//
// # The problem
//
// A refund that goes to store credit is money: it must not be given twice because
// a request was repeated, nor spent twice because two checkouts looked at the
// balance at once, nor lost because a checkout died between taking it and
// recording the order.
//
// # Concepts
//
// An account belongs to a customer and holds one balance per currency. A [Move] is
// one change of it: a [Grant] adds, a [Hold] takes aside until it is committed,
// released or its time is over, and a [Return] gives back a part of what a
// committed hold took. Each move has a key, unique in its account, and happens
// once, however often it is repeated.
//
// [Service] fits payment.Balance, so that checkout takes store credit as it takes
// gift cards. Nothing runs in the background: a hold whose time is over does not
// count from that instant on.
//
// # Two processes, a restart, a bad event
//
// Processes that share a database share accounts: of two that spend the last of a
// balance one is refused. What a restart interrupted is repeated with the key it had.
// Nothing here reads events.
//
// # Units
//
// Amounts are money.Amount in minor units; times are instants in UTC to the
// microsecond, the end of a hold exclusive.
//
// # Cost and concurrency
//
// A call reads and writes the rows of its key and its balance, whatever the number
// of moves, and those of holds that ended since the last. Services and stores are
// safe for concurrent use. Package creditsql keeps accounts in PostgreSQL and
// SQLite; package credittest has the suite for any [Store].
package credit
