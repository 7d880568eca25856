package checkoutsql_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/checkout/checkoutsql"
	"github.com/flywheel-go/flywheel/cart/checkout/checkouttest"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		checkouttest.Run(t, func(t *testing.T) checkout.SessionStore {
			return sqldbtest.Store(t, open(t), d, checkoutsql.New)
		}, checkouttest.Features{Transactions: true})
	})
}

func sample(id checkout.SessionID) checkout.Session {
	zero := money.New(0, money.EUR)
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return checkout.Session{
		ID: id, Cart: "cart", Customer: "anna", OpenedAt: noon, ExpiresAt: noon.Add(time.Hour),
		Seen: checkout.Content{Total: zero, Lines: []checkout.ContentLine{}, Totals: []checkout.Total{{Type: checkout.TotalTotal, Amount: zero}}},
	}
}

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
	s := sqldbtest.Store(t, pool, flywheel.SQLite, checkoutsql.New)
	after.Store(true)
	of, err := s.SaveSession(t.Context(), sample("a"))
	require.NoError(t, err)
	of, err = s.SaveSession(t.Context(), of)
	require.NoError(t, err)
	require.NoError(t, s.Forget(t.Context(), "ben"))
	after.Store(false)
	before.Store(true)
	_, err = s.SaveSession(t.Context(), of)
	require.Error(t, err)
	require.Error(t, s.Forget(t.Context(), "anna"))
	before.Store(false)
	got, err := s.Session(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, of, got)
}
