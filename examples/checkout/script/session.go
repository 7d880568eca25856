package script

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// view is an answer of a session in the form of the cases.
func (s *Shop) view(v checkout.View) map[string]any {
	a := map[string]any{"status": v.Status, "version": v.Version}
	messages := []string{}
	for _, m := range v.Messages {
		messages = append(messages, m.String())
	}
	a["messages"] = messages
	totals := map[string]int64{}
	for _, t := range v.Totals {
		totals[string(t.Type)] = t.Amount.Minor()
	}
	a["totals"] = totals
	taxes := map[string]any{}
	for _, t := range v.Taxes {
		taxes[t.Rate.String()] = map[string]int64{"net": t.Net.Minor(), "tax": t.Tax.Minor()}
	}
	a["taxes"] = taxes
	applied := []any{}
	for _, p := range v.Applied {
		allocations := map[string]int64{}
		for _, l := range p.Allocations {
			allocations[l.Path] = l.Amount.Minor()
		}
		to := map[string]any{"promotion": p.Promotion, "amount": p.Amount.Minor(), "method": p.Method, "allocations": allocations}
		if p.Code != "" {
			to["code"] = p.Code
		}
		applied = append(applied, to)
	}
	a["applied"] = applied
	split := []any{}
	for _, share := range v.Split {
		to := []any{share.Tender, share.Amount.Minor()}
		if share.Points > 0 {
			to = append(to, share.Points)
		}
		split = append(split, to)
	}
	a["split"] = split
	options := []any{}
	for _, o := range v.Offers {
		to := map[string]any{"id": o.ID, "charge": o.Charge.Minor()}
		if !o.Earliest.IsZero() {
			to["earliest"], to["latest"] = o.Earliest.String(), o.Latest.String()
		}
		options = append(options, to)
	}
	a["options"] = options
	if v.Action != nil {
		a["action"] = "payment"
	}
	if v.Order != "" {
		for name, id := range s.orderIDs {
			if id == v.Order {
				a["order"] = name
			}
		}
		a["total"] = v.Total.Minor()
	}
	return a
}

func (s *Shop) answer(v checkout.View, err error) (map[string]any, error) {
	return s.view(v), err
}

func linesOf(c cart.Cart) map[string]any {
	lines := map[string]any{}
	for _, l := range c.Lines {
		lines[l.ID] = []any{l.SKU, l.Quantity}
	}
	return map[string]any{"lines": lines}
}

