package sqldbtest

import (
	"context"
	"database/sql"
	"testing"

	"github.com/flywheel-go/flywheel/internal/sqldb"
)

// Size returns how many bytes the tables of a database that [Each], [OpenSQLite] or
// [OpenPostgres] opened take with their indexes.
func Size(t testing.TB, pool *sql.DB, d sqldb.Dialect) (bytes int64) {
	t.Helper()
	query := `SELECT page_count * page_size FROM pragma_page_count, pragma_page_size`
	if d == sqldb.Postgres {
		query = `SELECT CAST(COALESCE(SUM(pg_total_relation_size(c.oid)), 0) AS bigint) FROM pg_class c
			JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r'`
	}
	if err := pool.QueryRowContext(context.Background(), query).Scan(&bytes); err != nil {
		t.Fatal(err)
	}
	return bytes
}
