// Package pricing turns a basket into a quote with every cent explained.
//
// # The problem
//
// What a customer pays comes from price lists, promotions and taxes that change
// while customers shop. The total must be right to the cent, the same on every
// machine, and such that someone can say later why it was that and not another:
// which list the price came from, what each promotion took off which line, why
// another one did not apply, and what each tax was computed on.
//
// # Concepts
//
// A [Config] holds price lists, promotions and tax rates; [Compile] checks it
// and makes an [Engine], which is immutable. [Engine.Quote] prices a [Basket]:
//
//  1. Each line takes its price from the lists that are open to the customer at
//     the time: an override list wins, then a sale price that is below the base
//     price, then the base price; within a kind the lowest. A price that was
//     agreed on stands instead. Unit prices may be finer than the minor unit;
//     the line amount is rounded once.
//  2. Promotions are tried by priority. One on the line level takes a percentage
//     or a fixed amount per unit off each of its lines; one on the order level is
//     computed on the sum of its lines and shared over them by largest
//     remainder, so that the shares sum to it. What it looks at, the running or
//     the original amounts, is said explicitly; it never takes more than is
//     left. Conditions are rules of package segment/rule.
//  3. Each line is taxed at the rate of its class, on its exact amount, rounded
//     once: on top of the price, or out of it where the price includes it.
//
// The [Quote] tells for each line the steps that lead to its total, and for each
// promotion that did not apply one [Reason], with what is missing to a minimum.
//
// A [Service] keeps the engine of what a [Store] has and swaps it when that
// changes.
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
// (8) to (10), which leaves the scope of rounding to the member states.
//
// # Cost and concurrency
//
// A quote costs time in proportion to the lines, the promotions, and the
// adjustments that it reports; with [Engine.QuoteInto] it allocates nothing once
// the memory has grown, unless conditions ask for the customer's groups. Engine
// and Service are safe for concurrent use, without locks for readers.
package pricing
