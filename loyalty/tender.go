package loyalty

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Spendable returns the points that a member can pay with now: the available ones
// less the debt and what is held, at least 0. A member without an account is an
// error matching [flywheel.ErrNotFound].
func (s *Service) Spendable(ctx context.Context, member flywheel.CustomerID) (int64, error) {
	now := s.now()
	l, a, err := s.read(ctx, member, now, Need{})
	if err != nil {
		return 0, err
	}
	if a.Version == 0 {
		return 0, fmt.Errorf("loyalty: account of %q: %w", member, flywheel.ErrNotFound)
	}
	return max(0, l.Balance(a, now).Available), nil
}

// HoldUntil is [Service.Hold] with an end of the caller's, so that all that an order
// holds is over at one instant.
func (s *Service) HoldUntil(ctx context.Context, member flywheel.CustomerID, key string, points int64, until time.Time) error {
	now := s.now()
	n := needOf(Operation{Key: key, Kind: Burn, Points: points})
	return s.change(ctx, member, now, n, func(t *turn) ([]flywheel.Event, bool, error) {
		return nil, true, t.ledger.holdPoints(&t.account, key, points, now, until)
	})
}

// GiveBack returns points that an order has spent under ref, the key of its hold or
// burn, once per key and together at most what it spent; see [ReverseBurn] for what
// becomes of points whose lot has expired.
func (s *Service) GiveBack(ctx context.Context, member flywheel.CustomerID, key, ref string, points int64) error {
	_, err := s.Apply(ctx, Operation{Member: member, Key: key, Kind: ReverseBurn, Of: ref, Points: points})
	return err
}
