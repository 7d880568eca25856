package loyalty

import (
	"context"
	"errors"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Publish implements [flywheel.Sink]. A purchase of a known customer earns
// points for its value (for its lines where the program earns by line or
// category); a refund takes back what the program would not have given for
// what remains of the order, named by Ref. Events of this service's own kinds
// are applied where they are not known, so that a memory store can be rebuilt
// from a log. Everything else is ignored, and so are refunds of orders that
// earned nothing here. An event seen before changes nothing; what it led to is
// told once more, under the same ID, in case it was not.
func (s *Service) Publish(ctx context.Context, events ...flywheel.Event) error {
	for i := range events {
		e := &events[i]
		if e.Customer == "" {
			continue
		}
		var err error
		switch e.Name {
		case flywheel.EventPurchase:
			err = s.purchase(ctx, e)
		case flywheel.EventRefund:
			err = s.refund(ctx, e)
		case flywheel.EventPointsEarned, flywheel.EventPointsBurned, flywheel.EventPointsReversed:
			err = s.replay(ctx, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// earnKey names the earning of an order.
func earnKey(e *flywheel.Event) string {
	if e.Ref == "" {
		return e.ID
	}
	return eventid.Of(flywheel.EventPurchase, e.Ref)
}

func (s *Service) purchase(ctx context.Context, e *flywheel.Event) error {
	spend, spends := s.spends(e)
	if spend.Sign() <= 0 {
		return nil
	}
	key := earnKey(e)
	_, err := s.change(ctx, e.Customer, key, "", func(a *Account) (Operation, bool, error) {
		if seen := a.receipt(key); seen != nil {
			return seen.Operation, true, nil
		}
		multiplier := s.ledger.multiplier(a.Activity, e.Time)
		earned, err := s.ledger.Points(multiplier, spends...)
		if err != nil {
			return Operation{}, false, err
		}
		return Operation{
			Member: e.Customer, Key: key, Kind: Earn, Points: earned.Total, At: e.Time,
			Qualifying: earned.Base, Spend: spend, Multiplier: multiplier,
		}, true, nil
	})
	return err
}

// multiplier returns the tier bonus of a member, zero for none.
func (l *Ledger) multiplier(activity []Activity, at time.Time) money.Rate {
	if l.tiering == nil {
		return money.Rate{}
	}
	return l.tiering.Tiers[l.tiering.at(activity, at)].Multiplier
}

// spends returns what a purchase earns for, in all and by amount.
func (s *Service) spends(e *flywheel.Event) (total money.Amount, spends []Spend) {
	if !e.Value.IsZero() && !s.ledger.earning.perLine && len(s.ledger.earning.bonus) == 0 {
		return e.Value, []Spend{{Amount: e.Value}}
	}
	for _, line := range e.Lines {
		sum, err := total.Add(line.Amount)
		if err != nil { // lines of different currencies, or too much of one
			return e.Value, []Spend{{Amount: e.Value}}
		}
		total = sum
		spends = append(spends, Spend{Amount: line.Amount, Category: s.category(line.SKU)})
	}
	if total.IsZero() {
		return e.Value, []Spend{{Amount: e.Value}}
	}
	return total, spends
}

func (s *Service) refund(ctx context.Context, e *flywheel.Event) error {
	if e.Ref == "" || e.Value.Sign() <= 0 {
		return nil
	}
	of := eventid.Of(flywheel.EventPurchase, e.Ref)
	_, err := s.change(ctx, e.Customer, e.ID, of, func(a *Account) (Operation, bool, error) {
		if seen := a.receipt(e.ID); seen != nil {
			return seen.Operation, true, nil
		}
		earned := a.receipt(of)
		if earned == nil || earned.Kind != Earn {
			return Operation{}, false, nil
		}
		points, qualifying, spend, err := s.ledger.takeBack(earned, e.Value)
		if err != nil {
			return Operation{}, false, err
		}
		op := Operation{
			Member: e.Customer, Key: e.ID, Kind: ReverseEarn, Of: of, Points: points, At: e.Time,
			Qualifying: qualifying, Spend: spend,
		}
		return op, true, nil
	})
	return err
}

// takeBack returns what a refund takes back of an earning: what has been earned
// and not taken back, less the points for what remains of the order. An order
// that earned by line or category keeps the share of its points that remains of
// its amount, by the program's rounding.
func (l *Ledger) takeBack(earned *Receipt, refund money.Amount) (points, qualifying int64, spend money.Amount, err error) {
	left, err := earned.Spend.Sub(earned.Refunded)
	if err != nil {
		return 0, 0, spend, err
	}
	remaining, err := left.Sub(refund)
	if err != nil {
		return 0, 0, spend, err
	}
	spend = refund
	if remaining.Sign() < 0 { // more than was paid: shipping, goodwill
		remaining, spend = money.New(0, earned.Spend.Currency()), left
	}
	var keep Earned
	if l.earning.perLine || len(l.earning.bonus) > 0 {
		keep, err = l.share(earned, remaining)
	} else {
		keep, err = l.Points(earned.Multiplier, Spend{Amount: remaining})
	}
	if err != nil {
		return 0, 0, spend, err
	}
	return max(0, earned.Points-earned.Reversed-keep.Total), max(0, earned.Qualifying-earned.Requalified-keep.Base), spend, nil
}

func (l *Ledger) share(earned *Receipt, remaining money.Amount) (Earned, error) {
	total, err := money.New(earned.Points, remaining.Currency()).MulRatio(remaining.Minor(), earned.Spend.Minor(), l.earning.rounding)
	if err != nil {
		return Earned{}, err
	}
	base, err := money.New(earned.Qualifying, remaining.Currency()).MulRatio(remaining.Minor(), earned.Spend.Minor(), l.earning.rounding)
	return Earned{Total: total.Minor(), Base: base.Minor()}, err
}

// replay applies an operation that an event of this service tells of.
func (s *Service) replay(ctx context.Context, e *flywheel.Event) error {
	op, ok := operationOf(e)
	if !ok {
		return nil
	}
	_, err := s.change(ctx, op.Member, op.Key, op.Of, func(a *Account) (Operation, bool, error) {
		return op, a.receipt(op.Key) == nil, nil
	})
	// What a log tells has happened; where this store disagrees, because it
	// began later, there is nothing to repair by stopping.
	if errors.Is(err, flywheel.ErrConflict) || errors.Is(err, flywheel.ErrNotFound) {
		return nil
	}
	return err
}
