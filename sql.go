package flywheel

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"sync"
	"weak"

	"github.com/flywheel-go/flywheel/internal/kind"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

// Dialect is the SQL that a database speaks.
type Dialect = sqldb.Dialect

// The dialects. Postgres is also right for CockroachDB and YugabyteDB.
const (
	Postgres = sqldb.Postgres
	SQLite   = sqldb.SQLite
)

// SQL is one SQL database: the handle that its stores are made on, and their
// [Transactor]. It is safe for concurrent use.
type SQL struct {
	// DB is what the SQL stores of this module work with. Its type is internal:
	// its methods may change in any release.
	*sqldb.DB
}

// handles keeps one handle per pool, as long as somebody has it.
var (
	handlesMu sync.Mutex
	handles   = map[*sql.DB]weak.Pointer[SQL]{}
)

// OpenSQL returns the handle of a database, which the caller opened and closes. It
// does no I/O. One pool has one handle: a second call returns the same. With a nil
// pool, an unknown dialect or another than the pool's handle has, each call of the
// handle answers an error matching [ErrInvalid].
//
// SQLite is opened with the parameters of [SQLiteDSN]. The handle does not limit
// the pool; see sql.DB.SetMaxOpenConns.
func OpenSQL(pool *sql.DB, d Dialect) *SQL {
	if pool == nil || d != Postgres && d != SQLite {
		return &SQL{DB: sqldb.New(pool, d)}
	}
	handlesMu.Lock()
	defer handlesMu.Unlock()
	if h := handles[pool].Value(); h != nil {
		if h.Dialect() == d {
			return h
		}
		err := fmt.Errorf("flywheel: OpenSQL: the pool has a handle for %v, not %v: %w", h.Dialect(), d, ErrInvalid)
		return &SQL{DB: sqldb.Refuse(d, err)}
	}
	for p, w := range handles { // those that nobody has any more
		if w.Value() == nil {
			delete(handles, p)
		}
	}
	h := &SQL{DB: sqldb.New(pool, d)}
	handles[pool] = weak.Make(h)
	return h
}

// Dialect returns the dialect.
func (db *SQL) Dialect() Dialect { return db.DB.Dialect() }

// InTx implements [Transactor]. A transaction of which the server says that it
// rolled back and is to be run again is run again, so fn may run several times.
// When the answer to COMMIT is lost and nothing that was written tells the
// outcome, the error matches [ErrUnknownOutcome].
func (db *SQL) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return db.DB.InTx(ctx, fn)
}

// Join returns a context that carries tx, a transaction of the pool that the
// caller began: every store on the database that is called with it joins, each
// call behind a savepoint where it needs one. Flywheel never ends or repeats tx.
// The caller does, and then calls end: with true after a COMMIT that succeeded or
// whose answer was lost, else with false. What was given to [AfterCommit] waits
// for it, and afterwards the context serves no store any more.
//
//	ctx, end := db.Join(ctx, tx)
//	err := stock.Reserve(ctx, order, lines)
//	…
//	err = tx.Commit()
//	end(err == nil || lost(err))
func (db *SQL) Join(ctx context.Context, tx *sql.Tx) (joined context.Context, end func(committed bool)) {
	return db.DB.Join(ctx, tx)
}

// Handle returns the handle itself, as a [Stored].
func (db *SQL) Handle() Transactor { return db }

// Migrations are the tables of one package as plain SQL files in goose's form, one
// folder per dialect. Versions count per package.
type Migrations struct {
	// Package is under what name [Migrate] keeps the versions.
	Package string
	// Files has the folders postgres and sqlite, or both in a folder migrations.
	Files fs.FS
}

// Goose returns the files of one dialect for goose (NewProvider takes an fs.FS).
// A migration tool needs a table of versions for each package; [Migrate] is then
// not called.
func (m Migrations) Goose(d Dialect) (fs.FS, error) { return sqldb.Files(m.Files, d) }

// Pairs returns the same as pairs 00001_name.up.sql and 00001_name.down.sql for
// golang-migrate (source/iofs).
func (m Migrations) Pairs(d Dialect) (fs.FS, error) { return sqldb.Pairs(m.Files, d) }

// SQLStore is a store in a SQL database, as [Migrate] sees it.
type SQLStore interface {
	Stored
	// Migrations returns what the store needs, in the order to apply it.
	Migrations() []Migrations
}

// Migrate creates or updates the tables of stores, which are made on db. It is
// idempotent and safe to run from many processes at once. A store on another
// handle is an error matching [ErrInvalid], before anything is changed.
func Migrate(ctx context.Context, db *SQL, stores ...SQLStore) error {
	for _, s := range stores {
		if s.Handle() != Transactor(db) {
			return &kind.TxError{What: fmt.Sprintf("Migrate: %T is on another handle", s)}
		}
	}
	for _, s := range stores {
		for _, m := range s.Migrations() {
			if err := db.DB.Migrate(ctx, m.Package, m.Files); err != nil {
				return err
			}
		}
	}
	return nil
}
