package loyalty

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
)

// Advance settles members for whom time alone made something due at or before an
// instant of the trusted clock: lots become available or expire, holds end, tiers
// fall. It does a small batch in a transaction of its own and reports whether it
// did anything. Processes that share a store take different members. It also
// settles members that stand still in the log: their lots go on.
func (s *Service) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	err = s.inTx(ctx, func(ctx context.Context) error {
		more = false
		members, err := s.store.Due(ctx, stamp(now), due.Batch)
		if err != nil || len(members) == 0 {
			return err
		}
		c, err := s.calendar(ctx, true)
		if err != nil {
			return err
		}
		slices.Sort(members)
		l := c.now(now)
		var events []flywheel.Event
		for _, member := range members {
			a, err := s.store.Account(ctx, member, c.need(Need{}, now, l))
			if err != nil {
				return err
			}
			events = append(events, l.advance(&a, now)...)
			if err := s.store.Save(ctx, a); err != nil {
				return err
			}
		}
		more = true
		return s.publish(ctx, events)
	})
	return more && err == nil, err
}

// Reset throws away what follows from the log, so that a rebuild can read it from
// the start: lots, orders, tiers and bookings. Programs stay; operations come back
// from the events that this service reported, and open holds stay, of points that
// are taken when they are committed. It is refused where there are operations and
// no Sink to have received them.
func (s *Service) Reset(ctx context.Context) error {
	return s.inTx(ctx, func(ctx context.Context) error {
		for member, err := range s.store.Members(ctx) {
			if err != nil {
				return err
			}
			if err := s.reset(ctx, member); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) reset(ctx context.Context, member flywheel.CustomerID) error {
	if !s.teller.Listens() {
		for r, err := range s.store.Receipts(ctx, member) {
			if err != nil {
				return err
			}
			return fmt.Errorf("loyalty: reset: nobody was told of operation %q of %s: name the log as Sink: %w", r.Key, member, flywheel.ErrConflict)
		}
	}
	a, err := s.store.Account(ctx, member, Need{Change: true, All: true})
	if err != nil {
		return err
	}
	if err := s.store.Forget(ctx, member); err != nil {
		return err
	}
	open := slices.DeleteFunc(a.Holds, func(h Hold) bool { return h.State != HoldOpen })
	if len(open) == 0 {
		return nil
	}
	for i := range open {
		open[i].From = nil
	}
	return s.store.Save(ctx, Account{Member: member, Holds: open})
}