// formSessionSteps are the steps of carts, sessions, webhooks, clock and shop.
var formSessionSteps = map[string]formHandler{
	"cart.open": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		c := cart.Cart{ID: cart.ID(step.Cart), Customer: flywheel.CustomerID(step.Customer), Currency: s.currency}
		if step.Customer == "" {
			c.Visitor = flywheel.VisitorID(step.Cart)
		}
		created, err := s.Carts.Create(ctx, c)
		return linesOf(created), err
	},
	"cart.add": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		line := cart.Line{SKU: flywheel.SKU(step.SKU), Quantity: step.Quantity}
		if _, err := s.Carts.Get(ctx, cart.ID(step.Cart)); errors.Is(err, flywheel.ErrNotFound) {
			c, err := s.Carts.Create(ctx, cart.Cart{
				ID: cart.ID(step.Cart), Visitor: flywheel.VisitorID(step.Cart), Currency: s.currency, Lines: []cart.Line{line},
			})
			return linesOf(c), err
		}
		c, err := s.Carts.Add(ctx, cart.ID(step.Cart), line)
		return linesOf(c), err
	},
	"cart.set": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		c, err := s.Carts.SetQuantity(ctx, cart.ID(step.Cart), step.Line, step.Quantity)
		return linesOf(c), err
	},
	"cart.login": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		c, err := s.Carts.Login(ctx, cart.ID(step.Cart), flywheel.CustomerID(step.Customer))
		a := linesOf(c)
		if c.ID != cart.ID(step.Cart) {
			a["into"] = c.ID
		}
		return a, err
	},
	"session.open": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		return s.answer(s.Sessions.Open(ctx, cart.ID(step.Cart), checkout.SessionID(step.Session)))
	},
	"session.get": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		return s.answer(s.Sessions.Get(ctx, checkout.SessionID(step.Session)))
	},
	"session.cancel": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		return s.answer(s.Sessions.Cancel(ctx, checkout.SessionID(step.Session)))
	},
	"session.buyer": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		return s.answer(s.Sessions.SetBuyer(ctx, checkout.SessionID(step.Session), checkout.Buyer{Email: step.Email, VATExempt: step.VATExempt}))
	},
	"session.address": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		to := order.Address{Country: step.Address.Country, Region: step.Address.Region, Postcode: step.Address.Postcode}
		return s.answer(s.Sessions.SetAddress(ctx, checkout.SessionID(step.Session), to, nil))
	},
	"session.deliver": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		return s.answer(s.Sessions.Choose(ctx, checkout.SessionID(step.Session), step.Option))
	},
	"session.codes": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		return s.answer(s.Sessions.SetCodes(ctx, checkout.SessionID(step.Session), step.Codes...))
	},
	"session.tenders": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		var tenders []checkout.TenderChoice
		for _, t := range step.Tenders {
			to := checkout.TenderChoice{Type: checkout.TenderType(t.Type), ID: t.ID, Token: t.Token}
			if t.Amount != nil {
				to.Amount = s.Amount(*t.Amount)
			}
			tenders = append(tenders, to)
		}
		return s.answer(s.Sessions.SetTenders(ctx, checkout.SessionID(step.Session), tenders...))
	},
	"session.review": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		return s.answer(s.Sessions.Review(ctx, checkout.SessionID(step.Session), step.OK))
	},
	"place": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		r := checkout.PlaceRequest{Session: checkout.SessionID(step.Session), Key: step.Key, Order: order.ID(step.Order)}
		if step.Seen != nil {
			r.Seen = *step.Seen
		}
		v, err := s.Sessions.Place(ctx, r)
		if v.Order != "" {
			s.orderIDs[string(v.Order)] = v.Order
		}
		return s.answer(v, err)
	},
	"action.finish": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		if of, err := s.Sessions.Session(ctx, checkout.SessionID(step.Session)); err == nil && of.Try != nil && of.Try.Authorization != "" {
			if err := s.Gateway.Finish(of.Try.Authorization, step.Result == "ok"); err != nil && !errors.Is(err, flywheel.ErrConflict) {
				return nil, err
			}
		}
		return s.note(s.Sessions.FinishAction(ctx, checkout.SessionID(step.Session)))
	},
	"resume": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		return s.note(s.Sessions.Resume(ctx, checkout.SessionID(step.Session)))
	},
	"webhook": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		return s.webhook(ctx, step)
	},
	"clock": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		to, err := time.Parse(time.RFC3339, step.To)
		if err != nil {
			return nil, err
		}
		s.now = to
		return nil, s.housekeep(ctx)
	},
	"shop.price": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		for i := range s.list.Entries {
			if s.list.Entries[i].SKU == flywheel.SKU(step.SKU) {
				s.list.Entries[i].Unit = money.PriceOf(s.Amount(step.Price))
			}
		}
		saved, err := s.prices.SaveList(ctx, s.list)
		s.list = saved
		return nil, err
	},
	"shop.withdraw": func(_ context.Context, s *Shop, step *Step) (map[string]any, error) {
		item := s.items[flywheel.SKU(step.SKU)]
		item.Withdrawn = true
		s.items[flywheel.SKU(step.SKU)] = item
		return nil, nil
	},
	"shop.stock": func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		s.steps++
		return nil, s.change(ctx, fmt.Sprintf("step-%d", s.steps), step.SKU, step.Location, step.Change)
	},
}

// note remembers the name of an order that an answer has.
func (s *Shop) note(v checkout.View, err error) (map[string]any, error) {
	if v.Order != "" {
		s.orderIDs[string(v.Order)] = v.Order
	}
	return s.view(v), err
}

// webhook sends what the gateway would send: about a charge it first lets the bank
// answer as the notice says.
func (s *Shop) webhook(ctx context.Context, step *Step) (map[string]any, error) {
	n := map[string]any{"id": step.ID, "type": step.Type, "session": step.Session}
	if step.Order != "o" || strings.HasPrefix(step.Type, "dispute.") {
		n["order"] = step.Order
		delete(n, "session")
	}
	if step.Amount != 0 {
		n["amount"], n["currency"] = step.Amount, s.currency.String()
	}
	if of, err := s.Sessions.Session(ctx, checkout.SessionID(step.Session)); err == nil && of.Try != nil && of.Try.Charge != "" {
		n["charge"] = of.Try.Charge
		if ok := step.Type == "payment.authorized"; (ok || step.Type == "payment.declined") && step.Signature == "" {
			if err := s.Gateway.Answer(of.Try.Charge, ok); err != nil && !errors.Is(err, flywheel.ErrConflict) && !errors.Is(err, flywheel.ErrNotFound) {
				return nil, err
			}
		}
	}
	body, err := json.Marshal(n)
	if err != nil {
		return nil, err
	}
	at, secret := s.now, formSecret
	switch step.Signature {
	case "", "valid":
	case "forged":
		secret = "another secret"
	case "old":
		at = at.Add(-time.Hour)
	default:
		return nil, fmt.Errorf("signature %q", step.Signature)
	}
	out, err := s.webhooks.Handle(ctx, payment.Sign(secret, body, at), body)
	if out.View == nil {
		return map[string]any{}, err
	}
	return s.note(*out.View, err)
}

// housekeep does what is due.
func (s *Shop) housekeep(ctx context.Context) error {
	for _, advance := range []func(context.Context, time.Time) (bool, error){s.Sessions.Advance, s.tickets.Advance} {
		for more := true; more; {
			var err error
			if more, err = advance(ctx, s.now); err != nil {
				return err
			}
		}
	}
	return nil
}
