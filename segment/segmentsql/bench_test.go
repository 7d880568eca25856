package segmentsql_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// BenchmarkMember states how much a customer of one purchase takes who is a member of
// three segments with a window: profile, links, values, memberships, the event in the
// window, and their indexes. Package segment has the same in memory.
func BenchmarkMember(b *testing.B) {
	const customers = 5000
	leaf := segment.Leaf{Events: []string{flywheel.EventPurchase}, Window: "P30D"}
	var definitions []segment.Definition
	for i := range 3 {
		definitions = append(definitions, segment.Definition{Name: fmt.Sprint("segment ", i), Rule: json.RawMessage(`{"n": {"$gte": 1}}`), Leaves: map[string]segment.Leaf{"n": leaf}})
	}
	for _, c := range []struct {
		d    flywheel.Dialect
		open sqldbtest.Opener
	}{{flywheel.SQLite, sqldbtest.OpenSQLite}, {flywheel.Postgres, sqldbtest.OpenPostgres}} {
		b.Run("store="+c.d.String(), func(b *testing.B) {
			for b.Loop() {
				pool := c.open(b)
				profiles, err := segment.NewProfiles(sqldbtest.Store(b, pool, c.d, segmentsql.NewProfiles), &segment.ProfileOptions{Segments: definitions})
				require.NoError(b, err)
				before := sqldbtest.Size(b, pool, c.d)
				list := make([]flywheel.Entry, customers)
				for i := range list {
					e := event(fmt.Sprint("e", i))
					e.Customer = flywheel.CustomerID(fmt.Sprint("customer-", i))
					list[i] = flywheel.Entry{Position: flywheel.Position(i + 1), Received: told, Effective: told, Person: flywheel.PersonOf(e.Customer, ""), Event: e}
				}
				for part := range slices.Chunk(list, 256) {
					require.NoError(b, profiles.Consume(b.Context(), part))
				}
				b.ReportMetric(float64(sqldbtest.Size(b, pool, c.d)-before)/customers, "B/customer")
				members, err := profiles.Members(b.Context(), "segment 2")
				require.NoError(b, err)
				require.Len(b, slices.Collect(members.All()), customers)
			}
		})
	}
}
