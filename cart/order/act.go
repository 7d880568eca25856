package order

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// acted is what happened outside before an order is changed.
type acted struct {
	held          bool
	authorization string // the new one
	moved         bool   // money has moved that cannot be moved back
	renewals      []renewal
}

// undo returns what is to be taken back when the operation is refused.
func (d *Decision) undo(done *acted) Undo {
	u := Undo{Authorization: done.authorization}
	for _, m := range d.Effects.Captures {
		if u.Authorization != "" && m.Authorization == u.Authorization {
			u.Amount = m.Amount
		}
	}
	return u
}

func (s *Service) key(o *Order, name string, sequence int64, part ...int) string {
	parts := []string{string(o.ID), strconv.FormatInt(sequence, 10)}
	for _, p := range part {
		parts = append(parts, strconv.Itoa(p))
	}
	return eventid.Of(name, parts...)
}

// act does what happens outside, before the order is changed. Each step has a key of
// its own.
func (s *Service) act(ctx context.Context, o *Order, op *Operation, d *Decision) (*acted, error) {
	done, e := &acted{}, &d.Effects
	if len(e.Hold) > 0 && s.opts.Warehouse != nil {
		if err := s.opts.Warehouse.Hold(ctx, e.Ref, e.Hold, s.opts.Now().Add(HoldFor)); err != nil {
			return done, fmt.Errorf("hold: %w", err)
		}
		done.held = true
	}
	if len(e.Ship) > 0 && len(e.Captures) > 0 {
		if ready, ok := s.opts.Warehouse.(Readier); ok {
			for _, c := range e.Ship {
				if err := ready.Ready(ctx, c.Ref, c.Units); err != nil {
					return done, fmt.Errorf("ship: %w", err)
				}
			}
		}
	}
	if !e.Authorize.IsZero() {
		auth, err := s.opts.Gateway.Authorize(ctx, payment.Charge{
			Key: s.key(o, "authorize", op.Sequence), Amount: e.Authorize, Method: e.Method, Ref: string(o.ID), Customer: o.Customer,
		})
		if action, ok := errors.AsType[*payment.ActionError](err); ok {
			done.authorization = action.Authorization // nobody is there to act: it is let go
		}
		if err != nil {
			return done, fmt.Errorf("authorize: %w", err)
		}
		done.authorization = auth.ID
		d.authorized(auth.ID)
	}
	for i := range e.Captures {
		if err := s.capture(ctx, o, op, d, done, i); err != nil {
			return done, fmt.Errorf("capture: %w", err)
		}
	}
	for i, m := range e.Refunds {
		if err := s.opts.Gateway.Refund(ctx, s.key(o, "refund", op.Sequence, i), m.Authorization, m.Amount); err != nil {
			return done, fmt.Errorf("refund: %w", err)
		}
		done.moved = true
	}
	for i, m := range e.Releases {
		err := s.opts.Gateway.Release(ctx, s.key(o, "release", op.Sequence, i), m.Authorization, m.Amount)
		if err != nil && !errors.Is(err, payment.ErrVoided) && !errors.Is(err, flywheel.ErrExpired) && !errors.Is(err, flywheel.ErrNotFound) {
			return done, fmt.Errorf("release: %w", err)
		}
		done.moved = true // or it is gone already
	}
	if !handle.None(s.opts.Tx) {
		return done, nil
	}
	return done, s.apart(ctx, o, op, e)
}

// capture takes one of the amounts of a decision. An authorization that was let go or
// has lapsed is made anew, with all that was still open.
func (s *Service) capture(ctx context.Context, o *Order, op *Operation, d *Decision, done *acted, i int) error {
	m := &d.Effects.Captures[i]
	key := s.key(o, "capture", op.Sequence, i)
	err := s.opts.Gateway.Capture(ctx, key, m.Authorization, m.Amount)
	if gone := errors.Is(err, payment.ErrVoided) || errors.Is(err, flywheel.ErrExpired); gone && m.Authorization != done.authorization {
		r := d.renewal(m)
		auth, err := s.opts.Gateway.Authorize(ctx, payment.Charge{
			Key: eventid.Of("authorize", string(o.ID), r.old), Amount: r.amount, Method: o.Tenders[m.Tender].Account, Ref: string(o.ID), Customer: o.Customer,
		})
		if err != nil {
			return err
		}
		r.id = auth.ID
		d.renew(r)
		done.renewals = append(done.renewals, r)
		if err := s.opts.Gateway.Capture(ctx, key, r.id, m.Amount); err != nil {
			return err
		}
		done.moved = true
		return nil
	}
	if err == nil {
		done.moved = done.moved || m.Authorization != done.authorization
	}
	return err
}

// renewal is an authorization in place of one that is gone.
type renewal struct {
	tender  int
	old, id string
	amount  money.Amount // what was open
	capture money.Amount // of it
}

