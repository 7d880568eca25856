package page

import (
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money/locale"
)

// orders is the list of orders, the newest of them first where none is searched for.
func (s *Shop) orders(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("q", "to", "cursor")
	if err != nil {
		return web.Answer{}, err
	}
	t := table{ID: "orders", Title: "Orders", Empty: "No order is like that.", Columns: []string{"Number", "Placed", "By", "Goods", "Money", "Total"}, Next: f["cursor"]}
	for wanted := most(r, t.ID, 50); len(t.Rows) < wanted; {
		p, err := s.Orders.Page(r.Context(), order.Filter{Text: f["q"], ToShip: f["to"] == "ship"}, t.Next, min(wanted, order.MaxPage))
		if err != nil {
			return web.Answer{}, err
		}
		for i := range p.Items {
			t.Rows = append(t.Rows, orderRow(r, &p.Items[i]))
		}
		if t.Next = p.Next; t.Next == "" {
			break
		}
	}
	b := board{Filter: f["to"], Title: "Orders", Note: "Found by words of number, name, e-mail, titles and items.", Tables: []table{t}, Found: true}
	if f["to"] != "ship" {
		b.Links = []cell{link("Only those to ship", r.At("/desk/orders?to=ship"))}
	} else {
		b.Title, b.Links = "Orders to ship", []cell{link("All orders", r.At("/desk/orders"))}
	}
	return s.board(r, b)
}

func orderRow(r *web.Request, o *order.Order) []cell {
	who := o.Contact.Name
	if who == "" {
		who = o.Contact.Email
	}
	return []cell{link(o.Number, r.At("/desk/orders/"+string(o.ID))), text(clock(o.PlacedAt)), text(who), text(string(o.State())), text(string(o.Status)), sum(o.Total)}
}

// oneOrder is an order with what can be done next.
func (s *Shop) oneOrder(r *web.Request) (web.Answer, error) {
	o, err := s.Orders.Get(r.Context(), order.ID(r.PathValue("id")))
	if err != nil {
		return web.Answer{}, err
	}
	at := r.At("/desk/orders/" + string(o.ID))
	b := board{Title: "Order " + o.Number, Note: fmt.Sprintf("%s · %s %s · placed %s", o.State(), o.Contact.Name, o.Contact.Email, clock(o.PlacedAt)), Tiles: []tile{
		{Name: "Total", Value: euros(o.Total)}, {Name: "captured", Value: euros(o.Payment.Captured)}, {Name: "refunded", Value: euros(o.Payment.Refunded)},
		{Name: "can be refunded", Value: euros(o.Refundable())},
	}}
	if o.Customer != "" {
		b.Links = append(b.Links, link("Customer", r.At("/desk/customers/"+string(o.Customer))))
	}
	lines := table{ID: "lines", Title: "Lines", Columns: []string{"Item", "Units", "Goods", "Total", "Why"}}
	for i := range o.Lines {
		l := &o.Lines[i]
		why := cell{Text: "price"}
		for _, step := range l.Trace {
			why.Why = append(why.Why, fmt.Sprintf("%s %s %s", step.Kind, step.Source, euros(step.Amount)))
		}
		lines.Rows = append(lines.Rows, []cell{text(l.Title), number(l.Quantity), text(string(l.State())), sum(l.Total), why})
	}
	parcels := table{ID: "parcels", Title: "Parcels", Columns: []string{"Parcel", "Status", "Promised", "Tracking", "Next"}, Empty: "Nothing is sent."}
	for i := range o.Parcels {
		p := &o.Parcels[i]
		next := cell{}
		switch p.Status {
		case order.ParcelOpen:
			next = button("Ship", at+"/ship", "parcel", p.ID)
		case order.ParcelShipped:
			next = button("Delivered", at+"/deliver", "parcel", p.ID)
		}
		parcels.Rows = append(parcels.Rows, []cell{link(p.ID, at+"/slips/"+p.ID), text(string(p.Status)), text(fmt.Sprintf("%s – %s", p.Earliest, p.Latest)), text(strings.TrimSpace(p.Carrier + " " + p.Tracking)), next})
	}
	returns := table{ID: "returns", Title: "Returns", Columns: []string{"Return", "Reason", "Since", "Next"}, Empty: "Nothing comes back."}
	for _, rma := range o.RMAs {
		next := button("Received as new", at+"/receive", "return", rma.ID)
		if !rma.ReceivedAt.IsZero() {
			next = text("received " + clock(rma.ReceivedAt))
		} else if !rma.CanceledAt.IsZero() {
			next = text("kept")
		}
		returns.Rows = append(returns.Rows, []cell{text(rma.ID), text(rma.Reason), text(clock(rma.At)), next})
	}
	papers := table{ID: "papers", Title: "Papers", Columns: []string{"Paper", "Written", "Net", "Tax", "Total"}, Empty: "No paper is written yet."}
	for i, d := range o.Documents {
		papers.Rows = append(papers.Rows, []cell{link(fmt.Sprintf("%s %d", d.Kind, d.Number), fmt.Sprintf("%s/papers/%d", at, i)), text(clock(d.At)), sum(d.Net), sum(d.Tax), sum(d.Total)})
	}
	story := table{ID: "story", Title: "What happened", Columns: []string{"When", "What", "Amount"}}
	for _, m := range o.Timeline() {
		story.Rows = append(story.Rows, []cell{text(clock(m.At)), text(strings.TrimSpace(m.What + " " + m.Parcel + " " + m.Key)), sum(m.Amount)})
	}
	b.Tables = []table{lines, parcels, returns, papers, story}
	for _, p := range o.Parcels {
		if p.Status == order.ParcelOpen {
			b.Forms = append(b.Forms, form{ID: "ship-" + p.ID, Title: "Send " + p.ID + " with a tracking number", Action: at + "/ship", Button: "Send", Fields: []field{
				{Name: "parcel", Type: "hidden", Value: p.ID}, {Name: "carrier", Label: "Carrier", Choices: data.Carriers}, {Name: "tracking", Label: "Tracking number"},
			}})
		}
	}
	b.Forms = append(b.Forms, form{
		ID: "refund", Title: "Refund without goods", Action: at + "/refund", Button: "Refund",
		Fields: []field{{Name: "amount", Label: "Amount", Hint: "such as 5.00"}, {Name: "reason", Label: "Reason"}, {Name: "key", Type: "hidden", Value: fmt.Sprintf("desk-%d", o.Version)}},
	})
	return s.board(r, b)
}

