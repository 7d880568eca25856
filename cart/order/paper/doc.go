// Package paper prints what belongs to an order: invoices, credit notes and packing
// slips, as HTML.
//
// # The problem
//
// A parcel needs a slip, a buyer an invoice, and a bookkeeper both years later. They
// must say what the order says, to the cent, and what a buyer wrote into his name must
// not become part of the page.
//
//	err := paper.Document(w, shop, &o, &o.Documents[0])
//	err = paper.PackingSlip(w, shop, &o, "p1")
//
// # Concepts
//
// A page is complete and needs nothing from elsewhere: no script, no font, no image. It
// prints on one column of A4 or letter paper; browsers make PDF of it. Everything that
// comes from outside is escaped for its place by html/template. [Words] are the texts,
// in English unless the shop gives others; [Shop].Format writes amounts, as package
// pricing/money/locale does.
//
// # Units
//
// Amounts are those of the document, written with their currency. Dates are days of
// the zone of the order's policy.
//
// # Concurrency
//
// All functions are safe for concurrent use.
package paper
