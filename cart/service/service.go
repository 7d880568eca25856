package service

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/told"
)

// Options configure a [Service]; nil and zero fields are the defaults.
type Options struct {
	// Calendar says when time counts; nil is always.
	Calendar *Calendar
	// SLA has the targets of each priority. Without any there is one priority, the
	// empty one, and no due times.
	SLA map[Priority]Target
	// Now is the clock, time.Now by default; NewID names tickets, UUIDv7 by default.
	Now   func() time.Time
	NewID func() string
	// Sink receives [EventOpened], [EventBreached] and [EventSurvey]; nil is nobody.
	Sink flywheel.Sink
	// Tx makes a change and its events one; by default the store's own.
	Tx flywheel.Transactor
}

// Service keeps tickets. It is safe for concurrent use. A call that is made for an
// actor (flywheel.WithActor) sees its own tickets, answers for others as if they were
// not there, and may open a ticket and write; what is the shop's is forbidden.
type Service struct {
	store  Store
	desk   *Desk
	now    func() time.Time
	newID  func() string
	teller told.Teller
	tx     flywheel.Transactor
}

// New returns a service on store, a new [MemoryStore] when it is nil. It does no
// I/O. The error is that of [NewDesk].
func New(store Store, opts *Options) (*Service, error) {
	if opts == nil {
		opts = &Options{}
	}
	if store == nil {
		store = NewMemory(nil)
	}
	s := &Service{store: store, now: opts.Now, newID: opts.NewID, teller: told.New(store, opts.Sink), tx: handle.Tx(opts.Tx, store)}
	var err error
	if s.desk, err = NewDesk(opts.Calendar, opts.SLA); err != nil {
		return nil, err
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.newID == nil {
		s.newID = newid.New
	}
	return s, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Request opens a ticket.
type Request struct {
	// ID makes it one: the same request again answers with what is there. Empty
	// opens a ticket of a new name with each call.
	ID       ID
	Customer flywheel.CustomerID
	Visitor  flywheel.VisitorID // of a guest
	Contact  string             // where a guest is reached
	Order    string
	Return   string
	Subject  string
	Text     string
	Priority Priority
	Assignee string
	Metadata map[string]string
}

// Open opens a ticket now, from where both its clocks run. An id that is there with
// another customer, order, return or subject is an error matching
// flywheel.ErrKeyReused.
func (s *Service) Open(ctx context.Context, r Request) (Ticket, error) {
	t := Ticket{
		ID: r.ID, Customer: r.Customer, Visitor: r.Visitor, Contact: r.Contact, Order: r.Order, Return: r.Return,
		Subject: r.Subject, Priority: r.Priority, Assignee: r.Assignee, Metadata: r.Metadata,
	}
	if t.ID == "" {
		t.ID = ID(s.newID())
	}
	if err := errors.Join(t.check(), checkText(r.Text)); err != nil {
		return Ticket{}, err
	}
	if !flywheel.Allowed(ctx, t.Customer, t.Visitor) {
		return Ticket{}, missing(t.ID)
	}
	now := s.now().UTC().Truncate(time.Microsecond)
	t, err := s.desk.Open(t, now)
	if err != nil {
		return Ticket{}, err
	}
	var answer Ticket
	err = s.tx.InTx(ctx, func(ctx context.Context) error {
		there, err := s.store.Get(ctx, t.ID)
		switch {
		case err == nil && !flywheel.Allowed(ctx, there.Customer, there.Visitor):
			return missing(t.ID)
		case err == nil && (there.Customer != t.Customer || there.Visitor != t.Visitor || there.Order != t.Order || there.Return != t.Return || there.Subject != t.Subject):
			return fmt.Errorf("service: ticket %q: %w", t.ID, flywheel.ErrKeyReused)
		case err == nil:
			answer = s.desk.Advance(there, now)
			return nil
		case !errors.Is(err, flywheel.ErrNotFound):
			return err
		}
		t := t
		t.Entries = 1
		if answer, err = s.store.Save(ctx, t, Entry{Ticket: t.ID, N: 1, Action: Opened, By: Customer, Text: r.Text, At: now}); err != nil {
			return err
		}
		return s.teller.Tell(ctx, event(EventOpened, &answer))
	})
	if err != nil {
		return Ticket{}, err
	}
	return answer, nil
}

// Note is what somebody says or does to a ticket.
type Note struct {
	// Key makes it happen once per ticket: again it answers with the ticket as it is
	// now. Empty happens with each call.
	Key  string
	Text string
}

// Reply records an answer of the shop; wait says that the customer is to act next,
// so that the clock stands. A closed ticket refuses it with a [*StatusError], as
// all that follow.
func (s *Service) Reply(ctx context.Context, id ID, n Note, wait bool) (Ticket, error) {
	return s.move(ctx, id, Entry{Action: Replied, By: Shop}, n, func(t Ticket, now time.Time) (Ticket, error) { return s.desk.Reply(t, wait, now) })
}

// Wrote records what the customer wrote: the ticket is open again.
func (s *Service) Wrote(ctx context.Context, id ID, n Note) (Ticket, error) {
	return s.move(ctx, id, Entry{Action: Wrote, By: Customer}, n, s.desk.Wrote)
}

// Solve says that the shop takes the ticket for solved.
func (s *Service) Solve(ctx context.Context, id ID, n Note) (Ticket, error) {
	return s.move(ctx, id, Entry{Action: SolvedIt, By: Shop}, n, s.desk.Solve)
}

// Close closes a solved ticket and emits [EventSurvey], once. A closed one stays as
// it is.
func (s *Service) Close(ctx context.Context, id ID, n Note) (Ticket, error) {
	return s.move(ctx, id, Entry{Action: ClosedIt, By: Shop}, n, s.desk.Close)
}

// Prioritize gives a ticket another priority; see [Desk.Prioritize].
func (s *Service) Prioritize(ctx context.Context, id ID, p Priority, n Note) (Ticket, error) {
	return s.move(ctx, id, Entry{Action: Prioritized, By: Shop}, n, func(t Ticket, now time.Time) (Ticket, error) { return s.desk.Prioritize(t, p, now) })
}

// Assign says who of the shop takes care of a ticket, empty for nobody.
func (s *Service) Assign(ctx context.Context, id ID, assignee string) (Ticket, error) {
	return s.move(ctx, id, Entry{}, Note{}, func(t Ticket, now time.Time) (Ticket, error) {
		t, err := s.desk.move(t, "assign", now, func(t *Ticket) { t.Assignee = assignee })
		if err == nil {
			err = t.check()
		}
		return t, err
	})
}

// Get returns a ticket as it is now: what is late is among Breached, also before it
// was reported.
func (s *Service) Get(ctx context.Context, id ID) (Ticket, error) {
	t, err := s.get(ctx, id)
	if err != nil {
		return Ticket{}, err
	}
	return s.desk.Advance(t, s.now()), nil
}

// get returns a stored ticket. Of another's it is told what is told of none.
func (s *Service) get(ctx context.Context, id ID) (Ticket, error) {
	t, err := s.store.Get(ctx, id)
	if errors.Is(err, flywheel.ErrNotFound) || err == nil && !flywheel.Allowed(ctx, t.Customer, t.Visitor) {
		return Ticket{}, missing(id)
	}
	return t, err
}

func missing(id ID) error { return fmt.Errorf("service: ticket %q: %w", id, flywheel.ErrNotFound) }

// Entries yields what happened to a ticket, in order. An error is yielded once,
// last.
func (s *Service) Entries(ctx context.Context, id ID) iter.Seq2[Entry, error] {
	if _, known := flywheel.ActorOf(ctx); known {
		if _, err := s.get(ctx, id); err != nil {
			return func(yield func(Entry, error) bool) { yield(Entry{}, err) }
		}
	}
	return s.store.Entries(ctx, id)
}

// List yields the tickets that pass a filter, by when they were opened; for an actor
// only its own. An error is yielded once, last.
func (s *Service) List(ctx context.Context, f Filter) iter.Seq2[Ticket, error] {
	actor, known := flywheel.ActorOf(ctx)
	if !known {
		return s.store.List(ctx, f)
	}
	left := f.Limit
	f.Limit = 0
	if actor.Customer != "" {
		if f.Customer != "" && f.Customer != actor.Customer {
			return func(func(Ticket, error) bool) {}
		}
		f.Customer = actor.Customer
	}
	return func(yield func(Ticket, error) bool) {
		for t, err := range s.store.List(ctx, f) {
			if err == nil && !actor.Owns(t.Customer, t.Visitor) {
				continue
			}
			if !yield(t, err) || err != nil {
				return
			}
			if left--; left == 0 {
				return
			}
		}
	}
}

// Advance reports the breaches up to an instant of the trusted clock, a small batch
// in a transaction, and whether there were any. Processes that share a store take
// different tickets.
func (s *Service) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	now = now.UTC().Truncate(time.Microsecond)
	err = s.tx.InTx(ctx, func(ctx context.Context) error {
		more = false
		list, err := s.store.Due(ctx, now, due.Batch)
		if err != nil {
			return err
		}
		for _, before := range list {
			if _, err := s.save(ctx, &before, s.desk.Advance(before, now), nil, now); err != nil && !errors.Is(err, ErrStale) {
				return err // a stale one was moved just now
			}
			more = true
		}
		return nil
	})
	return more && err == nil, err
}

// Deliver publishes to the Sink what it did not accept before, as far as that is to
// be tried again at now, and reports whether there was anything.
func (s *Service) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return s.teller.Deliver(ctx, now)
}

