package servicesql_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/cart/service/servicesql"
	"github.com/flywheel-go/flywheel/cart/service/servicetest"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		servicetest.Run(t, func(t *testing.T) service.Store { return sqldbtest.Store(t, open(t), d, servicesql.New) }, servicetest.Features{Transactions: true})
	})
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// When the answer to COMMIT is lost the store finds out that it took effect, and
// when it was rolled back that it did not.
func TestLostCommit(t *testing.T) {
	var before, after atomic.Bool
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, done bool) error {
		if op == "COMMIT" && (!done && before.Load() || done && after.Load()) {
			return errors.New("the answer was lost")
		}
		return nil
	})
	s := sqldbtest.Store(t, pool, flywheel.SQLite, servicesql.New)
	after.Store(true)
	ticket, err := s.Save(t.Context(), service.Ticket{ID: "a", Customer: "ann", Opened: noon}, service.Entry{Ticket: "a", N: 1, Text: "help"})
	require.NoError(t, err)
	ticket, err = s.Save(t.Context(), ticket, service.Entry{Ticket: "a", N: 2, Text: "help!"})
	require.NoError(t, err)
	require.NoError(t, s.Forget(t.Context(), "ben"))
	after.Store(false)
	before.Store(true)
	_, err = s.Save(t.Context(), ticket, service.Entry{Ticket: "a", N: 3})
	require.Error(t, err)
	require.Error(t, s.Forget(t.Context(), "ann"))
	before.Store(false)
	got, err := s.Get(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, ticket, got)
	n := 0
	for e, err := range s.Entries(t.Context(), "a") {
		require.NoError(t, err)
		n++
		require.EqualValues(t, n, e.N)
	}
	require.Equal(t, 2, n)
}

// More tickets than a page holds come whole and in order.
func TestPages(t *testing.T) {
	s := sqldbtest.Store(t, sqldbtest.OpenSQLite(t), flywheel.SQLite, servicesql.New)
	const n = 403
	for i := range n {
		_, err := s.Save(t.Context(), service.Ticket{ID: service.ID(fmt.Sprintf("t-%03d", i)), Customer: "ann", Opened: noon})
		require.NoError(t, err)
	}
	for _, limit := range []int{0, 200, 401} {
		seen := 0
		for ticket, err := range s.List(t.Context(), service.Filter{Customer: "ann", Limit: limit}) {
			require.NoError(t, err)
			require.Equal(t, service.ID(fmt.Sprintf("t-%03d", seen)), ticket.ID)
			seen++
		}
		want := limit
		if limit == 0 {
			want = n
		}
		require.Equal(t, want, seen)
	}
}
