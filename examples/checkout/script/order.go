package script

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// formOrderSteps are the steps of an order: ship, deliver, cancel, edit, return,
// exchange, claim, refund.
var formOrderSteps = map[string]formHandler{
	"order.ship": formCommand(func(_ *Shop, step *Step) (order.Command, error) {
		lines, err := formUnits(step)
		return &order.Ship{Parcel: step.Parcel, Lines: lines}, err
	}),
	"order.deliver": formCommand(func(_ *Shop, step *Step) (order.Command, error) {
		return &order.Deliver{Parcel: step.Parcel}, nil
	}),
	"order.cancel": formCommand(func(_ *Shop, step *Step) (order.Command, error) {
		lines, err := formUnits(step)
		return &order.CallOff{Key: step.Key, Lines: lines, Reason: step.Reason}, err
	}),
	"order.edit": formCommand(func(s *Shop, step *Step) (order.Command, error) {
		return &order.Edit{Key: step.Key, Add: s.formItems(step.Add), Remove: step.Remove}, nil
	}),
	"return.request": formCommand(func(_ *Shop, step *Step) (order.Command, error) {
		lines, err := formUnits(step)
		return &order.RequestReturn{ID: step.Return, Lines: lines, Reason: step.Reason}, err
	}),
	"return.receive": formCommand(func(_ *Shop, step *Step) (order.Command, error) {
		var received map[string]order.Received
		err := json.Unmarshal(step.Lines, &received)
		return &order.Receive{ID: step.Return, Lines: received, To: order.TenderType(step.To)}, err
	}),
	"exchange": formCommand(func(s *Shop, step *Step) (order.Command, error) {
		lines, err := formUnits(step)
		return &order.Exchange{ID: step.Return, Lines: lines, For: s.formItems(step.For)}, err
	}),
	"claim": formCommand(func(_ *Shop, step *Step) (order.Command, error) {
		lines, err := formUnits(step)
		return &order.Claim{Key: step.Key, Lines: lines, Fault: step.Kind, Remedy: order.Remedy(step.Remedy), To: order.TenderType(step.To)}, err
	}),
	"refund": formCommand(func(s *Shop, step *Step) (order.Command, error) {
		return &order.PayBack{Key: step.Key, Amount: s.Amount(step.Amount), Reason: step.Reason, To: order.TenderType(step.To)}, nil
	}),
}

// formCommand does a command with the order of a step.
func formCommand(command func(s *Shop, step *Step) (order.Command, error)) formHandler {
	return func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		c, err := command(s, step)
		if err != nil {
			return nil, err
		}
		id, known := s.orderIDs[step.Order]
		if !known {
			id = order.ID(step.Order)
		}
		r, err := s.Orders.Do(ctx, id, c)
		if err != nil {
			told := map[string]any{}
			if short, ok := errors.AsType[*order.ShortError](err); ok {
				told["short"] = short.Short
			}
			return told, err
		}
		return formResult(c, &r), nil
	}
}

// formResult is an answer as the cases have it.
func formResult(c order.Command, r *order.Result) map[string]any {
	told := map[string]any{}
	put := func(name string, a money.Amount) { told[name] = a.Minor() }
	switch c.Kind() {
	case order.KindShip:
		put("captured", r.Captured)
		if r.Replayed {
			told["captured"] = 0 // nothing was captured now
		}
	case order.KindCallOff:
		put("released", r.Released)
	case order.KindEdit:
		put("difference", r.Difference)
		put("released", r.Released)
	case order.KindTrade:
		put("difference", r.Difference)
	case order.KindReceive:
		put("fee", r.Fee)
		put("label", r.Label)
		put("delivery", r.Delivery)
	case order.KindClaim:
		put("delivery", r.Delivery)
		told["parcels"] = r.Parcels
	}
	if r.Replayed {
		told["replayed"] = true
	}
	if r.Refund != nil {
		to := map[string]int64{}
		for _, b := range r.Refund.To {
			to[b.Tender] += b.Amount.Minor()
		}
		told["refund"] = map[string]any{
			"net": r.Refund.Net.Minor(), "tax": r.Refund.Tax.Minor(), "total": r.Refund.Total.Minor(), "to": to,
		}
	}
	return told
}

func formUnits(step *Step) (lines map[string]int64, err error) {
	if len(step.Lines) > 0 {
		err = json.Unmarshal(step.Lines, &lines)
	}
	return lines, err
}

