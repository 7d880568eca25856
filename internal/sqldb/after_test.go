package sqldb_test

import (
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

// What waits for the end of a transaction runs once: after a COMMIT, or one whose
// outcome is unknown, and never for what was rolled back.
func TestAfterCommit(t *testing.T) {
	cases := []struct {
		name          string
		dialect       sqldb.Dialect
		before, after script
		err           error
		runs          int // of the function
		ran           int // of what waits
	}{
		{"committed", sqldb.Postgres, never, never, nil, 1, 1},
		{"run again", sqldb.Postgres, times(2, "INSERT", state("40001")), never, nil, 3, 1},
		{"run again at commit", sqldb.Postgres, times(1, "COMMIT", state("40P01")), never, nil, 2, 1},
		{"found committed", sqldb.Postgres, never, times(1, "COMMIT", io.ErrUnexpectedEOF), nil, 1, 1},
		{"unknown", sqldb.Postgres, never, down, flywheel.ErrUnknownOutcome, 1, 1},
		{"rolled back at commit", sqldb.Postgres, times(1, "COMMIT", state("40002")), never, state("40002"), 1, 0},
		{"statement failed", sqldb.Postgres, times(1, "INSERT", state("23505")), never, state("23505"), 1, 0},
		{"found rolled back", sqldb.SQLite, times(1, "COMMIT", code(10)), never, code(10), 1, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // for the waits between attempts
			f, raw := openFake(t)
			f.before, f.after = c.before(), c.after()
			db := sqldb.New(raw, c.dialect)
			runs, ran := 0, 0
			err := db.InTx(t.Context(), func(ctx context.Context) error {
				flywheel.AfterCommit(ctx, func(ctx context.Context) {
					ran++
					require.NoError(t, ctx.Err())
					flywheel.AfterCommit(ctx, func(context.Context) { ran += 10 })
				})
				require.Zero(t, ran)
				return insert(ctx, db, &runs)
			})
			if c.err == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, c.err)
			}
			require.Equal(t, c.runs, runs)
			require.Equal(t, 11*c.ran, ran)
		})
	}
}

// A call that is undone behind its savepoint takes what it added with it.
func TestAfterCommitOfASavepoint(t *testing.T) {
	_, raw := openFake(t)
	db := sqldb.New(raw, sqldb.Postgres)
	var ran []string
	call := func(ctx context.Context, name string, err error) error {
		return db.Write(ctx, func(tx *sqldb.Tx) error {
			flywheel.AfterCommit(ctx, func(context.Context) { ran = append(ran, name) })
			return err
		})
	}
	require.NoError(t, db.InTx(t.Context(), func(ctx context.Context) error {
		require.NoError(t, call(ctx, "first", nil))
		require.ErrorIs(t, call(ctx, "undone", io.EOF), io.EOF)
		return call(ctx, "second", nil)
	}))
	require.Equal(t, []string{"first", "second"}, ran)
}

// The end of the caller's transaction is told by the caller, and ends the context.
func TestJoin(t *testing.T) {
	for _, committed := range []bool{true, false} {
		_, raw := openFake(t)
		db := sqldb.New(raw, sqldb.Postgres)
		tx, err := raw.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		ctx, end := db.Join(t.Context(), tx)
		ran, runs := 0, 0
		require.NoError(t, db.InTx(ctx, func(ctx context.Context) error {
			flywheel.AfterCommit(ctx, func(context.Context) { ran++ })
			return insert(ctx, db, &runs)
		}))
		if committed {
			require.NoError(t, tx.Commit())
		} else {
			require.NoError(t, tx.Rollback())
		}
		require.Zero(t, ran, "its end was not told yet")
		end(committed)
		end(true)
		require.Equal(t, committed, ran == 1)

		var ended *flywheel.TxError
		require.ErrorAs(t, insert(ctx, db, &runs), &ended)
		require.ErrorAs(t, db.InTx(ctx, func(context.Context) error { return nil }), &ended)
		var n int
		require.ErrorAs(t, db.Read(ctx).QueryRowContext(ctx, `SELECT ?`, "a").Scan(&n), &ended)
		_, err = db.Read(ctx).QueryContext(ctx, `SELECT ?`, "a")
		require.ErrorAs(t, err, &ended)
		require.Equal(t, 1, runs)
	}
}

// A context of a transaction that this package ended serves nobody any more.
func TestEndedTransaction(t *testing.T) {
	_, raw := openFake(t)
	db := sqldb.New(raw, sqldb.Postgres)
	for _, outcome := range []error{nil, io.EOF} {
		var ended context.Context
		require.ErrorIs(t, db.InTx(t.Context(), func(ctx context.Context) error { ended = ctx; return outcome }), outcome)
		runs := 0
		var misused *flywheel.TxError
		require.ErrorAs(t, insert(ended, db, &runs), &misused)
		require.ErrorIs(t, misused, flywheel.ErrInvalid)
		require.Zero(t, runs)
	}
}
