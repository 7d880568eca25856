package order

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/eventid"
)

// Capture takes the money of a placed order and makes it [Paid]. An order that
// is paid stays as it is. An authorization that was let go or has lapsed
// meanwhile is made anew. A declined capture leaves the order [Placed]: a
// later Capture tries again, [Service.Cancel] gives it up.
func (s *Service) Capture(ctx context.Context, id ID) (Order, error) {
	o, err := s.load(ctx, id)
	if err != nil {
		return Order{}, err
	}
	return s.CaptureOf(ctx, o)
}

// CaptureOf is [Service.Capture] of an order as [Service.Place] or [Service.Get] has
// just returned it, which spares reading it. If it has changed since, it is read.
func (s *Service) CaptureOf(ctx context.Context, o Order) (_ Order, err error) {
	id := o.ID
	if !flywheel.Allowed(ctx, o.Customer, o.Visitor) {
		return Order{}, fmt.Errorf("order %q: %w", id, flywheel.ErrNotFound)
	}
	if o.Mode != "" {
		return s.captureMode(ctx, o)
	}
	switch o.Status {
	case Placed:
	case Canceled:
		return Order{}, &StatusError{Order: id, Call: "capture", Status: o.Status}
	default:
		return o, nil
	}
	if !o.Total.IsZero() {
		if o, err = s.takeMoney(ctx, o); err != nil {
			return Order{}, err
		}
	}
	return s.change(ctx, o, func(o *Order) (bool, error) {
		switch {
		case o.Status == Placed:
			o.Payment.Captured = o.Payment.Authorized
			o.Status = Paid
			return true, nil
		case o.Status == Canceled: // it found the money captured, and gives it back
			return false, &StatusError{Order: id, Call: "capture", Status: o.Status}
		}
		return false, nil
	})
}

// captureMode does the first capture of an order with a mode.
func (s *Service) captureMode(ctx context.Context, o Order) (Order, error) {
	for i := range o.Operations {
		if op := &o.Operations[i]; op.Kind == KindCapture && !op.Done {
			r, err := s.carryOn(ctx, o, op.Sequence)
			return r.Order, err
		}
	}
	return o, nil
}

// takeMoney captures the total, under a new authorization if need be.
func (s *Service) takeMoney(ctx context.Context, o Order) (Order, error) {
	if o.Payment.Authorization == "" {
		return Order{}, fmt.Errorf("order %q: nothing is authorized: %w", o.ID, flywheel.ErrInvalid)
	}
	capture := func(o *Order) error {
		key := eventid.Of("capture", string(o.ID), o.Payment.Authorization)
		return s.opts.Gateway.Capture(ctx, key, o.Payment.Authorization, o.Payment.Authorized)
	}
	err := capture(&o)
	if errors.Is(err, payment.ErrVoided) || errors.Is(err, flywheel.ErrExpired) {
		if o, err = s.reauthorize(ctx, o.ID, o.Payment.Authorization); err == nil {
			err = capture(&o)
		}
	}
	if err != nil {
		return Order{}, fmt.Errorf("order %q: capture: %w", o.ID, err)
	}
	return o, nil
}

// reauthorize replaces an authorization that is gone. Its key follows from the
// one that is gone, so that parallel calls make one.
func (s *Service) reauthorize(ctx context.Context, id ID, gone string) (Order, error) {
	o, err := s.store.Get(ctx, id)
	switch {
	case err != nil:
		return Order{}, err
	case o.Status == Canceled:
		return Order{}, &StatusError{Order: id, Call: "capture", Status: o.Status}
	case o.Status != Placed || o.Payment.Authorization != gone:
		return o, nil // someone else has been here
	}
	auth, err := s.opts.Gateway.Authorize(ctx, payment.Charge{
		Key: eventid.Of("authorize", string(id), gone), Amount: o.Total,
		Method: o.Payment.Method, Ref: o.Cart, Customer: o.Customer,
	})
	if err != nil {
		return Order{}, err
	}
	o, err = s.change(ctx, o, func(o *Order) (bool, error) {
		if o.Status != Placed || o.Payment.Authorization != gone {
			return false, nil
		}
		o.Payment.Authorization = auth.ID
		return true, nil
	})
	if err == nil && o.Status == Canceled {
		err = errors.Join(&StatusError{Order: id, Call: "capture", Status: o.Status},
			s.opts.Gateway.Void(ctx, eventid.Of("void", string(id), auth.ID), auth.ID))
	}
	return o, err
}
