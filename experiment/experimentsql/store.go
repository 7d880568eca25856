package experimentsql

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Store is an experiment.Store in a SQL database. It is safe for concurrent use.
type Store struct{ db *flywheel.SQL }

var (
	_ experiment.Store  = (*Store)(nil)
	_ flywheel.SQLStore = (*Store)(nil)
)

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
	return []flywheel.Migrations{{Package: "experiment", Files: migrations}, effect.Migrations}
}

// Assignments implements experiment.Store.
func (s *Store) Assignments(ctx context.Context, attribute, value string) (map[string]string, error) {
	buckets := map[string]string{}
	err := sqldb.Each(ctx, s.db.Read(ctx), `SELECT key, variation FROM flywheel_experiment_buckets WHERE attribute = ? AND value = ?`,
		[]any{attribute, value}, func(r sqldb.Row) error {
			var key, variation string
			err := r.Scan(&key, &variation)
			buckets[key] = variation
			return err
		})
	if err != nil {
		return nil, err
	}
	return buckets, nil
}

// Assign implements experiment.Store.
func (s *Store) Assign(ctx context.Context, attribute, value, key, variation string) error {
	if err := experiment.CheckAssignment(attribute, value, key, variation); err != nil {
		return err
	}
	return s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Once(ctx, `INSERT INTO flywheel_experiment_buckets (attribute, value, key, variation)
			VALUES (?, ?, ?, ?) ON CONFLICT (attribute, value, key) DO NOTHING`, []any{attribute, value, key, variation},
			`SELECT 1 FROM flywheel_experiment_buckets WHERE attribute = ? AND value = ? AND key = ? AND variation = ?`,
			attribute, value, key, variation)
		return err
	})
}

const definitionColumns = `kind, id, version, body, saved_at`

// Definition implements experiment.Store.
func (s *Store) Definition(ctx context.Context, kind, id string) (experiment.Definition, error) {
	return definition(ctx, s.db.Read(ctx), kind, id)
}

func definition(ctx context.Context, q sqldb.Queryer, kind, id string) (experiment.Definition, error) {
	var d experiment.Definition
	var savedAt int64
	err := q.QueryRowContext(ctx, `SELECT `+definitionColumns+` FROM flywheel_experiment_definitions WHERE kind = ? AND id = ?`, kind, id).
		Scan(&d.Kind, &d.ID, &d.Version, &d.Body, &savedAt)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return experiment.Definition{}, fmt.Errorf("experiment: definition %s %q: %w", kind, id, flywheel.ErrNotFound)
	case err != nil:
		return experiment.Definition{}, err
	}
	d.SavedAt = sqldb.Time(savedAt)
	return d, nil
}

// SaveDefinition implements experiment.Store.
func (s *Store) SaveDefinition(ctx context.Context, d experiment.Definition) (experiment.Definition, error) {
	if err := d.Validate(); err != nil {
		return experiment.Definition{}, err
	}
	d.SavedAt = d.SavedAt.UTC().Truncate(time.Microsecond)
	saved := d
	saved.Version++
	body := append([]byte{}, d.Body...)
	err := s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		query, args := `UPDATE flywheel_experiment_definitions SET version = ?, body = ?, saved_at = ? WHERE kind = ? AND id = ? AND version = ?`,
			[]any{saved.Version, body, sqldb.Micros(d.SavedAt), d.Kind, d.ID, d.Version}
		if d.Version == 0 {
			query, args = `INSERT INTO flywheel_experiment_definitions (version, body, saved_at, kind, id)
				VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, id) DO NOTHING`, args[:5]
		}
		changed, err := tx.Changed(ctx, query, args...)
		switch {
		case err != nil:
			return err
		case !changed:
			return fmt.Errorf("experiment: definition %s %q: version %d is not the stored one: %w", d.Kind, d.ID, d.Version, flywheel.ErrStale)
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			now, err := definition(ctx, q, d.Kind, d.ID)
			switch {
			case errors.Is(err, flywheel.ErrNotFound):
				return false, nil
			case err != nil:
				return false, err
			case now.Version > saved.Version:
				return false, fmt.Errorf("experiment: definition %s %q went on to version %d: %w", d.Kind, d.ID, now.Version, flywheel.ErrUnknownOutcome)
			}
			return now.Version == saved.Version && now.SavedAt.Equal(saved.SavedAt) && bytes.Equal(now.Body, body), nil
		})
		return nil
	})
	if err != nil {
		return experiment.Definition{}, err
	}
	return saved, nil
}
