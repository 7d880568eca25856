// Package segment remembers what customers did and knows who they are because of
// it: the event log, a profile per customer, and live segments.
//
// # The problem
//
// Every part of a shop that learns wants the same events: recommendations,
// points, journeys, reports. Called one after the other by whoever sells, they
// slow the sale down, and one that fails takes the sale with it or misses it for
// ever. A log between them solves it: the sale appends, in its own transaction,
// and each consumer follows at its own speed from its own cursor, also after a
// crash, also a consumer that did not exist at the time.
//
//	log, err := segment.NewLog(segmentsql.New(db, segmentsql.Postgres), nil)
//	profiles, err := segment.NewProfiles(nil, &segment.ProfileOptions{Segments: definitions})
//	follower := log.Follow(profiles, 0)   // rebuilds the profiles at each start
//	_, err = follower.Drain(ctx)          // and again whenever there may be more
//	_, err = log.Drain(ctx, "points", points) // durable cursor, for a durable consumer
//
// # The log
//
// [Log] is a flywheel.Sink that appends. An event's ID is its key: the same event
// again is passed over, another under its ID refused. [Position] counts from 1
// without gaps, in an order that is the same for every reader, and who reads up to
// a position never misses an event that commits later: it gets a later position,
// however the transactions overlap. Package segmentsql tells how that is done
// without making writers wait.
//
// [Log.Drain] delivers what is after a consumer's durable cursor and moves the
// cursor in the same transaction. A sink whose store shares the database takes
// each event exactly once; any other, at least once, and knows IDs.
// [Follower.Drain] is the form for consumers in memory, which start from the
// beginning in a new process.
//
// # Profiles
//
// [Profiles] is a Sink that keeps a [Profile] per customer: first and last seen,
// orders, revenue, refunds, and the declared [Trait]s. An event is counted once,
// by 64 bits of the hash of its ID kept with the profile: eight bytes per event,
// for as long as the profile lives, so that an event may be delivered again at any
// time. What the shop does to customers (messages, points, tiers, segments) is no
// activity of theirs: only a Trait that names such events counts them.
//
// # Live segments
//
// A [Definition] names a rule over the attributes of a profile, and [Members] is
// who meets it. Membership is kept up to date event by event; entering and leaving
// are events themselves ([EventEntered], [EventExited]), sent in the same
// transaction. Rules may count days since something. Their clock is that of the
// events and of [Profiles.Advance], so that replaying a log gives the same
// segments and the same segment events, with the same IDs.
//
// The attributes are customer, events, orders, items, refunds, revenue, refunded,
// average_order, currency, and for first_seen, last_seen, first_purchase and
// last_purchase both the time as text ("2011-12-09T12:50:00.000000Z") and the
// number of whole days since ("days_since_last_purchase"); and the traits.
//
// # Units
//
// Amounts of a profile are money.Amount; as attributes they are in major units, as
// people write rules: 12.99. Days are 24 hours. Times are UTC to the microsecond.
//
// # Concurrency
//
// All services and stores are safe for concurrent use. A transaction over
// flywheel.Memory excludes all others of that Memory: two in-memory services that
// call each other within transactions share one Memory, or else meet through a
// Follower.
package segment
