package service

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
)

// The events that this package emits. Ref is the ticket, Customer who asked;
// properties are those below.
const (
	// EventOpened reports a new ticket.
	EventOpened = "ticket_opened"
	// EventBreached reports a due time that has passed unmet, once per clock.
	EventBreached = "ticket_breached"
	// EventSurvey reports a closed ticket: the customer may be asked how it was.
	EventSurvey = "ticket_survey"
)

// Properties of the events.
const (
	PropClock    = "clock"    // of a breach: "first" or "resolve"
	PropPriority = "priority" // all
	PropOrder    = "order"    // all, where there is one
	PropReturn   = "return"   // all, where there is one
)

// event returns an event of a ticket whose ID follows from its name, the ticket and
// the parts.
func event(name string, t *Ticket, parts ...string) flywheel.Event {
	e := flywheel.Event{
		ID: eventid.Of(name, append([]string{string(t.ID)}, parts...)...), Name: name, Time: t.Updated,
		Customer: t.Customer, Ref: string(t.ID), Properties: map[string]any{PropPriority: string(t.Priority)},
	}
	if t.Order != "" {
		e.Properties[PropOrder] = t.Order
	}
	if t.Return != "" {
		e.Properties[PropReturn] = t.Return
	}
	return e
}

// Breach is a read [EventBreached].
type Breach struct {
	Ticket   ID
	Clock    Clock
	Priority Priority
	Order    string
}

// ReadBreach reads an event; ok is false for any other.
func ReadBreach(e flywheel.Event) (b Breach, ok bool) {
	if e.Name != EventBreached {
		return Breach{}, false
	}
	clock, ok := e.Properties[PropClock].(string)
	priority, _ := e.Properties[PropPriority].(string)
	order, _ := e.Properties[PropOrder].(string)
	return Breach{Ticket: ID(e.Ref), Clock: Clock(clock), Priority: Priority(priority), Order: order}, ok
}
