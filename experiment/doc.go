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
// # Reading
//
// A [Readout] is a Sink: it takes exposures and outcomes from the event log,
// attributes to each unit what it did from its first exposure on, and makes a
// [Report]. The sample ratio is checked first; where it is broken there is no
// winner, and [Report.Winner] refuses with a [*NoWinnerError]. Conversions are
// compared as proportions, counts and revenue by Welch's test (package
// experiment/stats), several treatments with Holm's correction.
//
// # Units and concurrency
//
// Shares, coverages and buckets are in [0, 1]; times are UTC to the microsecond;
// revenue is in major units of one currency. A Snapshot is immutable, a
// [Service] swaps it atomically and takes no lock to assign; a Readout has one
// lock. Assignment does not allocate.
package experiment
