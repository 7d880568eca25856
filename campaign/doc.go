// Package campaign takes customers through journeys: what is sent to whom,
// when, and when not.
//
// # The problem
//
// "Write an hour after the cart was left, at ten in the morning of the
// customer's own day, not at night, not twice a day, and not at all once they
// have bought." Each half-sentence is easy; together, across time zones, clocks
// that change, events that come twice and programs that crash, they are not.
// Here a journey is a value, time comes with the events, and every decision is a
// computation that can be replayed.
//
// # Concepts
//
// A [Journey] is a list of steps (wait, wait for an event, condition, send, exit)
// behind a [Trigger]. A [Run] is one way of one contact through it. An [Engine] is
// a [flywheel.Sink]: every event first lets the timers go on that are due before
// it, then ends, moves or begins runs. Between events, [Engine.Advance] lets
// timers go on by the clock of the caller; the engine has none of its own. So a
// year of events passes in seconds, and the same events give the same messages
// under the same IDs.
//
// [Policy] is what all journeys together owe a contact: [QuietHours] and
// frequency caps. Messages leave by the [Sender] and are announced to
// [Options].Sink as message_sent.
//
// Everything known of one customer is one [Contact], loaded and saved whole by a
// [Store]: no query spans two customers.
//
// # Time
//
// T1 Durations are ISO 8601. Years, months, weeks and days are added to the wall
// clock of the contact's zone, months first and clamped to the end of the
// month; then hours, minutes and seconds as elapsed time.
//
// T2 The n-th of a series is n durations from its anchor, in one step.
//
// T3 A wall clock that is skipped when clocks go forward means the instant moved
// by the length of the gap; one that is shown twice means the first.
//
// T4 Until a time of day: each local date has one candidate; the earliest that
// has not passed counts, now included.
//
// T5 Quiet hours are read off the wall clock, from start, not including end.
//
// T6 When a contact's zone changes, waits are computed anew from their
// beginning; what is overdue then happens at once.
//
// Zones need the IANA database: that of the system, or import time/tzdata.
//
// # Rules of the road
//
// At one instant, events come before timers. For one event, exits come before
// waits, and these before entries. An event is known by its ID for 45 days of
// event time; an older one is ignored. An event that arrives late is applied at
// the latest instant its contact has seen, and does not touch runs that began
// after it.
//
// A send asks, in this order: consent (skip), quiet hours (hold), caps (skip or
// defer); after a hold it asks again. Transactional messages only ask for
// consent. Later waits count from the instant a message was really sent.
//
// A run stays on the version of the journey that it entered.
//
// # Delivery
//
// A decision is saved before it is acted on: the message stands in the contact's
// outbox until Sender and Sink have taken it. A crash in between sends it again
// under the same ID, never not at all. A Sender that fails for now stops the
// call; calling again goes on.
//
// # Cost and concurrency
//
// An event that no journey asks for costs one look at the next timer. One that
// does costs a Get and a Save, and one more Save for messages; in memory that is
// a few microseconds and O(log n) in the number of contacts. Engine and stores
// are safe for concurrent use; contacts are saved with a version, and who loses
// a race decides again.
//
// # Sources
//
// ISO 8601-1:2019 for durations and week days. The rules are those of the
// project's conformance cases, which are run as TestReference.
package campaign
