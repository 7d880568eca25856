// Package wheel runs the store without a screen: a shop in memory with its shoppers over sixteen
// weeks, in about a second. With it the wheel is measured: what do recommendations, promotions for
// a segment, reminders of carts and better stock bring, do the shop's own experiments find out,
// and what would another policy do?
//
// # The shop
//
// A world is a few hundred SKUs in clusters that stand in for each other, and people of package
// shopper who come, come again, buy, send back and review. It is the library that does the shop's
// part: prices and the promotion are quoted by pricing, stock is reserved and committed by
// inventory and planned by inventory/replenish, lists come from a recommend.Server, carts and
// purchases are told to a segment.Log whose runner lets campaign write reminders, and experiment
// assigns people and clusters, records exposures and reads results. Stores are those in memory.
//
// # The experiments
//
// All run at once, by independent hashes. People are assigned at their first visit; the promotion
// is for the members of a segment, so only they take part in its experiment. Stock is shared by
// people, so it is randomized by cluster, in five weekly waves. The metric was fixed before: the
// margin of a visitor in the 28 days from the first visit, and of a cluster in the 28 days from
// its wave, beside that of the 28 days before (CUPED). The twins are a feature that shows another
// list of equal worth.
//
// # The truth
//
// What no shop has is the same people twice. A seed is run as its experiments have it, and again
// with the two arms of one feature exchanged: every chance comes from a hash of who decides about
// what, so each unit is seen with the feature and without, at the experiment's own split of
// everybody else. Beside it stands what happens if all have the feature against none; the gap is
// interference, through shared stock and shared reviews.
//
// # What is held
//
// [Judge] runs the experiments of many seeds and compares their intervals with [FindTruth].
// [WhatIf] compares two policies over the same people.
package wheel
