package service

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// ID names a ticket.
type ID string

// Priority is how urgent a ticket is: a key of [Options.SLA].
type Priority string

// Status is how far a ticket has come.
type Status string

// The states of a ticket.
const (
	Open    Status = "open"    // the shop has to act
	Waiting Status = "waiting" // the customer has to
	Solved  Status = "solved"  // the customer may still disagree
	Closed  Status = "closed"  // for good
)

// Clock is one of the two clocks of a ticket.
type Clock string

// The clocks.
const (
	First   Clock = "first"   // until the first reply or solution
	Resolve Clock = "resolve" // while the ticket is open
)

// Target is what a priority promises, in business time.
type Target struct {
	First   time.Duration `json:"first"`
	Resolve time.Duration `json:"resolve"`
}

// Ticket is what a customer asks after buying. Its size is constant; what was said
// are entries.
type Ticket struct {
	ID      ID    `json:"id"`
	Version int64 `json:"version"`
	// Customer is who asks, empty for a guest, whom Contact reaches.
	Customer flywheel.CustomerID `json:"customer,omitempty"`
	Contact  string              `json:"contact,omitempty"`
	// Visitor is the device of a guest, to whom the ticket belongs then.
	Visitor flywheel.VisitorID `json:"visitor,omitempty"`
	// Order and Return are what it is about, as far as there is one.
	Order   string `json:"order,omitempty"`
	Return  string `json:"return,omitempty"`
	Subject string `json:"subject,omitempty"`
	// Assignee is who of the shop takes care of it.
	Assignee string            `json:"assignee,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`

	Priority Priority  `json:"priority"`
	Status   Status    `json:"status"`
	Opened   time.Time `json:"opened"`
	Updated  time.Time `json:"updated"`
	Answered time.Time `json:"answered,omitzero"` // first reply or solution
	Closed   time.Time `json:"closed,omitzero"`
	// Target is that of the priority when it was set.
	Target Target `json:"target"`
	// FirstDue is until when the first answer is due, zero once it was given;
	// ResolveDue until when the solution is, zero while that clock stands.
	FirstDue   time.Time `json:"first_due,omitzero"`
	ResolveDue time.Time `json:"resolve_due,omitzero"`
	// Used is the business time that the second clock counted before Since, when it
	// began to run last; Since is zero while it stands.
	Used  time.Duration `json:"used,omitempty"`
	Since time.Time     `json:"since,omitzero"`
	// Breached are the clocks whose due time has passed unmet, in that order.
	Breached []Clock `json:"breached,omitempty"`
	// Entries is how many there are.
	Entries int64 `json:"entries"`
	// Due is the next instant at which time alone changes the ticket, zero for never.
	Due time.Time `json:"due,omitzero"`
}

// Actor is who made an [Entry].
type Actor string

// The actors.
const (
	Shop     Actor = "shop"
	Customer Actor = "customer"
	Time     Actor = "time"
)

// Action is what an [Entry] records.
type Action string

// The actions.
const (
	Opened      Action = "opened"
	Replied     Action = "replied"
	Wrote       Action = "wrote"
	SolvedIt    Action = "solved"
	ClosedIt    Action = "closed"
	Prioritized Action = "prioritized"
	BreachedIt  Action = "breached"
)

// Entry is one thing that happened to a ticket.
type Entry struct {
	Ticket ID    `json:"ticket"`
	N      int64 `json:"n"` // counts from 1 per ticket
	// Key makes what caused it happen once; empty for what time or opening did.
	Key    string    `json:"key,omitempty"`
	Action Action    `json:"action"`
	By     Actor     `json:"by"`
	Text   string    `json:"text,omitempty"`
	At     time.Time `json:"at"`
}

// Clone returns a copy that shares no memory with t.
func (t Ticket) Clone() Ticket {
	t.Breached = slices.Clone(t.Breached)
	t.Metadata = maps.Clone(t.Metadata)
	return t
}

// Normal returns a copy of t as stores keep it: its times in UTC to the
// microsecond, no empty slices and maps.
func (t Ticket) Normal() Ticket {
	for _, at := range []*time.Time{&t.Opened, &t.Updated, &t.Answered, &t.Closed, &t.FirstDue, &t.ResolveDue, &t.Since, &t.Due} {
		*at = at.UTC().Truncate(time.Microsecond)
	}
	t = t.Clone()
	if len(t.Breached) == 0 {
		t.Breached = nil
	}
	if len(t.Metadata) == 0 {
		t.Metadata = nil
	}
	return t
}

// The limits of a ticket.
const (
	maxSubject  = 500
	maxText     = 64 << 10
	maxMetadata = 50
)

func (t *Ticket) check() error {
	field := func(name string, err error) error {
		return &flywheel.FieldError{Field: name, Err: fmt.Errorf("service: %w", err)}
	}
	for _, f := range [...]struct {
		name, id string
		needed   bool
	}{
		{"id", string(t.ID), true},
		{"customer", string(t.Customer), false},
		{"contact", t.Contact, false},
		{"visitor", string(t.Visitor), false},
		{"order", t.Order, false},
		{"return", t.Return, false},
		{"assignee", t.Assignee, false},
	} {
		if f.id == "" && !f.needed {
			continue
		}
		if err := flywheel.CheckID(f.id); err != nil {
			return field(f.name, err)
		}
	}
	if err := plain(t.Subject, maxSubject); err != nil {
		return field("subject", err)
	}
	if len(t.Metadata) > maxMetadata {
		return field("metadata", fmt.Errorf("%d entries, at most %d: %w", len(t.Metadata), maxMetadata, flywheel.ErrLimit))
	}
	for key, value := range t.Metadata {
		if err := plain(key+value, maxSubject); err != nil {
			return field("metadata", fmt.Errorf("%.40q: %w", key, err))
		}
	}
	return nil
}

func checkText(text string) error {
	if err := plain(text, maxText); err != nil {
		return &flywheel.FieldError{Field: "text", Err: fmt.Errorf("service: %w", err)}
	}
	return nil
}

// plain reports text that is too long, or that a database cannot keep.
func plain(text string, most int) error {
	switch {
	case len(text) > most:
		return fmt.Errorf("%d bytes, at most %d: %w", len(text), most, flywheel.ErrLimit)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return fmt.Errorf("not UTF-8 text: %w", flywheel.ErrInvalid)
	}
	return nil
}
