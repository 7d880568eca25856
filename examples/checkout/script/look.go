package script

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// formSessionLooks are what is compared at the end of sessions, stock, codes,
// balances and events.
var formSessionLooks = map[string]formLook{
	"sessions": func(ctx context.Context, s *Shop, want json.RawMessage) (any, error) {
		got := map[string]checkout.SessionStatus{}
		names, err := keysOf(want)
		for _, name := range names {
			v, err := s.Sessions.Get(ctx, checkout.SessionID(name))
			if errors.Is(err, flywheel.ErrExpired) {
				v.Status, err = checkout.Expired, nil
			}
			if err != nil {
				return nil, err
			}
			got[name] = v.Status
		}
		return got, err
	},
	"stock": func(ctx context.Context, s *Shop, want json.RawMessage) (any, error) {
		got := map[string]map[string]int64{}
		names, err := keysOf(want)
		for _, name := range names {
			sku, at, _ := strings.Cut(name, "@")
			got[name] = map[string]int64{}
			for l, err := range s.Stock.Levels(ctx, flywheel.SKU(sku)) {
				if err != nil {
					return nil, err
				}
				numbers := map[string]int64{}
				for key, n := range map[string]int64{
					"available": max(0, l.Available()), "held": l.Reserved, "allocated": l.Allocated, "backordered": l.Backordered,
				} {
					if n != 0 {
						numbers[key] = n
					}
				}
				if len(numbers) > 0 || string(l.Location) == at {
					got[sku+"@"+string(l.Location)] = numbers
				}
			}
		}
		return got, err
	},
	"coupons": func(ctx context.Context, s *Shop, want json.RawMessage) (any, error) {
		got := map[string]map[string]int64{}
		for name := range s.setup.Coupons {
			used, held, err := s.Codes.Uses(ctx, name)
			if err != nil {
				return nil, err
			}
			got[name] = map[string]int64{"used": used}
			if held != 0 {
				got[name]["held"] = held
			}
		}
		return got, nil
	},
	"gift_cards": func(ctx context.Context, s *Shop, want json.RawMessage) (any, error) {
		got := map[string]map[string]int64{}
		for name, c := range s.setup.GiftCards {
			currency := s.currency
			if c.Currency != "" {
				currency = money.MustCurrency(c.Currency)
			}
			now := s.now
			if !c.Until.IsZero() && !now.Before(c.Until) {
				s.now = c.Until.Add(-time.Second) // what is on a card that has ended
			}
			left, err := s.Cards.Spendable(ctx, name, currency)
			if err != nil {
				return nil, err
			}
			held, err := s.Cards.Held(ctx, name, currency)
			if err != nil {
				return nil, err
			}
			s.now = now
			got[name] = formBalanceOf(left.Minor(), held.Minor())
		}
		return got, nil
	},
	"store_credit": func(ctx context.Context, s *Shop, want json.RawMessage) (any, error) {
		got := map[string]map[string]int64{}
		names, err := keysOf(want)
		for _, name := range names {
			left, err := s.Credit.Spendable(ctx, name, s.currency)
			if err != nil {
				return nil, err
			}
			held, err := s.Credit.Held(ctx, name, s.currency)
			if err != nil {
				return nil, err
			}
			got[name] = formBalanceOf(left.Minor(), held.Minor())
		}
		return got, err
	},
	"points": func(ctx context.Context, s *Shop, want json.RawMessage) (any, error) {
		got := map[string]map[string]int64{}
		for name := range s.setup.Points {
			left, err := s.Points.Spendable(ctx, flywheel.CustomerID(name))
			if err != nil {
				return nil, err
			}
			b, err := s.Points.Balance(ctx, flywheel.CustomerID(name))
			if err != nil {
				return nil, err
			}
			got[name] = formBalanceOf(left, b.Held)
		}
		return got, nil
	},
	"events": func(_ context.Context, s *Shop, want json.RawMessage) (any, error) {
		got := map[string]int{}
		for _, name := range []string{
			"begin_checkout", "checkout_expired", "purchase", "shipped", "delivered", "order_canceled", "order_edited", "return_requested",
			"return_received", "exchanged", "claimed", "refund", "ticket_breached", "ticket_survey",
		} {
			if n := len(s.Told[name]); n > 0 {
				got[name] = n
			}
		}
		return got, nil
	},
}

func formBalanceOf(balance, held int64) map[string]int64 {
	b := map[string]int64{"balance": balance}
	if held != 0 {
		b["held"] = held
	}
	return b
}

func keysOf(object json.RawMessage) ([]string, error) {
	var of map[string]json.RawMessage
	err := json.Unmarshal(object, &of)
	return slices.Sorted(maps.Keys(of)), err
}
