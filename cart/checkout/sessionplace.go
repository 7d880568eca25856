package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

// PlaceRequest asks for a session to become an order.
type PlaceRequest struct {
	Session SessionID
	// Key makes the request idempotent. It belongs to the buyer: the customer, else
	// the cart.
	Key string
	// Seen is the version that the buyer confirms; 0 is that of the last answer.
	Seen int64
	// Order names the order; empty has one made.
	Order order.ID
}

// ParticipantError reports what could not be held, or committed, for an order. It
// matches flywheel.ErrConflict; Err is what the participant said.
type ParticipantError struct {
	Participant string // "stock", "coupon", "points", "gift_card", "store_credit", or "order" for the whole
	Path        string // of the session's field, such as "$.line_items"
	Err         error
}

func (e *ParticipantError) Error() string {
	return fmt.Sprintf("checkout: %s: %s: %v", e.Participant, e.Path, e.Err)
}

// Is implements the interface of [errors.Is].
func (e *ParticipantError) Is(target error) bool { return target == flywheel.ErrConflict }

// As lets errors.As find what the participant said.
func (e *ParticipantError) As(target any) bool { return errors.As(e.Err, target) }

// ErrSeen reports that the session is no longer what the buyer confirmed.
var ErrSeen = fmt.Errorf("checkout: the session has changed since it was seen: %w", flywheel.ErrConflict)

// Place makes an order of a session that is ready: it holds what the order needs,
// has the card authorized, records the order with everything it takes in one
// transaction, and captures the money where that is done on placing.
//
// Place is idempotent by key, and whoever presses the button again gets the one
// order. A try with a known outcome frees its key; one whose outcome is unknown
// keeps it, and the same request goes on where it stopped. With an error Place
// also returns the session as it is now, wherever there is one to show.
//
// What package draft prepared is placed through it, since it knows until when that
// holds: a shopper is refused here with [cart.ErrDraft].
func (s *Sessions) Place(ctx context.Context, r PlaceRequest) (View, error) {
	if err := flywheel.CheckID(r.Key); err != nil {
		return View{}, &flywheel.FieldError{Field: "key", Err: err}
	}
	if r.Order != "" {
		if err := flywheel.CheckID(string(r.Order)); err != nil {
			return View{}, &flywheel.FieldError{Field: "order", Err: err}
		}
	}
	return s.turns(ctx, r.Session, func(of *Session, c *cart.Cart) (View, error) { return s.place(ctx, of, c, &r) })
}

// turns loads the session, after what was due, and calls fn, again while another call
// changes the session. An expired session is shown with the error.
func (s *Sessions) turns(ctx context.Context, id SessionID, fn func(of *Session, c *cart.Cart) (View, error)) (View, error) {
	for range maxTurns {
		of, c, err := s.load(ctx, id)
		if err != nil {
			if of.Closed == Expired {
				return s.fixed(&of, Expired, nil), err
			}
			return View{}, err
		}
		v, err := fn(&of, c)
		if !errors.Is(err, ErrSessionStale) {
			return v, err
		}
	}
	return View{}, ErrSessionStale
}

// refuse answers with the session and an error.
func (s *Sessions) refuse(ctx context.Context, of *Session, err error, once ...Message) (View, error) {
	v, failed := s.answer(ctx, of, nil, once...)
	if failed != nil {
		return v, failed
	}
	return v, err
}

func (s *Sessions) place(ctx context.Context, of *Session, c *cart.Cart, r *PlaceRequest) (View, error) {
	switch {
	case of.Closed == Completed:
		return s.fixed(of, Completed, nil), nil
	case of.Closed != "":
		return s.refuse(ctx, of, &SessionError{Session: of.ID, Status: of.Closed, Err: flywheel.ErrConflict})
	case of.Try != nil && of.Try.Phase == TryAction:
		return s.refuse(ctx, of, &SessionError{Session: of.ID, Status: RequiresAction, Err: flywheel.ErrConflict})
	case of.Try != nil && of.Claim.Key != r.Key:
		return s.refuse(ctx, of, &SessionError{Session: of.ID, Status: Completing, Err: flywheel.ErrConflict})
	case of.Try != nil:
		return s.resume(ctx, of)
	}
	seen := r.Seen
	if seen == 0 {
		seen = of.Version
	}
	q, err := s.quote(ctx, of, c)
	if err != nil {
		return View{}, err
	}
	if err := agreed(ctx, &q.cart); err != nil {
		return View{}, err
	}
	defer q.done()
	claim := Claim{ownerOf(&q.cart), r.Key}
	s.note(of, q)
	v := s.view(of, q)
	if of.Version != seen || v.Status != Ready {
		holder, err := s.store.KeyHolder(ctx, claim.Owner, claim.Key)
		switch {
		case err == nil && holder != of.ID:
			return s.refuse(ctx, of, ErrKeyTaken)
		case err != nil && !errors.Is(err, flywheel.ErrNotFound):
			return View{}, err
		}
		err = error(&SessionError{Session: of.ID, Status: v.Status, Err: flywheel.ErrConflict})
		if of.Version != seen {
			v.Messages = append(v.Messages, onlyOnce(failed(CodeQuoteChanged, pathTotals)))
			err = ErrSeen
		}
		if _, failed := s.save(ctx, *of); failed != nil {
			return View{}, failed
		}
		return v, err
	}
	frozen, err := s.begin(ctx, of, q, claim, r.Order)
	if err != nil {
		if errors.Is(err, ErrKeyTaken) {
			return s.refuse(ctx, of, err)
		}
		return View{}, err
	}
	return s.proceed(ctx, of, frozen)
}

