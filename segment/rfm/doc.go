// Package rfm scores customers by recency, frequency and monetary value.
//
// # The problem
//
// Whom to write to this week? Three figures that every shop has answer most of
// it: how long ago a customer bought, how often, and for how much. RFM turns each
// into a score from 1 to 5 and names the cells, from "champion" to "hibernating".
//
// # Concepts
//
// A [Table] collects purchases and gives the three figures of every customer at a
// moment, an [Input]. A [Method] turns Inputs into [Score]s:
//
//   - [NTile] ranks the customers and cuts the ranking in five equal parts. Equal
//     customers can get different scores, the parts are of one size.
//   - [Quantile] puts edges at 20, 40, 60 and 80 % of the values (linear
//     interpolation: Hyndman and Fan, 1996, definition 7). Equal customers get
//     equal scores, the parts differ in size.
//   - [Fixed] uses cuts that do not depend on the other customers, so that a score
//     means the same next month.
//
// [Score.Segment] names the cell of R and F.
//
// # Units
//
// Recency is in whole days and better when small; frequency counts the days with
// a purchase; monetary value is in minor units of one currency. Score 5 is best.
//
// # Cost
//
// O(n log n) for NTile and Quantile, O(n) for Fixed. All is pure computation: the
// types are safe for concurrent use except a Table while it is added to.
//
// Sources: Hughes, A. M. (1994), Strategic Database Marketing, for the method;
// Hyndman, R. J. and Fan, Y. (1996), Sample Quantiles in Statistical Packages, The
// American Statistician 50(4), for the quantiles.
package rfm
