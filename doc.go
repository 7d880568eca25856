// Package flywheel holds the words that all Flywheel packages share.
//
// # The problem
//
// A shop is a wheel: what customers do decides what to stock, what to charge,
// whom to write to and what to try next, and that decides what customers do.
// Software for each of these forces usually comes from a different vendor, and
// the parts meet in glue code. Here they meet in a few words: an [Event] is one
// fact, a [Sink] takes facts, a [Transactor] makes several changes one, and
// errors come in few kinds.
//
// # Concepts
//
// [Event] is what every package that learns receives and every package that
// acts sends. Names follow GA4's e-commerce events. The log in package segment is
// the [Sink] that facts are told to, and those who learn are each a [Consumer] that
// one runner drives:
//
//	wheel, err := segment.NewRunner(events, nil, profiles, points, journeys)
//
// [Memory] is the database of the memory stores that every package starts
// with; the SQLite and PostgreSQL stores have a Transactor of their own, and
// code written against Transactor does not see the difference.
//
// Error kinds ([ErrNotFound], [ErrConflict], …) are what a program branches on;
// the typed errors of the packages tell what and where.
//
// # Units
//
// Money is in minor units of an ISO 4217 currency (package pricing/money),
// quantities are whole units of the SKU, times are UTC to the microsecond.
//
// The package imports only the standard library and pricing/money.
package flywheel
