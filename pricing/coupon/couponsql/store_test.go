package couponsql_test

import (
	"database/sql"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/coupon/couponsql"
	"github.com/flywheel-go/flywheel/pricing/coupon/coupontest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func migrated(t testing.TB, db *sql.DB, d sqldb.Dialect) *couponsql.Store {
	t.Helper()
	s := sqldbtest.Store(t, db, d, couponsql.New)
	return s
}

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		fresh := func(t *testing.T) coupon.Store { return migrated(t, open(t), d) }
		coupontest.Run(t, fresh, coupontest.Features{Transactions: true, Small: os.Getenv("FLYWHEEL_LONG") == ""})
	})
}

// The caller's own transaction holds what was done in it, for every service on the
// database.
func TestCallersTransaction(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx := t.Context()
		db := open(t)
		store := migrated(t, db, d)
		require.NoError(t, flywheel.Migrate(ctx, flywheel.OpenSQL(db, d), store), "again")
		svc, err := coupon.New(store, nil)
		require.NoError(t, err)
		_, err = svc.SaveCampaign(ctx, coupon.Campaign{ID: "c", Limit: 1})
		require.NoError(t, err)
		require.NoError(t, svc.Add(ctx, coupon.Code{Code: "X", Campaign: "c"}))
		for _, commit := range []bool{false, true} {
			tx, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			inTx := sqldbtest.Join(t, db, d, tx)
			_, err = svc.Redeem(inTx, "order", coupon.Request{Code: "X", Customer: "ann"})
			require.NoError(t, err)
			_, err = svc.Redeem(inTx, "another", coupon.Request{Code: "X", Customer: "bob"})
			require.ErrorIs(t, err, coupon.ErrRefused)
			used, err := svc.Used(ctx, "c")
			require.NoError(t, err)
			require.Zero(t, used, "nobody else sees it yet")
			if commit {
				require.NoError(t, tx.Commit())
			} else {
				require.NoError(t, tx.Rollback())
			}
			used, err = svc.Used(ctx, "c")
			require.NoError(t, err)
			require.Equal(t, commit, used == 1)
		}
	})
}
