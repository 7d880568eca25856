package reviewsql_test

import (
	"testing"

	"github.com/flywheel-go/flywheel/catalog/review/reviewsql"
	"github.com/flywheel-go/flywheel/catalog/review/reviewtest"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		reviewtest.Run(t, func(t *testing.T) reviewtest.Store { return sqldbtest.Store(t, open(t), d, reviewsql.New) }, reviewtest.Features{Transactions: true})
	})
}
