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
//	log, err := segment.NewLog(segmentsql.New(db), nil)
//	profiles, err := segment.NewProfiles(segmentsql.NewProfiles(db), &segment.ProfileOptions{Segments: definitions, Sink: log})
//	runner, err := segment.NewRunner(log, nil, profiles, points, journeys)
//	err = runner.Run(ctx)     // in the shop; runner.Drain(ctx) in a test or a batch
//
// # The log
//
// [Log] is a flywheel.Sink that appends. An event's ID is its key: the same event
// again is passed over, another under its ID refused. Events get their places when
// they are numbered, which is the runner's step: a position from 1 without gaps, in
// an order that is the same for every reader, and Received, the trusted time, which
// never runs backwards and which no wrong clock drags ahead. What an event does to
// its own customer happens at its Effective time, the earlier of the time it claims
// and Received plus a skew of 5 minutes. Nobody's timer moves by somebody's claim.
//
// Numbering also writes whose an entry is: the customer, else the customer that the
// visitor is linked to at that place in the log, else the visitor. An event that
// names both links them; [Log.Unlink] takes the link back.
//
// # The runner
//
// A [Runner] numbers, gives each consumer its turns, lets time pass, delivers what
// is due and runs jobs. A turn is one transaction in the consumer's database: its
// cursor row is locked, entries are read and consumed, the cursor is moved; so each
// entry counts once, whatever is killed. Any number of runners in any number of
// processes share the work.
//
// An entry that a consumer cannot take is parked: its person stands still in that
// consumer until an operator retries or drops it, everybody else goes on. A
// temporary error holds the person until a time of retry. An error of the database
// or of the worker counts against no entry. [Runner.Health] shows all of it.
//
// # Profiles
//
// [Profiles] is a consumer that keeps a [Profile] per person in constant size: first
// and last seen, orders, amounts per currency, refunds, and the declared [Trait]s.
// The nameless events of a device are kept apart and added to the customer to whom
// the device is linked now, so that a link can be taken back exactly and a shared
// device merges nobody. What the shop does to customers (messages, points, tiers,
// segments) is no activity of theirs: only a Trait that names such events counts
// them.
//
// # Live segments
//
// A [Definition] names a rule over the attributes of a profile and over numbers of
// its own, [Leaf]s, and [Members] is who meets it. Membership is kept up to date
// event by event; entering and leaving are events themselves ([EventEntered],
// [EventExited]), told in the transaction of the change where sink and store share a
// database, and right after it else. Rules may count days since something: time
// changes them at exact instants, however seldom somebody looks. The same log gives
// the same segments and the same segment events, with the same IDs.
//
// A [Leaf] may have a window: an event counts while now is before its effective time
// plus the window, and time takes it out at that instant. The events within windows
// are rows ([Moment]), each written once and removed once; the profile keeps their
// count or sum and the earliest of them. An event of a customer that is told late
// counts as of its effective time; what it would only have changed before time had
// passed for everybody is not told.
//
// Definitions are kept in the store ([DefinitionStore]): [Profiles.Define] and
// [Profiles.Retire] hold in all processes from their next call on, and after a
// restart. A process whose ProfileOptions.Segments differ from those configured last
// puts its own in their place, once. A leaf that is new is learned from the log, and
// only differences are told.
//
// # Segments with every operator
//
// [Live] keeps the segments of package segment/live in a store: sequences with gaps and
// without what must not follow, groups by a value, calendar days in the customer's zone,
// aggregates over windows, segments of segments, samples, attributes and accounts. State is
// kept by alias, one row each, with a due column for what time alone changes; so it survives
// restarts and is shared by processes. It tells the same events as Profiles; the names of the segments
// of both should differ where both run. Attributes are set by events ([EventTraits]).
//
//	segments, err := segment.NewLive(segmentsql.NewLive(db), &segment.LiveOptions{Segments: definitions, Sink: log, Log: log})
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
// # Two processes, a restart, a bad event
//
// All services and stores are safe for concurrent use. Profiles in memory begin at
// the start of the log in each process and tell nothing new by that: what they tell
// has the IDs and times it had. In SQL, processes share one state. An event that
// cannot be counted (a sum beyond its range, lines in two currencies) is parked.
// A [Profiles.Define] whose process dies is finished by the next Advance or turn of any
// process; until then the profiles stand still.
// [Runner.Forget] erases a customer from log and consumers.
package segment
