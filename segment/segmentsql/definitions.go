package segmentsql

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/segment"
)

// Definitions implements segment.DefinitionStore.
func (s *Profiles) Definitions(ctx context.Context, profiles string, known int64) (d segment.Defined, err error) {
	query := `SELECT version, CASE WHEN version = ? THEN '' ELSE configured END, CASE WHEN version = ? THEN '' ELSE body END
		FROM flywheel_segment_definitions WHERE profiles = ?`
	if s.db.Dialect() == flywheel.Postgres {
		query += ` FOR SHARE`
	}
	var configured, body string
	err = s.db.Read(ctx).QueryRowContext(ctx, query, known, known, profiles).Scan(&d.Version, &configured, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return d, nil
	}
	if err != nil || d.Version == known {
		return d, err
	}
	if err = errors.Join(json.Unmarshal([]byte(configured), &d.Configured), json.Unmarshal([]byte(body), &d.Definitions)); err != nil {
		err = fmt.Errorf("segmentsql: stored definitions of %q: %w", profiles, err)
	}
	return d, err
}

// Define implements segment.DefinitionStore.
func (s *Profiles) Define(ctx context.Context, profiles string, d segment.Defined) error {
	configured, err := argument(d.Configured)
	if err != nil {
		return err
	}
	body, err := argument(d.Definitions)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO flywheel_segment_definitions (profiles, version, configured, body) VALUES (?, ?, ?, ?)
			ON CONFLICT (profiles) DO UPDATE SET version = excluded.version, configured = excluded.configured, body = excluded.body
			WHERE flywheel_segment_definitions.version = excluded.version - 1`, profiles, d.Version, configured, body)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return fmt.Errorf("segmentsql: definitions of %q are not at version %d: %w", profiles, d.Version-1, flywheel.ErrStale)
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var stored string
			err := q.QueryRowContext(ctx, `SELECT body FROM flywheel_segment_definitions WHERE profiles = ? AND version = ?`, profiles, d.Version).Scan(&stored)
			if errors.Is(err, sql.ErrNoRows) {
				return false, nil
			}
			return stored == body, err
		})
		return nil
	})
}
