package checkout

import (
	"context"
	"errors"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/eventid"
)

// Cancel gives the session up; what it held is let go. Again it does nothing. One
// that is completing or completed reports a conflict. The cart stays open.
func (s *Sessions) Cancel(ctx context.Context, id SessionID) (View, error) {
	for range maxTurns {
		of, c, err := s.load(ctx, id)
		if err != nil {
			return View{}, err
		}
		switch status := of.status(); status {
		case Canceled:
			return s.answer(ctx, &of, c)
		case Completed, Completing:
			return View{}, &SessionError{Session: id, Status: status, Err: flywheel.ErrConflict}
		}
		try := of.Try
		of.Try, of.Closed = nil, Canceled
		if of, err = s.end(ctx, of, try, true, nil); errors.Is(err, ErrSessionStale) {
			continue
		}
		if err != nil {
			return View{}, err
		}
		return s.answer(ctx, &of, nil)
	}
	return View{}, ErrSessionStale
}

// end saves a session whose try is over, and then lets go what the try held. With
// loose the money may be set aside, and is let go too.
func (s *Sessions) end(ctx context.Context, of Session, try *Try, loose bool, more func(ctx context.Context, saved *Session) error) (saved Session, err error) {
	if try != nil {
		of.Claim = Claim{}
	}
	if try != nil && loose && try.Tender >= 0 {
		of.Loose = append(of.Loose, LooseCharge{
			Key: try.Charge, Authorization: try.Authorization, Amount: try.Amount, Method: try.Method, Next: s.opts.Now(),
		})
	}
	err = s.opts.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		if saved, err = s.save(ctx, of); err != nil {
			return err
		}
		if more != nil {
			return more(ctx, &saved)
		}
		return nil
	})
	if err != nil {
		return of, err
	}
	if try != nil {
		s.release(ctx, try)
		_ = s.opts.Carts.Thaw(ctx, of.Cart, string(of.ID)) // else whoever looks next does it
	}
	return s.tighten(ctx, saved)
}

// tighten lets loose charges go. What the gateway does not answer is tried again
// later.
func (s *Sessions) tighten(ctx context.Context, of Session) (Session, error) {
	now := s.opts.Now()
	var left []LooseCharge
	for _, l := range of.Loose {
		if now.Before(l.Next) {
			left = append(left, l)
			continue
		}
		err := s.letGo(ctx, eventid.Of("void", l.Key), payment.Charge{
			Key: l.Key, Amount: l.Amount, Method: l.Method, Ref: string(of.ID), Customer: of.Customer,
		}, l.Authorization)
		if payment.Uncertain(err) {
			l.Next = now.Add(s.opts.WorkTime)
			left = append(left, l)
		}
	}
	if len(of.Loose) == 0 {
		return of, nil
	}
	of.Loose = left
	saved, err := s.save(ctx, of)
	if errors.Is(err, ErrSessionStale) { // what another call saved has them still
		return s.store.Session(ctx, of.ID)
	}
	if err != nil {
		return of, err
	}
	return saved, nil
}

// settle does what time, or the end of the cart, made due. When another call was first
// it loads again. Of a session that stays open without a try it returns the cart, which
// it had to look at.
func (s *Sessions) settle(ctx context.Context, of *Session) (c *cart.Cart, err error) {
	c, _, err = s.settled(ctx, of)
	return c, err
}

// settled is settle, and reports whether there was anything to do.
func (s *Sessions) settled(ctx context.Context, of *Session) (c *cart.Cart, changed bool, err error) {
	for range maxTurns {
		c, did, err := s.settleOnce(ctx, of)
		if errors.Is(err, ErrSessionStale) {
			*of, err = s.store.Session(ctx, of.ID)
			did = true
		}
		if err != nil || !did {
			return c, changed, err
		}
		changed = true
	}
	return nil, changed, ErrSessionStale
}

func (s *Sessions) settleOnce(ctx context.Context, of *Session) (c *cart.Cart, did bool, err error) {
	now := s.opts.Now()
	for _, l := range of.Loose {
		if !now.Before(l.Next) {
			*of, err = s.tighten(ctx, *of)
			return nil, true, err
		}
	}
	next, try := *of, of.Try
	switch {
	case of.Closed != "":
		return nil, false, nil
	case try != nil && try.Phase != TryAction:
		if !try.Held || now.Before(try.Until) {
			return nil, false, nil
		}
		next.Try = try.with()
		next.Try.Held = false // the outcome stays open, but nothing is held for it
		if next, err = s.save(ctx, next); err == nil {
			s.release(ctx, try)
			*of = next
		}
		return nil, true, err
	case !now.Before(of.ExpiresAt):
		next.Try, next.Closed = nil, Expired
		*of, err = s.end(ctx, next, try, true, func(ctx context.Context, saved *Session) error {
			return s.tell(ctx, s.event(EventCheckoutExpired, saved, saved.ExpiresAt))
		})
		return nil, true, err
	case try != nil:
		if now.Before(try.Until) {
			return nil, false, nil
		}
		next.Try = nil // the buyer did not answer the bank
		*of, err = s.end(ctx, next, try, true, nil)
		return nil, true, err
	}
	found, err := s.opts.Carts.Read(ctx, of.Cart)
	switch {
	case err != nil && !errors.Is(err, flywheel.ErrNotFound):
		return nil, false, err
	case err == nil && found.Status == cart.Open:
		if found.Frozen != string(of.ID) {
			return &found, false, nil
		}
		there, err := s.store.Session(ctx, of.ID)
		if err != nil {
			return nil, false, err
		}
		if there.Revision != of.Revision { // another call has begun a try since
			*of = there
			return nil, true, nil
		}
		// The call that ended the last try did not come to it.
		if err := s.opts.Carts.Thaw(ctx, of.Cart, string(of.ID)); err != nil {
			return nil, false, err
		}
		return nil, false, nil // the caller looks at the cart as it is now
	}
	next.Closed = Canceled
	*of, err = s.end(ctx, next, nil, false, nil)
	return nil, true, err
}

// Advance does what time alone made due at or before an instant of the trusted
// clock: sessions expire and holds end. It does a small batch and reports whether
// it did anything. Processes that share a store take different sessions.
func (s *Sessions) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	list, err := s.store.DueSessions(ctx, now, dueBatch)
	if err != nil {
		return false, err
	}
	for i := range list {
		_, changed, err := s.settled(ctx, &list[i])
		if err != nil {
			return more, err
		}
		more = more || changed
	}
	return more, nil
}

const dueBatch = 64
