// Package stats plans, watches and reads experiments: how many units are needed,
// did the treatment change the metric, by how much, and can the data be trusted
// at all?
//
// # The problem
//
// A library of statistics that prints p = 0 for a clear result, NaN for an empty
// arm, or a winner although half of the treatment's visitors were lost on the
// way, misleads those who cannot check it; so does a right test that is read
// every morning until it says what one hopes. Here input that no answer can be
// given for is refused with a typed error ([InputError]), an answer that is shaky
// carries a [Warning], tails are right down to 1e-3000 (as logarithms), the sample
// ratio has checks of its own, which come first, and every way of reading early
// has a method that allows it.
//
// # What is known of an arm
//
// [Proportion] counts conversions; [Moments] is a running mean and variance,
// [Pair] the same of two variables with their covariance, [RatioHistory] of a
// ratio and its past, [Clusters] of groups that were assigned as a whole. They are
// streamed, merged across shards and, but for clusters, taken away again. [Sample]
// is the common form of all: size, mean and variance per unit. A ratio of means
// becomes one by [Pair.RatioSample], a quantile by [Quantile.Sample].
//
// # Tests
//
// A test is a struct whose zero value is the usual choice, two-sided at 5 %. Arm a
// is the control, b the treatment; differences are b minus a. A [Result] has the
// absolute and the relative [Effect], each with estimate, standard error,
// interval and p value. The relative interval is Fieller's, which covers as
// promised where the control's mean is uncertain; the usual delta method does not.
//
//   - rates: [TwoProportions], [Fisher], [EqualRates], [Proportion.Interval]
//   - means, ratios, quantiles: [Welch] (also non-inferiority and equivalence),
//     [CUPED], [CUPEDRatio], [PostStratified], [Regression], [Anova]
//   - distributions: [UTest], [BrunnerMunzel], [KolmogorovSmirnov],
//     [KruskalWallis], [Bootstrap], [Permutation]; heavy tails: [Winsorize]
//   - groups assigned as a whole: [ClusterRandomized], [Switchback]
//   - parts of the units: [Segments]; several tests: [Procedure]
//   - the sizes of the arms: [SampleRatio], and at every look [SampleRatioSequence]
//
// # Reading early
//
// [GroupSequential] plans a few looks and shares alpha among them; its zero value
// is recommended: five looks with more than 97 % of the power of one. After it
// stopped, [Looks.AfterStopping] corrects the estimate. [ConfidenceSequence] and
// [MixtureSPRT] may be read at any time, after every unit, for a price in power.
//
// # Beliefs
//
// [Beta], [Gamma] and [StudentT] are exact posteriors of rates, counts and means;
// [Rank] gives the chance to be best and the expected loss of any number of arms
// by integration, [LiftOf] the posterior of the lift. [Bayesian] combines a normal
// prior with the estimate of any test.
//
// # Plans
//
// [RatePlan] and [MeanPlan] give sample size, power and the smallest effect that
// can be found; [MidFlight] the outlook of a running experiment; [DesignEffect]
// and [CovariateFactor] what clusters cost and covariates save.
//
// # Units, sources, cost
//
// Effects are in units of the metric, relative effects are shares (0.05 is 5 %).
// Each formula names its source. All is a pure function of its arguments, seeds
// included, but for MixtureSPRT and SampleRatioSequence, which remember the looks
// and belong to one goroutine at a time. Summaries take about a microsecond,
// boundaries and rankings up to some milliseconds, and what reads raw values says
// its order. Alpha below 1e-15 and numbers beyond 1e100 are refused.
package stats
