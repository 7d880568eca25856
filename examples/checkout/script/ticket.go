package script

import (
	"context"
	"encoding/json"
	"time"

	"github.com/flywheel-go/flywheel/cart/service"
)

// openTickets opens the desk.
func (s *Shop) openTickets(context.Context) (err error) {
	cal := s.setup.Calendar
	c := &service.Calendar{Zone: cal.Zone, Holidays: cal.Holidays}
	if c.Days, err = formDays(cal.Days); err != nil {
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
	s.tickets, err = service.New(service.NewMemory(s.DB), &service.Options{Calendar: c, SLA: sla, Now: s.Clock, Sink: s})
	return err
}

// formTicket makes a call for the ticket of a step.
func formTicket(call func(ctx context.Context, s *Shop, id service.ID, step *Step) (service.Ticket, error)) formHandler {
	return func(ctx context.Context, s *Shop, step *Step) (map[string]any, error) {
		t, err := call(ctx, s, service.ID(step.Ticket), step)
		if err != nil {
			return nil, err
		}
		return formTicketTold(&t), nil
	}
}

func formTicketTold(t *service.Ticket) map[string]any {
	told := map[string]any{"status": t.Status, "breached": append([]service.Clock{}, t.Breached...)}
	for name, due := range map[string]time.Time{"first_due": t.FirstDue, "resolve_due": t.ResolveDue} {
		if !due.IsZero() {
			told[name] = due
		}
	}
	return told
}

// formTicketSteps are the steps of after-sales tickets.
var formTicketSteps = map[string]formHandler{
	"ticket.open": formTicket(func(ctx context.Context, s *Shop, id service.ID, step *Step) (service.Ticket, error) {
		return s.tickets.Open(ctx, service.Request{ID: id, Order: string(s.orderIDs[step.Order]), Priority: service.Priority(step.Priority)})
	}),
	"ticket.reply": formTicket(func(ctx context.Context, s *Shop, id service.ID, step *Step) (service.Ticket, error) {
		return s.tickets.Reply(ctx, id, service.Note{}, step.Wait)
	}),
	"ticket.customer": formTicket(func(ctx context.Context, s *Shop, id service.ID, _ *Step) (service.Ticket, error) {
		return s.tickets.Wrote(ctx, id, service.Note{})
	}),
	"ticket.solve": formTicket(func(ctx context.Context, s *Shop, id service.ID, _ *Step) (service.Ticket, error) {
		return s.tickets.Solve(ctx, id, service.Note{})
	}),
	"ticket.close": formTicket(func(ctx context.Context, s *Shop, id service.ID, _ *Step) (service.Ticket, error) {
		return s.tickets.Close(ctx, id, service.Note{})
	}),
	"ticket.priority": formTicket(func(ctx context.Context, s *Shop, id service.ID, step *Step) (service.Ticket, error) {
		return s.tickets.Prioritize(ctx, id, service.Priority(step.Priority), service.Note{})
	}),
}

// formTicketLooks are what is compared of tickets at the end.
var formTicketLooks = map[string]formLook{
	"tickets": func(ctx context.Context, s *Shop, want json.RawMessage) (any, error) {
		got := map[string]any{}
		names, err := keysOf(want)
		for _, name := range names {
			t, err := s.tickets.Get(ctx, service.ID(name))
			if err != nil {
				return nil, err
			}
			told := formTicketTold(&t)
			got[name] = map[string]any{"status": told["status"], "breached": told["breached"]}
		}
		return got, err
	},
}
