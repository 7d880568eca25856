package cursor

import (
	"context"
	"database/sql"
	"embed"
	"errors"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Migrations are the tables of cursors and parked entries; stores of consumers
// append them to their own.
var Migrations = flywheel.Migrations{Package: "cursor", Files: migrations}

// inSQL is the [Store] of a SQL database.
type inSQL struct{ db *flywheel.SQL }

const selectPlace = `SELECT position, until, wave FROM flywheel_cursors WHERE consumer = ?`

// Lock implements [Store].
func (s inSQL) Lock(ctx context.Context, consumer string) (p Place, ok bool, err error) {
	query := selectPlace
	if s.db.Dialect() == sqldb.Postgres {
		query += ` FOR UPDATE SKIP LOCKED`
	}
	for range 2 {
		err = s.db.Read(ctx).QueryRowContext(ctx, query, consumer).Scan(&p.Position, &p.Until, &p.Wave)
		if !errors.Is(err, sql.ErrNoRows) {
			return p, err == nil, err
		}
		var known Place
		err = s.db.Read(ctx).QueryRowContext(ctx, selectPlace, consumer).Scan(&known.Position, &known.Until, &known.Wave)
		if !errors.Is(err, sql.ErrNoRows) {
			return Place{}, false, err // another worker has it
		}
		if err = s.create(ctx, consumer); err != nil {
			return Place{}, false, err
		}
	}
	return Place{}, false, nil
}

func (s inSQL) create(ctx context.Context, consumer string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO flywheel_cursors (consumer, position, until) VALUES (?, 0, 0)
			ON CONFLICT (consumer) DO NOTHING`, consumer)
		return err
	})
}

// At implements [Store].
func (s inSQL) At(ctx context.Context, consumer string) (p Place, err error) {
	err = s.db.Read(ctx).QueryRowContext(ctx, selectPlace, consumer).Scan(&p.Position, &p.Until, &p.Wave)
	if errors.Is(err, sql.ErrNoRows) {
		return Place{}, nil
	}
	return p, err
}

// Move implements [Store].
func (s inSQL) Move(ctx context.Context, consumer string, from, to flywheel.Position) error {
	if from == 0 {
		if err := s.create(ctx, consumer); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE flywheel_cursors SET position = ?, wave = '' WHERE consumer = ? AND position = ?`,
			int64(to), consumer, int64(from))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			var at Place
			if err := tx.QueryRowContext(ctx, selectPlace, consumer).Scan(&at.Position, &at.Until, &at.Wave); err != nil {
				return err
			}
			return moved(consumer, at.Position, from)
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var at flywheel.Position
			err := q.QueryRowContext(ctx, `SELECT position FROM flywheel_cursors WHERE consumer = ?`, consumer).Scan(&at)
			if err == nil && at != from && at != to {
				err = flywheel.ErrUnknownOutcome // others have moved it since
			}
			return at == to, err
		})
		return nil
	})
}

// Pause implements [Store].
func (s inSQL) Pause(ctx context.Context, consumer string, from, to Place) error {
	if from.Position == 0 {
		if err := s.create(ctx, consumer); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		changed, err := tx.Changed(ctx, `UPDATE flywheel_cursors SET position = ?, until = ?, wave = ? WHERE consumer = ? AND position = ? AND wave = ?`,
			int64(to.Position), int64(to.Until), to.Wave, consumer, int64(from.Position), from.Wave)
		if err != nil {
			return err
		}
		var at Place
		if !changed {
			if err := tx.QueryRowContext(ctx, selectPlace, consumer).Scan(&at.Position, &at.Until, &at.Wave); err != nil {
				return err
			}
			return moved(consumer, at.Position, from.Position)
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			err := q.QueryRowContext(ctx, selectPlace, consumer).Scan(&at.Position, &at.Until, &at.Wave)
			if err == nil && at != from && at != to {
				err = flywheel.ErrUnknownOutcome // others have moved it since
			}
			return at == to, err
		})
		return nil
	})
}

// Reset implements [Store].
func (s inSQL) Reset(ctx context.Context, consumer string, until flywheel.Position) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO flywheel_cursors (consumer, position, until) VALUES (?, 0, ?)
			ON CONFLICT (consumer) DO UPDATE SET position = 0, until = excluded.until, wave = ''`, consumer, int64(until))
		return err
	})
}

// Parked implements [Store].
func (s inSQL) Parked(ctx context.Context, consumer string) ([]Parked, error) {
	return sqldb.Select(ctx, s.db.Read(ctx), `SELECT person, position, cause, attempts, since, dropped, retry, wave FROM flywheel_parked
		WHERE consumer = ? ORDER BY position`, []any{consumer}, func(r sqldb.Row) (p Parked, err error) {
		var since, retry int64
		err = r.Scan(&p.Person, &p.Position, &p.Cause, &p.Attempts, &since, &p.Dropped, &retry, &p.Wave)
		p.Since = sqldb.Time(since)
		if retry != 0 {
			p.Retry = sqldb.Time(retry)
		}
		return p, err
	})
}

// Park implements [Store].
func (s inSQL) Park(ctx context.Context, consumer string, p Parked) error {
	var retry int64
	if !p.Retry.IsZero() {
		retry = sqldb.Micros(p.Retry)
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO flywheel_parked (consumer, position, person, cause, attempts, since, retry, dropped, wave)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (consumer, position) DO UPDATE SET person = excluded.person,
			cause = excluded.cause, attempts = excluded.attempts, since = excluded.since, retry = excluded.retry, dropped = excluded.dropped, wave = excluded.wave`,
			consumer, int64(p.Position), string(p.Person), p.Cause, p.Attempts, sqldb.Micros(p.Since), retry, p.Dropped, p.Wave)
		return err
	})
}

// Release implements [Store].
func (s inSQL) Release(ctx context.Context, consumer string, at flywheel.Position) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM flywheel_parked WHERE consumer = ? AND position = ?`, consumer, int64(at))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return notParked(consumer, at)
	})
}
