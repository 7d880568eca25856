// Package audit keeps what operators did so that nobody can change it unseen.
//
// # The problem
//
// A stock correction, a refund by hand, a price that was edited: weeks later somebody
// asks who did it and why. A table of such acts that its database's owner can edit
// answers what the owner likes. Here each entry carries a hash of the one before, so
// that a change, a removal, an insertion or another order shows, and where.
//
//	var log audit.Chain
//	e, err := log.Append(audit.Act{Actor: "staff-1", Action: "stock.adjust", Object: "mug", Reason: "broken"}, at)
//	…
//	err = audit.Verify(entries, nil) // *BrokenError with the number of the first bad entry
//
// # What it shows
//
// An entry's hash is SHA-256 of its number, the hash before and its content, in a form
// in which no two entries are alike; with a key it is HMAC-SHA-256 (RFC 2104), which
// nobody without the key can compute again. What is cut off at the end leaves a good
// chain: keep the last hash elsewhere, as in a daily mail, and give it to
// [VerifyUpTo]. Every act has an actor and a reason: without one it is refused.
//
// An entry says nothing of a customer but identifiers, so that erasing the customer
// leaves the chain whole. Texts of customers do not belong here.
//
// # Cost and concurrency
//
// Appending is one hash; verifying one per entry. A [Chain] is only the end of the
// entries, which the caller keeps; it is not safe for concurrent use.
package audit
