package checkout

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// sessionCode is a code of the session.
type sessionCode struct {
	text    string // in normal form
	unlocks string // the promotion, empty where it does nothing
}

// typed has a code that came to the session counted if it fails. That it cannot be used
// is for the quote to say; the error is that it was not looked up.
func (s *Sessions) typed(ctx context.Context, of *Session, code string) error {
	if s.opts.Codes == nil {
		return nil
	}
	_, err := s.opts.Codes.Check(ctx, coupon.Request{Code: code, Customer: of.Customer, Visitor: of.Visitor})
	if err != nil && !errors.Is(err, coupon.ErrRefused) {
		return fmt.Errorf("checkout: code: %w", err)
	}
	return nil
}

// typedCard is typed for a gift card that the session did not have, where the service of
// the codes keeps the cards too.
func (s *Sessions) typedCard(ctx context.Context, of *Session, t *TenderChoice) error {
	cards, own := s.opts.GiftCards.(*coupon.Cards)
	codes, counts := s.opts.Codes.(interface {
		Cards() *coupon.Cards
		Balance(ctx context.Context, q coupon.Request) (money.Amount, error)
	})
	if t.Type != order.GiftCard || !own || !counts || cards == nil || *codes.Cards() != *cards {
		return nil
	}
	for i := range of.Tenders {
		if of.Tenders[i].Type == order.GiftCard && of.Tenders[i].ID == t.ID {
			return nil
		}
	}
	_, err := codes.Balance(ctx, coupon.Request{Code: t.ID, Customer: of.Customer, Visitor: of.Visitor})
	if err != nil && !errors.Is(err, coupon.ErrRefused) {
		return fmt.Errorf("checkout: gift card: %w", err)
	}
	return nil
}

// readCodes finds what the codes unlock, and warns of those that do nothing.
func (s *Sessions) readCodes(ctx context.Context, of *Session, q *sessionQuote) error {
	seen := map[string]bool{}
	for i, typed := range of.Codes {
		c := sessionCode{text: coupon.Normalize(typed)}
		path := at(pathCodes, i)
		switch {
		case seen[c.text]:
			q.messages = append(q.messages, warned(CodeAlreadyApplied, path))
		case s.opts.Codes == nil:
			q.messages = append(q.messages, warned(CodeInvalid, path))
		default:
			seen[c.text] = true
			campaign, err := s.opts.Codes.Look(ctx, coupon.Request{Code: typed, Customer: q.cart.Customer, Visitor: q.cart.Visitor})
			if err == nil {
				c.unlocks = campaign.Promotion
				break
			}
			m, err := s.refusedCode(err, path)
			if err != nil {
				return err
			}
			q.messages = append(q.messages, m)
		}
		q.codes = append(q.codes, c)
	}
	return nil
}

// refusedCode says in the words of messages why a code cannot be used.
func (s *Sessions) refusedCode(err error, path string) (Message, error) {
	r, ok := errors.AsType[*coupon.RefusedError](err)
	if !ok {
		return Message{}, fmt.Errorf("checkout: code: %w", err)
	}
	if s.opts.Hidden || r.Series {
		return warned(CodeInvalid, path), nil
	}
	return warned(messageOf(r.Reason), path), nil
}

// messageOf is the code of the message for a reason.
func messageOf(r coupon.Reason) string {
	switch r {
	case coupon.Unknown, coupon.NotStarted, coupon.Disabled, coupon.NotThisKindOfUse, coupon.OtherCurrency:
		return CodeInvalid
	case coupon.Ended:
		return CodeExpired
	case coupon.NeedsCustomer:
		return CodeNotLoggedIn
	case coupon.OtherCustomer:
		return CodeIneligible
	}
	return CodeUsageLimit
}

// CodeReasons tells the shop's own staff why codes of a session cannot be used now, by
// code in normal form, whatever the buyer is told. Codes that can be used are not in
// the answer. Calls for an actor are forbidden.
func (s *Sessions) CodeReasons(ctx context.Context, id SessionID) (map[string]coupon.Reason, error) {
	if _, known := flywheel.ActorOf(ctx); known {
		return nil, fmt.Errorf("checkout: reasons of codes: %w", flywheel.ErrForbidden)
	}
	of, err := s.store.Session(ctx, id)
	if err != nil {
		return nil, err
	}
	reasons := map[string]coupon.Reason{}
	for _, typed := range of.Codes {
		code := coupon.Normalize(typed)
		if s.opts.Codes == nil {
			reasons[code] = coupon.Unknown
			continue
		}
		_, err := s.opts.Codes.Look(ctx, coupon.Request{Code: typed, Customer: of.Customer, Visitor: of.Visitor})
		if err == nil {
			continue
		}
		r, ok := errors.AsType[*coupon.RefusedError](err)
		if !ok {
			return nil, err
		}
		reasons[code] = r.Reason
	}
	return reasons, nil
}

// codeOf returns the code that counts for a promotion, "" where it needs none.
func (q *sessionQuote) codeOf(unlocks string) string {
	for _, c := range q.codes {
		if c.unlocks == unlocks {
			return c.text
		}
	}
	return ""
}

// codeMessages warns of codes whose promotions did not apply beside others, or lack
// something.
func (s *Sessions) codeMessages(q *sessionQuote) {
	for i, c := range q.codes {
		if c.unlocks == "" {
			continue
		}
		why := ""
		for _, r := range q.quote.Refused {
			if r.Promotion != c.unlocks {
				continue
			}
			switch r.Reason {
			case pricing.ReasonExclusive, pricing.ReasonGroup, pricing.ReasonNotWith, pricing.ReasonOutdone:
				why = CodeCombination
			case pricing.ReasonMinimum, pricing.ReasonQuantity:
				why = CodeMinimumNotMet
			}
		}
		if why != "" {
			q.messages = append(q.messages, warned(why, at(pathCodes, i)))
		}
	}
}