func (s *Shop) formItems(list []formAdded) (items []order.Item) {
	for _, a := range list {
		item := order.Item{SKU: flywheel.SKU(a.SKU), Quantity: a.Quantity}
		if a.Agreed != nil {
			agreed := money.PriceOf(s.Amount(*a.Agreed))
			item.Agreed = &agreed
		}
		items = append(items, item)
	}
	return items
}

// formPlaced yields the orders that stand, in the sequence in which they were placed.
func (s *Shop) formPlaced(ctx context.Context) (orders []order.Order, err error) {
	for o, err := range s.Orders.List(ctx, order.Filter{}) {
		if err != nil {
			return nil, err
		}
		orders = append(orders, o)
	}
	return orders, nil
}

// formOrderLooks are what is compared of orders at the end: orders, payments,
// documents.
var formOrderLooks = map[string]formLook{
	"orders": func(ctx context.Context, s *Shop, _ json.RawMessage) (any, error) {
		orders, err := s.formPlaced(ctx)
		looks := map[string]any{}
		for i := range orders {
			o := &orders[i]
			lines, parcels := map[string]any{}, []any{}
			for j := range o.Lines {
				l := &o.Lines[j]
				lines[l.ID] = map[string]any{"original": l.Original(), "total": l.Left(), "fulfilled": l.Fulfilled(), "status": l.State()}
			}
			for j := range o.Parcels {
				p := &o.Parcels[j]
				parcels = append(parcels, map[string]any{
					"id": p.ID, "location": p.Location, "lines": p.Lines(), "status": p.Status, "earliest": p.Earliest, "latest": p.Latest,
				})
			}
			looks[s.formName(o.ID)] = map[string]any{"status": o.State(), "total": o.Total.Minor(), "lines": lines, "parcels": parcels}
		}
		return looks, err
	},
	"payments": func(ctx context.Context, s *Shop, _ json.RawMessage) (any, error) {
		payments := map[string]map[string]int64{}
		put := func(kind, name string, n int64) {
			if n == 0 {
				return
			}
			if payments[kind] == nil {
				payments[kind] = map[string]int64{}
			}
			payments[kind][name] += n
		}
		for _, p := range s.Gateway.Payments() {
			put("card", "authorized", p.Authorized.Minor())
			put("card", "released", p.Released.Minor())
			put("card", "captured", p.Captured.Minor())
			put("card", "refunded", p.Refunded.Minor())
		}
		orders, err := s.formPlaced(ctx)
		for i := range orders {
			for j := range orders[i].Tenders {
				t := &orders[i].Tenders[j]
				if t.Type == order.Card {
					put("card", "refunded", t.Disputed.Minor()) // the bank took it, not the gateway's refund
					continue
				}
				put(string(t.Type), "captured", t.Captured().Minor())
				put(string(t.Type), "refunded", t.Refunded.Minor())
			}
			put("store_credit", "refunded", orders[i].Credited.Minor())
		}
		return payments, err
	},
	"documents": func(ctx context.Context, s *Shop, _ json.RawMessage) (any, error) {
		documents := []any{}
		for _, w := range s.written {
			d := w.document
			documents = append(documents, map[string]any{
				"kind": d.Kind, "number": d.Number, "order": s.formName(w.order), "net": d.Net.Minor(), "tax": d.Tax.Minor(), "total": d.Total.Minor(),
			})
		}
		return documents, nil
	},
}

// formWritten is a document and the order that it belongs to.
type formWritten struct {
	order    order.ID
	document order.Document
}

// Save notes the documents in the sequence in which they are written.
func (r formOrders) Save(ctx context.Context, o order.Order) (order.Order, error) {
	before, err := r.MemoryStore.Get(ctx, o.ID)
	if err != nil {
		return before, err
	}
	saved, err := r.MemoryStore.Save(ctx, o)
	if err == nil {
		flywheel.AfterCommit(ctx, func(context.Context) { // not those of a transaction that is run again
			for _, d := range saved.Documents[len(before.Documents):] {
				r.shop.written = append(r.shop.written, formWritten{o.ID, d})
			}
		})
	}
	return saved, err
}

// formName is the name that a case has for an order.
func (s *Shop) formName(id order.ID) string {
	for name, of := range s.orderIDs {
		if of == id {
			return name
		}
	}
	return fmt.Sprintf("unnamed %s", id)
}
