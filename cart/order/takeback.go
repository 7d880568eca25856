package order

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Return takes units back: it refunds their shares (see [Line.Share]), puts them
// into stock and publishes a refund event. It is idempotent by r.Key: a
// return that stopped on the way is finished, one that was declined is asked
// for again. The order must be captured.
func (s *Service) Return(ctx context.Context, id ID, r Request) (Order, error) {
	if len(r.Lines) == 0 {
		return Order{}, &FieldError{id, "lines", fmt.Errorf("none: %w", flywheel.ErrInvalid)}
	}
	return s.takeBack(ctx, id, r, false)
}

// Refund gives money back without goods, at most what [Order.Refundable] tells.
// It is idempotent as Return is.
func (s *Service) Refund(ctx context.Context, id ID, r Request) (Order, error) {
	if r.Amount.Minor() <= 0 {
		return Order{}, &FieldError{id, "amount", fmt.Errorf("%v is not positive: %w", r.Amount, flywheel.ErrInvalid)}
	}
	if len(r.Lines) > 0 {
		return Order{}, &FieldError{id, "lines", fmt.Errorf("a refund has none: %w", flywheel.ErrInvalid)}
	}
	return s.takeBack(ctx, id, r, false)
}

// Cancel calls the order off: all units that have not come back go to
// stock, and the money is refunded or, before it was captured, let go. It is
// idempotent as Return is.
func (s *Service) Cancel(ctx context.Context, id ID, r Request) (Order, error) {
	r.Lines, r.Amount = nil, money.Amount{}
	return s.takeBack(ctx, id, r, true)
}

// takeBack records the return in the order first, so that units and money are
// promised once only, and then carries it through.
func (s *Service) takeBack(ctx context.Context, id ID, req Request, cancel bool) (Order, error) {
	if err := flywheel.CheckID(req.Key); err != nil {
		return Order{}, &FieldError{id, "key", err}
	}
	if _, buyer := flywheel.ActorOf(ctx); buyer {
		if _, err := s.load(ctx, id); err != nil {
			return Order{}, err
		}
		return Order{}, fmt.Errorf("order %q: only the shop takes goods and money back: %w", id, flywheel.ErrForbidden)
	}
	switch {
	case len(req.Reason) > MaxReason:
		return Order{}, &FieldError{id, "reason", fmt.Errorf("%d bytes, at most %d: %w", len(req.Reason), MaxReason, flywheel.ErrLimit)}
	case !utf8.ValidString(req.Reason):
		return Order{}, &FieldError{id, "reason", fmt.Errorf("%q is not UTF-8: %w", req.Reason, flywheel.ErrInvalid)}
	}
	if req.At.IsZero() {
		req.At = s.opts.Now()
	}
	asked := Return{
		Key: req.Key, Lines: req.Lines, Amount: req.Amount, Reason: req.Reason,
		Discard: req.Discard, Cancel: cancel, At: req.At,
	}
	o, err := s.update(ctx, id, func(o *Order) (bool, error) {
		if before := o.returned(req.Key); before != nil {
			if !before.same(&asked) {
				return false, ErrKeyReused
			}
			return false, nil
		}
		return true, o.promise(asked)
	})
	if err != nil {
		return Order{}, err
	}
	return s.carry(ctx, o, req.Key)
}

// promise adds r to the returns, as not done yet.
func (o *Order) promise(r Return) error {
	call := "return"
	switch {
	case r.Cancel:
		call = "cancel"
	case len(r.Lines) == 0:
		call = "refund"
	}
	if o.Status == Canceled || (r.Cancel && len(o.left()) == 0) ||
		(o.Status == Placed && !(r.Cancel && o.Booked)) {
		return &StatusError{Order: o.ID, Call: call, Status: o.Status}
	}
	none := money.New(0, o.Currency)
	r.Net, r.Tax = none, none
	r.Lines = append([]ReturnLine(nil), r.Lines...)
	left := o.Refundable()
	if r.Cancel {
		r.Lines = o.left()
	}
	if r.Cancel || len(r.Lines) > 0 {
		if err := o.take(&r); err != nil {
			return err
		}
		if o.Status != Placed && r.Amount.Minor() > left.Minor() {
			r.Amount = left // some went back before without goods
		}
	} else {
		order, err := r.Amount.Cmp(left)
		if err != nil {
			return &FieldError{o.ID, "amount", err}
		}
		if order > 0 {
			return &RefundError{Order: o.ID, Want: r.Amount, Left: left}
		}
	}
	o.Returns = append(o.Returns, r)
	if r.Cancel {
		o.Status = Canceled
	}
	return nil
}

