package coupon

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// CardPattern is what codes of gift cards look like by default: 79 bits in groups
// of four.
var CardPattern = Pattern{Length: 16, Group: 4}

// IssueCards generates n gift cards of a value and adds them to a campaign, whose
// Starts and Ends say when they can be used; its limits and budgets are for
// coupons. The pattern must have the 64 bits of [GiftCard]; its zero value is
// [CardPattern].
func (s *Service) IssueCards(ctx context.Context, campaign string, p Pattern, n int, value money.Amount) ([]string, error) {
	if value.Sign() <= 0 || value.Currency().IsZero() {
		return nil, field(invalid("%s", value), "value")
	}
	if _, err := s.store.Campaign(ctx, campaign); err != nil {
		return nil, err
	}
	if p == (Pattern{}) {
		p = CardPattern
	}
	return s.issue(ctx, campaign, p, GiftCard, n, value)
}

// Charge takes an amount from a gift card, or nothing when less is left. The key
// makes it once, as with [Service.Redeem].
func (s *Service) Charge(ctx context.Context, key string, q Request) (Redemption, error) {
	if q.Amount.Sign() <= 0 {
		return Redemption{}, field(invalid("%s is not positive", q.Amount), "amount")
	}
	return s.redeem(ctx, key, q, time.Time{}, cardUses)
}

// cardUses counts what a card is charged.
func cardUses(code *Code, _ *Campaign, q *Request, _ time.Time) ([]Tally, error) {
	if err := chargeable(code, q); err != nil {
		return nil, err
	}
	return []Tally{{valueTally + code.Code, q.Amount.Minor(), code.Value.Minor()}}, nil
}

func chargeable(code *Code, q *Request) error {
	why := Reason("")
	switch {
	case code.Value.IsZero():
		why = NotThisKindOfUse
	case q.Amount != (money.Amount{}) && q.Amount.Currency() != code.Value.Currency():
		why = OtherCurrency
	default:
		return nil
	}
	return &RefusedError{Reason: why, Code: code.Code, Campaign: code.Campaign}
}

func isCharge(r *Redemption) bool {
	return slices.ContainsFunc(r.Uses, func(t Tally) bool { return strings.HasPrefix(t.Name, valueTally) })
}

// Refund gives an amount of an earlier charge back to its card, also when the card
// cannot be used any more. Refunds of a charge together never come to more than
// it. The key makes it once.
func (s *Service) Refund(ctx context.Context, key, charge string, amount money.Amount) (Redemption, error) {
	if err := flywheel.CheckID(key); err != nil {
		return Redemption{}, field(err, "key")
	}
	c, err := s.store.Redemption(ctx, charge)
	if err != nil {
		return Redemption{}, err
	}
	code := Code{Code: c.Code, Campaign: c.Campaign}
	switch {
	case !isCharge(&c) || c.Amount.Sign() < 0 || !c.Held.IsZero():
		return Redemption{}, &RefusedError{Reason: NotThisKindOfUse, Code: c.Code, Campaign: c.Campaign}
	case amount.Sign() <= 0:
		return Redemption{}, field(invalid("%s is not positive", amount), "amount")
	case amount.Currency() != c.Amount.Currency():
		return Redemption{}, field(&money.MismatchError{A: c.Amount.Currency(), B: amount.Currency()}, "amount")
	}
	back, err := amount.Neg()
	if err != nil {
		return Redemption{}, field(err, "amount")
	}
	r, err := s.store.Redeem(ctx, Redemption{
		Key: key, Code: c.Code, Campaign: c.Campaign, Customer: c.Customer, Ref: charge, Amount: back, At: s.opts.Now(),
		Uses: []Tally{
			{refundTally + charge, amount.Minor(), c.Amount.Minor()},
			{valueTally + c.Code, back.Minor(), Unlimited},
		},
	})
	if err != nil {
		return Redemption{}, refusal(err, &code, &Campaign{})
	}
	return r, nil
}

// Balance returns what is left on a gift card, less what is held of it. The request's code and customer are
// looked at, and failures are limited as with any use.
func (s *Service) Balance(ctx context.Context, q Request) (left money.Amount, err error) {
	err = s.try(ctx, &q, func(now time.Time) error {
		code, _, err := s.find(ctx, &q, now)
		if err == nil {
			err = chargeable(&code, &q)
		}
		if err != nil {
			return err
		}
		left, err = s.left(ctx, &code)
		return err
	})
	return left, err
}

// left returns what is neither spent nor held of a card.
func (s *Service) left(ctx context.Context, code *Code) (money.Amount, error) {
	if _, err := s.store.Expire(ctx, code.Campaign, s.opts.Now()); err != nil {
		return money.Amount{}, err
	}
	used, err := s.store.Used(ctx, code.Campaign, valueTally+code.Code)
	if err != nil {
		return money.Amount{}, err
	}
	return code.Value.Sub(money.New(used, code.Value.Currency()))
}
