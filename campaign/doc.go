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
// behind a [Trigger]. A [Run] is one way of one contact through it. A contact is a
// person of the log: a customer, or a visitor who is none yet.
//
// An [Engine] is a [flywheel.Consumer]. [Engine.Consume] applies entries of the
// log: an event first lets the contact's timers go on that were due before it,
// then ends, moves or begins runs. [Engine.Advance] does what time alone made due,
// [Engine.Deliver] sends. A segment.Runner calls all three; the engine acts only
// when it is called, and every decision is a pure computation over the contact,
// the runs and the entry.
//
// [Policy] is what all journeys together owe a contact: [QuietHours], frequency
// caps, and when a message is too late. Messages leave by the [Sender] and are
// announced to [Options].Sink as message_sent once they were accepted.
//
// A [Store] keeps a [Contact], which is small whatever happens, and a row for each
// run. Package campaignsql keeps them in PostgreSQL and SQLite.
//
// # Two clocks
//
// What an event does to its own contact happens at its effective time: waits,
// deadlines and cool-downs begin there. Timers of anybody move by the trusted clock
// alone, the one that Advance and Deliver are given; a clock that is a year ahead
// moves nobody. A wait ends at its due instant, even if that is noticed later. An
// event touches a run only if it is not from before the run began, and answers a
// wait only if it is neither from before the wait nor from after the deadline.
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
// waits, and these before entries.
//
// A run that comes to a send stays there until its message is accepted or skipped.
// A run that ends takes its unsent message with it. Before each attempt, at the
// actual instant, the engine asks: is the run alive; does the contact want it (the
// newest [Wish] that covers purpose and channel); is it too late (later than the
// plan by more than [Late].Within, or after Send.NotAfter); is it quiet (put off to
// the release); do all caps have room (skip, or put off with [Defer]). Being put off
// moves the plan, failing does not. Transactional messages only ask the first
// three. A message that is too late completes at its plan, so that the rest keeps
// its schedule; any other completes when it was accepted or skipped.
//
// A wait with a Subject is answered by an event of anybody or nobody: an item is
// back in stock, a price has fallen. With a Limit it answers those who entered
// first.
//
// # Versions
//
// [Engine.Launch] records a version with the instant from which on it takes
// entries. An event belongs to the newest version in force at its effective time
// among those recorded before it was received; nothing from before the first
// launch enters, whenever it is told, unless [LaunchOptions].EntriesFrom asks for
// it. A run stays on its version unless a map of steps moves it. [Engine.Pause],
// [Engine.Resume], [Engine.Cancel] and [Engine.Retire] are recorded likewise, as an
// [Act] in the store, and other processes notice them with their next call.
//
// # Delivery
//
// A decision is a row, written in the transaction that decides. Delivery claims a
// contact with all its due messages in a short transaction, calls the Sender
// outside of any, and notes the outcome in another one. A failed attempt is tried
// again by the policy's schedule; when that is over the message is dead and its run
// goes on ([Engine.Dead], [Engine.Replay]). One address, channel or hanging call
// delays no other contact. A message is passed again, under the same ID, only if
// the answer was lost: the call failed although the provider took it, or the
// process died before the outcome was noted. What a dead process had claimed is
// tried again after [Options].Lease.
//
// # Two processes, a restart, a bad event
//
// Engines of several processes share one store: each contact is locked while it is
// decided about, due runs and messages that another process has are passed over. A
// restart loses nothing. An event that cannot be applied, such as one with more
// kinds of consent than a contact can have, is an [flywheel.EntryError], for which a
// runner parks it; persons who stand still, and they alone, wait in Advance and
// Deliver too. A rebuild ([Engine.Reset], then all entries again) sends nothing
// again: it meets the messages with their outcome, and takes from them which timers
// had been noticed before which event.
//
// # Cost and concurrency
//
// A batch of entries costs one Load and one Save for all contacts that a journey
// asks about, and a look at the acts. Work per event is O(active runs of the
// contact). Timers and deliveries are taken 256 at a time, one transaction each.
// Engine and stores are safe for concurrent use; contacts are saved with a version,
// and who loses a race decides again.
//
// # Sources
//
// ISO 8601-1:2019 for durations and week days. The rules are those of the
// project's conformance cases, which are run as TestReference.
package campaign
