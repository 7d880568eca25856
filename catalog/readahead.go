package catalog

import (
	"context"

	"github.com/flywheel-go/flywheel/internal/txhook"
)

// readAhead calls use for what read yields, one after another in that order, and lets read
// go on to the next while use works. Within a transaction, which has one connection,
// they take turns. It returns when both have ended; an error of use ends read.
func readAhead[T any](ctx context.Context, read func(ctx context.Context, yield func(T) error) error, use func(T) error) error {
	if txhook.Within(ctx) {
		return read(ctx, use)
	}
	ctx, cancel := context.WithCancel(ctx)
	parts := make(chan T)
	var err error
	var panicked any
	defer func() {
		cancel()
		for range parts { // until read has ended
		}
		if panicked != nil {
			panic(panicked)
		}
	}()
	go func() {
		defer close(parts)
		defer func() { panicked = recover() }()
		err = read(ctx, func(part T) error {
			select {
			case parts <- part:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	for part := range parts {
		if err := use(part); err != nil {
			return err
		}
	}
	return err
}
