package order

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/internal/handle"
)

// HoldFor is how long stock is set aside for an operation that adds items, while its
// outcome is not known.
const HoldFor = 15 * time.Minute

// The most operations of one order: of them a buyer may bring it to MaxBuyerOperations,
// so that nobody makes an order that cannot be loaded, or that the shop can do nothing
// with.
const (
	MaxOperations      = 10_000
	MaxBuyerOperations = 500
)

// ActorBuyer is the [Operation].Actor of what was done with flywheel.WithActor. What
// the shop did has none.
const ActorBuyer = "buyer"

// Do does a command with an order. What is refused leaves the order as it was, and so
// does a command whose outcome is not known ([payment.Uncertain]): the same command
// again goes on with it and has one effect, and so does [Service.Resume]. Meanwhile
// other commands that move money or goods try to bring it to its end first, and
// report [ErrBusy] if they cannot.
//
// Where the context says for whom the call is made ([flywheel.WithActor]), the order
// must be his, and only [CallOff], [RequestReturn], [CancelReturn], [Exchange] without
// agreed prices and [Withdraw] are allowed; the others match flywheel.ErrForbidden.
//
// A command with a key that has been done is answered as the first time; with
// another body it reports an error matching flywheel.ErrKeyReused.
func (s *Service) Do(ctx context.Context, id ID, c Command) (Result, error) {
	if err := c.check(); err != nil {
		return Result{}, fmt.Errorf("order %q: %s: %w", id, c.Kind(), err)
	}
	body, err := json.Marshal(c)
	if err != nil {
		return Result{}, fmt.Errorf("order %q: %s: %v: %w", id, c.Kind(), err, flywheel.ErrInvalid)
	}
	for range maxTries {
		o, err := s.load(ctx, id)
		if err != nil {
			return Result{}, err
		}
		_, buyer := flywheel.ActorOf(ctx)
		if buyer && !c.buyers() {
			return Result{}, fmt.Errorf("order %q: %s: only the shop does that: %w", id, c.Kind(), flywheel.ErrForbidden)
		}
		if op := o.operation(c, body); op != nil {
			if !bytes.Equal(op.Command, body) {
				return Result{}, fmt.Errorf("order %q: %s %q: %w", id, c.Kind(), op.Key, ErrKeyReused)
			}
			if op.Done {
				return Result{Order: o, Answer: *op.Answer, Replayed: true}, nil
			}
			r, err := s.carryOn(ctx, o, op.Sequence)
			if errors.Is(err, errWithdrawn) {
				continue // it was refused before, now it begins anew
			}
			return r, err
		}
		in, err := s.inputs(ctx, &o, c)
		if err != nil {
			return Result{}, err
		}
		d, err := o.Decide(c, in)
		if err != nil {
			return Result{}, err
		}
		if d.Replayed {
			return Result{Order: o, Answer: d.Answer, Replayed: true}, nil
		}
		if other := o.underWay(); other != nil && d.Effects.outside() {
			if _, err := s.carryOn(ctx, o, other.Sequence); payment.Uncertain(err) && !errors.Is(err, errWithdrawn) {
				return Result{}, fmt.Errorf("order %q: %s: %w (%v)", id, c.Kind(), ErrBusy, err)
			}
			continue
		}
		op := Operation{Sequence: d.After.Sequence, Kind: c.Kind(), Key: c.key(), Command: body, Offer: in.Offer, At: in.At, Asked: true}
		most := MaxOperations
		if buyer {
			op.Actor, most = ActorBuyer, MaxBuyerOperations
		}
		if len(o.Operations) >= most {
			return Result{}, fmt.Errorf("order %q: %s: %d operations, at most %d: %w", id, c.Kind(), len(o.Operations), most, flywheel.ErrLimit)
		}
		o.Sequence = op.Sequence
		o.Operations = append(o.Operations, op)
		if s.atOnce(&d.Effects) {
			r, err := s.finish(ctx, o, op, &d, nil)
			if errors.Is(err, errAgain) {
				continue
			}
			return r, err
		}
		saved, err := s.store.Save(ctx, o)
		if errors.Is(err, ErrStale) {
			continue
		}
		if err != nil {
			return Result{}, err
		}
		return s.carryOn(ctx, saved, op.Sequence)
	}
	return Result{}, ErrStale
}

