// Package payment is the border to those who move money.
//
// # The problem
//
// Every payment provider speaks its own language, and every one of them answers
// late, twice, or not at all. A shop that charges a card must know, after any
// failure, whether it charged. The answer is the same everywhere: a key with
// every call, and the right to repeat it. [Gateway] is that contract in four
// calls, and [Memory] is a gateway that keeps it and can be told to misbehave,
// so that what stands on it can be tested against declines, timeouts with and
// without effect, and repeated delivery.
//
// # Concepts
//
// An [Authorization] sets an amount aside. [Gateway.Capture] takes it, in one or
// several parts, [Gateway.Void] lets all of it go, [Gateway.Release] a part, and
// [Gateway.Refund] gives back what was captured. At every instant captured +
// released ≤ authorized and refunded ≤ captured.
//
// A bank may want the buyer to confirm (3-D Secure): an [*ActionError] says where
// the buyer goes on, and the same Authorize, or [Gateway.Find], tells what became
// of it after the buyer came back.
//
// An error says whether the effect may have happened: see [Uncertain]. After a
// certain error the caller may give up; after an uncertain one it repeats the
// call with the same key until the answer is certain.
//
// # Two processes, a restart, a bad event
//
// The keys of calls follow from the order or the session, so that another process, or
// the same after a restart, repeats a call and does not make a second one. An [Inbox]
// remembers which notices were applied: one that two processes receive at once is
// applied by one of them. A forged, stale or unreadable notice is refused and not
// remembered; one whose application fails comes again, and holds up no other.
//
// # Units
//
// Amounts are money.Amount: minor units of one currency.
//
// # Concurrency
//
// A Gateway is safe for concurrent use.
package payment
