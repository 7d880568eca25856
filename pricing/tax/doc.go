// Package tax computes what is owed on a sale, to the cent and for each rate,
// and finds out which rates those are.
//
// # The problem
//
// A tax that is rounded per unit, per line or per invoice comes to three
// different totals, and each is the law somewhere. Prices include it or do not,
// taxes are levied on taxes, a cent split over two of them becomes two cents,
// and the sums at the foot of an invoice differ from its lines. Which rate holds
// depends on what is sold, where to, when, to whom, and in Europe on what else
// was sold this year.
//
// # Concepts
//
// A [Rule] computes the taxes of [Line] values and gives a [Statement]: each
// line's net, tax and gross with a [Component] for each tax, and the same for
// each rate, as an invoice lists them. The sums always agree: net and tax make
// gross, lines make rates, rates make the total, components make the tax.
// [Scope] says what is rounded. [Rule.Shipping] taxes a charge at the rates of
// the goods that it is for.
//
// A [Provider] tells the taxes of a [Query]: a place, a class of products, a
// time and a customer. [Table] is one that is made of rows. A [DistanceSale]
// reports where in the European Union a sale is taxed.
//
// [ParseVATID] reads a VAT identification number of the states of the European
// Union, Northern Ireland, Great Britain and Switzerland and checks its digits.
// Whether the number is registered only the state knows.
//
// # Units
//
// Rates are fractions (0.2 is 20 %) from 0 to 10 with at most nine decimals.
// Unit prices may be finer than the minor unit; amounts are money.Amount.
//
// # Sources
//
// Council Directive 2006/112/EC: art. 78 and 79 (what the taxable amount holds),
// 33 and 59c (distance sales), 138 and 196 (businesses elsewhere in the Union),
// 226 (invoices). Taxes per rate: EN 16931-1, BR-CO-17. Largest remainder is
// Hamilton's method (Balinski and Young, 1982, Fair Representation, ch. 2).
// Formats of VAT numbers: European Commission, VIES, question 11; check digits as
// the file of each says.
//
// # Concurrency
//
// All is values and pure functions; a Table is immutable.
package tax