// operation returns the operation that a command is a repetition of, or nil.
func (o *Order) operation(c Command, body []byte) *Operation {
	for i := range o.Operations {
		op := &o.Operations[i]
		if op.Kind != c.Kind() {
			continue
		}
		if key := c.key(); key != "" && op.Key == key || key == "" && op.Key == "" && !op.Done && bytes.Equal(op.Command, body) {
			return op
		}
	}
	return nil
}

// at returns the operation with a sequence number, or nil.
func (o *Order) at(sequence int64) *Operation {
	for i := range o.Operations {
		if o.Operations[i].Sequence == sequence {
			return &o.Operations[i]
		}
	}
	return nil
}

// underWay returns an operation whose outcome is not known, or nil.
func (o *Order) underWay() *Operation {
	for i := range o.Operations {
		if op := &o.Operations[i]; !op.Done && op.Asked {
			return op
		}
	}
	return nil
}

// inputs finds out what a decision needs to know.
func (s *Service) inputs(ctx context.Context, o *Order, c Command) (Inputs, error) {
	in := Inputs{At: normalTime(s.opts.Now())}
	items, replace := Wanted(c)
	if replace {
		for _, id := range sortedLines(c.(*Claim).Lines) {
			if l := o.Line(id); l != nil {
				items = append(items, Item{SKU: l.SKU, Quantity: c.(*Claim).Lines[id], Line: id})
			}
		}
	}
	if len(items) == 0 {
		return in, nil
	}
	// What the order forbids is said before what the shop lacks.
	if _, err := o.Decide(c, Inputs{At: in.At, Offer: probe(o, items)}); err != nil && !errors.Is(err, ErrNoCard) {
		return in, err
	}
	if s.opts.Shop == nil {
		return in, fmt.Errorf("order %q: %s: no shop to offer items: %w", o.ID, c.Kind(), flywheel.ErrInvalid)
	}
	offer, err := s.opts.Shop.Offer(ctx, o, items, in.At, replace)
	if err != nil {
		return in, fmt.Errorf("order %q: %s: %w", o.ID, c.Kind(), err)
	}
	in.Offer = &offer
	return in, nil
}

// probe is an offer of the items for nothing, which shows whether the order allows a
// command that adds them.
func probe(o *Order, items []Item) *Offer {
	none := o.amount(0)
	var offer Offer
	for _, item := range items {
		offer.Lines = append(offer.Lines, Line{
			ID: "probe", SKU: item.SKU, Quantity: item.Quantity,
			Subtotal: none, Discount: none, Net: none, Tax: none, Total: none,
		})
	}
	return &offer
}

// atOnce reports whether all effects are in the transaction of the order.
func (s *Service) atOnce(e *Effects) bool {
	if e.calls() || len(e.Hold) > 0 || handle.None(s.opts.Tx) && e.outside() {
		return false
	}
	joins := func(needed bool, neighbor any) bool { return !needed || handle.Joins(s.opts.Tx, neighbor) }
	for _, b := range e.Backs {
		if !joins(true, s.balance(b.Type)) {
			return false
		}
	}
	return joins(len(e.Ship)+len(e.Deallocate)+len(e.Restock) > 0, s.opts.Warehouse) &&
		joins(len(e.Uses) > 0, s.opts.Coupons) && joins(!e.Credit.IsZero(), s.opts.Credit)
}

func (s *Service) balance(t TenderType) any {
	if t == Points {
		return s.opts.Points
	}
	return s.opts.Balances[t]
}

