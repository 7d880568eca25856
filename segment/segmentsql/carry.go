package segmentsql

import (
	"context"
	"database/sql"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/segment"
)

// carryRows is how many events of an old log are carried over in one transaction.
const carryRows = 2048

// carry moves a log of the form before into the tables of today: events keep
// their positions; what they did not have is derived from their times. Each step
// is a transaction, so that an interrupted migration goes on where it stopped.
func (s *Store) carry(ctx context.Context, secret []byte) error {
	for {
		moved := 0
		err := s.db.InTx(ctx, func(ctx context.Context) (err error) {
			moved, err = s.carryStep(ctx, secret)
			return err
		})
		if err != nil || moved == 0 {
			return err
		}
	}
}

type oldEvent struct {
	arrival  int64
	position sql.NullInt64
	body     string
}

func (s *Store) carryStep(ctx context.Context, secret []byte) (int, error) {
	var count int
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE flywheel_event_head SET position = position WHERE id = 1`); err != nil {
			return err
		}
		if err := carryCursors(ctx, tx); err != nil {
			return err
		}
		old, err := sqldb.Select(ctx, tx, `SELECT arrival, position, body FROM flywheel_events_v1 WHERE position IS NOT NULL
			ORDER BY position LIMIT ?`, []any{carryRows}, scanOld)
		if err != nil {
			return err
		}
		placed := len(old) > 0
		if !placed {
			if old, err = sqldb.Select(ctx, tx, `SELECT arrival, position, body FROM flywheel_events_v1 ORDER BY arrival LIMIT ?`,
				[]any{carryRows}, scanOld); err != nil || len(old) == 0 {
				return err
			}
		}
		count = len(old)
		for _, o := range old {
			if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_events_v1 WHERE arrival = ?`, o.arrival); err != nil {
				return err
			}
		}
		return s.carryEvents(ctx, tx, secret, old, placed)
	})
	return count, err
}

func scanOld(r sqldb.Row) (o oldEvent, err error) {
	err = r.Scan(&o.arrival, &o.position, &o.body)
	return o, err
}

// carryEvents appends old events and, where they had their places, numbers them in
// the same order: the clock is each event's own time.
func (s *Store) carryEvents(ctx context.Context, tx *sqldb.Tx, secret []byte, old []oldEvent, placed bool) error {
	now := time.Now()
	for _, o := range old {
		var e flywheel.Event
		if err := decode(o.body, &e); err != nil {
			return err
		}
		told := e.Time
		if told.After(now) {
			told = now
		}
		if err := insert(ctx, tx, []row{{id: e.ID, key: key(secret, e.ID), told: told, name: e.Name, time: e.Time,
			customer: e.Customer, visitor: e.Visitor, body: o.body}}); err != nil {
			return err
		}
	}
	if !placed {
		return nil
	}
	for {
		n, err := s.number(ctx, tx, segment.Numbering{Now: now, Skew: 0, Identity: segment.FirstLinked})
		if err != nil || n == 0 {
			return err
		}
	}
}

// carryCursors takes the cursors of before to where they are kept now.
func carryCursors(ctx context.Context, tx *sqldb.Tx) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_cursors (consumer, position, until)
		SELECT consumer, position, 0 FROM flywheel_event_cursors WHERE true ON CONFLICT (consumer) DO NOTHING`); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM flywheel_event_cursors`)
	return err
}
