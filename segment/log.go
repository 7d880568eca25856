package segment

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
)

// LogStore keeps a log. Events are appended without a place, so that writers
// never wait for each other, and get it later by [LogStore.Number]; reading never
// writes. Implementations are safe for concurrent use, honor ctx, and join the
// transaction carried by ctx.
type LogStore interface {
	// Append adds the events in their order, all or none. told is the writer's
	// clock and teller the consumer that tells, or "". An event whose ID is in the
	// log with an equal body, or was erased, is passed over; with another body
	// the error matches [ErrEventConflict]. In a transaction a store may gather
	// events and write them together before COMMIT: then an ID that the log has
	// with another body is an error of the transaction, at its end, while one that
	// the same transaction has appended is one of the call. The store keeps copies.
	// Times are in UTC to the microsecond, as [Log.Publish] passes them.
	Append(ctx context.Context, told time.Time, teller string, events ...flywheel.Event) error
	// Number gives committed events that have no position their places, as
	// [Numbering.Assign] says, and returns how many. Positions are 1, 2, 3, …
	// without gaps; an event that commits late gets a late one, so that whoever
	// follows by position misses none.
	Number(ctx context.Context, n Numbering) (int, error)
	// Read returns numbered entries in order of position, at most q.Limit. Their
	// Effective is left to the caller. Erased ones have the name [EventErased].
	Read(ctx context.Context, q Query) ([]flywheel.Entry, error)
	// Last returns the last position given and when its entry was received.
	Last(ctx context.Context) (flywheel.Position, time.Time, error)
	// Links returns the links of a visitor and those of a customer, in order of
	// visitor, From and Position.
	Links(ctx context.Context, visitor flywheel.VisitorID, customer flywheel.CustomerID) ([]Link, error)
	// Erase blanks the events at these positions, keeps the positions, and of the
	// IDs only what is needed to know them again; and removes the links of
	// customer.
	Erase(ctx context.Context, customer flywheel.CustomerID, at ...flywheel.Position) error
}

// Query says which entries to read.
type Query struct {
	// After is the position after which to begin, and To the last one wanted; zero
	// is no limit.
	After, To flywheel.Position
	// Person, where it is set, is whose entries are wanted.
	Person flywheel.Person
	// Visitor, where it is set, is whose nameless entries are wanted: those that
	// name this visitor and no customer, whoever's they are.
	Visitor flywheel.VisitorID
	// Name, where it is set, is the name of the events wanted.
	Name string
	// Limit is the most entries to return, 1 to 65536.
	Limit int
}

// ErrEventConflict reports that an event's ID is in the log with another body.
var ErrEventConflict = fmt.Errorf("segment: event id is taken by another event: %w", flywheel.ErrKeyReused)

// LogOptions are the options of [NewLog]. Nil means defaults.
type LogOptions struct {
	// Now is the trusted clock; default time.Now. A replay passes a virtual one.
	Now func() time.Time
	// Skew is how far ahead of its receipt an event's time is believed; default 5
	// minutes, at most a day. Negative means not at all.
	Skew time.Duration
	// Identity says whose the nameless events of a shared device are; default
	// [FirstLinked].
	Identity Identity
}

const (
	defaultSkew = 5 * time.Minute
	maxSkew     = 24 * time.Hour
	readBatch   = 512
	maxBatch    = 1 << 16
)

// Log is the durable list of everything that happened, in one order for all. It
// is a flywheel.Sink that remembers, and safe for concurrent use.
type Log struct {
	store    LogStore
	now      func() time.Time
	skew     time.Duration
	identity Identity
}

// NewLog returns a log over store; nil is a fresh memory store.
func NewLog(store LogStore, opts *LogOptions) (*Log, error) {
	if store == nil {
		store = NewMemoryLog(nil)
	}
	if opts == nil {
		opts = &LogOptions{}
	}
	l := &Log{store: store, now: opts.Now, skew: opts.Skew, identity: opts.Identity}
	if l.now == nil {
		l.now = time.Now
	}
	switch {
	case l.skew == 0:
		l.skew = defaultSkew
	case l.skew < 0:
		l.skew = 0
	case l.skew > maxSkew:
		return nil, fmt.Errorf("segment: skew of %v, at most %v: %w", l.skew, maxSkew, flywheel.ErrOutOfRange)
	}
	if l.identity == "" {
		l.identity = FirstLinked
	}
	return l, l.identity.check()
}

// Handle implements flywheel.Stored with the store's handle, nil where it has
// none.
func (l *Log) Handle() flywheel.Transactor {
	if s, ok := l.store.(flywheel.Stored); ok {
		return s.Handle()
	}
	return nil
}

// clock is the trusted instant, to the microsecond.
func (l *Log) clock() time.Time { return l.now().UTC().Truncate(time.Microsecond) }

// Publish implements flywheel.Sink: it appends the events in their order, all or
// none, in the transaction of ctx where there is one. An event that is in the log
// already is passed over; an ID with another body is [ErrEventConflict]. Events
// can be read once they are numbered, which a [Runner] does.
//
// In a transaction of a SQL handle the events wait and are written by one statement
// before COMMIT. There Publish finds out at once what contradicts an event of the
// same transaction; what contradicts the log ends the transaction with
// [ErrEventConflict], or with a flywheel.TellError that holds it where a service
// reported a fact. In memory, outside a transaction and in one of the caller's own
// (flywheel.SQL.Join) Publish itself answers.
func (l *Log) Publish(ctx context.Context, events ...flywheel.Event) error {
	if len(events) == 0 {
		return ctx.Err()
	}
	events, err := normal(events)
	if err != nil {
		return err
	}
	return l.store.Append(ctx, l.clock(), cursor.Teller(ctx), events...)
}

