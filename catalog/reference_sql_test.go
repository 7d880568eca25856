package catalog_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/catalogsql"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The cases of TestReference are answered alike by SQLite and PostgreSQL. All of
// them use one database, which is emptied before each; under the
// race detector each fifth case is run.
func TestReferenceSQL(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		pool := open(t)
		store := sqldbtest.Store(t, pool, d, catalogsql.New)
		referenceCases(t, 5/testkit.Often(5, 1), func(tb testing.TB) catalog.Store {
			for _, statement := range []string{`DELETE FROM flywheel_catalog_products`, `DELETE FROM flywheel_catalog_variants`, `DELETE FROM flywheel_catalog_slugs`,
				`DELETE FROM flywheel_catalog_index`, `DELETE FROM flywheel_catalog_definitions`, `UPDATE flywheel_catalog_revision SET revision = 0`} {
				_, err := pool.ExecContext(tb.Context(), statement)
				require.NoError(tb, err)
			}
			return store
		})
	})
}
