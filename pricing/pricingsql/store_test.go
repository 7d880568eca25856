package pricingsql_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/pricingsql"
	"github.com/flywheel-go/flywheel/pricing/pricingtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func migrated(t testing.TB, db *sql.DB, d sqldb.Dialect) *pricingsql.Store {
	t.Helper()
	s := sqldbtest.Store(t, db, d, pricingsql.New)
	return s
}

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		fresh := func(t *testing.T) pricing.Store { return migrated(t, open(t), d) }
		pricingtest.Run(t, fresh, pricingtest.Features{Transactions: true})
	})
}

func listOf(n int) pricing.List {
	l := pricing.List{ID: "list"}
	for i := range n {
		unit := money.PriceOf(money.New(int64(i), money.EUR))
		l.Entries = append(l.Entries, pricing.Entry{SKU: flywheel.SKU(fmt.Sprint("sku-", i)), Unit: unit, Floor: unit})
	}
	return l
}

// More entries than one statement takes come back in their order, and the caller's
// own transaction holds what was done in it.
func TestManyEntriesInTheCallersTransaction(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx := t.Context()
		db := open(t)
		store := migrated(t, db, d)
		require.NoError(t, flywheel.Migrate(ctx, flywheel.OpenSQL(db, d), store), "again")
		for _, commit := range []bool{false, true} {
			tx, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			_, err = store.SaveList(sqldbtest.Join(t, db, d, tx), listOf(1201))
			require.NoError(t, err)
			if !commit {
				require.NoError(t, tx.Rollback())
				continue
			}
			require.NoError(t, tx.Commit())
		}
		want := listOf(1201)
		want.Version = 1
		for l, err := range store.Lists(ctx) {
			require.NoError(t, err)
			require.Equal(t, want, l)
		}
		want.Entries = want.Entries[:2]
		_, err := store.SaveList(ctx, want)
		require.NoError(t, err)
		var rows int
		require.NoError(t, db.QueryRowContext(ctx, `SELECT count(*) FROM flywheel_pricing_entries`).Scan(&rows))
		require.Equal(t, 2, rows)
		require.NoError(t, store.DeleteList(ctx, "list", 2))
		require.NoError(t, db.QueryRowContext(ctx, `SELECT count(*) FROM flywheel_pricing_entries`).Scan(&rows))
		require.Zero(t, rows)
	})
}

// An answer to a COMMIT that is lost is found by version.
func TestLostCommit(t *testing.T) {
	for _, d := range []sqldb.Dialect{sqldb.SQLite, sqldb.Postgres} {
		t.Run(d.String(), func(t *testing.T) {
			lose := false
			db := sqldbtest.OpenFaulty(t, d, func(op string, after bool) error {
				if lose && after && strings.EqualFold(op, "COMMIT") {
					lose = false
					return errors.New("connection reset")
				}
				return nil
			})
			store := migrated(t, db, d)
			lose = true
			saved, err := store.SaveList(t.Context(), listOf(3))
			require.NoError(t, err)
			require.Equal(t, int64(1), saved.Version)
			_, err = store.SaveList(t.Context(), listOf(3))
			require.ErrorIs(t, err, pricing.ErrVersion)
		})
	}
}
