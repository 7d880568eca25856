package cart

import (
	"context"
	"errors"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
)

// EventCartAbandoned reports an open cart with lines that nobody touched for
// Options.AbandonAfter: Ref is the cart, Time the instant since which it counts as
// abandoned. A cart that is changed and left again is abandoned again.
const EventCartAbandoned = "cart_abandoned"

// touch notes a change by whoever owns the cart.
func (c *Cart) touch(now time.Time) {
	c.UpdatedAt, c.AbandonedAt = now, time.Time{}
}

// abandonment and expiry are when a cart that stays as it is will be abandoned
// and expire; zero is never.
func (s *Service) abandonment(c *Cart) time.Time {
	if c.Status != Open || c.Draft != "" || len(c.Lines) == 0 || s.opts.AbandonAfter == 0 || !c.AbandonedAt.IsZero() {
		return time.Time{}
	}
	return c.UpdatedAt.Add(s.opts.AbandonAfter)
}

func (s *Service) expiry(c *Cart) time.Time {
	if c.Status != Open || c.Draft != "" || c.Frozen != "" || s.opts.ExpireAfter == 0 {
		return time.Time{}
	}
	return c.UpdatedAt.Add(s.opts.ExpireAfter)
}

// due returns the next instant at which time alone changes the cart.
func (s *Service) due(c *Cart) time.Time {
	next, expiry := s.abandonment(c), s.expiry(c)
	if next.IsZero() || !expiry.IsZero() && expiry.Before(next) {
		next = expiry
	}
	return next
}

// isDue reports whether t is an instant that has come.
func isDue(t, now time.Time) bool { return !t.IsZero() && !t.After(now) }

// Advance does what time alone made due at or before an instant of the trusted
// clock: carts that were left alone become abandoned, which is reported to the
// Sink, and expire. A cart that is due for both only expires. It does a small batch
// in a transaction and reports whether it did anything. Processes that share a
// store take different carts.
func (s *Service) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	err = s.opts.Tx.InTx(ctx, func(ctx context.Context) error {
		more = false
		carts, err := s.store.Due(ctx, now, due.Batch)
		if err != nil {
			return err
		}
		for i := range carts {
			c := &carts[i]
			var e *flywheel.Event
			switch at := s.abandonment(c); {
			case isDue(s.expiry(c), now):
				c.Status = Expired
			case isDue(at, now):
				c.AbandonedAt = at
				e = &flywheel.Event{Name: EventCartAbandoned, Time: at}
				for _, l := range c.Lines {
					e.Lines = append(e.Lines, flywheel.Line{SKU: l.SKU, Quantity: l.Quantity})
				}
			}
			// What is due by other options than these is only given its new time.
			if _, err := s.save(ctx, *c, e); err != nil && !errors.Is(err, ErrStale) {
				return err // a stale one was changed just now
			}
			more = true
		}
		return nil
	})
	return more && err == nil, err
}
