package joints_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/loyalty/loyaltysql"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// wheel is one event's way through all consumers: a purchase makes a member, points
// and a journey, which sends at once and an hour later.
const wheel = `{
	"id": "wheel", "setup": {"start": "2026-03-01T00:00:00Z",
		"segments": [{"name": "loyal", "leaves": {"n": {"events": ["purchase"]}}, "rule": {"n": {"$gte": 1}}}],
		"journeys": [
			{"id": "thanks", "trigger": {"event": "segment_entered"}, "steps": [{"id": "now", "send": {"channel": "email"}}, {"id": "w", "wait": {"duration": "PT1H"}}, {"id": "later", "send": {"channel": "email"}}]},
			{"id": "earned", "trigger": {"event": "points_earned"}, "steps": [{"id": "points", "send": {"channel": "email", "transactional": true}}]}]},
	"steps": [
		{"at": "2026-03-02T10:00:00Z", "do": "publish", "events": [{"id": "p1", "name": "purchase", "customer": "ann", "visitor": "d1", "ref": "o1", "value": "60.00", "currency": "EUR", "skus": ["TEA"]}]},
		{"at": "2026-03-02T11:00:00Z", "do": "advance"}],
	"expected": {
		"message_count": {"now": 1, "later": 1, "points": 1}, "points": {"ann": 60}, "members": {"loyal": ["ann"]}, "parked": [],
		"transition_count": {"loyal": {"enter": 1, "exit": 0}}, "active_runs": {"thanks": 0, "earned": 0}, "items": {"TEA": 1}, "skips": []}}`

func wheelStores(t *testing.T, pool *sql.DB) stores {
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	log, profiles, points, journeys := segmentsql.New(db), segmentsql.NewProfiles(db), loyaltysql.New(db), campaignsql.New(db)
	require.NoError(t, flywheel.Migrate(t.Context(), db, log, profiles, points, journeys))
	return stores{log, profiles, points, journeys, nil}
}

// TestRestartAtEveryBoundary lets the process die at an operation of the database,
// before its effect or after, on the way of one event through all consumers, and
// starts a new one: it ends as if nothing had happened. It tries every 29th
// operation; FLYWHEEL_LONG=1 tries all.
func TestRestartAtEveryBoundary(t *testing.T) {
	var c testCase
	strict(t, []byte(wheel), &c)
	stride := 29
	if os.Getenv("FLYWHEEL_LONG") != "" {
		stride = 1
	}
	died := 0
	for stop := 1; ; stop += stride {
		var armed atomic.Bool
		var count atomic.Int64
		dead := errors.New("the process is dead")
		var w *world
		after := stop%2 == 0
		pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, is bool) error {
			if !armed.Load() || op == "ROLLBACK" { // which the end of the connection does
				return nil
			}
			if is == after && count.Add(1) >= int64(stop) {
				w.crash() // and nothing more reaches the database
				return dead
			}
			return nil
		})
		w = newWorld(t, &c, wheelStores(t, pool))
		armed.Store(true)
		for i := range c.Steps {
			s := &c.Steps[i]
			w.now = s.At.UTC()
			if s.Do == "publish" {
				_ = w.publish(s) // the shop tries again below
			}
			_ = w.runner.Drain(w.ctx)
			if w.ctx.Err() == nil {
				continue
			}
			died++
			armed.Store(false)
			require.NoError(t, pool.Ping())
			w.start()
			if s.Do == "publish" {
				require.NoError(t, w.publish(s), "known or new, it is told once")
			}
			w.work()
		}
		armed.Store(false)
		// The lease of what a dead process had claimed ends, and what follows is due.
		for range 3 {
			w.now = w.now.Add(time.Hour)
			w.work()
		}
		for id, m := range w.first {
			require.LessOrEqual(t, w.accepted, len(w.first)+1, "message %s, %v: only one whose answer was lost is sent again", id, m)
		}
		w.check(c.Expected)
		if count.Load() < int64(stop) {
			break
		}
	}
	require.Greater(t, died, 5)
}

// TestNothingIsLeft erases a customer after everything that can happen to one, and
// looks for the id in every table.
func TestNothingIsLeft(t *testing.T) {
	const id = "Zacharias-Quux"
	text := strings.NewReplacer(`"ann"`, strconv.Quote(id), `"visitor": "d1"`, `"visitor": "device-of-`+id+`"`).Replace(wheel)
	var c testCase
	strict(t, []byte(text), &c)
	pool := sqldbtest.OpenSQLite(t)
	w := newWorld(t, &c, wheelStores(t, pool))
	for i := range c.Steps {
		w.do(&c.Steps[i])
	}
	poison, err := json.Marshal(map[string]any{"id": "bad of " + id, "name": "purchase", "customer": id, "value": "1.00", "currency": "EUR", "poison": []string{"loyalty", "segment"}})
	require.NoError(t, err)
	nameless, err := json.Marshal(map[string]any{"id": "look of " + id, "name": "view_item", "visitor": "device-of-" + id, "skus": []string{"TEA"}})
	require.NoError(t, err)
	w.do(&step{At: w.now, Do: "publish", Events: []json.RawMessage{nameless, poison}})
	require.Positive(t, mentions(t, pool, id))
	w.do(&step{At: w.now, Do: "forget", Customer: flywheel.CustomerID(id)})
	w.do(&step{At: w.now.Add(time.Hour), Do: "advance"})
	require.Zero(t, mentions(t, pool, id))
	w.do(&step{At: w.now, Do: "publish", Events: []json.RawMessage{nameless}})
	require.Zero(t, mentions(t, pool, id), "what was erased is known")
}

// mentions counts the rows of all tables in which a text can be read.
func mentions(t *testing.T, pool *sql.DB, text string) (n int) {
	rows, err := pool.Query(`SELECT name FROM sqlite_master WHERE type = 'table'`)
	require.NoError(t, err)
	var tables []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	require.NoError(t, rows.Err())
	for _, table := range tables {
		rows, err := pool.Query(`SELECT * FROM ` + table)
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			require.NoError(t, rows.Scan(values...))
			for i := range values {
				v := *values[i].(*any)
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				if strings.Contains(fmt.Sprint(v), text) {
					n++
					t.Logf("%s.%s: %s", table, columns[i], short(v))
					break
				}
			}
		}
		require.NoError(t, rows.Err())
	}
	return n
}
