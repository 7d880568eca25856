package segmentsql

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/told"
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

// Append implements segment.LogStore. In a transaction of the handle the events
// wait for each other and are written by one statement before COMMIT.
func (s *Store) Append(ctx context.Context, at time.Time, teller string, events ...flywheel.Event) error {
	if len(events) == 0 {
		return ctx.Err()
	}
	rows := make([]row, len(events))
	for i := range events {
		e := &events[i]
		body, err := json.Marshal(e)
		if err != nil {
			return &flywheel.EventError{ID: e.ID, Field: "body", Err: fmt.Errorf("%w: %w", flywheel.ErrInvalid, err)}
		}
		rows[i] = row{id: e.ID, told: at, teller: teller, name: e.Name, time: e.Time,
			customer: e.Customer, visitor: e.Visitor, body: string(body), fact: told.Within(ctx)}
	}
	secret, err := s.ready(ctx)
	if err != nil {
		return err
	}
	for i := range rows {
		rows[i].key = key(secret, rows[i].id)
	}
	if waiting, ok := gathered.Pending(ctx, s.db.DB); ok && len(rows) < maxRows {
		added, err := fresh(waiting, rows)
		if err != nil {
			return err
		}
		return gathered.Add(ctx, s.db.DB, added...) // also of none: the transaction may be over
	}
	if err := s.db.Flush(ctx); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { return insert(ctx, tx, rows) })
}
func decode(body string, e *flywheel.Event) error {
	if err := json.Unmarshal([]byte(body), e); err != nil {
		return fmt.Errorf("segmentsql: stored event: %w", err)
	}
	return nil
}
