// Package market watches prices and sales from outside and inside: where an own
// price stands, who sells below the agreed minimum, what trends, what broke out,
// when a level changed, and which days are news.
//
// # The problem
//
// A shop sees numbers each morning and has to know which of them mean something.
// Sales fell by a third: it is Sunday, or the promotion ended, or the price went up
// yesterday, or the shelf was empty, or something is broken. A competitor is two
// euros cheaper, but charges shipping, and was last seen a week ago. This package
// compares what can be compared, knows what the shop did itself, and says so:
//
//	watch, err := market.Detector{}.Stream() // daily sales
//	reading, err := watch.Next(market.Point{At: day, Value: 41, Promotion: "spring", Price: 19.90})
//	reading.Cause                            // market.Promotion: not news
//	reading.Incident                         // or what happened, since when, and what to look at
//
// # Prices
//
// [Comparison.Position] ranks an own price among quotes by landed price, leaving out
// what is stale, out of stock or slow. [IndexOf] compares a basket (Jevons, Carli,
// Dutot). [MinimumPrice] opens and closes incidents of prices below an agreed
// minimum, with the readings as evidence and without flapping; a [Service] keeps watches
// and incidents in a [Store], in memory or by package marketsql, so that readings may
// come from any process.
//
// # Outliers, trends, breakouts
//
// [ESD], plain or robust, and [Seasonal] before it; [Hampel] and [Tukey].
// [MannKendall] tests for a trend and has Sen's slope. [FindBreakout] compares counts
// of two stretches exactly.
//
// # Changes
//
// [Changes.Find] finds the exact optimum of a penalized segmentation: of the mean by
// functional pruning, of mean and variance or of a rate by PELT. [BayesianChange]
// has the probability of a change after each value, [PageHinkley] an alarm in a few
// instructions.
//
// # Anomalies
//
// [Detector] learns level and season, takes promotions, prices and empty shelves as
// causes, tells spikes from shifts and drifts, and keeps one incident open until the
// series is ordinary again. Its [Scale] says what is known of the values: counts of a
// shop, levels, or nothing, as of the load of a server. [Stream.Snapshot] keeps a
// stream across a restart. [GroupIncidents] puts together what several items show at
// once.
//
// On series of a generator (see the tests: seasons, empty shelves, promotions,
// prices, injected spikes, shifts and drifts) it found 94 % of what was injected with a
// third of a false incident per series and year, shifts of three deviations at the
// second or third day in the median, and never opened one for what the shop did itself.
// As a detector of Unknown metrics it scores 65 on the Numenta benchmark with one
// setting for all files. The two scales are parts for two kinds of series and do not
// stand in for each other: the best setting of Level that was tried scores 26 there,
// and Unknown finds a fifth of what is injected into the shop's series.
//
// # Two processes, a restart, a bad event
//
// A [Service] keeps each watch with a version: of two processes that take readings of
// one watch the second takes its own after those of the first. After a restart a watch
// goes on where it stood. Streams are values of one process; what feeds them feeds them
// again. A reading that is refused changes nothing, and the next one is taken as if it
// had not been.
//
// # Units
//
// Prices of quotes are amounts of one currency, of baskets any one unit; gaps are
// relative (0.05 is 5 %). Indices of values count from 0; a change is the number of
// values before it. Deviations are standard deviations.
//
// # Bad input
//
// An [*InputError] names the place. Values that are not finite, times that do not
// advance, prices of zero are refused and change nothing; series that do not vary
// are an error where a spread is needed, or say so in the result. No result is NaN.
//
// # Cost and concurrency
//
// Functions are pure and safe for concurrent use; streams and watches belong to one
// goroutine at a time and take some ten to some hundred nanoseconds a value. A
// hundred thousand values are segmented in some ten milliseconds.
//
// # Sources
//
// Each formula names its source. International Labour Office (2004), Consumer Price
// Index Manual; Rosner (1983); Killick, Fearnhead and Eckley (2012); Maidstone,
// Hocking, Rigaill and Fearnhead (2017); Adams and MacKay (2007); Page (1954).
package market
