package checkout_test

import (
	"context"
	"encoding/json"
	"time"

	"github.com/flywheel-go/flywheel/cart/service"
)

// openTickets opens the desk.
func (s *refShop) openTickets(context.Context) (err error) {
	cal := s.setup.Calendar
	c := &service.Calendar{Zone: cal.Zone, Holidays: cal.Holidays}
	if c.Days, err = refDays(cal.Days); err != nil {
		return err
	}
	for _, hours := range cal.Hours {
		span, err := service.ParseSpan(hours[0], hours[1])
		if err != nil {
			return err
		}
		c.Hours = append(c.Hours, span)
	}
	sla := map[service.Priority]service.Target{}
	for name, t := range s.setup.SLA {
		sla[service.Priority(name)] = service.Target{First: time.Duration(t.First) * time.Minute, Resolve: time.Duration(t.Resolve) * time.Minute}
	}
	s.tickets, err = service.New(service.NewMemory(s.db), &service.Options{Calendar: c, SLA: sla, Now: s.clock, Sink: s})
	return err
}

// refTicket makes a call for the ticket of a step.
func refTicket(call func(ctx context.Context, s *refShop, id service.ID, step *refStep) (service.Ticket, error)) refHandler {
	return func(ctx context.Context, s *refShop, step *refStep) (map[string]any, error) {
		t, err := call(ctx, s, service.ID(step.Ticket), step)
		if err != nil {
			return nil, err
		}
		return refTicketTold(&t), nil
	}
}

func refTicketTold(t *service.Ticket) map[string]any {
	told := map[string]any{"status": t.Status, "breached": append([]service.Clock{}, t.Breached...)}
	for name, due := range map[string]time.Time{"first_due": t.FirstDue, "resolve_due": t.ResolveDue} {
		if !due.IsZero() {
			told[name] = due
		}
	}
	return told
}

// refTicketSteps are the steps of after-sales tickets.
var refTicketSteps = map[string]refHandler{
	"ticket.open": refTicket(func(ctx context.Context, s *refShop, id service.ID, step *refStep) (service.Ticket, error) {
		return s.tickets.Open(ctx, service.Request{ID: id, Order: string(s.orderIDs[step.Order]), Priority: service.Priority(step.Priority)})
	}),
	"ticket.reply": refTicket(func(ctx context.Context, s *refShop, id service.ID, step *refStep) (service.Ticket, error) {
		return s.tickets.Reply(ctx, id, service.Note{}, step.Wait)
	}),
	"ticket.customer": refTicket(func(ctx context.Context, s *refShop, id service.ID, _ *refStep) (service.Ticket, error) {
		return s.tickets.Wrote(ctx, id, service.Note{})
	}),
	"ticket.solve": refTicket(func(ctx context.Context, s *refShop, id service.ID, _ *refStep) (service.Ticket, error) {
		return s.tickets.Solve(ctx, id, service.Note{})
	}),
	"ticket.close": refTicket(func(ctx context.Context, s *refShop, id service.ID, _ *refStep) (service.Ticket, error) {
		return s.tickets.Close(ctx, id, service.Note{})
	}),
	"ticket.priority": refTicket(func(ctx context.Context, s *refShop, id service.ID, step *refStep) (service.Ticket, error) {
		return s.tickets.Prioritize(ctx, id, service.Priority(step.Priority), service.Note{})
	}),
}

// refTicketLooks are what is compared of tickets at the end.
var refTicketLooks = map[string]refLook{
	"tickets": func(ctx context.Context, s *refShop, want json.RawMessage) (any, error) {
		got := map[string]any{}
		names, err := keysOf(want)
		for _, name := range names {
			t, err := s.tickets.Get(ctx, service.ID(name))
			if err != nil {
				return nil, err
			}
			told := refTicketTold(&t)
			got[name] = map[string]any{"status": told["status"], "breached": told["breached"]}
		}
		return got, err
	},
}
