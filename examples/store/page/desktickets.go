package page

import (
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// tickets are what customers ask, with until when an answer was promised.
func (s *Shop) tickets(r *web.Request) (web.Answer, error) {
	t := table{ID: "tickets", Title: "Open tickets", Empty: "Nobody waits.", Columns: []string{"Ticket", "About", "Priority", "Status", "First answer until", "Solved until", "Broken promises"}}
	late := 0
	for one, err := range s.Tickets.List(r.Context(), service.Filter{Limit: most(r, t.ID, 500)}) {
		if err != nil {
			return web.Answer{}, err
		}
		if one.Status == service.Closed {
			continue
		}
		var broken []string
		for _, c := range one.Breached {
			broken = append(broken, string(c))
		}
		if len(broken) > 0 {
			late++
		}
		t.Rows = append(t.Rows, []cell{
			link(one.Subject, r.At("/desk/tickets/"+string(one.ID))), text(one.Order), text(string(one.Priority)), text(string(one.Status)), text(clock(one.FirstDue)), text(clock(one.ResolveDue)), text(strings.Join(broken, ", ")),
		})
	}
	return s.board(r, board{Title: "Tickets", Tiles: []tile{{Name: "Open", Value: decimal(int64(len(t.Rows)))}, {Name: "With a broken promise", Value: decimal(int64(late))}}, Tables: []table{t}, Forms: []form{{
		ID: "open", Title: "Open a ticket", Note: "For somebody who called.", Action: r.At("/desk/tickets"), Button: "Open",
		Fields: []field{
			{Name: "subject", Label: "About"}, {Name: "contact", Label: "E-mail or phone"}, {Name: "order", Label: "Order", Optional: true},
			{Name: "priority", Label: "Priority", Choices: []string{"normal", "urgent"}}, {Name: "text", Label: "What they say", Type: "text"},
		},
	}}})
}

// openTicket opens a ticket for somebody who called.
func (s *Shop) openTicket(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("subject", "contact", "order", "priority", "text")
	if err != nil {
		return web.Answer{}, err
	}
	one, err := s.Tickets.Open(r.Context(), service.Request{Subject: f["subject"], Contact: f["contact"], Order: f["order"], Text: f["text"], Priority: service.Priority(f["priority"])})
	if err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/tickets/" + string(one.ID))
}

// oneTicket is what was said, and what can be done.
func (s *Shop) oneTicket(r *web.Request) (web.Answer, error) {
	id := service.ID(r.PathValue("id"))
	one, err := s.Tickets.Get(r.Context(), id)
	if err != nil {
		return web.Answer{}, err
	}
	t := table{ID: "entries", Title: "What was said", Columns: []string{"When", "Who", "What", "Text"}}
	for e, err := range s.Tickets.Entries(r.Context(), id) {
		if err != nil {
			return web.Answer{}, err
		}
		t.Rows = append(t.Rows, []cell{text(clock(e.At)), text(string(e.By)), text(string(e.Action)), text(e.Text)})
	}
	b := board{Title: one.Subject, Note: fmt.Sprintf("%s · %s · %s", one.Status, one.Priority, one.Contact), Links: []cell{link("All tickets", r.At("/desk/tickets"))}, Tiles: []tile{
		{Name: "First answer until", Value: orDash(clock(one.FirstDue))}, {Name: "Solved until", Value: orDash(clock(one.ResolveDue))}, {Name: "Broken promises", Value: decimal(int64(len(one.Breached)))},
	}, Tables: []table{t}}
	if one.Customer != "" {
		b.Links = append(b.Links, link("Customer", r.At("/desk/customers/"+string(one.Customer))))
	}
	if one.Order != "" {
		b.Links = append(b.Links, link("Order", r.At("/desk/orders/"+one.Order)))
	}
	if one.Status != service.Closed {
		b.Forms = []form{{
			ID: "reply", Title: "Answer", Action: r.At("/desk/tickets/" + string(id)), Button: "Send",
			Fields: []field{
				{Name: "text", Label: "Text", Type: "text"}, {Name: "then", Label: "Then", Choices: []string{"wait for the customer", "keep it open", "solved", "closed"}},
				{Name: "key", Type: "hidden", Value: fmt.Sprintf("desk-%d", one.Version)},
			},
		}}
	}
	return s.board(r, b)
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// reply answers a ticket, once for the state of it that was seen.
func (s *Shop) reply(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("text", "then", "key")
	if err != nil {
		return web.Answer{}, err
	}
	id, note := service.ID(r.PathValue("id")), service.Note{Key: f["key"], Text: f["text"]}
	switch f["then"] {
	case "solved":
		_, err = s.Tickets.Solve(r.Context(), id, note)
	case "closed":
		_, err = s.Tickets.Close(r.Context(), id, note)
	default:
		_, err = s.Tickets.Reply(r.Context(), id, note, f["then"] == "wait for the customer")
	}
	if err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/tickets/" + string(id))
}
