// Package livetest tests implementations of live.Store: [Run] is the contract as a
// suite, [Failing] a store for crash tests.
package livetest
