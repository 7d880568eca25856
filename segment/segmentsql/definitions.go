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
	var configured, body string
	d.Version, configured, body, err = definitions(ctx, s.db, "flywheel_segment_definitions", "profiles", profiles, known)
	if err != nil || body == "" {
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
	return define(ctx, s.db, "flywheel_segment_definitions", "profiles", profiles, d.Version, configured, body)
}

// definitions reads a row of definitions, which stays as it is while the transaction of
// ctx lasts; the texts are empty where the version is the known one, or there is none.
func definitions(ctx context.Context, db *flywheel.SQL, table, key, name string, known int64) (version int64, configured, body string, err error) {
	query := `SELECT version, CASE WHEN version = ? THEN '' ELSE configured END, CASE WHEN version = ? THEN '' ELSE body END
		FROM ` + table + ` WHERE ` + key + ` = ?`
	if db.Dialect() == flywheel.Postgres {
		query += ` FOR SHARE`
	}
	err = db.Read(ctx).QueryRowContext(ctx, query, known, known, name).Scan(&version, &configured, &body)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return version, configured, body, err
}

// define writes a row of definitions in place of that of the version before.
func define(ctx context.Context, db *flywheel.SQL, table, key, name string, version int64, configured, body string) error {
	return db.Write(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO `+table+` (`+key+`, version, configured, body) VALUES (?, ?, ?, ?)
			ON CONFLICT (`+key+`) DO UPDATE SET version = excluded.version, configured = excluded.configured, body = excluded.body
			WHERE `+table+`.version = excluded.version - 1`, name, version, configured, body)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return fmt.Errorf("segmentsql: definitions of %q are not at version %d: %w", name, version-1, flywheel.ErrStale)
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var stored string
			err := q.QueryRowContext(ctx, `SELECT body FROM `+table+` WHERE `+key+` = ? AND version = ?`, name, version).Scan(&stored)
			if errors.Is(err, sql.ErrNoRows) {
				return false, nil
			}
			return stored == body, err
		})
		return nil
	})
}
