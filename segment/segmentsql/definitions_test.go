package segmentsql_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// TestDefinitionsOfOtherProcesses: what one process defines or retires holds in the
// others and after a restart, and a process that is configured otherwise brings its
// own list once.
func TestDefinitionsOfOtherProcesses(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		pool := open(t)
		db := flywheel.OpenSQL(pool, d)
		require.NoError(t, flywheel.Migrate(t.Context(), db, segmentsql.New(db), segmentsql.NewProfiles(db)))
		definition := func(name, window string) segment.Definition {
			return segment.Definition{Name: name, Rule: json.RawMessage(`{"n": {"$gte": 1}}`),
				Leaves: map[string]segment.Leaf{"n": {Events: []string{flywheel.EventViewItem}, Window: window}}}
		}
		start := func(segments ...segment.Definition) (*segment.Profiles, *segment.Runner, *segment.Log) {
			log, err := segment.NewLog(segmentsql.New(db), &segment.LogOptions{Now: func() time.Time { return now }})
			require.NoError(t, err)
			p, err := segment.NewProfiles(segmentsql.NewProfiles(db), &segment.ProfileOptions{Segments: segments, Sink: log, Log: log})
			require.NoError(t, err)
			r, err := segment.NewRunner(log, nil, p)
			require.NoError(t, err)
			return p, r, log
		}
		members := func(p *segment.Profiles, segment string) int {
			m, err := p.Members(t.Context(), segment)
			require.NoError(t, err)
			return m.Count()
		}

		first := definition("first", "P1D")
		a, runA, log := start(first)
		b, runB, _ := start(first)
		require.NoError(t, log.Publish(t.Context(), flywheel.Event{ID: "1", Name: flywheel.EventViewItem, Time: now, Customer: "ann"}))
		require.NoError(t, runA.Drain(t.Context()))
		require.NoError(t, a.Define(t.Context(), definition("second", "P2D")))
		require.Equal(t, 1, members(b, "second"))
		require.NoError(t, log.Publish(t.Context(), flywheel.Event{ID: "2", Name: flywheel.EventViewItem, Time: now, Customer: "bob"}))
		require.NoError(t, runB.Drain(t.Context()))
		require.Equal(t, 2, members(a, "second"))
		require.NoError(t, b.Retire(t.Context(), "first"))
		_, err := a.Members(t.Context(), "first")
		require.ErrorIs(t, err, flywheel.ErrNotFound)

		restarted, runC, _ := start(first) // as before: what was defined since holds
		require.NoError(t, runC.Drain(t.Context()))
		require.Equal(t, 2, members(restarted, "second"))
		_, err = restarted.Members(t.Context(), "first")
		require.ErrorIs(t, err, flywheel.ErrNotFound)

		other, runD, _ := start(definition("third", "P3D"))
		require.NoError(t, runD.Drain(t.Context()))
		require.Equal(t, 2, members(other, "third"))
		for _, p := range []*segment.Profiles{a, b, restarted} {
			require.Equal(t, 2, members(p, "third"))
			_, err = p.Members(t.Context(), "second")
			require.ErrorIs(t, err, flywheel.ErrNotFound)
		}
		now = now.Add(3 * 24 * time.Hour)
		require.NoError(t, runA.Drain(t.Context()))
		require.Zero(t, members(other, "third"))
		var exits int
		for e, err := range log.Entries(t.Context(), segment.Query{Name: segment.EventExited}) {
			require.NoError(t, err)
			require.NotEmpty(t, e.Event.Customer)
			exits++
		}
		require.Equal(t, 6, exits)
		// Of leaves that no segment has any more nothing is left either.
		var left int
		require.NoError(t, pool.QueryRow(`SELECT count(*) FROM flywheel_profile_moments`).Scan(&left))
		require.Zero(t, left)
	})
}
