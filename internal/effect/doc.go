// Package effect keeps what is to be done in the world: a message, a webhook, a
// broker publish.
//
// # The problem
//
// A transaction can be rolled back or run again; a message that was sent cannot.
// And whoever waits for a mail server inside a transaction makes the readers of
// the database wait too. So the transaction that decides writes a row, an
// [Effect], and that is all it does. Afterwards:
//
//	err := db.InTx(ctx, func(ctx context.Context) error {     // short
//		claimed, err = effects.Claim(ctx, effect.Query{Kind: "message", Now: now})
//		… ask consent, quiet hours and caps now; e.Lease(until) what is to be tried …
//		_, err = effects.Save(ctx, claimed...)
//	})
//	err = calls.Do(ctx, e.Provider, send)                       // outside of any
//	err = db.InTx(ctx, func(ctx context.Context) error {     // short
//		e.Settle(effect.Done, "", now)
//		lost, err := effects.Save(ctx, e)
//	})
//
// # Rules
//
// An effect has an ID that follows from what it is. Adding a known ID changes
// nothing, so a rebuild meets its effects again with their outcome.
//
// A claim takes a contact with all its due effects, and no second worker takes
// the same contact until the first has settled or its lease is over. Each lease
// raises the number of the attempt, and what is saved must know the stored number:
// a worker that was slow cannot settle what another one has taken since.
//
// [Calls] bounds each call in real time and the calls in flight per provider.
// [Backoff] says when to try again. What failed for good is kept as dead and can
// be tried again by hand.
//
// [Tell] uses effects to report events to a sink in another database.
package effect
