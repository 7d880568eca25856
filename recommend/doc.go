// Package recommend learns from what customers look at and buy which items
// belong together, and recommends items with the reason for each.
//
// # The problem
//
// A shop with thousands of items shows ten. Popular items are a fair guess for
// everyone and a poor one for each; what others bought together with the same
// things is better, if the counts are enough to be trusted and are not just two
// popular items meeting by chance.
//
// # Concepts
//
// A [Service] is a [flywheel.Sink]: it records views, carts and purchases as
// [Interaction] values in a [Store], each once. [Service.Train] reads them into a
// [Dataset], a compact form of four bytes for each item of a basket, and builds an
// immutable [Model] that is swapped in atomically; requests go on meanwhile.
//
// Items are related when they occur in the same group: a purchase ([ByBasket]) or
// all that one actor was interested in ([ByActor]). How strongly is told by a
// [Measure]: [LogLikelihood], which asks for evidence, [Cosine] or [Lift].
//
// [Model.Related] lists what goes with one item. [Model.Recommend] answers a
// [Request], a cart or a history, within microseconds; filters by stock or
// category are a function. [Model.Trending] and [Model.Popular] serve those of
// whom nothing is known. Each [Recommendation] carries its [Reason].
//
// [Dataset.HoldOutLast] and [Evaluate] tell whether it is any good: how often the
// last purchase of each customer would have been met, beside [Model.RankPopular].
//
// [Rules] lists association rules, for people who want to look at what sells
// together three items and more at a time.
//
// # Units
//
// Counts are groups, not pieces: buying a hundred of an item says it once. Times
// come from the events alone, never from a clock, so that replaying the same events
// gives the same bytes, whatever the number of processors. Equal scores are
// ordered by SKU.
//
// # Sources
//
// Dunning (1993), Accurate Methods for the Statistics of Surprise and Coincidence;
// Agrawal and Srikant (1994), Fast Algorithms for Mining Association Rules; Zaki
// (2000), Scalable Algorithms for Association Mining; Deshpande and Karypis (2004), Item-based top-N recommendation algorithms;
// Järvelin and Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques.
//
// A Service, a Store and a Model are safe for concurrent use.
package recommend
