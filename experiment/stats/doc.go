// Package stats compares the arms of an experiment: did the treatment change the
// metric, by how much, and can the data be trusted at all?
//
// # The problem
//
// A library of statistics that prints p = 0 for a clear result, NaN for an empty
// arm, or a winner although half of the treatment's visitors were lost on the
// way, misleads those who cannot check it. Here input that no answer can be given
// for is refused with a typed error, an answer that is shaky carries warnings,
// tails are right down to 1e-3000 (as logarithms), and the sample ratio has a
// check of its own, which comes first.
//
// # Concepts
//
// What is known of an arm is small: [Proportion] counts conversions, [Moments]
// is a running mean and variance, [Pair] the same of two variables with their
// covariance. Moments are streamed, merged across shards and taken away again.
// [Sample] is the common form: size, mean and variance per unit.
//
// A test is a struct whose zero value is the usual choice, two-sided at 5 %:
// [Welch] for means and ratios of means, [TwoProportions] for conversion rates,
// [SampleRatio] for the sizes of the arms. A [Result] has the absolute and the
// relative [Effect], each with estimate, standard error, interval and p value.
// Arm a is the control, b the treatment; differences are b minus a. Several
// comparisons of one experiment are corrected by a [Procedure].
//
// # Units, sources, cost
//
// Effects are in units of the metric, relative effects are shares (0.05 is 5 %).
// Each formula names its source. Everything here is a pure function of its
// arguments, safe for concurrent use and takes a few microseconds or less.
package stats
