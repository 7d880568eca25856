package marketsql_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/catalog/market/marketsql"
	"github.com/flywheel-go/flywheel/catalog/market/markettest"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		markettest.Run(t, func(t *testing.T) market.Store { return sqldbtest.Store(t, open(t), d, marketsql.New) }, markettest.Features{Transactions: true})
	})
}

// When the answer to COMMIT is lost the store finds out that it took effect, and when
// it was rolled back that it did not.
func TestLostCommit(t *testing.T) {
	ctx := t.Context()
	var before, after atomic.Bool
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, done bool) error {
		if op == "COMMIT" && (!done && before.Load() || done && after.Load()) {
			return errors.New("the answer was lost")
		}
		return nil
	})
	s := market.New(sqldbtest.Store(t, pool, flywheel.SQLite, marketsql.New))
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	see := func(hour int, minor int64) func() error {
		return func() error {
			_, _, err := s.See(ctx, "w", noon.Add(time.Duration(hour)*time.Hour), money.New(minor, money.EUR))
			return err
		}
	}
	calls := []func() error{
		func() error {
			_, err := s.Define(ctx, market.Watched{ID: "w", SKU: "mug", Seller: "rival", Rule: market.MinimumPrice{Minimum: money.New(1000, money.EUR)}})
			return err
		},
		see(1, 1000), see(2, 900), see(3, 800), see(4, 1000), see(5, 900),
	}
	for i, call := range calls {
		look := func() string {
			watches, err := suite.Collect(s.Watches(ctx))
			require.NoError(t, err)
			breaches, err := suite.Collect(s.Breaches(ctx, market.BreachFilter{}))
			require.NoError(t, err)
			for i := range watches {
				watches[i].Version = 0 // a definition that is repeated is saved again
			}
			return fmt.Sprint(watches, breaches)
		}
		was := look()
		before.Store(true)
		require.Error(t, call(), "call %d", i)
		before.Store(false)
		require.Equal(t, was, look(), "call %d", i)
		after.Store(true)
		require.NoError(t, call(), "call %d", i)
		after.Store(false)
		now := look()
		require.NoError(t, call(), "call %d again", i)
		require.Equal(t, now, look(), "call %d again", i)
	}
	open, err := suite.Collect(s.Breaches(ctx, market.BreachFilter{Open: true}))
	require.NoError(t, err)
	require.Len(t, open, 1)
}
