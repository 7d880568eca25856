// Package loyalty keeps the points and tiers of a shop's members.
//
// # The problem
//
// Points are money that a shop owes, and go wrong like money: a retried request
// earns twice, a return leaves the points behind, points expire in the wrong
// time zone or are spent before the goods can no longer come back, and nobody
// can say how a balance came about. Here every change happens once, every point
// belongs to a lot that knows when it expires, and every balance is the sum of
// bookings.
//
// # Concepts
//
// A [Program] is the rules: how much an amount earns, when points become
// available and expire, which are spent first, what a return does to points that
// are spent already, and how members rise and fall between tiers. [NewLedger]
// compiles it into a [Ledger], which is pure: it takes an [Account] and an
// [Operation] and returns the account afterwards with a [Receipt]. It reads no
// clock; time is an argument.
//
// Points live in lots ([Lot]). A lot is pending until Available, spendable until
// Expires; activation and expiry happen at their own instants and in that order,
// whenever the account is looked at. A reversed burn refills the lots it took
// from, last first. A reversed earning takes from its own lot first; what is
// missing follows [Clawback]. Debt is repaid by the next points that become
// available.
//
// Every movement is an [Entry] from one [Book] to another, so that all books sum
// to zero: earning program → pending → available, burning available → redeemed,
// expiry → expired, claw-back → program.
//
// The entries up to an instant sum to the balance of that instant, however long ago it
// was ([TrialBalance]). Members do not share an account: what one gives another is a burn
// of the one and an earning of the other, under one key, in one transaction.
//
// A [Service] adds a [Store] and events. It is a [flywheel.Consumer] of the log:
// the points of an [Order] follow from the sums of its purchases, edits and
// refunds, whatever order they come in. Programs have dates: an order belongs to
// the program of when it took effect, among those recorded before it was received,
// and its refunds follow it; changing the rules changes nothing that was earned.
// An [Act] earns for other events, such as the first review of a product.
//
// At the counter, [Service.Hold] promises points to an order before it is paid,
// [Service.Commit] spends them in the transaction that records it, and
// [Service.Release] or time gives them back.
//
// # What happens when
//
//   - Two processes on one database share the work: a change locks the member's
//     account, [Service.Advance] claims members that no other process has. No point
//     is spent or counted twice, and programs that one records the other follows.
//   - After a restart everything is as before. A store in memory is read from the
//     log again, and comes to the same points; so does a rebuild ([Service.Reset]).
//   - An event that cannot be taken (a refund in another currency than its order)
//     is a [*flywheel.EntryError]: it is parked with its member, others go on.
//   - No event moves time for anybody: lots expire by the trusted clock that
//     [Service.Advance] and each entry's Received follow, not by what a till says.
//
// # Units and sources
//
// Points are whole; rates are points per major unit of money, exact decimals,
// rounded once per order or line. Durations are ISO 8601 on the calendar of the
// program's time zone, clamped at month ends; a time that the clocks skip moves
// forward, of one that they show twice the first counts. [Deferral] is the
// accounting of IFRS 15, paragraphs B39 to B43.
//
// # Cost and concurrency
//
// A change costs a few microseconds and grows with the lots that it touches, with
// tiers also with the activity within their window; not with what else the member
// has. An [Account] is of constant size, its lots, orders, receipts and bookings
// are rows of their own. Ledgers are immutable, services and stores safe for
// concurrent use.
package loyalty
