package sqldb_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

// state is an error that a PostgreSQL server sent; safe is one that a driver
// calls safe to retry, which must not matter.
type state string

func (s state) Error() string    { return "SQLSTATE " + string(s) }
func (s state) SQLState() string { return string(s) }

type safe struct{ error }

func (s safe) Unwrap() error   { return s.error }
func (safe) SafeToRetry() bool { return true }

// code is an error of SQLite.
type code int

func (c code) Error() string { return "sqlite" }
func (c code) Code() int     { return int(c) }

// insert writes two keys and registers how to find the first.
func insert(ctx context.Context, db *sqldb.DB, runs *int) error {
	return db.Write(ctx, func(tx *sqldb.Tx) error {
		*runs++
		for _, key := range []string{"a", "b"} {
			if _, err := tx.ExecContext(ctx, `INSERT ?`, key); err != nil {
				return err
			}
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var n int
			err := q.QueryRowContext(ctx, `SELECT ?`, "a").Scan(&n)
			return n > 0, err
		})
		return nil
	})
}

// script makes the hook of one run.
type script func() func(op string) error

// times returns err for the first n operations that begin with op.
func times(n int, op string, err error) script {
	return func() func(string) error {
		left := n
		return func(got string) error {
			if left > 0 && strings.HasPrefix(got, op) {
				left--
				return err
			}
			return nil
		}
	}
}

// never is the script without faults.
func never() func(string) error { return nil }

// down loses COMMIT and all that follows.
func down() func(string) error {
	gone := false
	return func(op string) error {
		if gone = gone || op == "COMMIT"; gone {
			return io.ErrUnexpectedEOF
		}
		return nil
	}
}

func TestFaults(t *testing.T) {
	const forever = 1 << 30
	lost := safe{driver.ErrBadConn}
	cases := []struct {
		name          string
		dialect       sqldb.Dialect
		before, after script
		runs          int   // of the function
		err           error // nil: success
		stored        bool  // whether the keys are there
	}{
		{"commit lost, row there", sqldb.Postgres, never, times(1, "COMMIT", lost), 1, nil, true},
		{"commit lost, row not there", sqldb.Postgres, times(1, "COMMIT", lost), never, 1, flywheel.ErrUnknownOutcome, false},
		{"commit lost for good", sqldb.Postgres, never, down, 1, flywheel.ErrUnknownOutcome, true},
		{"commit 40001", sqldb.Postgres, times(2, "COMMIT", state("40001")), never, 3, nil, true},
		{"commit 40P01", sqldb.Postgres, times(1, "COMMIT", state("40P01")), never, 2, nil, true},
		{"commit 40001 wrapped", sqldb.Postgres, times(1, "COMMIT", errors.Join(io.EOF, state("40001"))), never, 2, nil, true},
		{"commit 40002 is a rollback and not repeated", sqldb.Postgres, times(1, "COMMIT", state("40002")), never, 1, state("40002"), false},
		{"commit 40003 is not known, row there", sqldb.Postgres, never, times(1, "COMMIT", state("40003")), 1, nil, true},
		{"commit 40003 is not known, no row", sqldb.Postgres, times(1, "COMMIT", state("40003")), never, 1, flywheel.ErrUnknownOutcome, false},
		{"commit 57P01, row there", sqldb.Postgres, never, times(1, "COMMIT", state("57P01")), 1, nil, true},
		{"closed connections at begin", sqldb.Postgres, times(3, "BEGIN", driver.ErrBadConn), never, 1, nil, true},
		{"closed connections at begin for ever", sqldb.Postgres, times(forever, "BEGIN", driver.ErrBadConn), never, 0, driver.ErrBadConn, false},
		{"40001 at begin", sqldb.Postgres, times(1, "BEGIN", state("40001")), never, 1, nil, true},
		{"40001 at a statement", sqldb.Postgres, times(2, "INSERT", state("40001")), never, 3, nil, true},
		{"40001 after a statement's effect", sqldb.Postgres, never, times(1, "INSERT", state("40001")), 2, nil, true},
		{"40001 for ever", sqldb.Postgres, times(forever, "INSERT", state("40001")), never, 12, state("40001"), false},
		{"connection lost at a statement", sqldb.Postgres, times(1, "INSERT", lost), never, 1, driver.ErrBadConn, false},
		{"statement ran and its answer is lost", sqldb.Postgres, never, times(1, "INSERT", lost), 1, driver.ErrBadConn, false},
		{"23505 at a statement", sqldb.Postgres, times(1, "INSERT", state("23505")), never, 1, state("23505"), false},
		{"busy at begin", sqldb.SQLite, times(2, "BEGIN", code(5)), never, 1, nil, true},
		{"busy snapshot at a statement", sqldb.SQLite, times(1, "INSERT", code(517)), never, 2, nil, true},
		{"busy for ever", sqldb.SQLite, times(forever, "BEGIN", code(5)), never, 0, code(5), false},
		{"busy at commit leaves the transaction open", sqldb.SQLite, times(1, "COMMIT", code(5)), never, 2, nil, true},
		{"disk full at commit, still open", sqldb.SQLite, times(1, "COMMIT", code(13)), never, 1, code(13), false},
		{"i/o error at commit, rolled back", sqldb.SQLite, times(1, "COMMIT", code(10)), never, 1, code(10), false},
		{"i/o error at commit, committed", sqldb.SQLite, never, times(1, "COMMIT", code(10)), 1, nil, true},
	}
	for _, c := range cases {
		for _, form := range []string{"alone", "in a transaction"} {
			t.Run(c.name+"/"+form, func(t *testing.T) {
				t.Parallel() // for the waits between attempts
				f, raw := openFake(t)
				f.before, f.after = c.before(), c.after()
				db := sqldb.New(raw, c.dialect)
				runs := 0
				var err error
				if form == "alone" {
					err = insert(t.Context(), db, &runs)
				} else {
					err = db.InTx(t.Context(), func(ctx context.Context) error { return insert(ctx, db, &runs) })
				}
				if c.err == nil {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, c.err)
				}
				if !errors.Is(c.err, flywheel.ErrUnknownOutcome) {
					require.NotErrorIs(t, err, flywheel.ErrUnknownOutcome)
				}
				require.Equal(t, c.runs, runs, "runs; did %q", f.log)
				require.Equal(t, c.stored, f.keys["a"] && f.keys["b"])
				require.Equal(t, f.keys["a"], f.keys["b"], "all or nothing")
			})
		}
	}
}

