package pricingsql

import (
	"context"
	"database/sql"
	"embed"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/pricing"
)

//go:embed migrations
var migrations embed.FS

// Dialect is the SQL that a database speaks.
type Dialect = sqldb.Dialect

// The dialects. Postgres is also right for CockroachDB and YugabyteDB.
const (
	Postgres = sqldb.Postgres
	SQLite   = sqldb.SQLite
)

// Store is a pricing.Store in a SQL database. It is safe for concurrent use.
type Store struct{ db *sqldb.DB }

var (
	_ pricing.Store       = (*Store)(nil)
	_ flywheel.Transactor = (*Store)(nil)
)

// New returns the store in db, which the caller opened and closes. It does no
// I/O; call [Store.Migrate] before the first use.
func New(db *sql.DB, d Dialect) *Store {
	return &Store{sqldb.Open(db, d, migrations, "pricing")}
}

// Migrate creates or updates the tables. It is idempotent and safe to run from
// many processes at once.
func (s *Store) Migrate(ctx context.Context) error { return s.db.Migrate(ctx) }

// InTx implements flywheel.Transactor. Every store on the same *sql.DB joins.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// WithTx returns a context that carries tx, a transaction of db that the caller
// began and will end. Every store on db joins it.
func WithTx(ctx context.Context, db *sql.DB, tx *sql.Tx) context.Context {
	return sqldb.WithTx(ctx, db, tx)
}
