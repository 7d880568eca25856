package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var _ flywheel.Transactor = (*sqldb.DB)(nil)

const counters = `-- +goose Up
CREATE TABLE counters (
	id TEXT NOT NULL PRIMARY KEY,
	n BIGINT NOT NULL CHECK (n >= 0)
);

-- +goose Down
DROP TABLE counters;
`

func files(text string) fstest.MapFS {
	return fstest.MapFS{
		"migrations/postgres/00001_counters.sql": {Data: []byte(text)},
		"migrations/sqlite/00001_counters.sql":   {Data: []byte(text)},
	}
}

// store is a small store written the way all are.
type store struct{ *sqldb.DB }

func newStore(t testing.TB, db *sql.DB, d sqldb.Dialect) store {
	s := store{sqldb.New(db, d)}
	require.NoError(t, s.Migrate(t.Context(), "counters", files(counters)))
	return s
}

// put inserts a counter; one that exists is a conflict.
func (s store) put(ctx context.Context, id string, n int) error {
	return s.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO counters (id, n) VALUES (?, ?)`, id, n)
		if sqldb.IsUnique(err) {
			return flywheel.ErrConflict
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			_, err := s.read(ctx, q, id)
			if errors.Is(err, sql.ErrNoRows) {
				return false, nil
			}
			return err == nil, err
		})
		return err
	})
}

// move takes from one and gives to another, in two statements.
func (s store) move(ctx context.Context, from, to string, n int) error {
	return s.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE counters SET n = n + ? WHERE id = ?`, n, to); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `UPDATE counters SET n = n - ? WHERE id = ? AND n >= ?`, n, from, n)
		if err != nil {
			return err
		}
		if rows, err := res.RowsAffected(); err != nil || rows == 0 {
			return errors.Join(err, flywheel.ErrConflict)
		}
		return nil
	})
}