// Forget blanks what is kept of a customer; see [Store].
func (s *Service) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return s.tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.teller.Forget(ctx, customer); err != nil {
			return err
		}
		return s.store.Forget(ctx, customer)
	})
}

// attempts is how often a ticket that others change is loaded and moved again.
const attempts = 20

// move loads a ticket, moves it and saves it with an entry, unless that is empty.
func (s *Service) move(ctx context.Context, id ID, e Entry, n Note, fn func(t Ticket, now time.Time) (Ticket, error)) (Ticket, error) {
	if n.Key != "" {
		if err := flywheel.CheckID(n.Key); err != nil {
			return Ticket{}, &flywheel.FieldError{Field: "key", Err: fmt.Errorf("service: %w", err)}
		}
	}
	if err := checkText(n.Text); err != nil {
		return Ticket{}, err
	}
	e.Key, e.Text = n.Key, n.Text
	now := s.now().UTC().Truncate(time.Microsecond)
	for range attempts {
		var after Ticket
		err := s.tx.InTx(ctx, func(ctx context.Context) error {
			before, err := s.get(ctx, id)
			if err != nil {
				return err
			}
			if _, actor := flywheel.ActorOf(ctx); actor && e.By != Customer {
				return fmt.Errorf("service: ticket %q: only the shop may do this: %w", id, flywheel.ErrForbidden)
			}
			next, err := fn(before, now)
			if err != nil {
				return err
			}
			if before.Status == Closed { // closed again: what was not told then is told now
				after = next
				return s.teller.Tell(ctx, event(EventSurvey, &after))
			}
			entry := &e
			if e.Action == "" {
				entry = nil
			}
			after, err = s.save(ctx, &before, next, entry, now)
			return err
		})
		switch {
		case err == nil:
			return after, nil
		case errors.Is(err, ErrStale):
			continue
		case e.Key != "" && (errors.Is(err, ErrRepeated) || errors.Is(err, ErrStatus)):
			return s.repeated(ctx, id, &e, now, err)
		}
		return Ticket{}, err
	}
	return Ticket{}, ErrStale
}

