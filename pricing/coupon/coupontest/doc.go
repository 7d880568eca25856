// Package coupontest checks implementations of coupon.Store, and makes stores that
// fail on demand.
//
//	func TestStore(t *testing.T) {
//		fresh := func(t *testing.T) coupon.Store { return mystore.New(…) }
//		coupontest.Run(t, fresh, coupontest.Features{})
//	}
package coupontest
