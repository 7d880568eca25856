// Package draft keeps draft orders: what the shop's own staff prepares for somebody who
// calls, writes or sits in front of them, and quotes that hold until a day.
//
// # The problem
//
// A sale at the telephone, a quote for another business, a replacement that costs
// nothing: somebody of the shop says which goods, at which prices, and the buyer only
// says yes and pays. Done with the shopper's own cart it goes wrong: the buyer adds a
// code, the price of the day changes, a login merges it into another cart, and nobody
// knows until when the quote held and who gave it.
//
//	drafts, err := draft.New(nil, &draft.Options{Carts: carts, Sessions: sessions, Catalog: catalog, Links: links})
//	d, err := drafts.Create(ctx, draft.Draft{Key: "call-17", By: "ben", Customer: "anna", Currency: money.EUR,
//		Lines: []draft.Line{{SKU: "mug", Quantity: 200, Off: money.Percent(20)}}, ValidUntil: friday})
//	d, token, err := drafts.Send(ctx, d.ID)                // the token goes into a link
//	link := drafts.Link(d.ID, token)
//	shown, err := link.See(ctx)                            // what the buyer sees
//	v, err := link.SetTenders(ctx, checkout.TenderChoice{Type: order.Card, Token: card})
//	v, err = link.Place(ctx, "button-1", v.Version)
//
// # Drafts
//
// A [Draft] has lines at agreed prices, or at those of the day less a discount, which
// are fixed when it is saved; buyer, addresses, ways of delivery, a note, and until when
// it holds. It is open while staff works at it, sent once the buyer can see it, and then
// ordered, withdrawn or expired. Changing a sent draft takes it back: the old link shows
// it no longer, and it is sent anew.
//
// Create is idempotent by Key: the same again answers with the draft, another body
// matches flywheel.ErrKeyReused.
//
// # What the buyer may do
//
// A [Link] is made of the token that Send signed, which holds until ValidUntil; package
// order signs links to orders in the same way. Through it the buyer sees the draft, sets
// contact, addresses and means of payment, chooses a delivery if staff left that open,
// and places the order. Goods, quantities, prices, codes and a fixed delivery are not
// his to change. It is an ordinary checkout session behind that: what was seen is what
// is ordered, by version and by key, with holds, messages and resumption as everywhere.
// No promotion takes anything off what was agreed.
//
// # Staff
//
// All other calls are the shop's: with flywheel.WithActor they match
// flywheel.ErrForbidden, whether the draft exists or not. [Service.Place] places a draft
// on behalf of the buyer, also by payment.Offline: by invoice, in cash.
//
// # Time
//
// [Service.Advance] ends drafts whose time is over, and notes those that were ordered
// through a session which a job completed. A draft whose payment is under way is neither
// ended nor changed.
//
// # Two processes, a restart, a bad event
//
// Processes that share a database share drafts: each call loads a draft, saves it with
// the version that it replaces, and begins again where another was first; Advance may
// run in several. After a restart, what stopped halfway is finished by the same call, or
// by whoever looks at the draft next. Nothing here reads events. What is told is written
// with the draft, or kept beside it and told by [Service.Deliver] where the Sink has
// another database.
//
// # Concurrency
//
// Services and stores are safe for concurrent use; a draft is loaded and saved whole.
// Package draftsql keeps drafts in PostgreSQL and SQLite; package drafttest has the
// suite for any [Store].
package draft
