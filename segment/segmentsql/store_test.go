package segmentsql_test

import (
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
	_ segment.LogStore    = (*segmentsql.Store)(nil)
	_ flywheel.Transactor = (*segmentsql.Store)(nil)
)

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		segmenttest.Run(t, func(t *testing.T) segment.LogStore {
			s := segmentsql.New(open(t), d)
			require.NoError(t, s.Migrate(t.Context()))
			return s
		}, segmenttest.Features{Transactions: true})
	})
}
