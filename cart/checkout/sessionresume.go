package checkout

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/payment"
)

// FinishAction goes on after the buyer has done what the bank asked. What the bank
// says counts, not who calls. A session that does not wait for the bank is a
// conflict.
func (s *Sessions) FinishAction(ctx context.Context, id SessionID) (View, error) {
	return s.turns(ctx, id, func(of *Session, c *cart.Cart) (View, error) {
		if of.Try == nil || of.Try.Phase != TryAction {
			status := of.status()
			v, err := s.answer(ctx, of, c)
			if err != nil {
				return v, err
			}
			if status == "" {
				status = v.Status
			}
			return v, &SessionError{Session: id, Status: status, Err: flywheel.ErrConflict}
		}
		v, err := s.ask(ctx, of)
		if errors.Is(err, payment.ErrAction) {
			return v, &SessionError{Session: id, Status: RequiresAction, Err: err}
		}
		return v, err
	})
}

// ask asks the bank what became of an action, and goes on accordingly.
func (s *Sessions) ask(ctx context.Context, of *Session) (View, error) {
	_, err := s.opts.Orders.Gateway().Find(ctx, of.Try.Authorization)
	switch {
	case err == nil:
		return s.finish(ctx, of, nil)
	case errors.Is(err, payment.ErrAction):
		return s.fixed(of, RequiresAction, nil), err
	case payment.Uncertain(err):
		return s.fixed(of, RequiresAction, nil), fmt.Errorf("checkout: %w", err)
	}
	return s.declined(ctx, of, fmt.Errorf("checkout: authorize: %w", err))
}

// Resume does what a job does for a session whose try or capture is unfinished: it
// asks the bank again, records the order, or takes its money. Any other session it
// only shows.
func (s *Sessions) Resume(ctx context.Context, id SessionID) (View, error) {
	return s.turns(ctx, id, func(of *Session, c *cart.Cart) (View, error) {
		switch {
		case of.Closed == Completed:
			return s.capture(ctx, of)
		case of.Try == nil:
			return s.answer(ctx, of, c)
		case of.Try.Phase == TryAction:
			v, err := s.ask(ctx, of)
			if errors.Is(err, payment.ErrAction) {
				err = nil // the buyer has still to act
			}
			return v, err
		}
		return s.resume(ctx, of)
	})
}

// resume goes on with a try whose outcome is unknown, unless another call is at work
// on it.
func (s *Sessions) resume(ctx context.Context, of *Session) (View, error) {
	now := s.opts.Now()
	if now.Before(of.Try.Working) {
		return s.fixed(of, Completing, nil), ErrInFlight
	}
	next := *of
	next.Try = of.Try.with()
	next.Try.Working = now.Add(s.opts.WorkTime)
	saved, err := s.save(ctx, next)
	if err != nil {
		return View{}, err
	}
	*of = saved
	return s.proceed(ctx, of, nil)
}

// ResumeAll resumes every session whose try is unfinished, and reports how many ended.
// What cannot be finished does not stop the others; the errors are joined. A program
// calls it when it starts, and now and then.
func (s *Sessions) ResumeAll(ctx context.Context) (int, error) {
	finished, after := 0, SessionID("")
	var errs []error
	for {
		list, err := s.store.PendingSessions(ctx, after, dueBatch)
		if err != nil {
			return finished, errors.Join(append(errs, err)...)
		}
		for i := range list {
			after = list[i].ID
			v, err := s.Resume(ctx, after)
			switch {
			case v.Status != Completing && v.Status != "":
				finished++
			case err != nil && !errors.Is(err, ErrInFlight):
				errs = append(errs, fmt.Errorf("checkout: session %q: %w", after, err))
			}
		}
		if len(list) < dueBatch {
			return finished, errors.Join(errs...)
		}
	}
}

// Answered goes on with a try after the gateway told by itself what became of its
// charge: authorized with the authorization, or declined without one. It ends a try
// that is completing or waits for the bank, like the answer itself but without its
// error; any other session only tells its status. So does a charge that is not that of
// the try.
func (s *Sessions) Answered(ctx context.Context, id SessionID, charge, authorization string, ok bool) (View, error) {
	v, err := s.answered(ctx, id, charge, authorization, ok)
	if v.Status == Expired && errors.Is(err, flywheel.ErrExpired) {
		return v, nil
	}
	return v, err
}

func (s *Sessions) answered(ctx context.Context, id SessionID, charge, authorization string, ok bool) (View, error) {
	return s.turns(ctx, id, func(of *Session, c *cart.Cart) (View, error) {
		t := of.Try
		if t == nil || t.Tender < 0 || charge != "" && charge != t.Charge {
			status := of.status()
			if status == "" {
				v, err := s.answer(ctx, of, c)
				return View{Session: id, Cart: of.Cart, Status: v.Status}, err
			}
			return View{Session: id, Cart: of.Cart, Status: status}, nil
		}
		if !ok {
			v, err := s.declined(ctx, of, payment.ErrDeclined)
			return v, onlyUnknown(err)
		}
		t = t.with() // it may be the one that is stored
		of.Try = t
		if authorization != "" {
			t.Authorization = authorization
		}
		var v View
		var err error
		if t.Authorization == "" {
			v, err = s.proceed(ctx, of, nil)
		} else {
			v, err = s.finish(ctx, of, nil)
		}
		return v, onlyUnknown(err)
	})
}

// onlyUnknown keeps the errors of a notice that say nothing of its session.
func onlyUnknown(err error) error {
	if err == nil || errors.Is(err, ErrSessionStale) || payment.Uncertain(err) && !errors.Is(err, flywheel.ErrUnknownOutcome) {
		return err
	}
	return nil
}
