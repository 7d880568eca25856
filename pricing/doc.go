// Package pricing turns a basket into a quote with every cent explained.
//
// # The problem
//
// What a customer pays comes from price lists, promotions and taxes that change
// while customers shop. The total must be right to the cent, the same on every
// machine, the best that the rules allow where that is promised, and such that
// someone can say later why it was that and not another: which list the price
// came from, what each promotion took off which line, why another one did not
// apply and what was missing, and what each tax was computed on.
//
// # Concepts
//
// A [Config] holds price lists, promotions, groups and taxes; [Compile] checks it
// and makes an [Engine], which is immutable. [Engine.Quote] prices a [Basket]:
//
//  1. Each line takes its price from the lists that are open to the customer, in
//     the channel, at the time: an override list wins, then a sale price that is
//     below the base price, then the base price; within a kind the lowest. A
//     price that was agreed on stands instead. Unit prices may be finer than the
//     minor unit and [List.Graduated]; the line amount is rounded once.
//  2. Promotions are tried by priority. A [Promotion] says what it takes off: a
//     percentage, an amount, all above a price, or by [Tier]; of what: each line,
//     the sum of its lines, shipping, or single units ([BuyGet], [Bundle],
//     [Gift]); when: conditions of package segment/rule, minima, coupon, time;
//     how much at most; and what it does not go together with: exclusivity,
//     [Group], lists of "not with". What is taken off a sum is shared by largest
//     remainder, so that the shares sum to it, and never takes a line below its
//     floor. What a percentage or a minimum looks at, the running or the original
//     amounts, is said explicitly. With [BestOf] those apply that together take
//     off the most.
//  3. Each line is taxed at the rates of its class, on its exact amount: on top
//     of the price, or out of it where the price includes it, rounded per line,
//     unit or rate. Shipping is taxed at a class of its own or like the goods.
//
// The [Quote] tells for each line the steps that lead to its total, the sums per
// rate, and for each promotion that did not apply one [Reason], with what is
// missing. [Pay] lets gift cards and store credit pay the total after tax. When
// goods come back, [Quote.Refund] pays back what they had at order time, and
// [Engine.Reprice] the difference to what stays; [PayBack] says to whom.
//
// A [Service] keeps the engine of what a [Store] has and swaps it when that
// changes. What comes from outside is read by [ReadRequest], which has no prices
// to tamper with, and checked out with [Engine.Confirm].
//
// # Two processes, a restart, a bad event
//
// An [Engine] is a value: processes with the same configuration quote the same cents. A
// [Service] prices by what it compiled last; [Service.Reload], called at the start and
// now and then, takes what other processes saved. Of two that save one list or
// promotion at once one is refused. What does not compile is refused before it is
// saved, and a line that cannot be priced says so and leaves the others priced. Nothing
// here reads events.
//
// # Units
//
// Amounts are money.Amount, in minor units; percentages and tax rates are exact
// fractions (0.05 is 5 %); times are instants, with start inclusive and end
// exclusive. In conditions, amounts are numbers in major units: {"subtotal":
// {"$gte": 49.9}}.
//
// # Sources
//
// Largest remainder is Hamilton's method (Balinski and Young, 1982, Fair
// Representation, ch. 2). Tax per line follows Directive 2006/112/EC, art. 226
// (8) to (10), which leaves the scope of rounding to the member states; the lowest
// prior price is that of Directive 98/6/EC, art. 6a. The best combination is found
// by branch and bound (Land and Doig, 1960), the best units of a BuyGet by the
// greedy algorithm on a laminar matroid (Edmonds, 1971, Mathematical Programming
// 1, 127-136). Codes compare by NFKC (Unicode Standard Annex #15).
//
// # Cost and concurrency
//
// A quote costs time in proportion to the lines, the promotions, and the
// adjustments that it reports; with [Engine.QuoteInto] it allocates nothing once
// the memory has grown, unless conditions ask for lists such as the customer's
// groups. Units are counted, never looped over. [BestOf] takes time that can grow
// with every candidate; among up to 20 it is usually some hundred steps. Engine
// and Service are safe for concurrent use, without locks for readers.
package pricing
