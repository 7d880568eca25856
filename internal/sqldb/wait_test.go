package sqldb_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

func nothing(context.Context) error { return nil }

// A writer of SQLite waits no longer than its context, and not for itself.
func TestSQLiteWaits(t *testing.T) {
	db := sqldb.New(sqldbtest.OpenSQLite(t), sqldb.SQLite)
	require.NoError(t, db.InTx(t.Context(), func(context.Context) error {
		var misused *flywheel.TxError
		require.ErrorAs(t, db.InTx(t.Context(), nothing), &misused)
		require.ErrorIs(t, misused, flywheel.ErrInvalid)

		short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		answer := make(chan error)
		go func() { answer <- db.InTx(short, nothing) }()
		require.ErrorIs(t, <-answer, context.DeadlineExceeded)
		return nil
	}))
	require.NoError(t, db.InTx(t.Context(), nothing))
}

// A database in memory and one of SQLite in two orders: one transaction is
// refused, the other goes on.
func TestTwoKindsInTwoOrders(t *testing.T) {
	var first, second flywheel.Transactor = &flywheel.Memory{}, sqldb.New(sqldbtest.OpenSQLite(t), sqldb.SQLite)
	var both, done sync.WaitGroup
	both.Add(2)
	errs := make(chan error, 2)
	for range 2 {
		outer, inner := first, second
		done.Go(func() {
			errs <- outer.InTx(t.Context(), func(ctx context.Context) error {
				both.Done()
				both.Wait()
				return inner.InTx(ctx, nothing)
			})
		})
		first, second = second, first
	}
	done.Wait()
	a, b := <-errs, <-errs
	if a == nil {
		a, b = b, a
	}
	require.ErrorIs(t, a, flywheel.ErrConflict)
	require.NoError(t, b)
}
