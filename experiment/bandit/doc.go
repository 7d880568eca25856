// Package bandit shifts units to the better arms while an experiment runs.
//
// # The problem
//
// A fixed split pays for knowledge with the units that get the worse arm. Where
// the decision is short-lived, such as which headline to show today, or where
// there are many arms, a bandit earns more: it gives most units to what looks
// best and still tries the others. The price is that the arms' plain averages are
// no longer unbiased and that it is slower to prove a difference; for a decision
// that stays, use package stats.
//
// # Concepts
//
// An [Arm] counts pulls and rewards, which are in [0, 1]: a conversion, or a value
// as a share of the most it can be. A policy is a struct whose zero value is the
// usual choice; its Choose picks an arm from the counts alone: [Thompson],
// [TopTwo], [UCB1], [KLUCB], [EpsilonGreedy]. [LinUCB] takes a context into
// account.
//
// Where units are assigned by hash and the split changes once a day, the policy is
// read in batches: [Thompson.Weights] and [TopTwo.Weights] give the shares of each
// arm for the next batch, exactly, by integration, and [Floor] keeps every share
// large enough to go on learning. Where tastes change, [Decay] forgets the past.
//
// Logs of any policy that kept its propensities tell what another policy would
// have earned: [Evaluate].
//
// # Units, chance and concurrency
//
// Rewards are in [0, 1], weights and propensities are shares. The random source is
// an argument, so that the same seed makes the same choices on every machine.
// Policies are values without state, safe for concurrent use; arms and LinUCB
// belong to one goroutine at a time.
package bandit
