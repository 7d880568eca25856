package segmentsql

import (
	"context"
	"errors"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/segment"
)

// Read implements segment.LogStore. Where what has a position does not fill the
// limit, it first gives positions to what was committed since.
func (s *Store) Read(ctx context.Context, after segment.Position, limit int) ([]segment.Entry, error) {
	entries, err := s.read(ctx, after, limit)
	if err != nil || len(entries) == limit {
		return entries, err
	}
	if n := len(entries); n > 0 {
		after = entries[n-1].Position
	}
	waiting, numbered, err := s.beyond(ctx, after)
	if err != nil || !waiting && !numbered {
		return entries, err
	}
	if waiting {
		err = s.sequence(ctx)
		if errors.Is(err, flywheel.ErrUnknownOutcome) {
			err = s.sequence(ctx) // what has a position keeps it: doing it again does no harm
		}
		if err != nil {
			return nil, err
		}
	}
	more, err := s.read(ctx, after, limit-len(entries))
	return append(entries, more...), err
}

func (s *Store) read(ctx context.Context, after segment.Position, limit int) ([]segment.Entry, error) {
	return sqldb.Select(ctx, s.db.Read(ctx), `SELECT position, body FROM flywheel_events WHERE position > ? ORDER BY position LIMIT ?`,
		[]any{int64(after), limit}, func(r sqldb.Row) (e segment.Entry, err error) {
			var body string
			if err = r.Scan(&e.Position, &body); err == nil {
				err = decode(body, &e.Event)
			}
			return e, err
		})
}

// beyond reports, as of one moment, whether committed events wait for their
// positions, and whether there are events after a position: another reader may
// have numbered them since they were not there.
func (s *Store) beyond(ctx context.Context, after segment.Position) (waiting, numbered bool, err error) {
	err = s.db.Read(ctx).QueryRowContext(ctx,
		`SELECT EXISTS (SELECT 1 FROM flywheel_events WHERE position IS NULL), EXISTS (SELECT 1 FROM flywheel_events WHERE position > ?)`,
		int64(after)).Scan(&waiting, &numbered)
	return waiting, numbered, err
}

// sequenceRows is how many events get their positions in one step.
const sequenceRows = 4096

// sequence gives positions to committed events that have none, in the order in
// which they arrived. The row of flywheel_event_head is held meanwhile: who waits
// for it then sees, with a new snapshot, what the one before has numbered.
func (s *Store) sequence(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var head int64
		if err := tx.QueryRowContext(ctx,
			`UPDATE flywheel_event_head SET position = position WHERE id = 1 RETURNING position`).Scan(&head); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `UPDATE flywheel_events SET position = waiting.number
			FROM (SELECT arrival, ? + ROW_NUMBER() OVER (ORDER BY arrival) AS number FROM (
				SELECT arrival FROM flywheel_events WHERE position IS NULL ORDER BY arrival LIMIT ?) AS first) AS waiting
			WHERE flywheel_events.arrival = waiting.arrival`, head, sequenceRows)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE flywheel_event_head SET position = ? WHERE id = 1`, head+n)
		return err
	})
}