// repeated answers a call whose key may have had its effect before with the ticket
// as it is now, else with the error of the call.
func (s *Service) repeated(ctx context.Context, id ID, e *Entry, now time.Time, cause error) (Ticket, error) {
	for there, err := range s.store.Entries(ctx, id) {
		switch {
		case err != nil:
			return Ticket{}, err
		case there.Key != e.Key:
			continue
		case there.Action != e.Action:
			return Ticket{}, fmt.Errorf("service: ticket %q: key %q: %w", id, e.Key, flywheel.ErrKeyReused)
		}
		t, err := s.get(ctx, id)
		return s.desk.Advance(t, now), err
	}
	return Ticket{}, cause
}

// save saves a moved ticket with its entries and reports what happened.
func (s *Service) save(ctx context.Context, before *Ticket, next Ticket, e *Entry, now time.Time) (Ticket, error) {
	var entries []Entry
	add := func(e Entry) {
		next.Entries++
		e.Ticket, e.N, e.At = next.ID, next.Entries, now
		entries = append(entries, e)
	}
	breached := next.Breached[len(before.Breached):]
	for _, clock := range breached {
		add(Entry{Action: BreachedIt, By: Time, Text: string(clock)})
	}
	if e != nil {
		add(*e)
	}
	saved, err := s.store.Save(ctx, next, entries...)
	if err != nil {
		return Ticket{}, err
	}
	for _, clock := range breached {
		told := event(EventBreached, &saved, string(clock))
		told.Time, told.Properties[PropClock] = now, string(clock)
		if err := s.teller.Tell(ctx, told); err != nil {
			return Ticket{}, err
		}
	}
	if saved.Status == Closed {
		if err := s.teller.Tell(ctx, event(EventSurvey, &saved)); err != nil {
			return Ticket{}, err
		}
	}
	return saved, nil
}
