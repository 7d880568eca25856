package creditsql_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/cart/payment/credit/creditsql"
	"github.com/flywheel-go/flywheel/cart/payment/credit/credittest"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		credittest.Run(t, func(t *testing.T) credit.Store { return sqldbtest.Store(t, open(t), d, creditsql.New) }, credittest.Features{Transactions: true})
	})
}

// When the answer to COMMIT is lost the store finds out that it took effect, and
// when it was rolled back that it did not.
func TestLostCommit(t *testing.T) {
	ctx := t.Context()
	var before, after atomic.Bool
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, done bool) error {
		if op == "COMMIT" && (!done && before.Load() || done && after.Load()) {
			return errors.New("the answer was lost")
		}
		return nil
	})
	s := sqldbtest.Store(t, pool, flywheel.SQLite, creditsql.New)
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	move := func(kind credit.Kind, key string, minor int64, of string) credit.Move {
		return credit.Move{Account: "ann", Key: key, Kind: kind, Amount: money.New(minor, money.EUR), Of: of, At: noon, Until: noon.Add(time.Hour)}
	}
	calls := []func() error{
		func() error { _, err := s.Apply(ctx, move(credit.Hold, "h", 300, "")); return err },
		func() error { _, err := s.Apply(ctx, move(credit.Hold, "i", 100, "")); return err },
		func() error { _, err := s.Commit(ctx, "ann", "h", noon); return err },
		func() error { _, err := s.Release(ctx, "ann", "i", noon); return err },
		func() error { _, err := s.Apply(ctx, move(credit.Return, "r", 200, "h")); return err },
		func() error { return s.Forget(ctx, "ann") },
	}
	_, err := s.Apply(ctx, move(credit.Grant, "g", 800, ""))
	require.NoError(t, err)
	for i, call := range calls {
		balance := func() credit.Balance {
			b, err := s.Balance(ctx, "ann", money.EUR, noon)
			require.NoError(t, err)
			return b
		}
		was := balance()
		before.Store(true)
		require.Error(t, call(), "call %d", i)
		before.Store(false)
		require.Equal(t, was, balance(), "call %d", i)
		after.Store(true)
		require.NoError(t, call(), "call %d", i)
		after.Store(false)
		require.NoError(t, call(), "call %d again", i)
	}
	b, err := s.Balance(ctx, "ann", money.EUR, noon)
	require.NoError(t, err)
	require.Equal(t, credit.Balance{Spendable: money.New(700, money.EUR), Held: money.New(0, money.EUR)}, b)
}

// A commit is one statement: it goes into the order's transaction.
func TestCommitIsOneStatement(t *testing.T) {
	if suite.Twofold() {
		t.Skip("every transaction is run twice")
	}
	ctx := t.Context()
	var statements atomic.Int64
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, done bool) error {
		if !done {
			statements.Add(1)
		}
		return nil
	})
	s := sqldbtest.Store(t, pool, flywheel.SQLite, creditsql.New)
	credits, err := credit.New(s, nil)
	require.NoError(t, err)
	err = credits.Grant(ctx, "ann", "g", money.New(800, money.EUR), "")
	require.NoError(t, err)
	require.NoError(t, credits.Hold(ctx, "ann", "h", money.New(100, money.EUR), time.Now().Add(time.Hour)))
	_, err = credits.Spendable(ctx, "ann", money.EUR) // reads the secret, once per process
	require.NoError(t, err)
	statements.Store(0)
	require.NoError(t, credits.Commit(ctx, "ann", "h"))
	require.EqualValues(t, 3, statements.Load(), "BEGIN, UPDATE, COMMIT")
}