// carryOn brings an operation of o to its end.
func (s *Service) carryOn(ctx context.Context, o Order, sequence int64) (Result, error) {
	op := *o.at(sequence)
	if op.Done {
		return Result{Order: o, Answer: *op.Answer, Replayed: true}, nil
	}
	if op.Undo != nil {
		if err := s.withdraw(ctx, &o, &op); err != nil {
			return Result{}, fmt.Errorf("order %q: take back a refused %s: %v: %w", o.ID, op.Kind, err, flywheel.ErrUnknownOutcome)
		}
		return Result{}, errWithdrawn
	}
	c, err := op.command()
	if err != nil {
		return Result{}, err
	}
	in := Inputs{At: op.At, Offer: op.Offer, Sequence: op.Sequence}
	d, err := o.Decide(c, in)
	if err != nil { // it was allowed when it was saved, and nothing else went on since
		return Result{}, fmt.Errorf("%w (%w)", err, flywheel.ErrUnknownOutcome)
	}
	if d.Replayed {
		return s.dropped(ctx, o, op, d)
	}
	if !op.Asked { // the capture of an order, which was declined before
		o.at(sequence).Asked = true
		if o, err = s.store.Save(ctx, o); err != nil {
			return Result{}, err
		}
	}
	done, err := s.act(ctx, &o, &op, &d)
	if err != nil {
		return s.failed(ctx, o, op, d.undo(done), done, err)
	}
	for range maxTries {
		r, err := s.finish(ctx, o, op, &d, done)
		if !errors.Is(err, errAgain) {
			return r, err
		}
		if o, err = s.store.Get(ctx, o.ID); err != nil {
			return Result{}, err
		}
		kept := o.at(sequence)
		if kept != nil && kept.Done {
			return Result{Order: o, Answer: *kept.Answer, Replayed: true}, nil
		}
		if kept != nil && kept.Undo != nil {
			return Result{}, fmt.Errorf("order %q: %s was refused in parallel and is being taken back: %w", o.ID, op.Kind, flywheel.ErrUnknownOutcome)
		}
		if kept == nil { // it was declined in parallel, and withdrawn
			o.Operations = append(o.Operations, op)
		}
		again, err := o.Decide(c, in)
		if err == nil && done.authorization != "" {
			again.authorized(done.authorization)
		}
		for _, r := range done.renewals {
			if err == nil {
				again.renew(r)
			}
		}
		if err != nil || !reflect.DeepEqual(again.Effects, d.Effects) {
			return Result{}, fmt.Errorf("order %q: %s had its effect, but the order has changed: %w (%v)", o.ID, op.Kind, flywheel.ErrUnknownOutcome, err)
		}
		d = again
	}
	return Result{}, ErrStale
}

// dropped marks an operation as done that has become needless.
func (s *Service) dropped(ctx context.Context, o Order, op Operation, d Decision) (Result, error) {
	saved, err := s.change(ctx, o, func(o *Order) (bool, error) {
		kept := o.at(op.Sequence)
		if kept == nil || kept.Done {
			return false, nil
		}
		kept.Done, kept.Asked, kept.Answer = true, false, &d.Answer
		return true, nil
	})
	return Result{Order: saved, Answer: d.Answer, Replayed: true}, err
}

// failed leaves the order as it was when an operation was refused for certain; what
// it did is taken back as far as it can be.
func (s *Service) failed(ctx context.Context, o Order, op Operation, undo Undo, done *acted, cause error) (Result, error) {
	cause = fmt.Errorf("order %q: %s: %w", o.ID, op.Kind, cause)
	switch {
	case payment.Uncertain(cause) || ctx.Err() != nil:
		return Result{}, cause // the same again goes on
	case op.Kind == KindCapture: // it is tried again
		_, err := s.change(ctx, o, func(o *Order) (bool, error) {
			kept := o.at(op.Sequence)
			if kept == nil || kept.Done {
				return false, nil
			}
			kept.Asked = false
			return true, nil
		})
		return Result{}, errors.Join(cause, err)
	case done.moved:
		return Result{}, fmt.Errorf("%v (half of it is done, the same again goes on): %w", cause, flywheel.ErrUnknownOutcome)
	}
	if undo.Authorization != "" {
		// That it is given up is written down first: a repetition must not go on with
		// what is being let go.
		saved, err := s.change(ctx, o, func(o *Order) (bool, error) {
			kept := o.at(op.Sequence)
			if kept == nil || kept.Done {
				return false, nil
			}
			kept.Undo = &undo
			return true, nil
		})
		if err != nil {
			return Result{}, fmt.Errorf("%v (and to write it down: %v): %w", cause, err, flywheel.ErrUnknownOutcome)
		}
		if kept := saved.at(op.Sequence); kept == nil || kept.Done {
			return Result{}, cause // a parallel call has brought it to its end
		}
		o, op.Undo = saved, &undo
	}
	if err := s.withdraw(ctx, &o, &op); err != nil {
		return Result{}, fmt.Errorf("%v (and to take it back: %v): %w", cause, err, flywheel.ErrUnknownOutcome)
	}
	return Result{}, cause
}