func ownerOf(c *cart.Cart) string {
	if c.Customer != "" {
		return "customer/" + string(c.Customer)
	}
	return "cart/" + string(c.ID)
}

// begin notes a try in the session and freezes the cart, before anything is held. It
// returns the frozen cart.
func (s *Sessions) begin(ctx context.Context, of *Session, q *sessionQuote, claim Claim, id order.ID) (*cart.Cart, error) {
	now := s.opts.Now()
	if id == "" {
		id = order.ID(s.opts.NewID())
	}
	next := *of
	next.Claim = claim
	if err := s.newTry(&next, q, id, now); err != nil {
		return nil, err
	}
	var frozen cart.Cart
	var saved Session
	err := s.opts.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		frozen, err = s.opts.Carts.FreezeOf(ctx, q.cart, string(of.ID))
		if errors.Is(err, cart.ErrStale) || errors.Is(err, cart.ErrClosed) {
			return ErrSessionStale // the cart is another than the one that was priced
		}
		if err != nil {
			return err
		}
		next.Try.CartVersion = frozen.Version
		saved, err = s.save(ctx, next)
		return err
	})
	if err == nil {
		*of = saved
		return &frozen, nil
	}
	if !s.together {
		s.thaw(ctx, of)
	}
	return nil, err
}

// thaw lets the cart be changed again, unless the session has changed: then the cart may
// be held for the try of another call.
func (s *Sessions) thaw(ctx context.Context, of *Session) {
	if there, err := s.store.Session(ctx, of.ID); err == nil && there.Revision == of.Revision {
		_ = s.opts.Carts.Thaw(ctx, of.Cart, string(of.ID))
	}
}

// newTry makes the try of a quote: the order that it would become, and what has to be
// held for it.
func (s *Sessions) newTry(of *Session, q *sessionQuote, id order.ID, now time.Time) error {
	of.Tries++
	n := strconv.FormatInt(of.Tries, 10)
	t := &Try{
		Ref: eventid.Of("try", string(of.ID), n), Phase: TryRecording, Until: now.Add(s.opts.HoldTime), Held: true,
		Working: now.Add(s.opts.WorkTime), Tender: -1,
	}
	var err error
	if t.Units, err = q.alloc.Units(); err != nil {
		return err
	}
	for _, a := range q.content.Applied {
		if a.Code != "" {
			t.Codes = append(t.Codes, HeldCode{Code: a.Code, Amount: a.Amount})
		}
	}
	for i := range q.split {
		p, choice := &q.split[i], &of.Tenders[q.payers[i]]
		if p.Amount.IsZero() {
			continue
		}
		if choice.Type == order.Card {
			t.Phase, t.Charge = TryAuthorizing, eventid.Of("charge", string(of.ID), n)
			t.Amount, t.Method, t.Tender = p.Amount, choice.Token, q.payers[i]
			continue
		}
		account := choice.ID
		if choice.Type != order.GiftCard {
			account = string(q.cart.Customer)
		}
		t.Balances = append(t.Balances, HeldBalance{Type: choice.Type, Account: account, Amount: p.Amount, Points: p.Points, Tender: q.payers[i]})
	}
	of.Try = t
	t.Order, err = s.orderOf(of, q, id)
	return err
}

// proceed takes a try that is noted to its end: hold, authorize, record, capture. The
// frozen cart is nil where it is not at hand.
func (s *Sessions) proceed(ctx context.Context, of *Session, frozen *cart.Cart) (View, error) {
	of.Try = of.Try.with() // it may be the one that is stored
	t := of.Try
	if t.Held {
		if err := s.hold(ctx, of); err != nil {
			if payment.Uncertain(err.Err) {
				return s.pause(ctx, of, err.Err)
			}
			return s.give(ctx, of, false, err, onlyOnce(failed(CodeParticipantFailed, err.Path)))
		}
	}
	if t.Tender >= 0 && t.Authorization == "" {
		auth, err := s.authorize(ctx, s.charge(of, t))
		if action, waits := errors.AsType[*payment.ActionError](err); waits {
			return s.wait(ctx, of, action)
		}
		if payment.Uncertain(err) {
			return s.pause(ctx, of, err)
		}
		if err != nil {
			return s.declined(ctx, of, err)
		}
		t.Authorization = auth.ID
	}
	return s.finish(ctx, of, frozen)
}

