package main

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/examples/replay/retail"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// No statement reads a table that grows from end to end, not even while the
// server knows nothing of the tables: no table is read without an index, and in
// three times the days no index is read more for each event. Which plans a planner
// could take is seen by forbidding it those that are cheap for small tables only. The
// race detector makes this several times as long and has nothing to find in plans: CI
// runs it without, with README's commands.
func TestNoStatementScansATable(t *testing.T) {
	if testkit.Often(1, 0) == 0 {
		t.Skip("under the race detector only with FLYWHEEL_LONG")
	}
	small := visits(t, retail.Shop{Customers: 30, Products: 40, Days: 130})
	large := visits(t, retail.Shop{Customers: 30, Products: 40, Days: 390})
	require.NotEmpty(t, small)
	for index, n := range large {
		if index == "flywheel_events_pkey1" || index == "flywheel_event_numbers_arrival" {
			continue // an idle numbering looks for late arrivals, at 128 places a call, however large the log
		}
		assert.Less(t, n, 1.5*small[index]+2, "%s: entries read for each event", index)
	}
}

// visits replays a shop with all that is kept on PostgreSQL, and returns how many
// entries of each index were read for each event.
func visits(t *testing.T, shop retail.Shop) map[string]float64 {
	dsn, separator := pgtest.DSN(t), "&"
	if !strings.Contains(dsn, "://") {
		separator = " "
	}
	for _, cheapWhenSmall := range []string{"seqscan", "mergejoin", "hashjoin"} {
		dsn += separator + "enable_" + cheapWhenSmall + "=off"
	}
	kept, err := openStores(t.Context(), "postgres:"+dsn, true)
	require.NoError(t, err)
	db, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	defer db.Close()
	scanned := func() (n int) {
		require.NoError(t, db.QueryRow(`SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables WHERE schemaname = current_schema()`).Scan(&n))
		return n
	}
	before := scanned()
	book, _, err := input(writeShop(t, shop, 3), 1, gbp)
	require.NoError(t, err)
	s, err := newShop(book, gbp, 1, kept)
	require.NoError(t, err)
	require.NoError(t, s.run(t.Context(), func(day int, _ string) {
		if day%10 == 0 { // what is done leaves dead entries where work is queued
			_, err := db.Exec(`VACUUM flywheel_campaign_runs, flywheel_effects`)
			require.NoError(t, err)
		}
	}))
	require.NoError(t, kept.Close())

	// A server process tells its figures when it ends.
	got := map[string]float64{}
	require.Eventually(t, func() bool {
		// Dead entries stay as long as anybody on the server has an old transaction: where
		// work is queued only the rows that are found count.
		rows, err := db.Query(`SELECT indexrelname, (CASE WHEN indexrelname LIKE '%\_due' THEN idx_tup_fetch ELSE idx_tup_read END)::float / (SELECT position FROM flywheel_event_head WHERE id = 1)
			FROM pg_stat_user_indexes WHERE schemaname = current_schema()`)
		require.NoError(t, err)
		defer rows.Close()
		for rows.Next() {
			var index string
			var n float64
			require.NoError(t, rows.Scan(&index, &n))
			got[index] = n
		}
		require.NoError(t, rows.Err())
		return got["flywheel_orders_pkey"] > 0
	}, 10*time.Second, 50*time.Millisecond)
	assert.Equal(t, before, scanned(), "rows read without an index")
	return got
}
