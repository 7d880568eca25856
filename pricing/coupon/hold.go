package coupon

import (
	"context"
	"errors"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// holdKey is the key of what ref holds of a code, which is in normal form.
func holdKey(ref, code string) string { return eventid.Of("hold", ref, code) }

// Hold keeps a use of a code for an order until a time, before the order is paid:
// it counts towards all limits and budgets as [Service.Redeem] does, and is over by
// itself at that time, that instant included. ref is that of the try; repeated it
// renews the hold, or takes it again after it was released or is over. A code that
// cannot be used is a [*RefusedError]; no limiter counts it.
func (s *Service) Hold(ctx context.Context, ref string, q Request, until time.Time) error {
	return s.hold(ctx, ref, q, until, couponUses)
}

func (s *Service) hold(ctx context.Context, ref string, q Request, until time.Time, usesOf usesOf) error {
	if err := flywheel.CheckID(ref); err != nil {
		return field(err, "ref")
	}
	if now := s.opts.Now(); !until.After(now) {
		return field(invalid("%v is over at %v", until, now), "until")
	}
	code, err := normalized(q.Code)
	if err != nil {
		return &RefusedError{Reason: Unknown}
	}
	q.Ref = ref
	_, err = s.redeem(ctx, holdKey(ref, code), q, until, usesOf)
	return err
}

// Commit makes what ref holds of a code a use for good. Call it in the transaction
// that records the order, of which it is one statement. A hold that is over is an
// error matching flywheel.ErrExpired, one that was released [ErrCanceled], and
// none flywheel.ErrNotFound.
func (s *Service) Commit(ctx context.Context, ref, code string) error {
	_, err := s.settle(ctx, ref, code, true)
	return err
}

// Release gives back what ref holds of a code. Of what was released, is over or
// never was held it does nothing; of a committed one the error is [ErrRedeemed].
func (s *Service) Release(ctx context.Context, ref, code string) error {
	_, err := s.settle(ctx, ref, code, false)
	if errors.Is(err, flywheel.ErrNotFound) {
		return nil
	}
	return err
}

func (s *Service) settle(ctx context.Context, ref, code string, commit bool) (Redemption, error) {
	code, err := normalized(code)
	if err != nil {
		return Redemption{}, field(err, "code")
	}
	return s.store.Settle(ctx, holdKey(ref, code), commit, s.opts.Now())
}

// GiveBack gives back the use of a code that ref has committed, as when its order is
// wholly canceled: once, however often it is called. Without such a use the error
// matches flywheel.ErrNotFound, of one that is only held [ErrOtherBody].
func (s *Service) GiveBack(ctx context.Context, ref, code string) error {
	code, err := normalized(code)
	if err != nil {
		return field(err, "code")
	}
	key := holdKey(ref, code)
	r, err := s.store.Redemption(ctx, key)
	if err != nil {
		return err
	}
	if !r.Held.IsZero() {
		return ErrOtherBody
	}
	_, err = s.store.Cancel(ctx, key, s.opts.Now())
	return err
}

// Uses returns how often a campaign has been used for good, and how many live holds
// there are of it. Its cost grows with the live holds.
func (s *Service) Uses(ctx context.Context, campaign string) (used, held int64, err error) {
	if held, _, err = s.held(ctx, campaign, ""); err != nil {
		return 0, 0, err
	}
	if used, err = s.store.Used(ctx, campaign, campaignTally); err != nil {
		return 0, 0, err
	}
	return used - held, held, nil
}

// held counts the live holds of a campaign, of one code if it is not empty, and sums
// their amounts.
func (s *Service) held(ctx context.Context, campaign, code string) (n, minor int64, err error) {
	if _, err := s.store.Expire(ctx, campaign, s.opts.Now()); err != nil {
		return 0, 0, err
	}
	for r, err := range s.store.Redemptions(ctx, campaign, true) {
		if err != nil {
			return 0, 0, err
		}
		if code == "" || r.Code == code {
			n++
			minor += r.Amount.Minor()
		}
	}
	return n, minor, nil
}

// Cards is the gift cards of a [Service] as accounts that pay for orders: an account
// is a card's code. It fits payment.Balance. Codes of [CardPattern] cannot be found
// by trying; for shorter ones ask [Service.Balance] first, which counts failures.
type Cards struct{ s *Service }

// Cards returns the gift cards as accounts.
func (s *Service) Cards() *Cards { return &Cards{s} }

// Handle implements flywheel.Stored with the service's.
func (c *Cards) Handle() flywheel.Transactor { return c.s.Handle() }

// look returns a card that can be used now.
func (c *Cards) look(ctx context.Context, card string, currency money.Currency) (Code, error) {
	code, _, err := c.s.find(ctx, &Request{Code: card}, c.s.opts.Now())
	if err == nil {
		err = chargeable(&code, &Request{Amount: money.New(1, currency)})
	}
	return code, err
}

// Spendable returns what can be taken from a card now. An unknown card, one that
// cannot be used at this time and one of another currency are each a
// [*RefusedError].
func (c *Cards) Spendable(ctx context.Context, card string, currency money.Currency) (money.Amount, error) {
	code, err := c.look(ctx, card, currency)
	if err != nil {
		return money.Amount{}, err
	}
	return c.s.left(ctx, &code)
}

// Held returns what live holds have taken from a card; see [Cards.Spendable] for the
// errors. Its cost grows with the live holds of the card's campaign.
func (c *Cards) Held(ctx context.Context, card string, currency money.Currency) (money.Amount, error) {
	code, err := c.look(ctx, card, currency)
	if err != nil {
		return money.Amount{}, err
	}
	_, held, err := c.s.held(ctx, code.Campaign, code.Code)
	return money.New(held, currency), err
}

// Hold takes an amount of a card aside until a time, as [Service.Hold] does with the
// use of a coupon.
func (c *Cards) Hold(ctx context.Context, card, ref string, amount money.Amount, until time.Time) error {
	if amount.Sign() <= 0 {
		return field(invalid("%s is not positive", amount), "amount")
	}
	return c.s.hold(ctx, ref, Request{Code: card, Amount: amount}, until, cardUses)
}

// Commit spends what ref holds of a card; see [Service.Commit].
func (c *Cards) Commit(ctx context.Context, card, ref string) error {
	return c.s.Commit(ctx, ref, card)
}

// Release gives back what ref holds of a card; see [Service.Release].
func (c *Cards) Release(ctx context.Context, card, ref string) error {
	return c.s.Release(ctx, ref, card)
}

// GiveBack returns to a card a part of what ref has spent of it, once per key, also
// when the card cannot be used any more; more than that is a [*RefusedError].
func (c *Cards) GiveBack(ctx context.Context, card, key, ref string, amount money.Amount) error {
	code, err := normalized(card)
	if err != nil {
		return field(err, "code")
	}
	_, err = c.s.Refund(ctx, eventid.Of("back", code, key), holdKey(ref, code), amount)
	return err
}
