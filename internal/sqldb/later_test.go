package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

// gathering returns what gathers counters, and a function that counts the writes.
func gathering(limit int) (later *sqldb.Later[string], writes *[][]string) {
	writes = new([][]string)
	return &sqldb.Later[string]{Limit: limit, Write: func(ctx context.Context, tx *sqldb.Tx, ids []string) error {
		*writes = append(*writes, slices.Clone(ids))
		for _, id := range ids {
			if id == "refused" {
				return io.ErrNoProgress
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO counters (id, n) VALUES (?, 1)`, id); err != nil {
				return err
			}
		}
		return nil
	}}, writes
}

func (s store) ids(ctx context.Context) ([]string, error) {
	return sqldb.Select(ctx, s.Read(ctx), `SELECT id FROM counters ORDER BY id`, nil, func(r sqldb.Row) (id string, err error) {
		err = r.Scan(&id)
		return id, err
	})
}

func (s store) holds(t require.TestingT, ctx context.Context, want ...string) {
	got, err := s.ids(ctx)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestLater(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		pool := open(t)
		s := newStore(t, pool, d)
		later, writes := gathering(4)
		ctx := t.Context()
		require.NoError(t, s.InTx(ctx, func(ctx context.Context) error {
			require.NoError(t, later.Add(ctx, s.DB, "a"))
			require.NoError(t, s.put(ctx, "x", 1))
			require.NoError(t, later.Add(ctx, s.DB, "b", "c"))
			waiting, ok := later.Pending(ctx, s.DB)
			require.True(t, ok)
			require.Equal(t, []string{"a", "b", "c"}, waiting)
			s.holds(t, ctx, "x")
			return nil
		}))
		require.Equal(t, [][]string{{"a", "b", "c"}}, *writes, "one write, before COMMIT")
		s.holds(t, ctx, "a", "b", "c", "x")

		// Whoever needs it sooner says so, and many do not pile up.
		*writes = nil
		require.NoError(t, s.InTx(ctx, func(ctx context.Context) error {
			require.NoError(t, s.Flush(ctx))
			require.NoError(t, later.Add(ctx, s.DB, "d"))
			require.NoError(t, s.Flush(ctx))
			require.NoError(t, s.Flush(ctx))
			s.holds(t, ctx, "a", "b", "c", "d", "x")
			return later.Add(ctx, s.DB, "e", "f", "g", "h", "i")
		}))
		require.Equal(t, [][]string{{"d"}, {"e", "f", "g", "h", "i"}}, *writes)

		// What is rolled back, or refused at the end, is gone.
		before, err := s.ids(ctx)
		require.NoError(t, err)
		require.ErrorIs(t, s.InTx(ctx, func(ctx context.Context) error {
			require.NoError(t, later.Add(ctx, s.DB, "lost"))
			return io.EOF
		}), io.EOF)
		require.ErrorIs(t, s.InTx(ctx, func(ctx context.Context) error {
			require.NoError(t, s.put(ctx, "y", 1))
			return later.Add(ctx, s.DB, "lost", "refused")
		}), io.ErrNoProgress)
		require.ErrorIs(t, s.InTx(ctx, func(ctx context.Context) error {
			require.NoError(t, later.Add(ctx, s.DB, "lost", "refused"))
			require.ErrorIs(t, s.Flush(ctx), io.ErrNoProgress)
			return nil // an error of Flush cannot be passed over
		}), io.ErrNoProgress)
		s.holds(t, ctx, before...)
		require.NoError(t, s.InTx(ctx, func(ctx context.Context) error {
			require.NoError(t, later.Add(ctx, s.DB, "j"))
			require.ErrorIs(t, s.Write(ctx, func(*sqldb.Tx) error {
				require.NoError(t, later.Add(ctx, s.DB, "refused"))
				return s.Flush(ctx)
			}), io.ErrNoProgress)
			return nil // the call was undone, and what it gathered with it
		}))
		before = append(before[:len(before)-1:len(before)-1], "j", "x")
		s.holds(t, ctx, before...)

		// Nothing waits without a transaction, or in one whose COMMIT is not seen.
		_, ok := later.Pending(ctx, s.DB)
		require.False(t, ok)
		require.NoError(t, s.Flush(ctx))
		tx, err := pool.BeginTx(ctx, nil)
		require.NoError(t, err)
		joined, end := s.Join(ctx, tx)
		_, ok = later.Pending(joined, s.DB)
		require.False(t, ok)
		require.NoError(t, tx.Rollback())
		end(false)

		var ended context.Context
		require.NoError(t, s.InTx(ctx, func(ctx context.Context) error { ended = ctx; return nil }))
		require.Error(t, later.Add(ended, s.DB, "late"))
		canceled, cancel := context.WithCancel(ctx)
		require.ErrorIs(t, s.InTx(canceled, func(ctx context.Context) error {
			require.NoError(t, later.Add(ctx, s.DB, "lost"))
			cancel()
			return nil
		}), context.Canceled)
		s.holds(t, ctx, before...)
	})
}

// A transaction that is run again starts with nothing gathered, and one whose
// COMMIT lost its answer is settled by what was gathered.
func TestLaterRunsAgain(t *testing.T) {
	cases := []struct {
		name          string
		before, after script
		runs          int
	}{
		{"at COMMIT", times(2, "COMMIT", state("40001")), never, 3},
		{"at the write", times(1, "INSERT", state("40001")), never, 2},
		{"answer lost", never, times(1, "COMMIT", io.ErrUnexpectedEOF), 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, raw := openFake(t)
			f.before, f.after = c.before(), c.after()
			db := sqldb.New(raw, sqldb.Postgres)
			var writes [][]string
			later := &sqldb.Later[string]{Limit: 9, Write: func(ctx context.Context, tx *sqldb.Tx, ids []string) error {
				writes = append(writes, slices.Clone(ids))
				runs := 0
				return insert(ctx, db, &runs)
			}}
			require.NoError(t, db.InTx(t.Context(), func(ctx context.Context) error { return later.Add(ctx, db, "a", "b") }))
			require.Len(t, writes, c.runs)
			for _, w := range writes {
				require.Equal(t, []string{"a", "b"}, w)
			}
		})
	}
}

// TestLaterWithSavepoints compares random nested calls, of which some fail, with a
// set that is copied at each of them.
func TestLaterWithSavepoints(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		s := newStore(t, open(t), d)
		later, _ := gathering(3)
		round := 0
		rapid.Check(t, func(t *rapid.T) {
			round++
			n := 0
			var walk func(ctx context.Context, depth int, kept []string) ([]string, error)
			walk = func(ctx context.Context, depth int, kept []string) ([]string, error) {
				for range rapid.IntRange(0, 5).Draw(t, "steps") {
					switch rapid.IntRange(0, 3).Draw(t, "step") {
					case 0, 1:
						n++
						id := fmt.Sprintf("%04d-%03d", round, n)
						if err := later.Add(ctx, s.DB, id); err != nil {
							return nil, err
						}
						kept = append(slices.Clone(kept), id)
					case 2:
						if err := s.Flush(ctx); err != nil {
							return nil, err
						}
					case 3:
						if depth == 3 {
							continue
						}
						fails := rapid.Bool().Draw(t, "fails")
						var inner []string
						err := s.Write(ctx, func(*sqldb.Tx) (err error) {
							if inner, err = walk(ctx, depth+1, kept); err == nil && fails {
								err = io.EOF
							}
							return err
						})
						if err != nil && !errors.Is(err, io.EOF) {
							return nil, err
						}
						if err == nil {
							kept = inner
						}
					}
				}
				return kept, nil
			}
			var want []string
			require.NoError(t, s.InTx(context.Background(), func(ctx context.Context) (err error) {
				want, err = walk(ctx, 0, nil)
				return err
			}))
			got, err := sqldb.Select(context.Background(), s.Read(context.Background()), `SELECT id FROM counters WHERE id LIKE ? ORDER BY id`,
				[]any{fmt.Sprintf("%04d-%%", round)}, func(r sqldb.Row) (id string, err error) { err = r.Scan(&id); return id, err })
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	})
}
