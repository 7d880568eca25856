// Package budget decides how much to spend on which marketing channel: it learns
// from past weeks how each channel answers to money, and finds the allocation that
// brings most, with the proof that none brings more.
//
// # The problem
//
// Attribution tells what a channel brought per unit of money on average. The next
// unit brings less: the first thousand reaches those who were waiting, the tenth
// those who were not. Money should go to where the next unit brings most, and for
// that the whole curve is needed, not a ratio. Advertisements also act later than
// they are paid for, and below some spend hardly at all.
//
// # Curves and carry-over
//
// A [Curve] is the response of a channel to the spend of a period. Log, Exp, Power
// and Michaelis flatten from the start; Hill with an exponent above 1 is S-shaped.
// An [Adstock] spreads spend over the periods in which it acts: geometric, or by a
// Weibull law with a delayed peak.
//
// [Fitting.Fit] fits both from weekly [Data], beside a level, a trend, a yearly
// season and controls such as a [Calendar] of promotions. It returns intervals for
// every parameter, for what each channel brings and for what one more unit brings,
// and warnings where the data cannot say: channels whose spend moves together,
// curves that flatten beyond any spend that was seen, channels that may bring
// nothing. What spend correlates with is not what it causes: tests with holdouts
// (see campaign/attribution) are the remedy.
//
// # Allocation
//
// [Allocate] solves a [Plan]: the most response within a budget, with limits per
// channel, minimum spends ("nothing, or at least this"), and periods with seasons
// and limits of their own. Concave curves are solved exactly by the common price of
// money. S-shaped curves have many local optima; branch and bound over concave
// envelopes finds the global one, and [Allocation.Bound] proves it: no allocation
// brings more. [ForTarget] spends as much as an efficiency allows, [Frontier] shows
// what more money would bring, [Steps] where each channel stands.
//
// # Units
//
// Spend, budgets and B are in one unit of money per period; responses, A and
// contributions in conversions, revenue or margin, as the data are. Marginal
// responses are responses per unit of money.
//
// All is pure computation; the same input and seed give the same result. Errors
// match flywheel.ErrInvalid, flywheel.ErrOutOfRange or flywheel.ErrLimit.
//
// Sources: Broadbent (1979), One way TV advertisements work, Journal of the Market
// Research Society 21(3), for geometric adstock; Jin, Wang, Sun, Chan and Koehler
// (2017), Bayesian methods for media mix modeling with carryover and shape effects,
// for the model; Robyn's documentation for the Weibull weights; Everett (1963),
// Generalized Lagrange multiplier method, Operations Research 11(3), and Falk and
// Soland (1969), An algorithm for separable nonconvex programming problems,
// Management Science 15(9), for the allocation.
package budget
