// Package shopper is people who shop: simulated ones, who look at pages, choose, buy, leave a
// cart behind, come back because a message reminded them, send back what disappointed them, and
// say so in a review.
//
// # The problem
//
// A feature of a shop is judged by an experiment, and an experiment is judged by whether it finds
// what is true. With simulated people the truth can be computed, but only if they could not know
// what they were in: a simulation in which the customer's code asks for the arm finds whatever was
// written into it. Here a shopper gets a [View], what a page shows to anybody: items in their
// places, prices, reviews, delivery dates, stock, the cart, messages that arrived. Nothing in this
// package can read an experiment, an arm or a flag; a test on its imports and on every field that
// can be reached from View says so.
//
// # What is drawn before
//
// [Draw] makes a Shopper from a seed: taste, budget, sensitivity to price, urgency, attention to
// messages, memory, the days of the visits. All of it is there before anybody is assigned to
// anything. Every later decision takes its chance from a hash of the shopper, the visit and the
// item, never from a stream that is read in turn: two shops that show the same page get the same
// answer, and shops that differ in one feature are compared with common random numbers.
//
// # The choice model
//
// Tastes are for words. A word has a place in a space of [Dimensions] by its hash, and a shopper
// a direction in it, so that people who like one thing alike are alike in others; that is what a
// recommender can learn. With the words w of an item, its price p, the rating R from n reviews
// shrunk towards the usual one, and d days until delivery, its utility is
//
//	V = a·taste(w) + c·(R − 3.8) − β·ln(p/budget) + γ·[reduced] − u·d + ξ
//
// where ξ is what the shopper alone sees in the item. Budget, β, u, c are the shopper's. From what
// was examined the shopper takes the item with the largest V + ε, or nothing, with ε of the Gumbel
// distribution: the multinomial logit,
//
//	P(i) = exp(V_i) / (exp(V_0) + Σ exp(V_j))
//
// (McFadden, 1974, Conditional logit analysis of qualitative choice behavior, equation 12; Train,
// 2009, Discrete Choice Methods with Simulation, equation 3.6). The item in place r of a list is
// examined with probability (1/r)^η, η = [Attention] (the examination hypothesis of Richardson,
// Dominowska and Ragno, 2007, Predicting clicks, section 5, with the propensity by rank of
// Joachims, Swaminathan and Schnabel, 2017, Unbiased learning-to-rank with biased feedback, section
// 6). Whether what was chosen goes into the cart, whether the cart is paid, whether a thing is
// sent back are binary logits of the same form.
//
// # Units
//
// Prices are in minor units of one currency, ratings from 1 to 5, days whole. A Shopper belongs to
// one goroutine; a [Lexicon] too.
package shopper
