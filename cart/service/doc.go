// Package service keeps what customers ask after they bought: tickets with the
// clocks of a service-level agreement.
//
// # The problem
//
// "We answer within four hours" means hours in which somebody is there, not those
// of a weekend; the time in which the shop waits for the customer is not the shop's;
// a ticket that becomes urgent was opened when it was opened. A promise that nobody
// watches is broken in silence, one that is watched by two jobs is reported twice.
//
// # Concepts
//
// A [Ticket] belongs to a customer, an order or a return, and has a [Priority].
// [Options.SLA] says for each priority how long the first answer and the solution
// may take, [Calendar] when time counts. The first clock runs until the first reply
// or solution; the second runs while the ticket is open and stands while it waits
// for the customer or is solved. A due time that passes unmet is a breach: it is
// reported once, as [EventBreached], by whoever comes first, [Service.Advance] or a
// call for the ticket. Meeting it within that very second is in time. Closing
// reports [EventSurvey], upon which the customer is asked how it was.
//
// A [Ticket] is moved by pure functions of itself and an instant, [Desk]; [Service]
// loads, moves, saves and reports. What was said is kept as rows, [Entry].
//
// # Two processes, a restart, a bad event
//
// [Service.Advance] may run in as many processes as there are: a breach is saved with
// its event by one of them. After a restart what is due is found in the tickets.
// Nothing here reads events; what the Sink does not take is kept with the ticket's
// change and told by [Service.Deliver].
//
// # Units
//
// Targets are durations of business time; times are instants in UTC to the
// microsecond.
//
// # Cost and concurrency
//
// Business time is counted day by day, about 300 ns each. A call loads and saves one
// ticket, whatever its number of entries. Services and stores are safe for
// concurrent use; a ticket that was changed meanwhile is loaded and moved again.
// Package servicesql keeps tickets in PostgreSQL and SQLite.
package service
