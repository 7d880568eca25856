package effect

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Calls makes calls of the outside world: each bounded in real time, and so many
// at once per provider. The zero value has the defaults. It is safe for concurrent
// use and must not be copied.
type Calls struct {
	// Limit is the real time after which a call is given up, default 10 s. The
	// call's context ends then; if the call does not hear it, it is left behind.
	Limit time.Duration
	// InFlight is how many calls of one provider may be under way, default 16.
	InFlight int

	mu    sync.Mutex
	slots map[string]chan struct{}
}

// ErrSlow is why a call that took longer than its limit failed. It is temporary.
var ErrSlow = errors.New("effect: the call took too long")

// Do is [Calls.Acquire], [Calls.Call] and release.
func (c *Calls) Do(ctx context.Context, provider string, fn func(ctx context.Context) error) error {
	release, err := c.Acquire(ctx, provider)
	if err != nil {
		return err
	}
	defer release()
	return c.Call(ctx, provider, fn)
}

// Acquire waits until a call of a provider may be made and returns how to let the
// next one begin: when its outcome is stored, so that a process that dies does not
// lose the answers of more calls than may be in flight. Waiting ends with ctx.
func (c *Calls) Acquire(ctx context.Context, provider string) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	slot := c.slot(provider)
	select {
	case slot <- struct{}{}:
		return func() { <-slot }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Call calls fn. It reports what fn does, an error that matches [ErrSlow] when fn
// takes too long, and one that names the value when it panics.
func (c *Calls) Call(ctx context.Context, provider string, fn func(ctx context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	limit := c.Limit
	if limit <= 0 {
		limit = 10 * time.Second
	}
	called, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	answer, began := make(chan error, 1), make(chan struct{})
	go func() {
		close(began) // the limit is the call's, not that of a busy machine to begin it
		defer func() {
			if p := recover(); p != nil {
				answer <- fmt.Errorf("effect: %s: panic: %v", provider, p)
			}
		}()
		answer <- fn(called)
	}()
	<-began
	timer := time.AfterFunc(limit, func() { cancel(ErrSlow) })
	defer timer.Stop()
	answered := func(err error) error {
		if err != nil && ctx.Err() == nil && errors.Is(context.Cause(called), ErrSlow) {
			return fmt.Errorf("%w: %s after %v: %w", ErrSlow, provider, limit, err)
		}
		return err
	}
	select {
	case err := <-answer:
		return answered(err)
	case <-called.Done():
		select {
		case err := <-answer: // it was just in time
			return answered(err)
		default:
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %s after %v", ErrSlow, provider, limit)
	}
}

func (c *Calls) slot(provider string) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	slot := c.slots[provider]
	if slot == nil {
		n := c.InFlight
		if n <= 0 {
			n = 16
		}
		slot = make(chan struct{}, n)
		if c.slots == nil {
			c.slots = map[string]chan struct{}{}
		}
		c.slots[provider] = slot
	}
	return slot
}

// Final reports whether an error of a call will be the same next time: the input
// is wrong, the address does not exist or does not allow it. Any other error may
// pass.
func Final(err error) bool {
	for _, kind := range [...]error{flywheel.ErrInvalid, flywheel.ErrNotFound, flywheel.ErrForbidden, flywheel.ErrOutOfRange, flywheel.ErrLimit, flywheel.ErrKeyReused} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
