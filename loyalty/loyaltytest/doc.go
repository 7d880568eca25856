// Package loyaltytest is the suite that every [loyalty.Store] must pass, and a
// decorator that makes a store fail where a test wants it to.
//
// Who writes a store calls [Run] from a test of their own; each case carries the
// rule that it protects. The package imports only the standard library and this
// module.
package loyaltytest
