package cartsql_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/cartsql"
	"github.com/flywheel-go/flywheel/cart/carttest"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		carttest.Run(t, func(t *testing.T) cart.Store { return sqldbtest.Store(t, open(t), d, cartsql.New) }, carttest.Features{Transactions: true})
	})
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func sample(id string) cart.Cart {
	return cart.Cart{ID: cart.ID(id), Customer: "anna", Currency: money.EUR, Status: cart.Open, CreatedAt: noon, UpdatedAt: noon}
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
	s := sqldbtest.Store(t, pool, flywheel.SQLite, cartsql.New)
	after.Store(true)
	c, err := s.Save(t.Context(), sample("a"))
	require.NoError(t, err)
	c, err = s.Save(t.Context(), c)
	require.NoError(t, err)
	require.NoError(t, s.Delete(t.Context(), "b"))
	require.NoError(t, s.Forget(t.Context(), "ben"))
	after.Store(false)
	before.Store(true)
	_, err = s.Save(t.Context(), c)
	require.Error(t, err)
	require.Error(t, s.Delete(t.Context(), "a"))
	require.Error(t, s.Forget(t.Context(), "anna"))
	before.Store(false)
	got, err := s.Get(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, c, got)
}

// More carts than a page holds come whole and in order.
func TestPages(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		s := sqldbtest.Store(t, open(t), d, cartsql.New)
		const n = 403
		for i := range n {
			_, err := s.Save(t.Context(), sample(fmt.Sprintf("c-%03d", i)))
			require.NoError(t, err)
		}
		for _, limit := range []int{0, 200, 401} {
			seen := 0
			for c, err := range s.List(t.Context(), cart.Filter{Customer: "anna", Limit: limit}) {
				require.NoError(t, err)
				require.Equal(t, cart.ID(fmt.Sprintf("c-%03d", seen)), c.ID)
				seen++
			}
			require.Equal(t, min(n, max(limit, n*(1-min(limit, 1)))), seen)
		}
	})
}
