// Package order keeps orders and takes goods and money back.
//
// # The problem
//
// An order is a promise about money. What was quoted must be what is charged, what
// comes back must add up to what was paid, to the last cent and in whatever parts
// it comes, and two clerks who refund at once must not give back more than was
// taken. An [Order] is one value with a version that remembers every amount as it
// was quoted, and every promise to give something back before it is kept.
//
// # Concepts
//
// The states and what leads from one to the other stand at [Status].
//
// Shares. The price of one unit of a line is rarely a whole number of cents. The
// units of a line have fixed shares in it (pricing.QuoteLine.Units), so that the
// refunds of all units sum exactly to what was paid.
//
// Taking back. [Service.Return] takes units, [Service.Refund] money without
// goods, [Service.Cancel] all that is left. Each first saves the promise as a
// [Return], which the version makes exclusive, then moves the money at the gateway,
// the goods into stock and the refund event to the Sink, and last marks the promise
// as done. Each step has a key of its own, derived from the order and the
// request's key, so a stop anywhere is resumed by asking again or by
// [Service.Resume]. A refund that the gateway declines is withdrawn, as if it had
// not been asked for.
//
// The laws: Refunded ≤ Captured ≤ Authorized; a unit comes back once; after every
// unit came back without other refunds, Refunded = Captured.
//
// # Units
//
// Amounts are minor units of the order's currency, quantities whole units, times
// UTC to the microsecond.
//
// # Concurrency
//
// A [Service] is safe for concurrent use, and so is a [Store].
package order
