package segmentsql

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/segment"
)

//go:embed migrations
var migrations embed.FS

// Store is a segment.LogStore and a flywheel.Transactor.
type Store struct {
	db     *flywheel.SQL
	secret atomic.Pointer[[]byte]
	swept  atomic.Int64
}

// New returns the store in db. It does no I/O; call [flywheel.Migrate] before the
// first use.
func New(db *flywheel.SQL) *Store { return &Store{db: db} }

// Handle implements flywheel.Stored: the database, which is the store's Transactor.
func (s *Store) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the database's.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Migrations implements flywheel.SQLStore.
func (s *Store) Migrations() []flywheel.Migrations {
	return []flywheel.Migrations{{Package: "segment", Files: migrations}, cursor.Migrations}
}

// key is what the log knows an event by: a hash of its ID under the log's secret,
// so that the ID of an erased event cannot be found by trying.
func key(secret []byte, id string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(id))
	return h.Sum(nil)[:16]
}

// ready returns the log's secret, after it has carried over a log of the form
// before.
func (s *Store) ready(ctx context.Context) ([]byte, error) {
	if known := s.secret.Load(); known != nil {
		return *known, nil
	}
	var secret []byte
	var old bool
	if err := s.db.Read(ctx).QueryRowContext(ctx, `SELECT secret, EXISTS (SELECT 1 FROM flywheel_events_v1)
		FROM flywheel_event_head WHERE id = 1`).Scan(&secret, &old); err != nil {
		return nil, err
	}
	if old {
		return secret, s.carry(ctx, secret) // not kept: the transaction of ctx may roll back
	}
	s.secret.Store(&secret)
	return secret, nil
}

// maxRows is the longest INSERT. Batches are cut into powers of two, so that
// there are few different statements to prepare.
const maxRows = 256

// chunks calls fn for each part of n rows.
func chunks(n int, fn func(from, to int) error) error {
	for done := 0; done < n; {
		m := 1
		for m < maxRows && m*2 <= n-done {
			m *= 2
		}
		if err := fn(done, done+m); err != nil {
			return err
		}
		done += m
	}
	return nil
}

// Append implements segment.LogStore.
func (s *Store) Append(ctx context.Context, told time.Time, teller string, events ...flywheel.Event) error {
	if len(events) == 0 {
		return ctx.Err()
	}
	bodies := make([]string, len(events))
	for i := range events {
		body, err := json.Marshal(&events[i])
		if err != nil {
			return &flywheel.EventError{ID: events[i].ID, Field: "body", Err: fmt.Errorf("%w: %w", flywheel.ErrInvalid, err)}
		}
		bodies[i] = string(body)
	}
	secret, err := s.ready(ctx)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return chunks(len(events), func(from, to int) error {
			return insert(ctx, tx, secret, told, teller, events[from:to], bodies[from:to])
		})
	})
}

// insert adds one chunk and compares what was there before.
func insert(ctx context.Context, tx *sqldb.Tx, secret []byte, told time.Time, teller string, events []flywheel.Event, bodies []string) error {
	args := make([]any, 0, 8*len(events))
	for i := range events {
		e := &events[i]
		args = append(args, key(secret, e.ID), sqldb.Micros(told), teller, e.Name, sqldb.Micros(e.Time), string(e.Customer), string(e.Visitor), bodies[i])
	}
	added, err := sqldb.Select(ctx, tx, `INSERT INTO flywheel_events (key, told, teller, name, time, customer, visitor, body) VALUES `+
		sqldb.Values(len(events), 8)+` ON CONFLICT (key) DO NOTHING RETURNING key`, args, func(r sqldb.Row) (key []byte, err error) {
		err = r.Scan(&key)
		return key, err
	})
	if err != nil {
		return err
	}
	if len(added) > 0 {
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var n int
			err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM flywheel_events WHERE key = ?`, added[0]).Scan(&n)
			return n > 0, err
		})
	}
	if len(added) == len(events) {
		return nil
	}
	return compare(ctx, tx, secret, events)
}

// compare refuses an event that is not the one stored under its ID. Of an erased
// one only the ID is known.
func compare(ctx context.Context, q sqldb.Queryer, secret []byte, events []flywheel.Event) error {
	for i := range events {
		e := &events[i]
		var body sql.NullString
		if err := q.QueryRowContext(ctx, `SELECT body FROM flywheel_events WHERE key = ?`, key(secret, e.ID)).Scan(&body); err != nil {
			return err
		}
		if !body.Valid {
			continue
		}
		var stored flywheel.Event
		if err := decode(body.String, &stored); err != nil {
			return err
		}
		if !segment.SameEvent(&stored, e) {
			return fmt.Errorf("segment: event %q: %w", e.ID, segment.ErrEventConflict)
		}
	}
	return nil
}

func decode(body string, e *flywheel.Event) error {
	if err := json.Unmarshal([]byte(body), e); err != nil {
		return fmt.Errorf("segmentsql: stored event: %w", err)
	}
	return nil
}