func (s store) read(ctx context.Context, q sqldb.Queryer, id string) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT n FROM counters WHERE id = ?`, id).Scan(&n)
	return n, err
}

// all returns every counter as the database has it outside any transaction.
func (s store) all(t testing.TB) map[string]int {
	t.Helper()
	rows, err := s.Read(context.Background()).QueryContext(context.Background(), `SELECT id, n FROM counters`)
	require.NoError(t, err)
	defer rows.Close()
	all := map[string]int{}
	for rows.Next() {
		var id string
		var n int
		require.NoError(t, rows.Scan(&id, &n))
		all[id] = n
	}
	require.NoError(t, rows.Err())
	return all
}

func TestTransactions(t *testing.T) {
	boom := errors.New("boom")
	cases := []struct {
		name, rule string
		check      func(t *testing.T, s store, db *sql.DB)
	}{
		{"write/alone", "a Write outside a transaction commits by itself", func(t *testing.T, s store, _ *sql.DB) {
			require.NoError(t, s.put(t.Context(), "a", 1))
			require.Equal(t, map[string]int{"a": 1}, s.all(t))
		}},
		{"write/alone-fails", "a Write that fails leaves nothing behind", func(t *testing.T, s store, _ *sql.DB) {
			require.NoError(t, s.put(t.Context(), "a", 1))
			require.NoError(t, s.put(t.Context(), "b", 0))
			require.ErrorIs(t, s.move(t.Context(), "a", "b", 2), flywheel.ErrConflict)
			require.Equal(t, map[string]int{"a": 1, "b": 0}, s.all(t))
		}},
		{"read/cannot-write", "no write outside a transaction", func(t *testing.T, s store, _ *sql.DB) {
			_, err := s.Read(t.Context()).ExecContext(t.Context(), `INSERT INTO counters (id, n) VALUES ('a', 1)`)
			require.Error(t, err)
			require.Empty(t, s.all(t))
		}},
		{"tx/commit", "InTx makes several calls one and they see each other", func(t *testing.T, s store, _ *sql.DB) {
			require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
				require.NoError(t, s.put(ctx, "a", 1))
				n, err := s.read(ctx, s.Read(ctx), "a")
				require.NoError(t, err)
				require.Equal(t, 1, n)
				return s.put(ctx, "b", 2)
			}))
			require.Equal(t, map[string]int{"a": 1, "b": 2}, s.all(t))
		}},
		{"tx/error", "an error rolls everything back", func(t *testing.T, s store, _ *sql.DB) {
			err := s.InTx(t.Context(), func(ctx context.Context) error {
				require.NoError(t, s.put(ctx, "a", 1))
				return boom
			})
			require.ErrorIs(t, err, boom)
			require.Empty(t, s.all(t))
		}},
		{"tx/panic", "a panic rolls back and goes on", func(t *testing.T, s store, _ *sql.DB) {
			require.PanicsWithValue(t, "boom", func() {
				s.InTx(t.Context(), func(ctx context.Context) error {
					require.NoError(t, s.put(ctx, "a", 1))
					panic("boom")
				})
			})
			require.Empty(t, s.all(t))
			require.NoError(t, s.put(t.Context(), "a", 1), "the connection is usable")
		}},
		{"tx/panic-in-write", "a panic in a Write rolls back to its savepoint", func(t *testing.T, s store, _ *sql.DB) {
			require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
				require.NoError(t, s.put(ctx, "a", 1))
				require.Panics(t, func() {
					s.Write(ctx, func(tx *sqldb.Tx) error {
						_, err := tx.ExecContext(ctx, `UPDATE counters SET n = 9`)
						require.NoError(t, err)
						panic("boom")
					})
				})
				return nil
			}))
			require.Equal(t, map[string]int{"a": 1}, s.all(t))
		}},
		{"tx/failed-call", "a failed call leaves nothing behind and the transaction goes on", func(t *testing.T, s store, _ *sql.DB) {
			require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
				require.NoError(t, s.put(ctx, "a", 1))
				require.ErrorIs(t, s.put(ctx, "a", 5), flywheel.ErrConflict)
				require.ErrorIs(t, s.move(ctx, "missing", "a", 1), flywheel.ErrConflict)
				return s.put(ctx, "b", 2)
			}))
			require.Equal(t, map[string]int{"a": 1, "b": 2}, s.all(t))
		}},
		{"tx/swallowed", "a statement's error fails its Write even when ignored", func(t *testing.T, s store, _ *sql.DB) {
			require.NoError(t, s.put(t.Context(), "a", 1))
			swallow := func(ctx context.Context) error {
				return s.Write(ctx, func(tx *sqldb.Tx) error {
					_, err := tx.ExecContext(ctx, `UPDATE counters SET n = 7 WHERE id = 'a'`)
					require.NoError(t, err)
					_, err = tx.ExecContext(ctx, `INSERT INTO counters (id, n) VALUES ('a', 2)`)
					require.Error(t, err)
					_, err = tx.ExecContext(ctx, `INSERT INTO counters (id, n) VALUES ('b', 2)`)
					require.Error(t, err, "nothing follows a failed statement")
					require.Error(t, tx.QueryRowContext(ctx, `SELECT 1`).Err())
					rows, err := tx.QueryContext(ctx, `SELECT 1`)
					if err == nil {
						rows.Close()
					}
					require.Error(t, err)
					return nil
				})
			}
			require.Error(t, swallow(t.Context()))
			require.NoError(t, s.InTx(t.Context(), func(ctx context.Context) error {
				require.Error(t, swallow(ctx))
				return nil
			}))
			require.Equal(t, map[string]int{"a": 1}, s.all(t))
		}},
		{"tx/nested", "an InTx within one joins it", func(t *testing.T, s store, _ *sql.DB) {
			require.ErrorIs(t, s.InTx(t.Context(), func(ctx context.Context) error {
				require.NoError(t, s.InTx(ctx, func(ctx context.Context) error { return s.put(ctx, "a", 1) }))
				return boom
			}), boom)
			require.Empty(t, s.all(t))
		}},
		{"tx/shared", "stores on one *sql.DB share the transaction", func(t *testing.T, s store, db *sql.DB) {
			other := store{sqldb.New(db, s.Dialect())}
			require.ErrorIs(t, s.InTx(t.Context(), func(ctx context.Context) error {
				require.NoError(t, other.put(ctx, "a", 1))
				_, err := s.read(ctx, s.Read(ctx), "a")
				require.NoError(t, err)
				return boom
			}), boom)
			require.Empty(t, s.all(t))
		}},
		{"tx/own", "the caller's own transaction is joined, and neither committed nor rolled back", func(t *testing.T, s store, db *sql.DB) {
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			defer tx.Rollback()
			ctx := sqldbtest.Join(t, db, s.Dialect(), tx)
			require.NoError(t, s.InTx(ctx, func(ctx context.Context) error { return s.put(ctx, "a", 1) }))
			require.ErrorIs(t, s.put(ctx, "a", 1), flywheel.ErrConflict)
			require.ErrorIs(t, s.InTx(ctx, func(context.Context) error { return boom }), boom)
			require.NoError(t, s.put(ctx, "b", 1))
			require.NoError(t, tx.Commit())
			require.Equal(t, map[string]int{"a": 1, "b": 1}, s.all(t))
			require.Error(t, s.put(ctx, "c", 1), "the transaction is over")
			require.Len(t, s.all(t), 2)
		}},
		{"tx/own-rolled-back", "what stores wrote goes with the caller's transaction", func(t *testing.T, s store, db *sql.DB) {
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			require.NoError(t, s.put(sqldbtest.Join(t, db, s.Dialect(), tx), "a", 1))
			require.NoError(t, tx.Rollback())
			require.Empty(t, s.all(t))
		}},
		{"ctx/before", "a cancelled context changes nothing", func(t *testing.T, s store, _ *sql.DB) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			require.ErrorIs(t, s.put(ctx, "a", 1), context.Canceled)
			require.ErrorIs(t, s.InTx(ctx, func(context.Context) error { return nil }), context.Canceled)
			require.Empty(t, s.all(t))
		}},
		{"ctx/within", "a context cancelled within a transaction rolls it back", func(t *testing.T, s store, _ *sql.DB) {
			ctx, cancel := context.WithCancel(t.Context())
			err := s.InTx(ctx, func(ctx context.Context) error {
				require.NoError(t, s.put(ctx, "a", 1))
				cancel()
				return nil
			})
			require.ErrorIs(t, err, context.Canceled)
			require.Empty(t, s.all(t))
			require.NoError(t, s.put(t.Context(), "a", 1))
		}},
		{"ctx/of-one-call", "one call with a cancelled context does not end the transaction's safety", func(t *testing.T, s store, _ *sql.DB) {
			err := s.InTx(t.Context(), func(ctx context.Context) error {
				require.NoError(t, s.put(ctx, "a", 1))
				short, cancel := context.WithCancel(ctx)
				cancel()
				require.ErrorIs(t, s.put(short, "b", 1), context.Canceled)
				_, err := s.read(short, s.Read(ctx), "a")
				require.ErrorIs(t, err, context.Canceled)
				_, err = s.Read(ctx).QueryContext(short, `SELECT 1`)
				require.ErrorIs(t, err, context.Canceled)
				return s.put(ctx, "c", 1)
			})
			require.NoError(t, err)
			require.Equal(t, map[string]int{"a": 1, "c": 1}, s.all(t))
		}},
		{"ctx/deadline", "a statement cut short by its deadline leaves nothing, inside or outside a transaction", func(t *testing.T, s store, _ *sql.DB) {
			require.NoError(t, s.put(t.Context(), "a", 1))
			slow := `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000)
				INSERT INTO counters (id, n) SELECT 'slow', COUNT(*) FROM n`
			cut := func(ctx context.Context) error {
				ctx, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
				defer cancel()
				return s.Write(ctx, func(tx *sqldb.Tx) error {
					if _, err := tx.ExecContext(ctx, `UPDATE counters SET n = 9`); err != nil {
						return err
					}
					_, err := tx.ExecContext(ctx, slow)
					return err
				})
			}
			require.Error(t, cut(t.Context()))
			require.Equal(t, map[string]int{"a": 1}, s.all(t))
			err := s.InTx(t.Context(), func(ctx context.Context) error {
				require.NoError(t, s.put(ctx, "b", 1))
				require.Error(t, cut(ctx))
				s.put(ctx, "c", 1) // SQLite may have ended the transaction: this must not stand alone
				return nil
			})
			if all := s.all(t); err != nil {
				require.Equal(t, map[string]int{"a": 1}, all)
			} else {
				require.Equal(t, map[string]int{"a": 1, "b": 1, "c": 1}, all)
			}
			require.NoError(t, s.put(t.Context(), "d", 1))
		}},
		{"concurrent", "N writers on one row lose nothing", func(t *testing.T, s store, _ *sql.DB) {
			const writers, each = 8, 10
			require.NoError(t, s.put(t.Context(), "from", writers*each))
			require.NoError(t, s.put(t.Context(), "to", 0))
			var wg sync.WaitGroup
			for range writers {
				wg.Go(func() {
					for range each {
						if err := s.move(t.Context(), "from", "to", 1); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			require.Equal(t, map[string]int{"from": 0, "to": writers * each}, s.all(t))
		}},
	}
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				t.Log(c.rule)
				db := open(t)
				c.check(t, newStore(t, db, d), db)
			})
		}
	})
}

// TestDeadlock lets two transactions take two rows in opposite order: the server
// ends one, which is run again.
func TestDeadlock(t *testing.T) {
	s := newStore(t, sqldbtest.OpenPostgres(t), sqldb.Postgres)
	require.NoError(t, s.put(t.Context(), "a", 0))
	require.NoError(t, s.put(t.Context(), "b", 0))
	var meet sync.WaitGroup
	meet.Add(2)
	var wg sync.WaitGroup
	for _, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
		wg.Go(func() {
			first := true
			err := s.InTx(t.Context(), func(ctx context.Context) error {
				for i, id := range order {
					err := s.Write(ctx, func(tx *sqldb.Tx) error {
						_, err := tx.ExecContext(ctx, `UPDATE counters SET n = n + 1 WHERE id = ?`, id)
						return err
					})
					if err != nil {
						return fmt.Errorf("hidden from errors.As: %v", err)
					}
					if i == 0 && first {
						first = false
						meet.Done()
						meet.Wait()
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, map[string]int{"a": 2, "b": 2}, s.all(t))
}

// TestSerializable runs transactions that PostgreSQL must abort with 40001.
func TestSerializable(t *testing.T) {
	dsn := pgtest.DSN(t)
	if strings.Contains(dsn, "://") {
		dsn += "&default_transaction_isolation=serializable"
	} else {
		dsn += " default_transaction_isolation=serializable"
	}
	db, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	defer db.Close()
	s := newStore(t, db, sqldb.Postgres)
	require.NoError(t, s.put(t.Context(), "a", 0))
	var runs atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				err := s.InTx(t.Context(), func(ctx context.Context) error {
					runs.Add(1)
					return s.Write(ctx, func(tx *sqldb.Tx) error {
						n, err := s.read(ctx, tx, "a")
						if err != nil {
							return err
						}
						_, err = tx.ExecContext(ctx, `UPDATE counters SET n = ? WHERE id = 'a'`, n+1)
						return err
					})
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, map[string]int{"a": 20}, s.all(t))
	t.Logf("%d runs of 20 transactions", runs.Load())
}

func TestMigrate(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		t.Run("concurrent", func(t *testing.T) {
			db := open(t)
			var wg sync.WaitGroup
			for i := range 6 {
				wg.Go(func() {
					if err := sqldb.New(db, d).Migrate(t.Context(), "counters", files(counters)); err != nil {
						t.Errorf("migrator %d: %v", i, err)
					}
				})
			}
			wg.Wait()
			s := newStore(t, db, d)
			require.NoError(t, s.put(t.Context(), "a", 1))
			var n int
			require.NoError(t, db.QueryRow(`SELECT COUNT(*) FROM flywheel_migrations`).Scan(&n))
			require.Equal(t, 1, n)
		})
		t.Run("failing", func(t *testing.T) {
			db := open(t)
			bad := files("-- +goose Up\nCREATE TABLE half (id BIGINT);\nINSERT INTO nowhere VALUES (1);\n")
			require.Error(t, sqldb.New(db, d).Migrate(t.Context(), "bad", bad))
			_, err := db.Exec(`SELECT * FROM half`)
			require.Error(t, err, "a migration that fails leaves nothing behind")
			good := files("-- +goose Up\nCREATE TABLE half (id BIGINT);\n")
			require.NoError(t, sqldb.New(db, d).Migrate(t.Context(), "bad", good))
		})
		t.Run("next version", func(t *testing.T) {
			db := open(t)
			newStore(t, db, d)
			more := files(counters)
			more["migrations/"+d.String()+"/00002_more.sql"] = &fstest.MapFile{
				Data: []byte("-- +goose Up\nALTER TABLE counters ADD COLUMN extra BIGINT;\n")}
			require.NoError(t, sqldb.New(db, d).Migrate(t.Context(), "counters", more))
			_, err := db.Exec(`SELECT extra FROM counters`)
			require.NoError(t, err)
		})
		t.Run("own transaction", func(t *testing.T) {
			db := open(t)
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			require.NoError(t, sqldb.New(db, d).Migrate(sqldbtest.Join(t, db, d, tx), "counters", files(counters)))
			require.NoError(t, tx.Rollback())
			_, err = db.Exec(`SELECT * FROM counters`)
			require.Error(t, err)
		})
	})
}

func TestMicros(t *testing.T) {
	for _, at := range []time.Time{{}, time.Date(2011, 12, 9, 12, 50, 0, 123456000, time.UTC)} {
		require.Equal(t, at, sqldb.Time(sqldb.Micros(at)))
	}
	require.True(t, sqldb.Time(sqldb.Micros(time.Time{})).IsZero())
}