// declined ends a try after the bank said no.
func (s *Sessions) declined(ctx context.Context, of *Session, err error) (View, error) {
	path := at(pathInstruments, of.Try.Tender)
	return s.give(ctx, of, false, err, onlyOnce(failed(CodePaymentFailed, path)))
}

// give ends a try with a known outcome and answers with the session as it is without
// it. With loose the money may be set aside.
func (s *Sessions) give(ctx context.Context, of *Session, loose bool, cause error, once ...Message) (View, error) {
	try, next := of.Try, *of
	next.Try = nil
	ended, err := s.end(ctx, next, try, loose, nil)
	if err != nil {
		return View{}, err
	}
	*of = ended
	return s.refuse(ctx, of, cause, once...)
}

// wait notes that the bank wants an action of the buyer.
func (s *Sessions) wait(ctx context.Context, of *Session, action *payment.ActionError) (View, error) {
	next := *of
	next.Try = of.Try.with()
	next.Try.Phase, next.Try.Authorization, next.Try.Working = TryAction, action.Authorization, time.Time{}
	next.Try.Action = action
	saved, err := s.save(ctx, next)
	if err != nil {
		return View{}, err
	}
	*of = saved
	return s.fixed(of, RequiresAction, nil), nil
}

// pause leaves a try whose outcome is unknown to whoever asks next.
func (s *Sessions) pause(ctx context.Context, of *Session, cause error) (View, error) {
	next := *of
	next.Try = of.Try.with()
	next.Try.Working = time.Time{}
	if saved, err := s.save(ctx, next); err == nil {
		*of = saved
	}
	if !errors.Is(cause, flywheel.ErrUnknownOutcome) {
		cause = fmt.Errorf("%w: %w", cause, flywheel.ErrUnknownOutcome)
	}
	return s.fixed(of, Completing, nil), cause
}

// hold asks the participants in a stated order: stock, codes, points, gift cards,
// store credit.
func (s *Sessions) hold(ctx context.Context, of *Session) *ParticipantError {
	t := of.Try
	if len(t.Units) > 0 && s.opts.Stock != nil {
		if err := s.opts.Stock.Hold(ctx, t.Ref, t.Units, t.Until); err != nil {
			return &ParticipantError{"stock", pathLines, err}
		}
	}
	for _, c := range t.Codes {
		q := coupon.Request{Code: c.Code, Customer: t.Order.Customer, Visitor: t.Order.Visitor, Ref: t.Ref, Amount: c.Amount}
		if err := s.opts.Codes.Hold(ctx, t.Ref, q, t.Until); err != nil {
			return &ParticipantError{"coupon", pathCodes, err}
		}
	}
	for i := range t.Balances {
		b := &t.Balances[i]
		var err error
		if b.Type == order.Points {
			err = s.opts.Points.HoldUntil(ctx, flywheel.CustomerID(b.Account), t.Ref, b.Points, t.Until)
		} else {
			err = s.balance(b.Type).Hold(ctx, b.Account, t.Ref, b.Amount, t.Until)
		}
		if err != nil {
			return &ParticipantError{string(b.Type), at(pathInstruments, b.Tender), err}
		}
	}
	return nil
}

func (s *Sessions) balance(t TenderType) Balance {
	if t == order.GiftCard {
		return s.opts.GiftCards
	}
	return s.opts.StoreCredit
}

// release lets go what a try holds. What cannot be released ends by itself.
func (s *Sessions) release(ctx context.Context, t *Try) {
	if len(t.Units) > 0 && s.opts.Stock != nil {
		_ = s.opts.Stock.Release(ctx, t.Ref)
	}
	for _, c := range t.Codes {
		_ = s.opts.Codes.Release(ctx, t.Ref, c.Code)
	}
	for i := range t.Balances {
		b := &t.Balances[i]
		if b.Type == order.Points {
			_ = s.opts.Points.Release(ctx, flywheel.CustomerID(b.Account), t.Ref)
		} else {
			_ = s.balance(b.Type).Release(ctx, b.Account, t.Ref)
		}
	}
}

