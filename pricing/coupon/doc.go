// Package coupon makes codes that are hard to guess and easy to type, and lets each
// be used as often as it should be.
//
// # The problem
//
// A code for a hundred customers is used by a hundred and three, because three
// checkouts looked at the counter at once. An order is canceled twice and gives
// two uses back. A budget of 10,000 a month ends at 10,400. Gift cards have eight
// digits and someone tries them all; the shop tells him which ones were right but
// expired. A customer types an O for a 0 and gives up.
//
// # Concepts
//
// A [Pattern] generates codes without look-alikes, whose last character finds
// every single typing error and every exchange of two neighbors. [Normalize] is
// the form in which codes are compared. [CheckStrength] says which are too easy
// for their [Use].
//
// A [Campaign] says when its codes can be used, how often in all, per code and per
// customer, and what their discounts may come to in all or per day, week, month
// and year. A [Code] belongs to a campaign, perhaps to one customer; one with a
// value is a gift card.
//
// Before it is paid, an order holds what it uses: [Service.Hold], [Service.Commit] in
// the transaction of the order, [Service.Release]; a hold is over by itself at its end.
// [Service.Cards] does the same with gift cards.
//
// A [Service] issues and redeems. [Service.Redeem] is one conditional operation of
// the [Store]: all limits are checked and all tallies counted up, or none. It has
// a key and so happens once, however often it is retried; [Service.Cancel] gives
// it back once. [Service.Charge] and [Service.Refund] do the same with the
// balance of a gift card.
//
// Whoever fails too often is locked out by a [Limiter] before the code is looked
// up, and every refusal reads the same; [RefusedError] has the reason for the
// shop. When many guess, each a little, a second limiter counts them together, by
// campaign and for requests that name none: it lets on only customers who have an
// order and have not failed; see [Options].
//
// # Two processes, a restart, a bad event
//
// Processes that share a database share codes, tallies and, unless they are told
// otherwise, the limiters. A hold that nobody comes back to is over by itself, so a
// restart frees what it interrupted, and repeating a call with its key has one effect.
// Nothing here reads events.
//
// # Units
//
// Amounts are money.Amount in minor units; times are instants, starts inclusive
// and ends exclusive; days and months begin in the campaign's time zone.
//
// # Sources
//
// Normal form KC: UAX 15. Checking character: a weighted sum modulo a prime, as of
// ISBN-10; for digits alone Damm (2004). Weak codes: CWE-330, CWE-340 and ASVS 5.0;
// guessing: CWE-307; answers that tell: CWE-204.
//
// # Cost and concurrency
//
// A million codes take about half a second. Services, stores and limiters are safe
// for concurrent use. The memory store is for one process; package couponsql keeps
// coupons in PostgreSQL and SQLite, and what failed, so that processes share their
// limiters, unless told to count their own.
package coupon
