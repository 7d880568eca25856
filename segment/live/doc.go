// Package live keeps customer segments that are exact to the instant while a shop
// runs: who is in, since when, why, and until when if nothing happens.
//
// # The problem
//
// "Viewed five times this week", "bought, and not for a month since", "began to
// check out and did not buy within a day": the answer changes with every event and also
// when nothing happens at all, and whoever acts on it wants to know at that
// instant, not tomorrow. Evaluating every segment on every event is slow, and
// evaluating them once a day is late.
//
//	e := live.New(nil)
//	d, err := live.ParseDefinition([]byte(`{"name": "hot",
//	  "leaves": {"views": {"events": ["view_item"], "window": "P7D"}, "bought": {"events": ["purchase"], "window": "P7D"}},
//	  "rule": {"views": {"$gte": 5}, "bought": 0}}`))
//	err = e.Define(now, nil, d)
//	err = e.Apply(&entry, entry.Received)   // an event
//	_, err = e.Advance(now, -1)             // and time by itself
//	for _, t := range e.Changes() { … }
//
// # Definitions
//
// A [Definition] has leaves, which are values of a customer, and a rule of the
// language of package rule that compares them, with $and, $or, $nor and $not nested
// as deep as that language allows. A [Leaf] selects events by name, condition and window
// and makes one value of them. What marketing tools call operators are leaves:
//
//	N times in the last X        {"events": […], "window": "P7D"}, compared with N
//	between two dates            {"from": …, "before": …}
//	never                        a count that is 0
//	first time in the last X     {"agg": "started", "window": X}
//	stopped (last one Y to X ago) {"agg": "stopped", "window": X, "until": Y}
//	resumed after a silence of G {"agg": "resumed", "window": X, "gap": G}
//	in k of the last m weeks     {"agg": "periods", "every": "P7D", "window": m weeks}
//	sequence                     {"agg": "sequence", "steps": [{…}, {…, "within": "PT1H"}]}
//	sequence not followed by     a last step with "not" and "within"
//	the same product throughout  "same": ["product"]
//	bought the same twice        {"agg": "groups", "by": "product", "leaves": …, "rule": …}
//	sum, mean, min, max, distinct, most_frequent, first, last
//	segment of segments          {"segment": "hot"}, true or false; cycles are refused
//	stable percentage            {"sample": "salt"}, compared with 0 to 10,000
//	scores, traits, lookalikes   {"attribute": "score"}, set by [Engine.Set]
//	accounts                     "level": "account" in the definition
//
// # Time
//
// An event counts in a window w while now < effective + w, its effective time being
// min(claimed, received + skew). Time alone changes memberships at the exact
// instant at which an event leaves or enters a window, whenever [Engine.Advance] is called,
// and events come before time at one instant. Durations are elapsed time, a day
// being 24 hours, or with Calendar the days of the customer's zone, which end with the
// local day. What an event of the past would have brought about and time has
// ended since is not reported.
//
// # How it works
//
// All definitions are compiled together. A count within a window needs only the newest n
// instants of the events that a filter selects, one ring for all windows and
// all thresholds up to n: it holds while the n-th newest is inside, and that one's age
// tells when it stops. Other aggregates keep the rows that can still matter. An index
// leads from an event's name, and from one equality of its condition, to the
// rings and leaves that it may touch; a comparison that flips wakes only the rules
// that ask for it, which are jumps over the bits of the customer.
// Timers lie in a radix heap, at most one for a comparison, moved lazily.
//
// # Identity
//
// State is kept by alias: by customer, and by device for nameless events. A
// person is the union of the aliases at the time of reading, so that a link makes earlier
// events join and taking it back undoes that exactly. Two customers are never
// merged; see [Options].
//
// # Limits
//
// Sums are exact in millionths: a number beyond 9·10^12 or not a number is passed over.
// Definitions are limited by the constants of this package; a window of no time or of
// more than a hundred years is refused. A sequence without a window, or with
// a gap without limit, remembers its events for as long as the customer: 24 bytes each.
// An event must be applied once; the log sees to that. With Options.Latest the nameless events of devices are kept.
//
// # Cost
//
// An event costs O(comparisons that it touches), independent of how many events the customer
// has had, but for leaves of groups, of the most frequent value within a
// window (O(values)), and sequences of people whose events come out of order (O(their events)).
// A ring takes 8 bytes for each instant. Measurements are in the README.
//
// # Concurrency
//
// An [Engine] belongs to one goroutine. Several engines may share the customers among
// them by a hash of the customer.
package live
