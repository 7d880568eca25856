// Package place compares the way of a checkout session from Place to the captured order
// with a sequence of statements written by hand for pgx, on one PostgreSQL. It is a module
// of its own, so that users of Flywheel do not inherit what it measures.
//
//	go -C internal/compare/place test . -bench . -benchtime 200x
//
// The sequence has the same transactions, since a process may die between any two steps:
// the try noted and the cart frozen; the stock held, before the card is asked; the order,
// the units taken, the cart closed, the session completed and the purchase told at once;
// the money and its invoice with a number without gaps. It writes the same kinds of rows
// under the same locks: levels locked in the order of their keys, a movement in the ledger
// for each line and step, an idempotency key that is unique by buyer, search terms, and
// versions against those who write at the same time. It is run in two ways: a statement at
// a time, and each transaction as one batch, which is the fewest round trips there are.
// It prices nothing and knows one shape of order; what it takes from a session and an
// order is JSON that it makes anew each time.
package place
