// Package segmenttest is the suite that every segment.LogStore, segment.ProfileStore and
// segment.LiveStore must pass, and a decorator that makes any call of one fail.
//
//	func TestStore(t *testing.T) {
//		segmenttest.Run(t, func(t *testing.T) segment.LogStore { return mystore.New(open(t)) },
//			segmenttest.Features{Transactions: true})
//	}
//
// Each check names the rule it protects; the rules are the sentences of the
// LogStore comment.
//
// [Failing] is for the tests of who uses a store: stop at every call, before and
// after its effect, try again, and see that nothing is lost or done twice.
package segmenttest