// errWithdrawn says that an operation which had been refused is withdrawn.
var errWithdrawn = errors.New("order: withdrawn")

// withdraw takes back what a refused operation did, and removes it.
func (s *Service) withdraw(ctx context.Context, o *Order, op *Operation) error {
	if u := op.Undo; u != nil && u.Authorization != "" {
		err := s.opts.Gateway.Void(ctx, s.key(o, "void", op.Sequence), u.Authorization)
		if errors.Is(err, payment.ErrCaptured) {
			err = s.opts.Gateway.Refund(ctx, s.key(o, "undo", op.Sequence), u.Authorization, u.Amount)
		}
		if err != nil && !errors.Is(err, flywheel.ErrExpired) && !errors.Is(err, flywheel.ErrNotFound) {
			return fmt.Errorf("let go: %w", err)
		}
	}
	if s.opts.Warehouse != nil {
		if err := s.opts.Warehouse.Release(ctx, s.ref(o, op.Sequence)); err != nil && !errors.Is(err, flywheel.ErrNotFound) {
			return fmt.Errorf("release: %w", err)
		}
	}
	_, err := s.change(ctx, *o, func(o *Order) (bool, error) {
		n := len(o.Operations)
		o.Operations = slices.DeleteFunc(o.Operations, func(other Operation) bool { return other.Sequence == op.Sequence && !other.Done })
		return len(o.Operations) < n, nil
	})
	return err
}

func (s *Service) ref(o *Order, sequence int64) string {
	return eventid.Of("order", string(o.ID), strconv.FormatInt(sequence, 10))
}

// errAgain says that the order was changed by someone else.
var errAgain = errors.New("order: changed meanwhile")

// finish makes the order as d has it, with what is kept in its database.
func (s *Service) finish(ctx context.Context, o Order, op Operation, d *Decision, done *acted) (Result, error) {
	after := d.After // what is changed of it is copied
	after.Documents = slices.Clone(after.Documents)
	after.Version = o.Version
	after.Operations = cloneOperations(o.Operations)
	answer := d.Answer
	kept := after.at(op.Sequence)
	kept.Done, kept.Asked, kept.Answer, kept.Offer = true, false, &answer, nil
	after.Sequence = max(after.Sequence, o.Sequence)
	s.number(&after)
	apart := handle.None(s.opts.Tx) // then act did it
	var saved Order
	err := s.opts.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		if !apart {
			if err := s.apart(ctx, &o, &op, &d.Effects); err != nil {
				return err
			}
		}
		if err := s.teller.Tell(ctx, d.Effects.Events...); err != nil {
			return fmt.Errorf("order %q: %w", o.ID, err)
		}
		saved, err = s.store.Save(ctx, after)
		return err
	})
	if errors.Is(err, ErrStale) {
		return Result{}, errAgain
	}
	if err != nil {
		if done == nil { // nothing was saved
			return Result{}, fmt.Errorf("order %q: %s: %w", o.ID, op.Kind, err)
		}
		return s.failed(ctx, o, op, d.undo(done), done, err)
	}
	return Result{Order: saved, Answer: answer}, nil
}

// number gives new documents their first number, for a series that is new.
func (s *Service) number(o *Order) {
	for i := range o.Documents {
		d := &o.Documents[i]
		if d.Number != 0 {
			continue
		}
		d.First = max(1, s.opts.FirstInvoice)
		if d.Kind == CreditNote {
			d.First = max(1, s.opts.FirstCreditNote)
		}
	}
}
