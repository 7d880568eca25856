package paymentsql_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/paymentsql"
	"github.com/flywheel-go/flywheel/cart/payment/paymenttest"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		paymenttest.Run(t, func(t *testing.T) payment.NoticeStore { return sqldbtest.Store(t, open(t), d, paymentsql.New) }, paymenttest.Features{Transactions: true})
	})
}

// When the answer to COMMIT is lost the store finds out that it took effect.
func TestLostCommit(t *testing.T) {
	var lost atomic.Bool
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, after bool) error {
		if op == "COMMIT" && after && lost.Load() {
			return errors.New("the answer was lost")
		}
		return nil
	})
	s := sqldbtest.Store(t, pool, flywheel.SQLite, paymentsql.New)
	lost.Store(true)
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	claimed, err := s.Claim(t.Context(), payment.Notice{ID: "n", Type: "x"}, noon, noon.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, claimed)
	require.NoError(t, s.Settle(t.Context(), "n", true, noon))
	claimed, err = s.Claim(t.Context(), payment.Notice{ID: "n", Type: "x"}, noon, noon.Add(time.Hour))
	require.NoError(t, err)
	require.False(t, claimed)
}
