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

	"github.com/flywheel-go/flywheel/internal/kind"
)

const migrationsTable = `CREATE TABLE IF NOT EXISTS flywheel_migrations (
	package TEXT NOT NULL,
	version BIGINT NOT NULL,
	name TEXT NOT NULL,
	applied BIGINT NOT NULL,
	PRIMARY KEY (package, version)
)`

// Migrate applies the migrations of the package called name that the database does
// not have yet, each in a transaction of its own; they are the files of the folder
// named after the dialect, "postgres" or "sqlite", in files or in its sub-folder
// "migrations". The table flywheel_migrations keeps one row
// per package and version. It is idempotent, and safe to run from many processes
// at once: the row is written first, so the second waits for the first and finds
// the work done.
func (d *DB) Migrate(ctx context.Context, name string, files fs.FS) error {
	all, err := load(name, files, d.dialect)
	if err != nil {
		return err
	}
	if err := d.createTable(ctx); err != nil {
		return fmt.Errorf("sqldb: migrations of %s: %w", name, err)
	}
	for _, m := range all {
		if err := d.apply(ctx, name, m); err != nil {
			return fmt.Errorf("sqldb: migration %s of %s: %w", m.file, name, err)
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
			errors.Is(err, kind.ErrUnknownOutcome)
		if !again || attempt == maxAttempts || !pause(ctx, attempt) {
			return err
		}
	}
}

func (d *DB) apply(ctx context.Context, name string, m migration) error {
	return d.Write(ctx, func(tx *Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO flywheel_migrations (package, version, name, applied)
			VALUES (?, ?, ?, ?) ON CONFLICT (package, version) DO NOTHING`,
			name, m.version, m.file, Micros(time.Now()))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q Queryer) (bool, error) {
			var n int
			err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM flywheel_migrations WHERE package = ? AND version = ?`,
				name, m.version).Scan(&n)
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
func load(name string, migrations fs.FS, d Dialect) ([]migration, error) {
	dir, err := Files(migrations, d)
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("sqldb: no %v migrations of %s: %w", d, name, kind.ErrNotFound)
	}
	var all []migration
	for _, file := range files {
		number, _, _ := strings.Cut(file, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil || version <= 0 {
			return nil, fmt.Errorf("sqldb: %s: the name does not start with a version: %w", file, kind.ErrInvalid)
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
			return nil, fmt.Errorf("sqldb: %s and %s have one version: %w", all[i-1].file, all[i].file, kind.ErrInvalid)
		}
	}
	return all, nil
}
