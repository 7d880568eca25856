package loyalty

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// turn is a change of one account within a transaction.
type turn struct {
	ctx     context.Context
	s       *Service
	ledger  *Ledger // of the time of the change
	need    Need
	account Account
}

// load loads the account once more with what n adds.
func (t *turn) load(n Need) (err error) {
	t.need.Keys = append(t.need.Keys, n.Keys...)
	t.need.All = t.need.All || n.All
	t.account, err = t.s.store.Account(t.ctx, t.account.Member, t.need)
	return err
}

// needOf returns what an operation concerns.
func needOf(op Operation) (n Need) {
	n.Keys = append(n.Keys, op.Key)
	if op.Of != "" {
		n.Keys = append(n.Keys, op.Of)
	}
	if op.Kind == Burn {
		n.Points = op.Points
	}
	return n
}

// loadReversed loads the lots that a reversal gives back to, or that have to make
// up for what is missing.
func (t *turn) loadReversed(op Operation) error {
	switch {
	case op.Kind == ReverseBurn:
		if burn := t.account.receipt(op.Of); burn != nil {
			return t.load(Need{Keys: lotsOf(burn.Outcome.From)})
		}
	case op.Kind == ReverseEarn && t.ledger.program.Clawback == OtherLots:
		return t.load(Need{All: true})
	}
	return nil
}

// lotsOf returns the IDs of the lots of parts and of those that gave expired
// points of them back, whose names [Account.renewed] makes.
func lotsOf(parts []Part) (ids []string) {
	for _, part := range parts {
		ids = append(ids, part.Lot)
		if origin := strings.TrimRight(part.Lot, "'"); origin != part.Lot {
			ids = append(ids, origin)
		}
	}
	return ids
}

// read loads what n names, with what is due until an instant and the program of
// that instant.
func (s *Service) read(ctx context.Context, member flywheel.CustomerID, at time.Time, n Need) (*Ledger, Account, error) {
	if !flywheel.Allowed(ctx, member, "") {
		return nil, Account{}, missing(member)
	}
	c, err := s.calendar(ctx, false)
	if err != nil {
		return nil, Account{}, err
	}
	n.Until = stamp(at)
	a, err := s.store.Account(ctx, member, n)
	if err != nil {
		return nil, Account{}, err
	}
	return c.now(at), a, nil
}

// missing is the answer for an account that is not the caller's; see
// [flywheel.WithActor].
func missing(member flywheel.CustomerID) error {
	return fmt.Errorf("loyalty: account of %q: %w", member, flywheel.ErrNotFound)
}

// attempts is how often a change is computed again on an account that others
// change at the same time.
const attempts = 100

// change loads an account with what n names and what is due at an instant,
// changes and saves it and publishes the events.
func (s *Service) change(
	ctx context.Context, member flywheel.CustomerID, at time.Time, n Need,
	fn func(t *turn) (events []flywheel.Event, save bool, err error),
) (err error) {
	if err := flywheel.CheckID(string(member)); err != nil {
		return fmt.Errorf("loyalty: member: %w", err)
	}
	if !flywheel.Allowed(ctx, member, "") {
		return missing(member)
	}
	for range attempts {
		err = s.inTx(ctx, func(ctx context.Context) error {
			c, err := s.calendar(ctx, true)
			if err != nil {
				return err
			}
			t := &turn{ctx: ctx, s: s, ledger: c.now(at)}
			t.need = c.need(n, at, t.ledger)
			if t.account, err = s.store.Account(ctx, member, t.need); err != nil {
				return err
			}
			events, save, err := fn(t)
			if err != nil {
				return err
			}
			if save {
				if err := s.store.Save(ctx, t.account); err != nil {
					return err
				}
			}
			return s.publish(ctx, events)
		})
		if !errors.Is(err, flywheel.ErrStale) {
			break
		}
	}
	return err
}

// need completes n for a change at an instant.
func (c calendar) need(n Need, at time.Time, l *Ledger) Need {
	n.Change, n.Until, n.Order = true, stamp(at), l.program.BurnOrder
	n.Activity, n.Since = c.activity(at)
	return n
}

// activity returns whether tiers need activity, and since when at the least.
func (c calendar) activity(at time.Time) (tiered bool, since time.Time) {
	for i := range c {
		for _, l := range c[i].ledgers {
			if l.tiering == nil {
				continue
			}
			horizon := l.tiering.horizon(at)
			if !tiered || horizon.Before(since) {
				since = horizon
			}
			tiered = true
		}
	}
	return tiered, since
}

func (s *Service) inTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if s.tx == nil {
		return fn(ctx)
	}
	return s.tx.InTx(ctx, fn)
}

// publish reports events to the sink: in this transaction if it is of the same
// database, else right after it.
func (s *Service) publish(ctx context.Context, events []flywheel.Event) error {
	return s.teller.Tell(ctx, events...)
}

// Deliver reports to the Sink, if it is of another database, what it refused when
// it happened. It does a small batch and reports whether it did anything.
func (s *Service) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return s.teller.Deliver(ctx, now)
}