// carry does what the return with this key promises: money, goods, event. Every
// step is idempotent, and the last marks the return as done.
func (s *Service) carry(ctx context.Context, o Order, key string) (Order, error) {
	r := o.returned(key)
	if r.Done {
		return o, nil
	}
	captured, err := s.giveBack(ctx, &o, r)
	if err != nil {
		if !payment.Uncertain(err) && ctx.Err() == nil {
			_, undone := s.change(ctx, o, func(o *Order) (bool, error) {
				if r := o.returned(key); r == nil || r.Done {
					return false, nil
				}
				o.Payment.Captured = captured
				o.withdraw(key)
				return true, nil
			})
			err = errors.Join(err, undone)
		}
		return Order{}, fmt.Errorf("order %q: refund: %w", o.ID, err)
	}
	restock := func(ctx context.Context) error {
		if r.Discard || s.opts.Stock == nil || len(r.Lines) == 0 {
			return nil
		}
		if err := s.opts.Stock.Restock(ctx, eventid.Of("return", string(o.ID), key), o.items(r)); err != nil {
			return fmt.Errorf("order %q: restock: %w", o.ID, err)
		}
		return nil
	}
	together := handle.Joins(s.opts.Tx, s.opts.Stock)
	if !together { // no lock of the orders is held while another database is asked
		if err := restock(ctx); err != nil {
			return Order{}, err
		}
	}
	var done Order
	err = s.opts.Tx.InTx(ctx, func(ctx context.Context) error {
		if together {
			if err := restock(ctx); err != nil {
				return err
			}
		}
		if err := s.teller.Tell(ctx, o.event(r)); err != nil {
			return fmt.Errorf("order %q: %w", o.ID, err)
		}
		var err error
		done, err = s.change(ctx, o.Clone(), func(o *Order) (bool, error) {
			kept := o.returned(key)
			if kept == nil { // the same request, declined in parallel, withdrew it
				if kept = o.readmit(*r); kept == nil {
					return false, fmt.Errorf("order %q: refunded, but the units came back otherwise: %w", o.ID, flywheel.ErrUnknownOutcome)
				}
			}
			if kept.Done {
				return false, nil
			}
			o.Payment.Captured = captured
			o.settle(kept)
			return true, nil
		})
		return err
	})
	if err != nil {
		return Order{}, err
	}
	return done, nil
}

// giveBack refunds what r promises, or lets the authorization of an order go
// that is cancelled before its money was taken. It returns what is captured.
func (s *Service) giveBack(ctx context.Context, o *Order, r *Return) (captured money.Amount, err error) {
	captured = o.Payment.Captured
	if o.Payment.Authorization == "" {
		return captured, nil
	}
	if r.Cancel && captured.IsZero() {
		err := s.opts.Gateway.Void(ctx, eventid.Of("void", string(o.ID), r.Key), o.Payment.Authorization)
		switch {
		case errors.Is(err, payment.ErrCaptured):
			captured = o.Payment.Authorized // the capture came first, its answer was lost or is on the way
		case errors.Is(err, flywheel.ErrNotFound), errors.Is(err, flywheel.ErrExpired):
			return captured, nil // nothing is set aside any more
		default:
			return captured, err
		}
	}
	if r.Amount.IsZero() {
		return captured, nil
	}
	return captured, s.opts.Gateway.Refund(ctx, eventid.Of("refund", string(o.ID), r.Key), o.Payment.Authorization, r.Amount)
}

// Resume finishes every return that stopped on the way and reports how many it
// finished. An order whose return cannot be finished does not stop the others;
// the errors are joined. A program calls it when it starts, and now and then.
func (s *Service) Resume(ctx context.Context) (int, error) {
	finished := 0
	var failed []error
	for o, err := range s.store.List(ctx, Filter{Pending: true}) {
		if err != nil {
			return finished, errors.Join(append(failed, err)...)
		}
		for i := range o.Operations {
			if o.Operations[i].Done {
				continue
			}
			if _, err := s.carryOn(ctx, o, o.Operations[i].Sequence); err != nil && !errors.Is(err, errWithdrawn) {
				failed = append(failed, err)
				continue
			}
			finished++
		}
		for i := range o.Returns {
			if o.Returns[i].Done {
				continue
			}
			if _, err := s.carry(ctx, o, o.Returns[i].Key); err != nil {
				failed = append(failed, err)
				continue
			}
			finished++
		}
	}
	return finished, errors.Join(failed...)
}
