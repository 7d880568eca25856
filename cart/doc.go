// Package cart keeps what customers and guests mean to buy.
//
// # The problem
//
// A cart looks like a list and is a small distributed system: two tabs and a phone
// change it at once, a guest becomes a customer in the middle of it, prices
// move under it, and at checkout it must stand still for a moment. Here a cart is
// one value with a version: every change loads it, edits it and saves it whole,
// and begins again when someone else was faster. It holds no prices of its own;
// [Service.Quote] asks the pricing engine, so a shopper can change what is in the
// cart but never what it costs.
//
// # Concepts
//
// Lines merge by SKU on equal terms: [Service.Add] puts units to the line that has
// the same SKU, agreed price and tax, unless the caller names the line.
//
// At login [Service.Login] gives the guest's cart to the customer. Where the
// customer has an open cart, quantities are summed and an agreed price is kept for
// the units that it was agreed for; see [Service.Merge].
//
// A cart is open, ordered, merged or expired. All but an open cart are closed, and a
// change of them reports a [*ClosedError]. [Service.Advance] finds the carts that
// were left alone, of customers and guests: it reports each abandoned cart once
// ([EventCartAbandoned]) and closes those whose time is over.
//
// A cart whose Draft is set belongs to a draft order of package draft: nobody changes or
// merges it ([ErrDraft]), and time does not end it.
//
// Changes publish add_to_cart and remove_from_cart; the event's ID comes from the
// cart and its version, so a consumer sees each once.
//
// # Two processes, a restart, a bad event
//
// Processes that share a database share carts; none is abandoned twice. After a
// restart what is due is found where it is kept, in the carts. Nothing here reads
// events; what the Sink does not take is kept and told by [Service.Deliver].
//
// # Units
//
// Quantities are whole units, from 1 to [MaxQuantity]; a cart has at most
// [DefaultMaxLines] lines unless Options say otherwise. Times are UTC to the
// microsecond.
//
// # Concurrency
//
// A [Service] is safe for concurrent use. Parallel additions add up; of parallel
// calls of SetQuantity the last one stands.
package cart
