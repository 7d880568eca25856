// Package flag evaluates feature flags and the experiments behind them, from
// payloads in GrowthBook's form, so that its user interface, its tools and its
// libraries in other languages work with this one and decide the same.
//
// # The problem
//
// A shop turns features on for some and tries variants on others, a thousand
// times a second, by definitions that change while it runs. The answer must be
// the same on every machine and for the same person; it must say why; and a
// definition that is broken, or of a newer age than the program, must show
// nothing to anyone rather than something to everyone.
//
// # Concepts
//
// [Parse] compiles a payload into a [Set], which is immutable. [Set.Evaluate]
// goes through a feature's rules in order; the first that applies decides. A
// rule asks prerequisites (other features' values), layers ([Filter],
// [Namespace]), a [Schedule], a condition (package segment/rule, with saved
// groups), and then forces a value for a share of the users, or runs an
// [Experiment] whose hash assigns a variation. An experiment with a contextual
// bandit takes its weights from the first context that the user meets, and its
// assignment has the propensities.
//
// A [Result] has the value, its [Source], and the [Assignment] with its reason;
// [Set.Trace] lists every rule that was looked at. Testers see what they want by
// [User.Forced], or ?experiment=variation in [User.URL], and are not counted. A
// holdout is a feature whose experiment's variations pass through
// ([Meta.Passthrough]); what it holds back asks it as a prerequisite.
//
// [Sticky] buckets bind users to what they saw first, also when they sign in
// (fallback attribute) or weights change; [Experiment.BucketVersion] starts
// over. A [Schedule], which is this library's own, switches a rule by time and
// ramps its coverage up, which moves nobody between variations.
//
// [Reduce] shrinks a payload to what a browser still has to ask.
//
// [Service] holds a Set that can be replaced at any time ([Service.Load],
// [Service.Refresh]), keeps sticky buckets, and records exposures, once per
// experiment, unit, variation and bandit leaf.
//
// # Two processes, a restart, a bad event
//
// A payload is loaded by one process and served by the others after their next
// [Service.Refresh], also after a restart; of two that load at once one is refused.
// Sticky buckets and exposures are rows of the store, each once. Flags read no events.
//
// # What is broken
//
// [Set.Problems] lists what is wrong in a payload: unknown operators, weights
// that do not sum, unknown groups, prerequisites that lead back to themselves.
// Such parts show nothing; [ParseOptions.Strict] refuses them.
//
// # Limits
//
// Payloads have 64 MiB, conditions 64 levels; one evaluation asks at most 10,000
// features.
//
// # Cost and concurrency
//
// A targeted three-way experiment takes some 120 ns, 75 for a prepared user, on one core of a 2020s
// server and allocates nothing; there is no lock, so that cores add up. A Set is
// safe for concurrent use; a [User] with Sticky belongs to one goroutine.
//
// # Sources
//
// GrowthBook's SDK specification 0.12.0, whose conformance suite is the
// reference test, with segment/rule all 1,035 cases.
package flag
