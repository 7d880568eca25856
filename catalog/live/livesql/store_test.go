package livesql_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/live"
	"github.com/flywheel-go/flywheel/catalog/live/livesql"
	"github.com/flywheel-go/flywheel/catalog/live/livetest"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		livetest.Run(t, func(t *testing.T) live.Store { return sqldbtest.Store(t, open(t), d, livesql.New) }, livetest.Features{Transactions: true})
	})
}

// When the answer to COMMIT is lost the store finds out whether it took effect.
func TestLostCommit(t *testing.T) {
	ctx := t.Context()
	var before, after atomic.Bool
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, done bool) error {
		if op == "COMMIT" && (!done && before.Load() || done && after.Load()) {
			return errors.New("the answer was lost")
		}
		return nil
	})
	s := sqldbtest.Store(t, pool, flywheel.SQLite, livesql.New)
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	event := live.Event{ID: "e", Starts: at, Ends: at.Add(time.Hour), State: live.Scheduled}
	claim := live.Claim{Event: "e", Slot: "a", Ref: "r", Quantity: 2}
	_, _, err := s.Claim(ctx, live.Claim{Event: "e", Slot: "a", Ref: "old", Quantity: 1}, 9)
	require.NoError(t, err)
	calls := func() []error {
		_, saveErr := s.Save(ctx, event)
		_, _, claimErr := s.Claim(ctx, claim, 9)
		_, _, unclaimErr := s.Unclaim(ctx, "e", "a", "old")
		return []error{saveErr, claimErr, unclaimErr}
	}
	before.Store(true)
	for i, err := range calls() {
		require.Error(t, err, "call %d", i)
	}
	before.Store(false)
	sold, err := s.Sold(ctx, "e")
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"a": 1}, sold)
	after.Store(true)
	for i, err := range calls() {
		require.NoError(t, err, "call %d", i)
	}
	after.Store(false)
	sold, err = s.Sold(ctx, "e")
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"a": 2}, sold)
}

func BenchmarkClaim(b *testing.B) {
	s := sqldbtest.Store(b, sqldbtest.OpenSQLite(b), flywheel.SQLite, livesql.New)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, _, err := s.Claim(b.Context(), live.Claim{Event: "e", Slot: "a", Ref: time.Duration(i).String(), Quantity: 1}, 1<<40); err != nil {
			b.Fatal(err)
		}
	}
}
