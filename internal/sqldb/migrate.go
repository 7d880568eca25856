package sqldb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

const migrationsTable = `CREATE TABLE IF NOT EXISTS flywheel_migrations (
	package TEXT NOT NULL,
	version BIGINT NOT NULL,
	name TEXT NOT NULL,
	applied BIGINT NOT NULL,
	PRIMARY KEY (package, version)
)`

// Migrate applies the package's migrations that the database does not have yet,
// each in a transaction of its own. The table flywheel_migrations keeps one row
// per package and version. It is idempotent, and safe to run from many processes
// at once: the row is written first, so the second waits for the first and finds
// the work done.
func (d *DB) Migrate(ctx context.Context) error {
	all, err := d.load()
	if err != nil {
		return err
	}
	if err := d.createTable(ctx); err != nil {
		return fmt.Errorf("sqldb: migrations of %s: %w", d.name, err)
	}
	for _, m := range all {
		if err := d.apply(ctx, m); err != nil {
			return fmt.Errorf("sqldb: migration %s of %s: %w", m.file, d.name, err)
		}
	}
	return nil
}

// createTable creates flywheel_migrations. PostgreSQL may refuse one of two
// CREATE TABLE IF NOT EXISTS that run at once, with one of these states.
func (d *DB) createTable(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		err := d.Write(ctx, func(tx *Tx) error {
			_, err := tx.ExecContext(ctx, migrationsTable)
			return err
		})
		state := sqlState(err)
		again := slices.Contains([]string{"23505", "42P07", "42710", "XX000"}, state) ||
			errors.Is(err, flywheel.ErrUnknownOutcome)
		if !again || attempt == maxAttempts || !pause(ctx, attempt) {
			return err
		}
	}
}

func (d *DB) apply(ctx context.Context, m migration) error {
	return d.Write(ctx, func(tx *Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO flywheel_migrations (package, version, name, applied)
			VALUES (?, ?, ?, ?) ON CONFLICT (package, version) DO NOTHING`,
			d.name, m.version, m.file, Micros(time.Now()))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q Queryer) (bool, error) {
			var n int
			err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM flywheel_migrations WHERE package = ? AND version = ?`,
				d.name, m.version).Scan(&n)
			return n > 0, err
		})
		for _, statement := range m.up {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

type migration struct {
	version int64
	file    string
	up      []string
}

// load reads the dialect's files in order of their version.
func (d *DB) load() ([]migration, error) {
	dir, err := Files(d.migrations, d.dialect)
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("sqldb: no %v migrations of %s: %w", d.dialect, d.name, flywheel.ErrNotFound)
	}
	var all []migration
	for _, file := range files {
		number, _, _ := strings.Cut(file, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil || version <= 0 {
			return nil, fmt.Errorf("sqldb: %s: the name does not start with a version: %w", file, flywheel.ErrInvalid)
		}
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			return nil, err
		}
		up, _, err := Sections(string(text))
		if err != nil {
			return nil, fmt.Errorf("sqldb: %s: %w", file, err)
		}
		all = append(all, migration{version, file, up})
	}
	slices.SortFunc(all, func(a, b migration) int { return int(a.version - b.version) })
	for i := 1; i < len(all); i++ {
		if all[i].version == all[i-1].version {
			return nil, fmt.Errorf("sqldb: %s and %s have one version: %w", all[i-1].file, all[i].file, flywheel.ErrInvalid)
		}
	}
	return all, nil
}
