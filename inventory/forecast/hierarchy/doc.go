// Package hierarchy makes forecasts add up.
//
// # The problem
//
// A shop forecasts each item, each category and the total, and each model does
// best at its own level: the total shows the season, the item its own trend.
// But the items do not sum to the total, and whoever plans money and whoever
// plans shelves argue from different figures. Reconciliation changes all
// forecasts a little so that they add up, and most where they are least sure,
// which on average makes every level more accurate:
//
//	tree, err := hierarchy.FromPaths([][]string{{"tea", "green"}, {"tea", "black"}, {"mugs", "red"}})
//	r, err := tree.MinT(residuals)      // by series, as tree.Names lists them
//	coherent, err := r.Apply(forecasts) // one figure per series
//
// # Concepts
//
// A [Hierarchy] lists series, each the sum of some of the bottom ones, which
// come last: built from paths ([FromPaths]), from periods of time ([Temporal]) or
// from any groups, crossed ones too ([New]). A [Reconciler] is a linear map that
// makes figures coherent:
//
//   - [Hierarchy.BottomUp] sums the bottom series;
//   - [Hierarchy.TopDown] splits the total, [Hierarchy.MiddleOut] a level
//     between, by given proportions;
//   - [Hierarchy.OLS] changes the forecasts as little as it can in sum of
//     squares, [Hierarchy.Structural] in proportion to the number of bottom
//     series, [Hierarchy.WLS] to the variance of their errors;
//   - [Hierarchy.MinT] also uses how errors go together: the map with the least
//     error variance, its covariance shrunk towards the diagonal.
//
// For intervals that add up, apply the map to sample paths and take quantiles,
// or take [Reconciler.Deviations] where errors are normal.
//
// # Cost and concurrency
//
// With n series of which m are at the bottom: O(m³) to make a weighted map,
// O(n³) for MinT, O(n·m) at most to apply one. Values are not changed after they
// are made and may be used by any number of goroutines.
//
// # Sources
//
// Hyndman, Ahmed, Athanasopoulos & Shang (2011), Optimal combination forecasts
// for hierarchical time series; Wickramasuriya, Athanasopoulos & Hyndman (2019),
// Optimal forecast reconciliation through trace minimization; Schäfer &
// Strimmer (2005) for the shrinkage; Athanasopoulos, Hyndman, Kourentzes &
// Petropoulos (2017) for time.
package hierarchy
