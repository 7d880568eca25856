package recommendsql

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/recommend"
)

// Snapshots is a recommend.SnapshotStore in a SQL database. It is safe for concurrent
// use.
type Snapshots struct{ db *flywheel.SQL }

var (
	_ recommend.SnapshotStore = (*Snapshots)(nil)
	_ flywheel.SQLStore       = (*Snapshots)(nil)
)

// NewSnapshots returns the store in db. It does no I/O; call [flywheel.Migrate] before
// the first use.
func NewSnapshots(db *flywheel.SQL) *Snapshots { return &Snapshots{db: db} }

// Handle implements flywheel.Stored: the database, which is the store's Transactor.
func (s *Snapshots) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the database's.
func (s *Snapshots) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Migrations implements flywheel.SQLStore. They are those of [Store].
func (s *Snapshots) Migrations() []flywheel.Migrations {
	return []flywheel.Migrations{{Package: "recommend", Files: migrations}}
}

// Save implements recommend.SnapshotStore. A version above the largest int64 matches
// flywheel.ErrOutOfRange.
func (s *Snapshots) Save(ctx context.Context, name string, version uint64, data []byte) error {
	if err := flywheel.CheckID(name); err != nil {
		return fmt.Errorf("recommendsql: snapshot name: %w", err)
	}
	if version > math.MaxInt64 {
		return fmt.Errorf("recommendsql: version %d: %w", version, flywheel.ErrOutOfRange)
	}
	if data == nil {
		data = []byte{}
	}
	err := s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		added, err := tx.Once(ctx, `INSERT INTO flywheel_recommend_snapshots (name, version, data) VALUES (?, ?, ?) ON CONFLICT (name, version) DO NOTHING`,
			[]any{name, int64(version), data}, `SELECT 1 FROM flywheel_recommend_snapshots WHERE name = ? AND version = ? AND data = ?`, name, int64(version), data)
		if err != nil || added {
			return err
		}
		var before []byte
		err = tx.QueryRowContext(ctx, `SELECT data FROM flywheel_recommend_snapshots WHERE name = ? AND version = ?`, name, int64(version)).Scan(&before)
		switch {
		case err != nil:
			return err
		case !bytes.Equal(before, data):
			return fmt.Errorf("recommendsql: snapshot %q version %d exists with other content: %w", name, version, flywheel.ErrConflict)
		}
		return errNothing
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// Newest implements recommend.SnapshotStore.
func (s *Snapshots) Newest(ctx context.Context, name string) (version uint64, data []byte, err error) {
	var v int64
	err = s.db.Read(ctx).QueryRowContext(ctx, `SELECT version, data FROM flywheel_recommend_snapshots WHERE name = ? ORDER BY version DESC LIMIT 1`, name).Scan(&v, &data)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("recommendsql: snapshot %q: %w", name, flywheel.ErrNotFound)
	}
	return uint64(v), data, err
}

// Prune implements recommend.SnapshotStore.
func (s *Snapshots) Prune(ctx context.Context, name string, keep int) error {
	if keep < 0 {
		return fmt.Errorf("recommendsql: keep %d: %w", keep, flywheel.ErrOutOfRange)
	}
	return s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		var oldest int64 // of those that are kept
		err := tx.QueryRowContext(ctx, `SELECT version FROM flywheel_recommend_snapshots WHERE name = ? ORDER BY version DESC LIMIT 1 OFFSET ?`, name, max(keep-1, 0)).Scan(&oldest)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if keep == 0 {
			oldest = math.MaxInt64
		}
		query := `DELETE FROM flywheel_recommend_snapshots WHERE name = ? AND version < ?`
		if keep == 0 {
			query = `DELETE FROM flywheel_recommend_snapshots WHERE name = ? AND version <= ?`
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			there, err := sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_recommend_snapshots WHERE name = ? AND version < ? LIMIT 1`, name, oldest)
			return !there, err
		})
		_, err = tx.ExecContext(ctx, query, name, oldest)
		return err
	})
}
