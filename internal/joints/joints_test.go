package joints_test

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltysql"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestReference(t *testing.T) {
	var cases file
	strict(t, testkit.Reference(t, "joints", "cases.json"), &cases)
	require.Equal(t, "joints/v1", cases.Schema)
	require.NotEmpty(t, cases.Cases)
	t.Run("memory", func(t *testing.T) {
		each(t, cases.Cases, func(*testing.T) stores {
			db := new(flywheel.Memory)
			return stores{segment.NewMemoryLog(db), segment.NewMemoryProfiles(db), loyalty.NewMemory(db), campaign.NewMemory(db), nil}
		})
	})
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		pool := open(t)
		db := flywheel.OpenSQL(pool, d)
		log, profiles, points, journeys := segmentsql.New(db), segmentsql.NewProfiles(db), loyaltysql.New(db), campaignsql.New(db)
		require.NoError(t, flywheel.Migrate(t.Context(), db, log, profiles, points, journeys))
		each(t, cases.Cases, func(t *testing.T) stores {
			wipe(t, pool, d)
			// New ones, for what a store remembers of its tables.
			return stores{segmentsql.New(db), segmentsql.NewProfiles(db), loyaltysql.New(db), campaignsql.New(db), nil}
		})
	})
}

// TestReferenceLive runs the cases that have segments with those of segment.Live in place
// of those of profiles.
func TestReferenceLive(t *testing.T) {
	var cases file
	strict(t, testkit.Reference(t, "joints", "cases.json"), &cases)
	var some []*testCase
	for _, c := range cases.Cases {
		define := func(s step) bool { return s.Do == "define" }
		if len(c.Setup.Segments) > 0 || slices.ContainsFunc(c.Steps, define) {
			some = append(some, c)
		}
	}
	require.NotEmpty(t, some)
	t.Run("memory", func(t *testing.T) {
		each(t, some, func(*testing.T) stores {
			db := new(flywheel.Memory)
			return stores{segment.NewMemoryLog(db), nil, loyalty.NewMemory(db), campaign.NewMemory(db), segment.NewMemoryLive(db)}
		})
	})
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		pool := open(t)
		db := flywheel.OpenSQL(pool, d)
		log, segments, points, journeys := segmentsql.New(db), segmentsql.NewLive(db), loyaltysql.New(db), campaignsql.New(db)
		require.NoError(t, flywheel.Migrate(t.Context(), db, log, segments, points, journeys))
		stride := testkit.Often(1, 6) // under the race detector a sixth of them
		var few []*testCase
		for i := 0; i < len(some); i += stride {
			few = append(few, some[i])
		}
		each(t, few, func(t *testing.T) stores {
			wipe(t, pool, d)
			return stores{segmentsql.New(db), nil, loyaltysql.New(db), campaignsql.New(db), segmentsql.NewLive(db)}
		})
	})
}

// wipe empties all tables, which is quicker than to make them again.
func wipe(t *testing.T, pool *sql.DB, d sqldb.Dialect) {
	query := `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
	if d == flywheel.SQLite {
		query = `SELECT name FROM sqlite_master WHERE type = 'table'`
	}
	rows, err := pool.Query(query)
	require.NoError(t, err)
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		if strings.HasPrefix(name, "flywheel_") && name != "flywheel_migrations" && name != "flywheel_event_head" {
			tables = append(tables, name)
		}
	}
	require.NoError(t, rows.Err())
	require.NotEmpty(t, tables)
	tx, err := pool.Begin()
	require.NoError(t, err)
	for _, name := range tables {
		_, err = tx.Exec(`DELETE FROM ` + name)
		require.NoError(t, err)
	}
	_, err = tx.Exec(`UPDATE flywheel_event_head SET position = 0, received = 0, settled = 0`)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
}

func each(t *testing.T, cases []*testCase, fresh func(t *testing.T) stores) {
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) { run(t, c, fresh(t)) })
	}
}

func run(t *testing.T, c *testCase, s stores) {
	w := newWorld(t, c, s)
	for i := range c.Steps {
		w.do(&c.Steps[i])
	}
	w.check(c.Expected)
}
