package sqldb_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

// counter reads a row of the table counters.
type counter struct {
	id string
	n  int
}

func scanCounter(r sqldb.Row) (c counter, err error) {
	err = r.Scan(&c.id, &c.n)
	return c, err
}

func TestSelect(t *testing.T) {
	s := newStore(t, sqldbtest.OpenSQLite(t), sqldb.SQLite)
	require.NoError(t, s.put(t.Context(), "a", 1))
	require.NoError(t, s.put(t.Context(), "b", 2))
	query := func(where string, args ...any) ([]counter, error) {
		return sqldb.Select(t.Context(), s.Read(t.Context()), `SELECT id, n FROM counters WHERE `+where+` ORDER BY id`, args, scanCounter)
	}
	list, err := query(`n > ?`, 0)
	require.NoError(t, err)
	require.Equal(t, []counter{{"a", 1}, {"b", 2}}, list)
	list, err = query(`n > ?`, 2)
	require.NoError(t, err)
	require.Empty(t, list)
	_, err = query(`nothing`)
	require.Error(t, err, "the query is refused")

	stop := errors.New("stop")
	seen := 0
	err = sqldb.Each(t.Context(), s.Read(t.Context()), `SELECT id FROM counters`, nil, func(sqldb.Row) error {
		seen++
		return stop
	})
	require.Equal(t, stop, err)
	require.Equal(t, 1, seen)
	_, err = sqldb.Select(t.Context(), s.Read(t.Context()), `SELECT id FROM counters`, nil, scanCounter)
	require.Error(t, err, "one column does not fill two")
}

// Pages meets each row once, in order, over several pages and at the edge of one,
// and holds no connection in between.
func TestPages(t *testing.T) {
	db := sqldbtest.OpenSQLite(t)
	s := newStore(t, db, sqldb.SQLite)
	pages := func() (seen []string) {
		for c, err := range sqldb.Pages(t.Context(), s.DB, `SELECT id, n FROM counters WHERE id > ? ORDER BY id LIMIT ?`,
			func(last *counter) []any { return []any{last.id} }, scanCounter) {
			require.NoError(t, err)
			require.Zero(t, db.Stats().InUse)
			seen = append(seen, c.id)
		}
		return seen
	}
	require.Empty(t, pages())
	var want []string
	for _, n := range []int{1, 500, 1000, 1001} {
		require.NoError(t, s.Write(t.Context(), func(tx *sqldb.Tx) error {
			for len(want) < n {
				want = append(want, fmt.Sprintf("%04d", len(want)))
				if _, err := tx.ExecContext(t.Context(), `INSERT INTO counters (id, n) VALUES (?, 1)`, want[len(want)-1]); err != nil {
					return err
				}
			}
			return nil
		}))
		require.Equal(t, want, pages())
	}
	for c, err := range sqldb.Pages(t.Context(), s.DB, `SELECT id FROM counters WHERE id > ? LIMIT ?`,
		func(last *counter) []any { return []any{last.id} }, scanCounter) {
		require.Error(t, err)
		require.Zero(t, c)
	}
}
