package couponsql_test

import (
	"database/sql"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

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
	s := couponsql.New(db, d)
	require.NoError(t, s.Migrate(t.Context()))
	return s
}

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		fresh := func(t *testing.T) coupon.Store { return migrated(t, open(t), d) }
		coupontest.Run(t, fresh, coupontest.Features{Transactions: true, Small: os.Getenv("FLYWHEEL_LONG") == ""})
	})
}
