package couponsql_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

// What a running shop asks of holds and failures is found through an index: none of it
// grows with what was redeemed.
func TestPlans(t *testing.T) {
	pool := sqldbtest.OpenSQLite(t)
	migrated(t, pool, flywheel.SQLite)
	for query, index := range map[string]string{
		`SELECT 1 FROM flywheel_coupon_redemptions WHERE campaign = ? AND held <= ? AND cancelled IS NULL LIMIT 1`:                                                     "flywheel_coupon_redemptions_held",
		`SELECT key FROM flywheel_coupon_redemptions WHERE campaign = ? AND held IS NOT NULL AND cancelled IS NULL AND (at, key) > (1, '') ORDER BY at, key LIMIT 500`: "flywheel_coupon_redemptions_standing",
		`SELECT 1 FROM flywheel_coupon_failures WHERE key = ? AND at > ? LIMIT 10`:                                                                                     "PRIMARY KEY",
		`SELECT id FROM flywheel_coupon_failures WHERE until <= ? ORDER BY until, id LIMIT 2`:                                                                          "flywheel_coupon_failures_until",
	} {
		rows, err := pool.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, "c", 1)
		if err != nil { // those with one argument
			rows, err = pool.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, 1)
		}
		require.NoError(t, err, query)
		var plan []string
		for rows.Next() {
			var a, b, c int
			var text string
			require.NoError(t, rows.Scan(&a, &b, &c, &text))
			plan = append(plan, text)
		}
		require.NoError(t, rows.Err())
		rows.Close()
		all := strings.Join(plan, "; ")
		require.Contains(t, all, "SEARCH", query)
		require.Contains(t, all, index, query)
		require.NotContains(t, all, "TEMP B-TREE", query)
	}
}
