// Package markdown learns from sales what a price does to demand, and finds the
// prices that leave the most of a stock that must go.
//
// # The problem
//
// A season ends with shelves full of what was too dear for too long, or empty of
// what was cut too early. By how much sales rise when the price falls is hidden
// among seasons and chance, and most products have too few prices in their history
// to tell. And a path of prices is more than the best price of each week: what is
// sold now cannot be sold later.
//
// # Concepts
//
// [Fit] regresses the logarithm of the units sold in each period on that of the
// price, with a seasonal term; the coefficient is the elasticity: at -2, one per
// cent off the price sells two per cent more. [Shrink] pulls the estimates of
// products towards that of their category, the more the less they say themselves;
// both give intervals. A [Demand] tells the units to expect at a price.
//
// A [Problem] is a stock, some periods to sell it in, and the prices that are
// allowed, which [Grid] makes of a floor, a ceiling and an ending.
// [Problem.Solve] finds the [Plan] of largest expected margin by dynamic
// programming, exactly: what to charge in each period for each stock that may be
// left. Demand is random, as of customers who come one by one; that is why it can
// pay to keep a price up while there is time.
//
// # Units
//
// Prices are money.Amount; periods are numbered days or weeks; the elasticity has
// no unit. Expectations are floats and are rounded when they become amounts.
//
// # Sources
//
// Log-log demand and its interval: Wooldridge (2020), Introductory Econometrics,
// ch. 2 to 4. Back from logarithms: Duan (1983), smearing estimate. Shrinkage:
// DerSimonian and Laird (1986), eq. 8; Morris (1983), empirical Bayes intervals.
// Markdown under stock: Gallego and van Ryzin (1994), sections 2 and 5, in discrete
// periods.
//
// # Cost and concurrency
//
// Fitting costs O(n·k²) for n periods and k terms; solving O(periods · prices ·
// stock · demand). All is values and pure functions without chance.
package markdown
