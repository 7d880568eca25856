package experimentsql_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/experimentsql"
	"github.com/flywheel-go/flywheel/experiment/experimenttest"
	"github.com/flywheel-go/flywheel/experiment/flag"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		experimenttest.Run(t, func(t *testing.T) experiment.Store {
			s := sqldbtest.Store(t, open(t), d, experimentsql.New)
			return s
		}, experimenttest.Features{Tx: func(s experiment.Store) flywheel.Transactor { return suite.Tx(s) }})
	})
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// More exposures than a page holds come whole and in order.
func TestExposuresInPages(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		s := sqldbtest.Store(t, open(t), d, experimentsql.New)
		const n = 1101
		require.NoError(t, s.Handle().InTx(t.Context(), func(ctx context.Context) error {
			for i := range n {
				x := experiment.Exposure{Experiment: "E", Unit: fmt.Sprintf("u%04d", i*7919%n), Arm: "A", At: noon.Add(time.Duration(i/500) * time.Second)}
				if _, err := s.Record(ctx, x); err != nil {
					return err
				}
			}
			return nil
		}))
		seen := 0
		var last experiment.Exposure
		for x, err := range s.Exposures(t.Context(), "E") {
			require.NoError(t, err)
			if seen > 0 {
				require.True(t, x.At.After(last.At) || x.At.Equal(last.At) && x.Unit > last.Unit)
			}
			last = x
			seen++
		}
		require.Equal(t, n, seen)
	})
}

// When the answer to COMMIT is lost the store finds out that it took effect.
func TestLostCommit(t *testing.T) {
	var lost atomic.Bool
	db := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, after bool) error {
		if op == "COMMIT" && after && lost.Load() {
			return errors.New("the answer was lost")
		}
		return nil
	})
	s := sqldbtest.Store(t, db, flywheel.SQLite, experimentsql.New)
	lost.Store(true)
	x := experiment.Exposure{Experiment: "E", Unit: "u", Arm: "A", At: noon}
	_, err := s.Record(t.Context(), x)
	require.NoError(t, err)
	_, err = s.Record(t.Context(), x)
	require.NoError(t, err)
	require.NoError(t, s.Assign(t.Context(), "id", "u", "E__0", "a"))
	d, err := s.SaveDefinition(t.Context(), experiment.Definition{Kind: "payload", ID: "live", Body: []byte("{}"), SavedAt: noon})
	require.NoError(t, err)
	require.EqualValues(t, 1, d.Version)
	_, err = s.SaveDefinition(t.Context(), d)
	require.NoError(t, err)
}

// Where the answer to COMMIT is lost and another has saved since, nobody can say whose
// definition took effect first: the outcome is unknown, not stale.
func TestOvertakenCommit(t *testing.T) {
	var meanwhile func()
	db := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, after bool) error {
		if op != "COMMIT" || !after || meanwhile == nil {
			return nil
		}
		now := meanwhile
		meanwhile = nil
		now()
		return errors.New("the answer was lost")
	})
	s := sqldbtest.Store(t, db, flywheel.SQLite, experimentsql.New)
	d, err := s.SaveDefinition(t.Context(), experiment.Definition{Kind: "payload", ID: "live", Body: []byte("{}"), SavedAt: noon})
	require.NoError(t, err)
	meanwhile = func() { // another process, beside this store
		_, err := db.ExecContext(t.Context(), `UPDATE flywheel_experiment_definitions SET version = version + 1`)
		require.NoError(t, err)
	}
	_, err = s.SaveDefinition(t.Context(), d)
	require.ErrorIs(t, err, flywheel.ErrUnknownOutcome)
	require.NotErrorIs(t, err, flywheel.ErrStale)
}

// Flags, sticky buckets and exposures on one database, seen by a second process.
func TestFlagsOnSQL(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx, db := t.Context(), open(t)
		s := sqldbtest.Store(t, db, d, experimentsql.New)
		service, err := experiment.New(s, nil)
		require.NoError(t, err)
		first, err := flag.New(s, &flag.Options{Recorder: service, Sticky: true})
		require.NoError(t, err)
		payload := func(weights string) []byte {
			return []byte(`{"features": {"f": {"rules": [{"key": "e", "variations": ["a", "b"], "weights": [` + weights + `]}]}}}`)
		}
		require.NoError(t, first.Load(ctx, payload("1, 0")))
		u := flag.User{Attributes: map[string]any{"id": "u1"}}
		r, err := first.Evaluate(ctx, "f", u)
		require.NoError(t, err)
		require.Equal(t, "a", r.Value)

		require.NoError(t, first.Load(ctx, payload("0, 1")))
		second, err := flag.New(experimentsql.New(flywheel.OpenSQL(db, d)), &flag.Options{Sticky: true})
		require.NoError(t, err)
		require.NoError(t, second.Refresh(ctx))
		r, err = second.Evaluate(ctx, "f", u)
		require.NoError(t, err)
		require.Equal(t, "a", r.Value, "bound by what the first process assigned")
		list, err := service.Exposures(ctx, "e")
		require.NoError(t, err)
		require.Len(t, list, 1)
	})
}
