package loyaltysql_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltysql"
	"github.com/flywheel-go/flywheel/loyalty/loyaltytest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		loyaltytest.Run(t, func(t *testing.T) loyalty.Store {
			return sqldbtest.Store(t, open(t), d, loyaltysql.New)
		}, loyaltytest.Features{Tx: func(s loyalty.Store) flywheel.Transactor { return suite.Tx(s) }})
	})
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// When the answer to COMMIT is lost the store finds out that it took effect, and
// when it was rolled back that it did not, whatever was there before.
func TestLostCommit(t *testing.T) {
	var before, after atomic.Bool
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, done bool) error {
		if op == "COMMIT" && (!done && before.Load() || done && after.Load()) {
			return errors.New("the answer was lost")
		}
		return nil
	})
	s := sqldbtest.Store(t, pool, flywheel.SQLite, loyaltysql.New)
	points, err := loyalty.New(s, &loyalty.Options{Now: func() time.Time { return noon }})
	require.NoError(t, err)
	after.Store(true)
	gift := loyalty.Operation{Member: "anna", Key: "gift", Kind: loyalty.Earn, Points: 100}
	_, err = points.Apply(t.Context(), gift)
	require.NoError(t, err)
	require.NoError(t, points.Hold(t.Context(), "anna", "order", 60))
	require.NoError(t, points.SetPrograms(t.Context(), loyalty.Program{Timezone: "Asia/Tokyo"}))
	require.NoError(t, points.Forget(t.Context(), "nobody"))
	after.Store(false)
	before.Store(true)
	require.Error(t, points.Commit(t.Context(), "anna", "order"))
	require.Error(t, points.SetPrograms(t.Context(), loyalty.Program{Timezone: "Europe/Berlin"}))
	require.Error(t, points.Forget(t.Context(), "anna"))
	before.Store(false)
	b, err := points.Balance(t.Context(), "anna")
	require.NoError(t, err)
	require.Equal(t, loyalty.Balance{At: noon, Available: 40, Held: 60}, b)
	programs, err := points.Programs(t.Context())
	require.NoError(t, err)
	require.Equal(t, []loyalty.Program{{Timezone: "Asia/Tokyo"}}, programs)
}