// finish records the order of a try whose money is set aside, and captures it.
func (s *Sessions) finish(ctx context.Context, of *Session, frozen *cart.Cart) (View, error) {
	if !of.Try.Held {
		if v, err, done := s.again(ctx, of); done {
			return v, err
		}
	}
	saved, placed, err := s.record(ctx, of, frozen)
	switch {
	case err == nil:
		*of = saved
		v := s.fixed(of, Completed, nil)
		if _, err := s.opts.Orders.CaptureOf(ctx, placed); err != nil {
			return v, fmt.Errorf("checkout: %w", err)
		}
		return v, nil
	case errors.Is(err, ErrSessionStale):
		return View{}, err
	case payment.Uncertain(err):
		return s.pause(ctx, of, err)
	}
	return s.give(ctx, of, true, &ParticipantError{"order", pathAll, err}, onlyOnce(failed(CodeParticipantFailed, pathAll)))
}

// record makes the order stand: everything that it takes, and the session that
// becomes it, in one transaction.
func (s *Sessions) record(ctx context.Context, of *Session, frozen *cart.Cart) (saved Session, placed order.Order, err error) {
	t := of.Try
	o := t.Order
	o.PlacedAt = s.opts.Now()
	o.Booked = true
	o.Tenders = slices.Clone(o.Tenders)
	for i := range o.Tenders {
		if o.Tenders[i].Type == order.Card {
			o.Tenders[i].Authorizations = []order.Authorization{{ID: t.Authorization, Amount: t.Amount}}
		}
	}
	err = s.opts.Tx.InTx(ctx, func(ctx context.Context) error {
		next := *of
		next.Try, next.Closed, next.Order = nil, Completed, o.ID
		var err error
		if saved, err = s.save(ctx, next); err != nil {
			return err
		}
		placed, err = s.stand(ctx, o, func(ctx context.Context, placed *order.Order) error {
			if err := s.commit(ctx, t); err != nil {
				return err
			}
			return s.closeCart(ctx, placed, frozen, 0)
		})
		return err
	})
	return saved, placed, err
}

// commit takes what a try holds.
func (s *Sessions) commit(ctx context.Context, t *Try) error {
	if len(t.Units) > 0 && s.opts.Stock != nil {
		if err := s.opts.Stock.Allocate(ctx, t.Ref); err != nil {
			return fmt.Errorf("checkout: stock: %w", err)
		}
	}
	for _, c := range t.Codes {
		if err := s.opts.Codes.Commit(ctx, t.Ref, c.Code); err != nil {
			return fmt.Errorf("checkout: code: %w", err)
		}
	}
	for i := range t.Balances {
		b := &t.Balances[i]
		var err error
		if b.Type == order.Points {
			err = s.opts.Points.Commit(ctx, flywheel.CustomerID(b.Account), t.Ref)
		} else {
			err = s.balance(b.Type).Commit(ctx, b.Account, t.Ref)
		}
		if err != nil {
			return fmt.Errorf("checkout: %s: %w", b.Type, err)
		}
	}
	return nil
}

// capture takes the money of an order that stands, where that is done on placing.
func (s *Sessions) capture(ctx context.Context, of *Session) (View, error) {
	v := s.fixed(of, Completed, nil)
	if _, err := s.opts.Orders.Capture(ctx, of.Order); err != nil {
		return v, fmt.Errorf("checkout: %w", err)
	}
	return v, nil
}

// again holds anew what a try held before its time was over, if the session still has
// the content that the buyer confirmed; else it lets the money go.
func (s *Sessions) again(ctx context.Context, of *Session) (v View, err error, done bool) {
	next, old := *of, of.Try
	next.Try = nil
	q, err := s.quote(ctx, &next, nil)
	if err != nil {
		return View{}, err, true
	}
	defer q.done()
	if !q.content.same(&of.Seen) || statusOf(q.messages) != Ready {
		var once []Message
		if !q.content.same(&of.Seen) {
			once = append(once, onlyOnce(failed(CodeQuoteChanged, pathTotals)))
		}
		v, err = s.give(ctx, of, true, ErrSeen, once...)
		return v, err, true
	}
	if err := s.newTry(&next, q, old.Order.ID, s.opts.Now()); err != nil {
		return View{}, err, true
	}
	t := next.Try
	t.Charge, t.Authorization, t.CartVersion = old.Charge, old.Authorization, old.CartVersion
	saved, err := s.save(ctx, next)
	if err != nil {
		return View{}, err, true
	}
	*of = saved
	if err := s.hold(ctx, of); err != nil {
		if payment.Uncertain(err.Err) {
			v, err := s.pause(ctx, of, err.Err)
			return v, err, true
		}
		v, err := s.give(ctx, of, true, err, onlyOnce(failed(CodeParticipantFailed, err.Path)))
		return v, err, true
	}
	return View{}, nil, false
}
