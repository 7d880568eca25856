package segmentsql_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// TestOldLog carries over a log of the form before: positions, ids, cursors and
// what had no position yet stay; persons and links are found.
func TestOldLog(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		pool := open(t)
		db := flywheel.OpenSQL(pool, d)
		files, err := (*segmentsql.Store)(nil).Migrations()[0].Goose(d)
		require.NoError(t, err)
		text, err := files.(interface{ ReadFile(string) ([]byte, error) }).ReadFile("00001_event_log.sql")
		require.NoError(t, err)
		up, _, err := sqldb.Sections(string(text))
		require.NoError(t, err)
		for _, statement := range up {
			_, err := pool.Exec(statement)
			require.NoError(t, err)
		}
		// As the build before left it: version 1 is applied.
		_, err = pool.Exec(`CREATE TABLE flywheel_migrations (package TEXT NOT NULL, version BIGINT NOT NULL, name TEXT NOT NULL, applied BIGINT NOT NULL, PRIMARY KEY (package, version))`)
		require.NoError(t, err)
		_, err = pool.Exec(`INSERT INTO flywheel_migrations (package, version, name, applied) VALUES ('segment', 1, '00001_event_log.sql', 0)`)
		require.NoError(t, err)

		const numbered, more = 3000, 20
		tx, err := pool.Begin()
		require.NoError(t, err)
		for i := range numbered + more {
			e := event(fmt.Sprint("e", i))
			e.Time = told.Add(time.Duration(i) * time.Second)
			e.Customer, e.Visitor = flywheel.CustomerID(fmt.Sprint("c", i%7)), flywheel.VisitorID(fmt.Sprint("v", i%7))
			if i%5 == 0 {
				e.Customer = ""
			}
			body, err := json.Marshal(e)
			require.NoError(t, err)
			position := "NULL"
			if i < numbered {
				position = fmt.Sprint(numbered - i) // in another order than they arrived
			}
			_, err = tx.Exec(fmt.Sprintf(`INSERT INTO flywheel_events (position, id, body) VALUES (%s, 'e%d', '%s')`, position, i, body))
			require.NoError(t, err)
		}
		_, err = tx.Exec(fmt.Sprintf(`UPDATE flywheel_event_head SET position = %d`, numbered))
		require.NoError(t, err)
		_, err = tx.Exec(`INSERT INTO flywheel_event_cursors (consumer, position) VALUES ('points', 17)`)
		require.NoError(t, err)
		require.NoError(t, tx.Commit())

		s := segmentsql.New(db)
		require.NoError(t, flywheel.Migrate(t.Context(), db, s))
		page, err := read(s, t.Context(), 0, 10*numbered)
		require.NoError(t, err)
		require.Len(t, page, numbered+more)
		for i, e := range page {
			require.Equal(t, flywheel.Position(i+1), e.Position)
			want := fmt.Sprint("e", numbered-1-i)
			if i >= numbered {
				want = fmt.Sprint("e", i)
			}
			require.Equal(t, want, e.Event.ID)
			require.NotEmpty(t, e.Person)
			if i > 0 {
				require.False(t, e.Received.Before(page[i-1].Received))
			}
		}
		require.Equal(t, flywheel.Person("c:c0"), page[numbered-1].Person, "e0 is nameless, of a device that is linked by then")
		again := page[0].Event
		require.NoError(t, s.Append(t.Context(), told, "", again), "what is known is known")
		again.Ref = "other"
		require.ErrorIs(t, s.Append(t.Context(), told, "", again), segment.ErrEventConflict)
		cursors, err := cursor.For(db)
		require.NoError(t, err)
		at, err := cursors.At(t.Context(), "points")
		require.NoError(t, err)
		require.Equal(t, cursor.Place{Position: 17}, at)
		require.NoError(t, s.Append(t.Context(), told, "", event("new")))
		page, err = read(s, t.Context(), numbered+more, 9)
		require.NoError(t, err)
		require.Equal(t, []string{"new"}, ids(page))
	})
}

// TestLongTransaction gives a place to an event of a transaction that ran for
// longer than numbering waits: the sweep finds it.
func TestLongTransaction(t *testing.T) {
	s, db := open(t, sqldbtest.OpenPostgres, flywheel.Postgres)
	long, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer long.Rollback()
	ctx := sqldbtest.Join(t, db, flywheel.Postgres, long)
	require.NoError(t, s.Append(ctx, told, "", event("long")))
	at := told
	for i := range 400 {
		at = at.Add(time.Second)
		require.NoError(t, s.Append(t.Context(), at, "", event(fmt.Sprint(i))))
		if i%40 == 0 {
			_, err := s.Number(t.Context(), segment.Numbering{Now: at, Identity: segment.FirstLinked})
			require.NoError(t, err)
		}
	}
	require.NoError(t, long.Commit())
	found := 0
	for range 20 {
		n, err := s.Number(t.Context(), segment.Numbering{Now: at, Identity: segment.FirstLinked})
		require.NoError(t, err)
		found += n
	}
	page, err := s.Read(t.Context(), segment.Query{Limit: 1000})
	require.NoError(t, err)
	require.Len(t, page, 401)
	require.Equal(t, "long", page[400].Event.ID)
	require.Positive(t, found)
}
