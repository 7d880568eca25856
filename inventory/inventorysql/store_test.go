package inventorysql_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
	"github.com/flywheel-go/flywheel/inventory/inventorytest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func migrated(t testing.TB, db *sql.DB, d sqldb.Dialect) *inventorysql.Store {
	t.Helper()
	s := sqldbtest.Store(t, db, d, inventorysql.New)
	return s
}

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		fresh := func(t *testing.T) inventory.Store { return migrated(t, open(t), d) }
		f := inventorytest.Features{Transactions: true}
		if !testing.Short() {
			f.Seeds = testkit.Often(20, 2)
		}
		inventorytest.Run(t, fresh, f)
	})
}

func BenchmarkReserveCommit(b *testing.B) {
	for _, c := range []struct {
		name string
		open sqldbtest.Opener
		d    sqldb.Dialect
	}{{"sqlite", sqldbtest.OpenSQLite, sqldb.SQLite}, {"postgres", sqldbtest.OpenPostgres, sqldb.Postgres}} {
		for _, lines := range []int{1, 30} {
			b.Run(fmt.Sprintf("store=%s/lines=%d", c.name, lines), func(b *testing.B) {
				svc, err := inventory.New(migrated(b, c.open(b), c.d), nil)
				require.NoError(b, err)
				inventorytest.BenchmarkReserveCommit(b, svc, lines)
			})
		}
	}
}

// Two services on one database share a transaction, and a caller's own *sql.Tx
// holds what was done in it.
func TestCallersTransaction(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx := t.Context()
		db := open(t)
		store := migrated(t, db, d)
		require.NoError(t, flywheel.Migrate(ctx, flywheel.OpenSQL(db, d), store), "again")
		svc, err := inventory.New(store, nil)
		require.NoError(t, err)
		goods := []flywheel.Line{{SKU: "a", Quantity: 3}, {SKU: "b", Quantity: 1}}
		require.NoError(t, svc.Receive(ctx, "delivery", goods))
		reserved := func() int64 {
			l, err := svc.Level(ctx, "a")
			require.NoError(t, err)
			return l.Reserved
		}
		for _, commit := range []bool{false, true} {
			tx, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			inTx := sqldbtest.Join(t, db, d, tx)
			other, err := inventory.New(inventorysql.New(flywheel.OpenSQL(db, d)), nil)
			require.NoError(t, err)
			require.NoError(t, svc.Reserve(inTx, "order", goods))
			require.ErrorIs(t, other.Reserve(inTx, "another", goods), inventory.ErrOutOfStock)
			require.NoError(t, other.Receive(inTx, "second", []flywheel.Line{{SKU: "c", Quantity: 1}}))
			require.Zero(t, reserved(), "nobody else sees it yet")
			if !commit {
				require.NoError(t, tx.Rollback())
				require.Zero(t, reserved())
				continue
			}
			require.NoError(t, tx.Commit())
			require.EqualValues(t, 3, reserved())
			require.NoError(t, svc.Commit(ctx, "order"))
		}
	})
}
