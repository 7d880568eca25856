package inventorysql

import (
	"context"
	"embed"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/inventory"
)

//go:embed migrations
var migrations embed.FS

// Store is an inventory.Store in a SQL database; it offers
// inventory.BatchStore. It is safe for concurrent use.
type Store struct {
	db         *flywheel.SQL
	statements statements
	groups     groups
}

var (
	_ inventory.Store      = (*Store)(nil)
	_ inventory.BatchStore = (*Store)(nil)
	_ flywheel.SQLStore    = (*Store)(nil)
)

// New returns the store in db. It does no I/O; call [flywheel.Migrate] before the
// first use.
func New(db *flywheel.SQL) *Store { return &Store{db: db, statements: statementsOf(db.Dialect())} }

// Handle implements flywheel.Stored: the database, which is the store's Transactor.
func (s *Store) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the database's.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Migrations implements flywheel.SQLStore.
func (s *Store) Migrations() []flywheel.Migrations {
	return []flywheel.Migrations{{Package: "inventory", Files: migrations}, effect.Migrations}
}
