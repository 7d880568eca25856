package draftsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/draft"
	"github.com/flywheel-go/flywheel/cart/draft/draftsql"
	"github.com/flywheel-go/flywheel/cart/draft/drafttest"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		drafttest.Run(t, func(t *testing.T) draft.Store { return sqldbtest.Store(t, open(t), d, draftsql.New) }, drafttest.Features{Transactions: true})
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
	s := sqldbtest.Store(t, pool, flywheel.SQLite, draftsql.New)
	after.Store(true)
	d, err := s.Save(t.Context(), draft.Draft{ID: "d", Key: "k", Customer: "anna", Currency: money.EUR})
	require.NoError(t, err)
	require.NoError(t, s.Forget(t.Context(), "ben"))
	after.Store(false)
	before.Store(true)
	_, err = s.Save(t.Context(), d)
	require.Error(t, err)
	require.Error(t, s.Forget(t.Context(), "anna"))
	before.Store(false)
	got, err := s.Get(t.Context(), "d")
	require.NoError(t, err)
	require.Equal(t, d, got)
}

// TestModel compares random calls of each SQL store with the store in memory.
func TestModel(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		store := sqldbtest.Store(t, open(t), d, draftsql.New)
		rapid.Check(t, func(t *rapid.T) {
			ctx := context.Background()
			for _, c := range []flywheel.CustomerID{"anna", "Anna"} {
				require.NoError(t, store.Forget(ctx, c))
			}
			memory := draft.NewMemory(nil)
			start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
			kind := func(err error) string {
				switch {
				case err == nil:
					return ""
				case errors.Is(err, draft.ErrStale):
					return "stale"
				case errors.Is(err, draft.ErrKeyTaken):
					return "key"
				case errors.Is(err, flywheel.ErrNotFound):
					return "missing"
				}
				return err.Error()
			}
			same := func(a, b any, x, y error) {
				require.Equal(t, kind(x), kind(y))
				if x == nil {
					require.Equal(t, a, b)
				}
			}
			id := func() draft.ID { return draft.ID(rapid.SampledFrom([]string{"a", "A", "b", "c"}).Draw(t, "id")) }
			customer := func() flywheel.CustomerID {
				return flywheel.CustomerID(rapid.SampledFrom([]string{"anna", "Anna"}).Draw(t, "customer"))
			}
			status := func() draft.Status {
				return rapid.SampledFrom([]draft.Status{draft.Open, draft.Sent, draft.Expired}).Draw(t, "status")
			}
			t.Repeat(map[string]func(*rapid.T){
				"save": func(t *rapid.T) {
					next := draft.Draft{
						ID: id(), Key: rapid.SampledFrom([]string{"k", "K", "l", "m"}).Draw(t, "key"), By: "ben", Customer: customer(), Currency: money.EUR, Status: status(),
						Version: rapid.Int64Range(0, 3).Draw(t, "version"),
					}
					if n := rapid.IntRange(0, 3).Draw(t, "due"); n > 0 {
						next.Due = start.Add(time.Duration(n) * time.Minute)
					}
					x, errX := memory.Save(ctx, next)
					y, errY := store.Save(ctx, next)
					same(x, y, errX, errY)
				},
				"get": func(*rapid.T) {
					of := id()
					x, errX := memory.Get(ctx, of)
					y, errY := store.Get(ctx, of)
					same(x, y, errX, errY)
				},
				"key": func(t *rapid.T) {
					key := rapid.SampledFrom([]string{"k", "K", "l", "m"}).Draw(t, "key")
					x, errX := memory.ByKey(ctx, key)
					y, errY := store.ByKey(ctx, key)
					same(x, y, errX, errY)
				},
				"list": func(t *rapid.T) {
					f := draft.Filter{}
					if rapid.Bool().Draw(t, "of one") {
						f.Customer = customer()
					}
					if rapid.Bool().Draw(t, "by status") {
						f.Status = status()
					}
					limit := rapid.IntRange(1, 4).Draw(t, "limit")
					x, errX := memory.List(ctx, f, "", limit)
					y, errY := store.List(ctx, f, "", limit)
					same(len(x), len(y), errX, errY)
					for i := range x {
						require.Equal(t, x[i], y[i])
					}
				},
				"due": func(t *rapid.T) {
					at := start.Add(time.Duration(rapid.IntRange(0, 4).Draw(t, "at")) * time.Minute)
					x, errX := memory.DueDrafts(ctx, at, 3)
					y, errY := store.DueDrafts(ctx, at, 3)
					same(len(x), len(y), errX, errY)
					for i := range x {
						require.Equal(t, x[i], y[i])
					}
				},
				"forget": func(*rapid.T) {
					c := customer()
					require.NoError(t, memory.Forget(ctx, c))
					require.NoError(t, store.Forget(ctx, c))
				},
			})
		})
	})
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
	store := draftsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		fmt.Println(err)
		return
	}
	d, err := store.Save(ctx, draft.Draft{ID: "d-1", Key: "call-17", By: "ben", Currency: money.EUR, Status: draft.Open})
	fmt.Println(d.Version, err)
	// Output: 1 <nil>
}
