// Package live sells while somebody shows: an event with a schedule, products in
// slots, prices that hold while it runs, quotas, who bought because of it, and a
// replay that knows when what was shown.
//
// # The problem
//
// A host shows thirty products in an hour. Each has a price for those minutes and a
// number of units at it, which the shop beside must not sell meanwhile, and a
// hundred viewers reach for the last ten. Afterwards somebody asks what the evening
// brought, and the recording is cut into chapters by hand.
//
//	events, err := live.New(nil, &live.Options{Promotions: prices, Stock: stock})
//	e, err := events.Schedule(ctx, live.Event{ID: "nov-11", Title: "Mugs", Starts: at, Ends: at.Add(time.Hour), Slots: slots})
//	e, err = events.Start(ctx, "nov-11")                     // quotas are held, prices hold
//	e, err = events.Show(ctx, "nov-11", "mug")               // a mark for the replay
//	sold, err := events.Claim(ctx, "nov-11", "mug", "o-1", 1) // one of ten
//	e, err = events.End(ctx, "nov-11")                       // what is left of the quotas is free again
//
// # Neighbors
//
// Prices are promotions of package pricing, which are written as the documents that
// pricing reads ([Event.Promotions]); *pricing.Service is a [Promoter]. A quota is a
// reservation of package inventory under the name [QuotaRef]; a claim moves units
// from it to the reservation of the order, in one transaction where the stock is in
// the event's database. *inventory.Service is a [Stock]; give the one for quotas a
// hold that is longer than an event. Without neighbors the event is a schedule with
// marks.
//
// # Two processes, a restart, a bad event
//
// The event, its marks and its claims are in the store, which any process reads. Of two
// that claim the last unit one is refused, since the stock decides; a claim that is
// repeated is the same claim. [Service.Advance] ends events by their plan in whichever
// process comes first, after a restart also those whose end was missed. Only
// [Attribute] reads the log: a purchase in a second currency is an error that it names.
//
// # Attribution
//
// [Attribute] reads the log: whoever joined the event ([EventJoined]) and bought a
// product of its slots within a window counts, once per order, by what was bought
// and whether the event was live or a replay.
//
// # Cost and concurrency
//
// The [Store] keeps the schedule and the claims, nothing else. A claim is one
// conditional write beside the calls of the stock. A [Service] is safe for
// concurrent use.
package live
