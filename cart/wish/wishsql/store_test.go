package wishsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/wish"
	"github.com/flywheel-go/flywheel/cart/wish/wishsql"
	"github.com/flywheel-go/flywheel/cart/wish/wishtest"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		wishtest.Run(t, func(t *testing.T) wish.Store { return sqldbtest.Store(t, open(t), d, wishsql.New) }, wishtest.Features{Transactions: true})
	})
}

// When the answer to COMMIT is lost the store finds out whether it took effect.
func TestLostCommit(t *testing.T) {
	var before, after atomic.Bool
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, done bool) error {
		if op == "COMMIT" && (!done && before.Load() || done && after.Load()) {
			return errors.New("the answer was lost")
		}
		return nil
	})
	s := sqldbtest.Store(t, pool, flywheel.SQLite, wishsql.New)
	after.Store(true)
	l, err := s.Save(t.Context(), wish.List{Owner: "c:anna"})
	require.NoError(t, err)
	require.NoError(t, s.Forget(t.Context(), "c:ben"))
	after.Store(false)
	before.Store(true)
	_, err = s.Save(t.Context(), l)
	require.Error(t, err)
	require.Error(t, s.Forget(t.Context(), "c:anna"))
	before.Store(false)
	got, err := s.Get(t.Context(), "c:anna")
	require.NoError(t, err)
	require.Equal(t, l, got)
}

func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", flywheel.SQLiteDSN(":memory:"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1) // a database in memory is one connection
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store := wishsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		fmt.Println(err)
		return
	}
	wishes, err := wish.New(store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := wishes.Add(ctx, flywheel.PersonOf("anna", ""), wish.Item{SKU: "lamp", Kind: wish.Wished})
	fmt.Println(len(l.Items), err)
	// Output: 1 <nil>
}
