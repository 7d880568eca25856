package segmentsql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/segment"
)

//go:embed migrations
var migrations embed.FS

// Store is a segment.LogStore and a flywheel.Transactor.
type Store struct{ db *flywheel.SQL }

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
	return []flywheel.Migrations{{Package: "segment", Files: migrations}}
}

// maxRows is the longest INSERT. Batches are cut into powers of two, so that
// there are few different statements to prepare.
const maxRows = 256

// Append implements segment.LogStore.
func (s *Store) Append(ctx context.Context, events ...flywheel.Event) error {
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
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for done := 0; done < len(events); {
			n := 1
			for n < maxRows && n*2 <= len(events)-done {
				n *= 2
			}
			if err := insert(ctx, tx, events[done:done+n], bodies[done:done+n]); err != nil {
				return err
			}
			done += n
		}
		return nil
	})
}

// insert adds one chunk and compares what was there before.
func insert(ctx context.Context, tx *sqldb.Tx, events []flywheel.Event, bodies []string) error {
	args := make([]any, 0, 2*len(events))
	for i := range events {
		args = append(args, events[i].ID, bodies[i])
	}
	added, err := sqldb.Select(ctx, tx, `INSERT INTO flywheel_events (id, body) VALUES `+sqldb.Values(len(events), 2)+
		` ON CONFLICT (id) DO NOTHING RETURNING id`, args, func(r sqldb.Row) (id string, err error) {
		err = r.Scan(&id)
		return id, err
	})
	if err != nil {
		return err
	}
	if len(added) > 0 {
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var n int
			err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM flywheel_events WHERE id = ?`, added[0]).Scan(&n)
			return n > 0, err
		})
	}
	if len(added) == len(events) {
		return nil
	}
	return compare(ctx, tx, events)
}

// compare refuses an event that is not the one stored under its ID.
func compare(ctx context.Context, q sqldb.Queryer, events []flywheel.Event) error {
	for i := range events {
		e := &events[i]
		var body string
		if err := q.QueryRowContext(ctx, `SELECT body FROM flywheel_events WHERE id = ?`, e.ID).Scan(&body); err != nil {
			return err
		}
		var stored flywheel.Event
		if err := decode(body, &stored); err != nil {
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

// Cursor implements segment.LogStore.
func (s *Store) Cursor(ctx context.Context, consumer string) (segment.Position, error) {
	var at segment.Position
	err := s.db.Read(ctx).QueryRowContext(ctx,
		`SELECT position FROM flywheel_event_cursors WHERE consumer = ?`, consumer).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return at, err
}

// Advance implements segment.LogStore.
func (s *Store) Advance(ctx context.Context, consumer string, from, to segment.Position) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if from == 0 {
			if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_event_cursors (consumer, position) VALUES (?, 0)
				ON CONFLICT (consumer) DO NOTHING`, consumer); err != nil {
				return err
			}
		}
		res, err := tx.ExecContext(ctx, `UPDATE flywheel_event_cursors SET position = ? WHERE consumer = ? AND position = ?`,
			int64(to), consumer, int64(from))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return fmt.Errorf("segment: cursor of %q is not at %d: %w", consumer, from, flywheel.ErrConflict)
		}
		return nil
	})
}
