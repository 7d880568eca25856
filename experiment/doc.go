// Package experiment assigns people to the arms of an experiment, records who
// saw what, and reads the result without fooling its reader.
//
// # The problem
//
// A shop that asks "does the green button sell more?" must give the same person
// the same button every time, on every machine, without a database in between;
// must count only those who really saw it, once; and must not call a winner out
// of noise, or out of a broken assignment, which is how most experiments go
// wrong.
//
// # Assignment
//
// An [Experiment] has [Arm]s with weights, a coverage, and optionally a
// namespace that keeps experiments apart and a condition (package segment/rule)
// that says who is eligible. [Compile] prepares experiments into a [Snapshot],
// which decides by hash ([Bucket]), so that no assignment is ever stored: the
// numbers are those of GrowthBook's SDKs, bit for bit, and services in other
// languages agree. Every [Decision] carries its [Reason]. Raising the coverage
// moves nobody between arms.
//
// # Exposure
//
// [Service.Expose] decides and records in one step, once per experiment, unit
// and arm, and tells it as [flywheel.EventExperimentViewed] with an ID derived
// from the three, so that the fact has one ID however often it is told.
//
// A feature's value and its rules, payloads of GrowthBook, holdouts, schedules
// and sticky buckets are in package experiment/flag, which records its exposures
// here ([Service.Record]).
//
// # Reading
//
// A [Readout] is a Sink: it takes exposures and outcomes from the event log and
// attributes to each unit what it did from its first exposure on: conversions,
// counts, revenue, ratios, retention, within windows, with what it did before
// as a covariate. [Readout.Reading] sums up; readings of days are merged, and a
// day that went wrong is removed again ([Reading.Remove]).
//
// # Concluding
//
// A [Plan] says what is expected, by which goal it is judged, what must not be
// harmed, and by which [Design] it may be concluded; [Plan.Require] says how many
// units and weeks that takes. A [Study] keeps the book: [Study.Monitor] may be
// called at any time, since it does not show the goal; [Study.Decide] names a
// winner, or refuses with a [*NoWinnerError] where the sample ratio is broken,
// the goal was looked at early, or a guardrail is harmed. [Study.Override] decides
// all the same, under a name. [Plan.Analyze] is the pure computation behind it.
//
// The sample ratio is always checked first. Rates are compared as proportions,
// means by Welch's test or with a covariate by CUPED, ratios by the delta
// method (package experiment/stats), several treatments with Holm's correction;
// a group-sequential design by its critical values, an always valid one by a
// confidence sequence, a Bayesian one by the chance to win under a flat prior.
//
// # Two processes, a restart, a bad event
//
// Assignment asks no store, so processes agree without talking. An exposure is kept
// once, by experiment, unit and arm, whichever process is first. [Service.Configure] is
// each process's own: read the definitions from one place. A restart loses nothing but
// a [Readout], which reads the log again. Of an event that it cannot use, such as an
// outcome in another currency, the reading says how many there were, and all others
// count.
//
// # Units and concurrency
//
// Shares, coverages and buckets are in [0, 1]; times are UTC to the microsecond;
// revenue is in major units of one currency. A Snapshot is immutable, a
// [Service] swaps it atomically and takes no lock to assign; a Readout has one
// lock. Assignment does not allocate.
package experiment
