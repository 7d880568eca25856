package txhook

import (
	"context"
	"errors"
	"sync/atomic"
)

type twiceKey struct{}

var always atomic.Bool

// Twice returns a context in which each transaction is run, rolled back, and run
// again, as a database may do at any time. It is for tests.
func Twice(ctx context.Context) context.Context { return context.WithValue(ctx, twiceKey{}, true) }

// Always makes that so for every context of the process, or ends it.
func Always(on bool) { always.Store(on) }

// errRehearsed rolls the first run back.
var errRehearsed = errors.New("txhook: the transaction is run again")

// Rehearse runs a transaction that is to be run twice for the first time: begin
// runs a function in it. What succeeded is rolled back, and Rehearse returns nil:
// the transaction is to be run now. An error is that of the transaction.
func Rehearse(ctx context.Context, fn func(ctx context.Context) error, begin func(func(ctx context.Context) error) error) error {
	if !always.Load() && ctx.Value(twiceKey{}) == nil {
		return nil
	}
	err := begin(func(ctx context.Context) error {
		if err := fn(ctx); err != nil {
			return err
		}
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		return nil
	}
	return err
}
