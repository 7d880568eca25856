// Package fulfillment decides how goods reach their buyer: which delivery options
// are offered, which place sends what, in which parcels, and when it arrives.
//
// # The problem
//
// A lamp is in the west, mugs are in both warehouses, a chair comes in two weeks,
// and it is half past two before a long weekend. Is express offered, from where does
// each mug come, how many parcels is that, and which day may the page promise? Each
// question has a rule that fits in a sentence, and shops answer them in five places
// that disagree. Here one immutable value answers all of them:
//
//	network, err := fulfillment.New(config)
//	offers, err := network.Offers(fulfillment.Request{Items: items, Stock: stock, Address: address, Value: goods, At: now})
//	taken, err := network.Allocate(items, stock, "")      // what comes from where, what is short
//	parcels := network.Parcels(&taken, 1)                 // p1, p2, …
//	from, to, err := network.Promise(&parcels[0], "standard", now)
//
// # Concepts
//
// A [Config] has places that hold stock, a [Calendar] and options; [New] compiles it
// into a [Network]. [Stock] says what can be had of each SKU; inventory.Service
// answers with it. An [Allocation] is made of [Piece]s, units of a line at one place,
// and says what is short. Its [Unit]s, with kits taken apart, are what inventory
// holds. [Parcel]s are pieces that leave together.
//
// Amounts are not computed here: an [Offer] says which rate applies, pricing adds
// discounts and tax.
//
// # Choosing places
//
// [Sourcing] says what makes a set of places better: the fewest parcels by default,
// the nearest, the cheapest, or a weighted sum of these. The choice is the best there
// is up to [ExactPlaces] places that have something of the order, and within a stated
// bound of it beyond.
//
// # Behind the counter
//
// [Pack] puts the goods of a parcel into boxes, [PickLists] says what to fetch from
// the shelves, in waves, and a [Shipment] follows a parcel to the door.
//
// # Units
//
// Weights are grams, sides millimeters, days those of the calendar at the place, and
// quantities whole units. Everything is pure: no clock, no I/O, and all values are
// safe for concurrent use.
package fulfillment
