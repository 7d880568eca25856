package segment

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// Position is the place of an event in the log: 1, 2, 3, … without gaps. Zero
// is before the first.
type Position int64

// Entry is an event and its place. Its Lines and Properties are shared with the
// log and must not be changed.
type Entry struct {
	Position Position       `json:"position"`
	Event    flywheel.Event `json:"event"`
}

// LogStore keeps a log and how far its consumers have come. Implementations are
// safe for concurrent use, honour ctx, and join the transaction carried by ctx.
// One that is a flywheel.Transactor too lets [Log.Drain] move a cursor in the
// transaction of the changes it stands for.
type LogStore interface {
	// Append adds the events in their order, all or none. An event whose ID is
	// in the log with an equal body is passed over; with another body the error
	// matches flywheel.ErrConflict. The store keeps copies. Times are in UTC to
	// the microsecond, as [Log.Publish] passes them.
	Append(ctx context.Context, events ...flywheel.Event) error
	// Read returns at most limit entries after a position, in order. Every
	// committed event has its place among them or will get one after all that
	// were ever returned, so that who follows by position misses none.
	Read(ctx context.Context, after Position, limit int) ([]Entry, error)
	// Cursor returns how far a consumer has come, zero for one not known.
	Cursor(ctx context.Context, consumer string) (Position, error)
	// Advance moves a consumer's cursor if it stands at from; else the error
	// matches flywheel.ErrConflict.
	Advance(ctx context.Context, consumer string, from, to Position) error
}

// ErrEventConflict reports that an event's ID is in the log with another body.
var ErrEventConflict = fmt.Errorf("segment: event id is taken by another event: %w", flywheel.ErrConflict)

// LogOptions are the options of [NewLog]. Nil means defaults.
type LogOptions struct {
	// Tx makes a consumer's changes and its cursor one transaction. The default
	// is the store, where it is a flywheel.Transactor.
	Tx flywheel.Transactor
	// Batch is how many events [Log.Drain] delivers in one transaction; default
	// 512.
	Batch int
}

const (
	defaultBatch = 512
	maxBatch     = 1 << 16
)

// Log is the durable list of everything that happened, in one order for all. It
// is a flywheel.Sink that remembers, and safe for concurrent use.
type Log struct {
	store LogStore
	tx    flywheel.Transactor
	batch int
}

// NewLog returns a log over store; nil is a fresh memory store.
func NewLog(store LogStore, opts *LogOptions) (*Log, error) {
	if store == nil {
		store = NewMemoryLog(nil)
	}
	if opts == nil {
		opts = &LogOptions{}
	}
	l := &Log{store: store, tx: opts.Tx, batch: opts.Batch}
	if l.tx == nil {
		l.tx, _ = store.(flywheel.Transactor)
	}
	if l.batch == 0 {
		l.batch = defaultBatch
	}
	if l.batch < 0 || l.batch > maxBatch {
		return nil, fmt.Errorf("segment: batch of %d events, allowed 1 to %d: %w", opts.Batch, maxBatch, flywheel.ErrOutOfRange)
	}
	return l, nil
}

// Handle implements flywheel.Stored: the database of the store.
func (l *Log) Handle() flywheel.Transactor {
	if s, ok := l.store.(flywheel.Stored); ok {
		return s.Handle()
	}
	return nil
}

// Publish implements flywheel.Sink: it appends the events in their order, all or
// none, in the transaction of ctx where there is one. An event that is in the log
// already is passed over; an ID with another body is [ErrEventConflict].
func (l *Log) Publish(ctx context.Context, events ...flywheel.Event) error {
	if len(events) == 0 {
		return ctx.Err()
	}
	events, err := normal(events)
	if err != nil {
		return err
	}
	return l.store.Append(ctx, events...)
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

// Read returns at most limit entries after a position, in order; none means that
// there are no more now.
func (l *Log) Read(ctx context.Context, after Position, limit int) ([]Entry, error) {
	if after < 0 || limit < 1 || limit > maxBatch {
		return nil, fmt.Errorf("segment: read %d entries after %d: %w", limit, after, flywheel.ErrOutOfRange)
	}
	return l.store.Read(ctx, after, limit)
}

// Entries yields all entries after a position, as long as there are more. An
// error is yielded once, last.
func (l *Log) Entries(ctx context.Context, after Position) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		at := after
		for {
			entries, err := l.Read(ctx, at, l.batch)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if len(entries) == 0 {
				return
			}
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
				at = e.Position
			}
		}
	}
}

