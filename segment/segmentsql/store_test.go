package segmentsql_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
	"github.com/flywheel-go/flywheel/segment/segmenttest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	_ segment.ProfileStore = (*segmentsql.Profiles)(nil)
	_ segment.LiveStore    = (*segmentsql.Live)(nil)
	_ segment.LogStore     = (*segmentsql.Store)(nil)
	_ flywheel.SQLStore    = (*segmentsql.Store)(nil)
)

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		segmenttest.Run(t, func(t *testing.T) segment.LogStore {
			return sqldbtest.Store(t, open(t), d, segmentsql.New)
		}, segmenttest.Features{Transactions: true})
	})
}

func TestProfiles(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		segmenttest.RunProfiles(t, func(t *testing.T) segment.ProfileStore {
			return sqldbtest.Store(t, open(t), d, segmentsql.NewProfiles)
		}, segmenttest.Features{Transactions: true})
	})
}

func TestLive(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		segmenttest.RunLive(t, func(t *testing.T) segment.LiveStore {
			return sqldbtest.Store(t, open(t), d, segmentsql.NewLive)
		}, segmenttest.Features{Transactions: true})
	})
}

// TestMigrations applies the pairs, down included, and then what Migrate applies.
func TestMigrations(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		migrations := (*segmentsql.Store)(nil).Migrations()[0]
		goose, err := migrations.Goose(d)
		require.NoError(t, err)
		pairs, err := migrations.Pairs(d)
		require.NoError(t, err)
		names, err := fs.Glob(goose, "*.sql")
		require.NoError(t, err)
		require.NotEmpty(t, names)
		db := open(t)
		for _, direction := range []string{".up.sql", ".down.sql"} {
			if direction == ".down.sql" {
				slices.Reverse(names)
			}
			for _, name := range names {
				text, err := fs.ReadFile(pairs, strings.TrimSuffix(name, ".sql")+direction)
				require.NoError(t, err)
				_, err = db.Exec(string(text))
				require.NoError(t, err)
			}
		}
		s := sqldbtest.Store(t, db, d, segmentsql.New)
		require.NoError(t, flywheel.Migrate(t.Context(), flywheel.OpenSQL(db, d), s))
		require.NoError(t, s.Append(t.Context(), told, "", event("a")))
	})
}