// do carries out a command and shows the order again.
func (s *Shop) do(r *web.Request, c order.Command) (web.Answer, error) {
	id := order.ID(r.PathValue("id"))
	if _, err := s.Orders.Do(r.Context(), id, c); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/orders/" + string(id))
}

func (s *Shop) ship(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("parcel", "carrier", "tracking")
	if err != nil {
		return web.Answer{}, err
	}
	return s.do(r, &order.Ship{Parcel: f["parcel"], Carrier: f["carrier"], Tracking: f["tracking"]})
}

func (s *Shop) deliver(r *web.Request) (web.Answer, error) {
	parcel, err := r.Text("parcel")
	if err != nil {
		return web.Answer{}, err
	}
	return s.do(r, &order.Deliver{Parcel: parcel})
}

// refund gives money back without goods, once for the version of the order that was seen.
func (s *Shop) refund(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("amount", "reason", "key")
	if err != nil {
		return web.Answer{}, err
	}
	english, err := locale.Find("en")
	if err != nil {
		return web.Answer{}, err
	}
	o, err := s.Orders.Get(r.Context(), order.ID(r.PathValue("id")))
	if err != nil {
		return web.Answer{}, err
	}
	amount, err := english.Parse(f["amount"], o.Currency)
	if err != nil {
		return web.Answer{}, &flywheel.FieldError{Field: "amount", Err: err}
	}
	return s.do(r, &order.PayBack{Key: f["key"], Amount: amount, Reason: f["reason"]})
}

// receive takes in a return as it was asked for, in new condition.
func (s *Shop) receive(r *web.Request) (web.Answer, error) {
	id, err := r.Text("return")
	if err != nil {
		return web.Answer{}, err
	}
	o, err := s.Orders.Get(r.Context(), order.ID(r.PathValue("id")))
	if err != nil {
		return web.Answer{}, err
	}
	rma := o.RMA(id)
	if rma == nil {
		return web.Answer{}, fmt.Errorf("store: return %q: %w", id, flywheel.ErrNotFound)
	}
	c := &order.Receive{ID: id, Lines: map[string]order.Received{}}
	for _, l := range rma.Lines {
		c.Lines[l.Line] = order.Received{Accepted: l.Quantity, Condition: "new", Restock: fulfillment.DefaultLocation}
	}
	return s.do(r, c)
}
