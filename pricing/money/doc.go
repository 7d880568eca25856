// Package money computes with amounts of money and loses none.
//
// # The problem
//
// Binary floats cannot hold 0.10, a third of 1.00 is no whole number of cents,
// and a rounding that nobody named is a cent that somebody misses. Here an
// [Amount] is a whole number of minor units with its currency, every rounding
// is asked for by name, shares always sum to what was shared, and what does not
// fit is an error rather than a wrong number.
//
// # Concepts
//
// [Amount] is what was or will be paid, exact to the minor unit. [Price] is what
// one unit costs, perhaps finer than a cent; [Price.Times] makes it an amount.
// [Rate] is an exact decimal factor, such as a tax; [Amount.MulRate] applies it.
// [Rounding] names what becomes of a fraction, once and at the end.
// [Amount.Allocate] and [Amount.Split] share by largest remainder. An [Exchange]
// converts at the rates of a day; [Amount.EndIn] makes charm prices. Package
// locale writes and reads amounts as the people of a place do.
//
// The zero Amount is no money: it adds to an amount of any currency, so that a
// sum may begin with it. Amounts, prices, rates and currencies are comparable
// with ==.
//
// # Units and ranges
//
// Minor units are those of ISO 4217 (EUR 2 decimals, JPY 0, KWD 3), in an int64:
// up to 92,233,720,368,547,758.07 EUR. Products are computed in 128 bits before
// they are divided. Rates and prices have up to 18 decimals. Errors match
// [ErrInvalid] or [ErrOutOfRange] and carry the operands.
//
// # Text
//
// As text an amount is "12.99 EUR", in JSON {"amount":"12.99","currency":"EUR"}.
// Reading is strict: unknown, repeated and missing members, numbers instead of
// strings, exponents and too many decimals are refused. Amounts, prices and
// rates go in and out of columns of text with database/sql.
//
// # Sources
//
// The currency table is generated from the Unicode CLDR (see [CLDRVersion]), with
// the exponents of ISO 4217 where CLDR tells the decimals in daily use. Largest
// remainder is Hamilton's method (Balinski and Young, 1982, Fair
// Representation, ch. 2).
//
// # Cost and concurrency
//
// Everything is a value; nothing is shared, so all of it is safe for concurrent
// use. Arithmetic does not allocate.
package money