// Number gives committed events their places and returns how many. It is the
// [Runner]'s step, for whoever reads a log without one.
func (l *Log) Number(ctx context.Context) (n int, err error) { return l.number(ctx, l.clock()) }

func (l *Log) number(ctx context.Context, now time.Time) (n int, err error) {
	for {
		m, err := l.store.Number(ctx, Numbering{Now: now, Skew: l.skew, Identity: l.identity})
		if errors.Is(err, flywheel.ErrUnknownOutcome) {
			continue // what has a place keeps it: doing it again does no harm
		}
		if n += m; err != nil || m == 0 {
			return n, err
		}
	}
}

// normal checks events and returns them with stored times, copying the slice
// only when one differs.
func normal(events []flywheel.Event) ([]flywheel.Event, error) {
	copied := false
	for i := range events {
		e := &events[i]
		if err := e.Validate(); err != nil {
			return nil, err
		}
		if err := checkText(e); err != nil {
			return nil, err
		}
		if at := e.Time.UTC().Truncate(time.Microsecond); at != e.Time {
			if !copied {
				events, copied = append([]flywheel.Event(nil), events...), true
			}
			events[i].Time = at
		}
	}
	return events, nil
}

// checkText refuses what JSON cannot hold: text that is not UTF-8, in the fields
// that Event.Validate leaves free.
func checkText(e *flywheel.Event) error {
	fail := func(field string) error {
		return &flywheel.EventError{ID: e.ID, Field: field, Err: fmt.Errorf("not UTF-8: %w", flywheel.ErrInvalid)}
	}
	switch {
	case !utf8.ValidString(e.Session):
		return fail("session")
	case !utf8.ValidString(e.Ref):
		return fail("ref")
	}
	for k, v := range e.Properties {
		if !utf8.ValidString(k) || !validText(v) {
			return fail("properties." + k)
		}
	}
	return nil
}

func validText(v any) bool {
	switch v := v.(type) {
	case string:
		return utf8.ValidString(v)
	case []any:
		for _, x := range v {
			if !validText(x) {
				return false
			}
		}
	case map[string]any:
		for k, x := range v {
			if !utf8.ValidString(k) || !validText(x) {
				return false
			}
		}
	}
	return true
}

// Read returns at most limit numbered entries after a position, in order; none
// means that there are no more now.
func (l *Log) Read(ctx context.Context, after flywheel.Position, limit int) ([]flywheel.Entry, error) {
	return l.query(ctx, Query{After: after, Limit: limit})
}

func (l *Log) query(ctx context.Context, q Query) ([]flywheel.Entry, error) {
	if q.After < 0 || q.Limit < 1 || q.Limit > maxBatch {
		return nil, fmt.Errorf("segment: read %d entries after %d: %w", q.Limit, q.After, flywheel.ErrOutOfRange)
	}
	entries, err := l.store.Read(ctx, q)
	for i := range entries {
		e := &entries[i]
		e.Effective = effectiveTime(e.Event.Time, e.Received, l.skew)
	}
	return entries, err
}

// Entries yields the numbered entries that q asks for, as long as there are
// more; its Limit, 512 by default, is how many are read at a time. Those erased
// are left out. An error is yielded once, last.
func (l *Log) Entries(ctx context.Context, q Query) iter.Seq2[flywheel.Entry, error] {
	if q.Limit == 0 {
		q.Limit = readBatch
	}
	return func(yield func(flywheel.Entry, error) bool) {
		for {
			entries, err := l.query(ctx, q)
			if err != nil {
				yield(flywheel.Entry{}, err)
				return
			}
			if len(entries) == 0 {
				return
			}
			for _, e := range entries {
				if e.Event.Name != EventErased && !yield(e, nil) {
					return
				}
				q.After = e.Position
			}
		}
	}
}

// Last returns the last position given, zero for an empty log.
func (l *Log) Last(ctx context.Context) (flywheel.Position, error) {
	last, _, err := l.store.Last(ctx)
	return last, err
}

// Unlink removes all links between a visitor and a customer, as if they had never
// been: the visitor's nameless events go back to whoever was linked before, in
// what keeps a history; journeys and points that took them stay. It publishes
// [EventUnlinked] under the ID given.
func (l *Log) Unlink(ctx context.Context, id string, visitor flywheel.VisitorID, customer flywheel.CustomerID) error {
	if visitor == "" || customer == "" {
		return fmt.Errorf("segment: unlink visitor %q and customer %q: %w", visitor, customer, flywheel.ErrInvalid)
	}
	return l.Publish(ctx, flywheel.Event{ID: id, Name: EventUnlinked, Time: l.clock(), Customer: customer, Visitor: visitor})
}

// Links returns what is known of a customer's devices, in order of visitor and
// time.
func (l *Log) Links(ctx context.Context, customer flywheel.CustomerID) ([]Link, error) {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return nil, fmt.Errorf("segment: customer: %w", err)
	}
	return l.store.Links(ctx, "", customer)
}
