// Package rerank turns scored candidates into the list that is shown.
//
// # The problem
//
// The ten best by score are three sizes of one shirt, four things of one brand, and
// nothing of what the shop wants to be rid of. What a customer is shown follows rules
// besides the score, and each of them is easy to get wrong alone: a cap that leaves
// the list short, a pin that is out of stock, a boost that is applied twice.
//
// # Concepts
//
// A [Plan] holds the rules: boosts, pins, caps, variants, and how much variety is
// worth. It takes [Candidate] values one by one, best first, for as long as places are
// empty ([Plan.Fill]), so a list is never short while candidates are left that the
// rules allow; what is short says why. Boosts change the order, so they are applied
// where scores are made ([Plan.Boosted]), once.
//
// Recommendations, search results and listings use the same Plan.
//
// # Variety
//
// [Plan.Lambda] is that of maximal marginal relevance (Carbonell and Goldstein 1998);
// [Plan.Target] calibrates the mix of categories to a given one (Steck 2018,
// Calibrated Recommendations).
//
// All of it is pure: values in, values out, the same list every time. A Plan that is
// not changed may be used by many at once.
package rerank