// TestFaultsWithoutKey commits where nothing can be read back.
func TestFaultsWithoutKey(t *testing.T) {
	f, raw := openFake(t)
	f.after = times(1, "COMMIT", io.EOF)()
	db := sqldb.New(raw, sqldb.Postgres)
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.ExecContext(t.Context(), `INSERT ?`, "a")
		return err
	})
	require.ErrorIs(t, err, flywheel.ErrUnknownOutcome)
	require.ErrorIs(t, err, io.EOF)
}

// TestReadBackOfRolledBackWrite keeps no question of a call that was undone.
func TestReadBackOfRolledBackWrite(t *testing.T) {
	f, raw := openFake(t)
	f.keys["a"] = true // so that its answer would be a false yes
	f.before = times(1, "COMMIT", io.EOF)()
	db := sqldb.New(raw, sqldb.Postgres)
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		runs := 0
		require.Error(t, db.Write(ctx, func(tx *sqldb.Tx) error {
			require.NoError(t, insert(ctx, db, &runs))
			return io.ErrNoProgress
		}))
		return nil
	})
	require.ErrorIs(t, err, flywheel.ErrUnknownOutcome)
}

// TestOwnTransactionIsNotRunAgain leaves 40001 in the caller's transaction to
// the caller.
func TestOwnTransactionIsNotRunAgain(t *testing.T) {
	f, raw := openFake(t)
	f.before = times(1, "INSERT", state("40001"))()
	db := sqldb.New(raw, sqldb.Postgres)
	tx, err := raw.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	runs := 0
	ctx := sqldbtest.Join(t, raw, sqldb.Postgres, tx)
	require.ErrorIs(t, db.InTx(ctx, func(ctx context.Context) error { return insert(ctx, db, &runs) }), state("40001"))
	require.Equal(t, 1, runs)
	require.ErrorIs(t, insert(ctx, db, &runs), state("40001"), "the transaction cannot go on")
	require.Equal(t, 1, runs)
	require.Zero(t, f.ran("COMMIT"))
	require.NoError(t, tx.Rollback())
}

// TestRestartIgnored runs a transaction again although its function went on.
func TestRestartIgnored(t *testing.T) {
	f, raw := openFake(t)
	f.before = times(1, "INSERT", state("40001"))()
	db := sqldb.New(raw, sqldb.Postgres)
	runs, outer := 0, 0
	require.NoError(t, db.InTx(t.Context(), func(ctx context.Context) error {
		outer++
		insert(ctx, db, &runs) // its error is ignored
		return nil
	}))
	require.Equal(t, 2, outer)
	require.True(t, f.keys["a"])
}

// TestSavepointLost treats a transaction whose savepoint is gone as over: SQLite
// rolls the whole of it back after an interrupt or a full disk, and whatever came
// next would stand outside.
func TestSavepointLost(t *testing.T) {
	f, raw := openFake(t)
	f.before = func(op string) error {
		if strings.HasPrefix(op, "ROLLBACK TO") || strings.HasPrefix(op, "INSERT") {
			return code(9)
		}
		return nil
	}
	db := sqldb.New(raw, sqldb.SQLite)
	runs := 0
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		require.Error(t, insert(ctx, db, &runs))
		require.Error(t, insert(ctx, db, &runs))
		return nil
	})
	require.ErrorIs(t, err, code(9))
	require.Equal(t, 1, runs)
	require.Zero(t, f.ran("COMMIT"))
}
