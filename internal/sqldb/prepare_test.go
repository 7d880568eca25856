package sqldb_test

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

// statements returns how many the fake has prepared and closed.
func (f *fake) statements() (prepared, closed int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.prepared, f.closed
}

// find reads a key of a fake.
func find(ctx context.Context, q sqldb.Queryer, key string) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT ?`, key).Scan(&n)
	return n, err
}

func TestPrepared(t *testing.T) {
	add := func(ctx context.Context, db *sqldb.DB, query string) error {
		return db.Write(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.ExecContext(ctx, query, "a")
			return err
		})
	}
	cases := []struct {
		name, rule string
		check      func(t *testing.T, f *fake, raw *sql.DB, db *sqldb.DB)
	}{
		{"second time", "what is asked for once is sent as text, what is asked for again is prepared, once", func(t *testing.T, f *fake, raw *sql.DB, db *sqldb.DB) {
			for i, want := range []int{0, 1, 1, 1} {
				require.NoError(t, add(t.Context(), db, `INSERT ?`))
				prepared, _ := f.statements()
				require.Equal(t, want, prepared, "call %d", i)
			}
			require.Equal(t, 4, f.ran("INSERT"))
			for _, want := range []int{1, 2, 2} {
				n, err := find(t.Context(), db.Read(t.Context()), "a")
				require.NoError(t, err)
				require.Equal(t, 1, n)
				prepared, _ := f.statements()
				require.Equal(t, want, prepared)
			}
		}},
		{"in a transaction", "a statement that repeats in one transaction is prepared there, and for those after it", func(t *testing.T, f *fake, raw *sql.DB, db *sqldb.DB) {
			repeat := func(ctx context.Context) error {
				for range 5 {
					if _, err := find(ctx, db.Read(ctx), "a"); err != nil {
						return err
					}
				}
				return nil
			}
			require.NoError(t, db.InTx(t.Context(), repeat))
			prepared, closed := f.statements()
			require.Equal(t, [2]int{1, 1}, [2]int{prepared, closed}, "it ends with its transaction")
			for range 3 {
				require.NoError(t, db.InTx(t.Context(), repeat))
			}
			prepared, closed = f.statements()
			require.Equal(t, [2]int{3, 2}, [2]int{prepared, closed}, "another for the second, one for all that follow")
		}},
		{"the caller's", "the caller's transaction uses what is prepared and ends with nothing open", func(t *testing.T, f *fake, raw *sql.DB, db *sqldb.DB) {
			tx, err := raw.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			ctx := sqldbtest.Join(t, raw, sqldb.SQLite, tx)
			for range 3 {
				require.NoError(t, add(ctx, db, `INSERT ?`))
			}
			require.NoError(t, tx.Commit())
			prepared, closed := f.statements()
			require.Positive(t, prepared)
			require.Equal(t, prepared, closed)
			require.True(t, f.keys["a"])
		}},
		{"bounded", "a thousand different statements are not a thousand prepared", func(t *testing.T, f *fake, raw *sql.DB, db *sqldb.DB) {
			for range 3 {
				for i := range 1000 {
					require.NoError(t, add(t.Context(), db, fmt.Sprintf(`INSERT %d ?`, i)))
				}
			}
			prepared, _ := f.statements()
			require.Equal(t, 256, prepared)
			require.Equal(t, 3000, f.ran("INSERT"))
			require.NoError(t, db.InTx(t.Context(), func(ctx context.Context) error {
				for i := range 2000 {
					if err := add(ctx, db, fmt.Sprintf(`INSERT %d ?`, i/2)); err != nil {
						return err
					}
				}
				return nil
			}))
			prepared, _ = f.statements()
			require.Less(t, prepared, 2*256+4)
		}},
		{"connections", "a connection that is gone takes its statements with it", func(t *testing.T, f *fake, raw *sql.DB, db *sqldb.DB) {
			raw.SetMaxIdleConns(-1) // each call has a connection of its own
			for range 10 {
				require.NoError(t, add(t.Context(), db, `INSERT ?`))
			}
			require.Equal(t, 10, f.ran("INSERT"))
			prepared, closed := f.statements()
			require.Positive(t, prepared)
			require.Equal(t, prepared, closed)
		}},
		{"collected", "a store that nobody has any more leaves nothing prepared", func(t *testing.T, f *fake, raw *sql.DB, db *sqldb.DB) {
			func() {
				gone := sqldb.New(raw, sqldb.SQLite)
				for range 3 {
					require.NoError(t, add(t.Context(), gone, `INSERT ?`))
				}
				prepared, closed := f.statements()
				require.Equal(t, [2]int{1, 0}, [2]int{prepared, closed})
			}()
			for {
				runtime.GC()
				if prepared, closed := f.statements(); prepared == closed {
					break
				}
				runtime.Gosched()
			}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Log(c.rule)
			f, raw := openFake(t)
			c.check(t, f, raw, sqldb.New(raw, sqldb.SQLite))
			require.NoError(t, raw.Close())
			prepared, closed := f.statements()
			require.Equal(t, prepared, closed, "with the database everything ends")
		})
	}
}

// TestPostgresPrepares leaves preparing to the driver, which knows whether there
// is a pooler.
func TestPostgresPrepares(t *testing.T) {
	f, raw := openFake(t)
	db := sqldb.New(raw, sqldb.Postgres)
	for range 3 {
		runs := 0
		require.NoError(t, insert(t.Context(), db, &runs))
		_, err := find(t.Context(), db.Read(t.Context()), "a")
		require.NoError(t, err)
	}
	prepared, _ := f.statements()
	require.Zero(t, prepared)
}

// TestPreparedInSQLite shows on the real thing what could go wrong with
// statements that outlive their transaction.
func TestPreparedInSQLite(t *testing.T) {
	warm := func(t *testing.T, db *sql.DB) store {
		s := newStore(t, db, sqldb.SQLite)
		for i := range 4 {
			require.NoError(t, s.put(t.Context(), fmt.Sprint("warm", i), i))
			n, err := s.read(t.Context(), s.Read(t.Context()), fmt.Sprint("warm", i))
			require.NoError(t, err)
			require.Equal(t, i, n)
		}
		return s
	}
	t.Run("pool of one", func(t *testing.T) {
		db := sqldbtest.OpenSQLite(t)
		db.SetMaxOpenConns(1)
		s := warm(t, db)
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := range 10 {
					err := s.InTx(t.Context(), func(ctx context.Context) error {
						if err := s.put(ctx, fmt.Sprint(w, "/", i), i); err != nil {
							return err
						}
						return s.move(ctx, fmt.Sprint(w, "/", i), "warm1", i)
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1+4*45, s.all(t)["warm1"])
	})
	t.Run("schema changes", func(t *testing.T) {
		db := sqldbtest.OpenSQLite(t)
		s := warm(t, db)
		columns := func() int {
			rows, err := s.Read(t.Context()).QueryContext(t.Context(), `SELECT * FROM counters`)
			require.NoError(t, err)
			defer rows.Close()
			names, err := rows.Columns()
			require.NoError(t, err)
			for rows.Next() {
			}
			require.NoError(t, rows.Err())
			return len(names)
		}
		for range 3 {
			require.Equal(t, 2, columns())
		}
		more := files(counters)
		more["migrations/sqlite/00002_more.sql"] = &fstest.MapFile{
			Data: []byte("-- +goose Up\nALTER TABLE counters ADD COLUMN extra BIGINT;\n")}
		require.NoError(t, sqldb.New(db, sqldb.SQLite).Migrate(t.Context(), "counters", more))
		require.Equal(t, 3, columns())
		require.NoError(t, s.put(t.Context(), "after", 1))
		_, err := db.Exec(`DROP TABLE counters`)
		require.NoError(t, err, "nothing is left open that would lock the table")
		require.Error(t, s.put(t.Context(), "nowhere", 1))
		_, err = db.Exec(`CREATE TABLE counters (id TEXT PRIMARY KEY, n BIGINT NOT NULL)`)
		require.NoError(t, err)
		require.NoError(t, s.put(t.Context(), "again", 1))
		require.Equal(t, map[string]int{"again": 1}, s.all(t))
	})
	t.Run("contexts", func(t *testing.T) {
		s := warm(t, sqldbtest.OpenSQLite(t))
		over, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
			require.ErrorIs(t, s.put(over, "no", 1), context.Canceled)
			_, err := s.read(over, s.Read(ctx), "warm1")
			require.ErrorIs(t, err, context.Canceled)
			require.NoError(t, s.put(ctx, "yes", 1))
			n, err := s.read(ctx, s.Read(ctx), "yes")
			require.Equal(t, 1, n)
			return err
		}))
		require.Contains(t, s.all(t), "yes")
	})
	t.Run("failing", func(t *testing.T) {
		s := warm(t, sqldbtest.OpenSQLite(t))
		require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
			for i := range 3 {
				require.Error(t, s.put(ctx, "warm1", 1), "there already")
				require.NoError(t, s.put(ctx, fmt.Sprint("new", i), 1))
			}
			return nil
		}))
		require.Len(t, s.all(t), 7)
	})
	t.Run("database closed", func(t *testing.T) {
		db := sqldbtest.OpenSQLite(t)
		s := warm(t, db)
		require.NoError(t, db.Close())
		require.Error(t, s.put(t.Context(), "a", 1))
		_, err := s.read(t.Context(), s.Read(t.Context()), "warm1")
		require.Error(t, err)
	})
}

// BenchmarkSmallTransaction has three statements, as a small store call in a
// transaction has with its savepoint.
func BenchmarkSmallTransaction(b *testing.B) {
	s := newStore(b, sqldbtest.OpenSQLite(b), sqldb.SQLite)
	require.NoError(b, s.put(b.Context(), "a", 0))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.InTx(b.Context(), func(ctx context.Context) error {
			if err := s.move(ctx, "a", "a", 0); err != nil {
				return err
			}
			_, err := s.read(ctx, s.Read(ctx), "a")
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
}
