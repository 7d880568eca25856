// Package funnel cuts a stream of events into sessions, and shows how many people get how
// far on a way, how long they take, and which ways they go.
//
// # The problem
//
// Of those who look at a product, who puts it in the cart, who begins to check out, who
// buys, and within what time? The answer depends on details that are easily got wrong: from which
// of several starts the time counts, whether something may happen in between, when a visit ends.
//
//	sessions, err := funnel.Sessions(events, funnel.SessionOptions{Gap: 30 * time.Minute})
//	result, err := funnel.Run(events, funnel.Funnel{Steps: []funnel.Step{{Names: []string{"view_item"}}, {Names: []string{"purchase"}}}, Window: 7 * 24 * time.Hour})
//	fmt.Println(result.Counts, result.Median())
//
// # Concepts
//
// Events are ordered by time and, within one instant, by Order. A [Session] ends
// before a gap longer than asked, and where asked at midnight of a place, or when another
// campaign brings the person. A [Funnel] is ordered (each step after the one before,
// anything in between), strict (the steps are consecutive events of the person)
// or in any order; a person's depth is the deepest over all starts, with all steps within the window of
// its start. The time to convert runs from the latest start that leads to the
// first completion. [Paths] counts the ways through sessions.
//
// # Cost
//
// O(n log n) for sorting n events, then one pass that keeps one instant per step and
// person. All is pure computation.
package funnel