// Cursor returns how far a consumer has come.
func (l *Log) Cursor(ctx context.Context, consumer string) (Position, error) {
	if err := flywheel.CheckID(consumer); err != nil {
		return 0, fmt.Errorf("segment: consumer: %w", err)
	}
	return l.store.Cursor(ctx, consumer)
}

// Drain delivers to sink every event after the consumer's durable cursor, batch
// by batch, and returns how many. Where there is a Transactor the cursor moves in
// the transaction of the sink's changes: exactly once for a sink whose store
// shares the database. Without one, and for sinks elsewhere, it is at least once.
// Drains of one consumer that run at the same time share the work. Drain must not
// be called within a transaction, since each batch is one.
//
// A consumer that lives in memory has nothing to go with a durable cursor: use
// [Log.Follow].
func (l *Log) Drain(ctx context.Context, consumer string, sink flywheel.Sink) (delivered int, err error) {
	at, err := l.Cursor(ctx, consumer)
	if err != nil {
		return 0, err
	}
	for {
		entries, err := l.store.Read(ctx, at, l.batch)
		if err != nil || len(entries) == 0 {
			return delivered, err
		}
		to := entries[len(entries)-1].Position
		if to <= at {
			return delivered, misplaced(at, to)
		}
		taken, err := l.deliver(ctx, consumer, at, to, sink, eventsOf(entries))
		switch {
		case err != nil:
			return delivered, err
		case taken:
			delivered += len(entries)
			at = to
		default: // by another Drain: go on from where it stands
			if at, err = l.store.Cursor(ctx, consumer); err != nil {
				return delivered, err
			}
		}
	}
}

// deliver publishes one batch and advances the cursor. It reports false when the
// cursor stands elsewhere.
func (l *Log) deliver(ctx context.Context, consumer string, from, to Position, sink flywheel.Sink, events []flywheel.Event) (bool, error) {
	advance := func(ctx context.Context) error {
		err := l.store.Advance(ctx, consumer, from, to)
		if errors.Is(err, flywheel.ErrConflict) {
			return &movedError{err}
		}
		return err
	}
	var err error
	if l.tx == nil {
		if err = sink.Publish(ctx, events...); err == nil {
			err = advance(ctx)
		}
	} else {
		// The cursor first: its lock keeps a second Drain from the same work.
		err = l.tx.InTx(ctx, func(ctx context.Context) error {
			if err := advance(ctx); err != nil {
				return err
			}
			return sink.Publish(ctx, events...)
		})
	}
	if _, moved := errors.AsType[*movedError](err); moved {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("segment: consumer %q, events %d to %d: %w", consumer, from+1, to, err)
	}
	return true, nil
}

// misplaced reports a store that would be followed for ever.
func misplaced(after, last Position) error {
	return fmt.Errorf("segment: the store read up to %d after %d", last, after)
}

// movedError tells a conflict of the cursor from one of the sink.
type movedError struct{ error }

func (e *movedError) Unwrap() error { return e.error }

func eventsOf(entries []Entry) []flywheel.Event {
	events := make([]flywheel.Event, len(entries))
	for i := range entries {
		events[i] = entries[i].Event
	}
	return events
}

// Follower delivers a log to a consumer that lives in memory: it keeps the
// position itself, so that a new process starts both anew and the consumer
// rebuilds its state from the log. It is safe for concurrent use.
type Follower struct {
	log  *Log
	sink flywheel.Sink

	mu sync.Mutex
	at Position
}

// Follow returns a Follower that delivers to sink what is after a position.
func (l *Log) Follow(sink flywheel.Sink, after Position) *Follower {
	return &Follower{log: l, sink: sink, at: after}
}

// Drain delivers every event not delivered yet and returns how many. After an
// error it goes on with the batch that failed.
func (f *Follower) Drain(ctx context.Context) (delivered int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		entries, err := f.log.Read(ctx, f.at, f.log.batch)
		if err != nil || len(entries) == 0 {
			return delivered, err
		}
		to := entries[len(entries)-1].Position
		if to <= f.at {
			return delivered, misplaced(f.at, to)
		}
		if err := f.sink.Publish(ctx, eventsOf(entries)...); err != nil {
			return delivered, fmt.Errorf("segment: events %d to %d: %w", f.at+1, to, err)
		}
		f.at = to
		delivered += len(entries)
	}
}

// Position returns the position of the last event delivered.
func (f *Follower) Position() Position {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}
