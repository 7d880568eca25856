package ordersql_test

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/ordersql"
	"github.com/flywheel-go/flywheel/cart/order/ordertest"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func migrated(t testing.TB, db *sql.DB, d sqldb.Dialect) *ordersql.Store {
	t.Helper()
	s := sqldbtest.Store(t, db, d, ordersql.New)
	return s
}

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		fresh := func(t *testing.T) order.Store { return migrated(t, open(t), d) }
		ordertest.Run(t, fresh, ordertest.Features{Transactions: true})
	})
}

func sample(id string) order.Order {
	eur := func(minor int64) money.Amount { return money.New(minor, money.EUR) }
	return order.Order{
		ID: order.ID(id), Key: id, Customer: "c", Currency: money.EUR, Status: order.Placed, PlacedAt: time.Date(2011, 1, 2, 3, 4, 5, 0, time.UTC),
		Lines: []order.Line{{ID: "1", SKU: "a", Quantity: 3, Unit: money.MustPrice("3.50", money.EUR), Subtotal: eur(1050), Discount: eur(50),
			Net: eur(1000), Tax: eur(0), Total: eur(1000)}},
		Subtotal: eur(1050), Discount: eur(50), Net: eur(1000), Tax: eur(0), Total: eur(1000),
		Payment: order.Payment{Authorized: eur(0), Captured: eur(0), Refunded: eur(0)},
	}
}

func TestCallersOwnTransaction(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		db := open(t)
		s := migrated(t, db, d)
		for _, commit := range []bool{true, false} {
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			ctx := sqldbtest.Join(t, db, d, tx)
			id := map[bool]string{true: "kept", false: "dropped"}[commit]
			require.NoError(t, s.Handle().InTx(ctx, func(ctx context.Context) error {
				_, err := s.Insert(ctx, sample(id))
				return err
			}))
			_, err = s.Get(ctx, order.ID(id))
			require.NoError(t, err, "the transaction sees what it wrote")
			if commit {
				require.NoError(t, tx.Commit())
			} else {
				require.NoError(t, tx.Rollback())
			}
			_, err = s.Get(t.Context(), order.ID(id))
			require.Equal(t, commit, err == nil)
		}
	})
}

func TestReopened(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		db := open(t)
		want, err := migrated(t, db, d).Insert(t.Context(), sample("o"))
		require.NoError(t, err)
		got, err := migrated(t, db, d).Get(t.Context(), "o") // Migrate finds its work done
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestDatabaseGoesAway(t *testing.T) {
	db := sqldbtest.OpenSQLite(t)
	s := migrated(t, db, flywheel.SQLite)
	require.NoError(t, db.Close())
	_, err := s.Insert(t.Context(), sample("o"))
	require.ErrorContains(t, err, "ordersql: ")
	_, err = s.Get(t.Context(), "o")
	require.Error(t, err)
	require.False(t, errors.Is(err, flywheel.ErrNotFound), "an order that cannot be read is not missing")
	for _, err := range s.List(t.Context(), order.Filter{}) {
		require.ErrorContains(t, err, "ordersql: ")
	}
}

func TestUnreadableBody(t *testing.T) {
	db := sqldbtest.OpenSQLite(t)
	s := migrated(t, db, flywheel.SQLite)
	_, err := s.Insert(t.Context(), sample("o"))
	require.NoError(t, err)
	_, err = db.Exec(`UPDATE flywheel_orders SET body = '{'`)
	require.NoError(t, err)
	_, err = s.Get(t.Context(), "o")
	require.ErrorContains(t, err, `ordersql: order "o"`)
}

// When the answer to COMMIT is lost the store finds out that it took effect, when it
// was rolled back that it did not, and when another went on meanwhile that it cannot know.
func TestLostCommit(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, _ sqldbtest.Opener, d sqldb.Dialect) {
		var before, after atomic.Bool
		var meanwhile func()
		pool := sqldbtest.OpenFaulty(t, d, func(op string, done bool) error {
			if op != "COMMIT" || !(!done && before.Load() || done && after.Load()) {
				return nil
			}
			if meanwhile != nil {
				now := meanwhile
				meanwhile = nil
				after.Store(false)
				now()
			}
			return errors.New("the answer was lost")
		})
		s, ctx := migrated(t, pool, d), t.Context()
		after.Store(true)
		o, err := s.Insert(ctx, sample("a"))
		require.NoError(t, err)
		require.EqualValues(t, 1, o.Version)
		o.Contact.Email = "a@example.com"
		o, err = s.Save(ctx, o)
		require.NoError(t, err)
		require.EqualValues(t, 2, o.Version)
		o.Documents = append(o.Documents, order.Document{Series: "invoice", First: 1, Kind: order.Invoice, Total: o.Total})
		o, err = s.Save(ctx, o)
		require.NoError(t, err)
		require.EqualValues(t, 1, o.Documents[0].Number)
		after.Store(false)

		before.Store(true)
		_, err = s.Insert(ctx, sample("b"))
		require.Error(t, err)
		_, err = s.Save(ctx, o)
		require.Error(t, err)
		require.Error(t, s.Forget(ctx, "c"))
		before.Store(false)
		got, err := s.Get(ctx, "a")
		require.NoError(t, err)
		require.Equal(t, o, got)
		_, err = s.Get(ctx, "b")
		require.ErrorIs(t, err, flywheel.ErrNotFound)

		// Another saves between the lost answer and the question.
		meanwhile = func() { // beside this store
			_, err := pool.ExecContext(ctx, `UPDATE flywheel_orders SET version = version + 1`)
			require.NoError(t, err)
		}
		after.Store(true)
		_, err = s.Save(ctx, o)
		require.ErrorIs(t, err, flywheel.ErrUnknownOutcome)
		after.Store(true)
		require.NoError(t, s.Forget(ctx, "c"))
	})
}