// renewal returns what must be authorized anew for a capture.
func (d *Decision) renewal(m *Movement) renewal {
	r := renewal{tender: m.Tender, old: m.Authorization, amount: m.Amount, capture: m.Amount}
	for _, a := range d.After.Tenders[m.Tender].Authorizations {
		if a.ID == m.Authorization {
			r.amount = money.New(m.Amount.Minor()+a.open(), m.Amount.Currency())
		}
	}
	return r
}

// renew writes a renewal into the decision: what was open under the old authorization
// is gone, and open under the new one.
func (d *Decision) renew(r renewal) {
	none := money.New(0, r.amount.Currency())
	t := &d.After.Tenders[r.tender]
	for j := range t.Authorizations {
		if a := &t.Authorizations[j]; a.ID == r.old {
			a.Captured = money.New(a.Captured.Minor()-r.capture.Minor(), none.Currency())
			a.Released = money.New(a.Amount.Minor()-a.Captured.Minor(), none.Currency())
		}
	}
	t.Authorizations = append(t.Authorizations, Authorization{ID: r.id, Amount: r.amount, Captured: r.capture, Released: none, Refunded: none})
	for i := range d.Effects.Captures {
		if m := &d.Effects.Captures[i]; m.Authorization == r.old {
			m.Authorization = r.id
		}
	}
	d.After.sumPayment()
}

// authorized writes the id of the new authorization into the decision.
func (d *Decision) authorized(id string) {
	for i := range d.After.Tenders {
		for j := range d.After.Tenders[i].Authorizations {
			if a := &d.After.Tenders[i].Authorizations[j]; a.ID == "" {
				a.ID = id
			}
		}
	}
	for i := range d.Effects.Captures {
		if m := &d.Effects.Captures[i]; m.Authorization == "" {
			m.Authorization = id
		}
	}
}

// apart does what goes together with the order: balances, codes and stock. Each step
// is idempotent.
func (s *Service) apart(ctx context.Context, o *Order, op *Operation, e *Effects) error {
	for i, b := range e.Backs {
		if err := s.back(ctx, b, s.key(o, "back", op.Sequence, i)); err != nil {
			return fmt.Errorf("give back to %s: %w", b.Tender, err)
		}
	}
	if !e.Credit.IsZero() {
		if s.opts.Credit == nil {
			return fmt.Errorf("no store credit: %w", flywheel.ErrInvalid)
		}
		if err := s.opts.Credit.Grant(ctx, string(o.Customer), s.key(o, "credit", op.Sequence), e.Credit, "refund of order "+string(o.ID)); err != nil {
			return fmt.Errorf("store credit: %w", err)
		}
	}
	for _, u := range e.Uses {
		if s.opts.Coupons == nil {
			break
		}
		if err := s.opts.Coupons.GiveBack(ctx, u.Ref, u.Code); err != nil && !errors.Is(err, flywheel.ErrNotFound) {
			return fmt.Errorf("code %q: %w", u.Code, err)
		}
	}
	if s.opts.Warehouse == nil {
		return nil
	}
	if len(e.Hold) > 0 {
		if err := s.opts.Warehouse.Allocate(ctx, e.Ref); err != nil {
			return fmt.Errorf("allocate: %w", err)
		}
	}
	for i, c := range e.Deallocate {
		if err := s.opts.Warehouse.Deallocate(ctx, c.Ref, s.key(o, "deallocate", op.Sequence, i), c.Units); err != nil {
			return fmt.Errorf("deallocate: %w", err)
		}
	}
	for i, c := range e.Ship {
		if err := s.opts.Warehouse.Ship(ctx, c.Ref, s.key(o, "ship", op.Sequence, i), c.Units); err != nil {
			return fmt.Errorf("ship: %w", err)
		}
	}
	for i, r := range e.Restock {
		if err := s.opts.Warehouse.RestockAt(ctx, s.key(o, "restock", op.Sequence, i), r.Location, r.Lines); err != nil {
			return fmt.Errorf("restock: %w", err)
		}
	}
	return nil
}

func (s *Service) back(ctx context.Context, b Back, key string) error {
	if b.Type == Points {
		if b.Points == 0 {
			return nil
		}
		if s.opts.Points == nil {
			return fmt.Errorf("no points: %w", flywheel.ErrInvalid)
		}
		return s.opts.Points.GiveBack(ctx, flywheel.CustomerID(b.Account), key, b.Ref, b.Points)
	}
	balance := s.opts.Balances[b.Type]
	if balance == nil {
		return fmt.Errorf("no balances of this type: %w", flywheel.ErrInvalid)
	}
	return balance.GiveBack(ctx, b.Account, key, b.Ref, b.Amount)
}
