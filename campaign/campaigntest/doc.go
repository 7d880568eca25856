// Package campaigntest is the suite that every campaign.Store must pass, for
// those who write one.
//
//	func TestStore(t *testing.T) {
//		campaigntest.Run(t, func(t *testing.T) campaign.Store { return mystore.New(open(t)) }, campaigntest.Features{Transactions: true})
//	}
//
// [Failing] wraps a store so that any of its calls fails before or after its
// effect; crash tests are built on it.
package campaigntest
