// Package due is the one way in which stored things become due: waits of
// journeys, retries of messages, expiries of points, holds and carts.
//
// # The problem
//
// Whatever waits must be found when its time has come, by one worker and not by
// two, without a list of timers beside the things themselves that could disagree
// with them. So the instant is a column in the thing's own row, empty for never,
// with a partial index; and whoever acts on it claims the row in the transaction
// in which it acts.
//
//	runs, err := due.Claim(ctx, db, due.Query{
//		Columns: "id, person", From: "flywheel_campaign_runs", Due: "due", Key: "id",
//	}, now, due.Batch, scan, func(r run) bool { return !held(r.person) })
//
// In PostgreSQL the claimed rows are locked and rows that another worker has
// locked are passed over (FOR UPDATE SKIP LOCKED), so workers share the work; a
// worker that dies releases its claim with its connection. SQLite has one writer
// and needs no lock. Memory stores keep a [Heap].
//
// Who stands still or is paused stays due and is left out of the claim: it costs
// one step over its row and delays nobody behind it.
//
// # Cost and concurrency
//
// A claim of n rows reads n rows of the index and those that were left out before
// them. A Heap takes O(log n) to set and O(m log m) to claim m entries; it is not
// safe for concurrent use, for it belongs to a store that has a lock.
package due
