package due_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// The heap claims what a sorted list would.
func TestHeapIsASortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h due.Heap[int]
		model := map[int]time.Time{}
		for range rapid.IntRange(0, 60).Draw(t, "changes") {
			key := rapid.IntRange(0, 20).Draw(t, "key")
			at := time.Time{}
			if s := rapid.IntRange(-3, 30).Draw(t, "second"); s >= 0 {
				at = start.Add(time.Duration(s) * time.Second)
				model[key] = at
			} else {
				delete(model, key)
			}
			h.Set(key, at)
			if !h.At(key).Equal(model[key]) || h.Len() != len(model) {
				t.Fatalf("key %d at %v of %d, want %v of %d", key, h.At(key), h.Len(), model[key], len(model))
			}
		}
		now := start.Add(time.Duration(rapid.IntRange(-1, 31).Draw(t, "now")) * time.Second)
		n := rapid.IntRange(0, 12).Draw(t, "n")
		held := rapid.IntRange(1, 5).Draw(t, "held")
		keep := func(k int) bool { return k%held != 0 || held == 1 }
		var all, want []int
		for key := range model {
			all = append(all, key)
		}
		slices.SortFunc(all, func(a, b int) int { return cmp.Or(model[a].Compare(model[b]), cmp.Compare(a, b)) })
		if len(all) > 0 && !h.Next().Equal(model[all[0]]) || len(all) == 0 && !h.Next().IsZero() {
			t.Fatalf("next is %v", h.Next())
		}
		for _, key := range all {
			if !model[key].After(now) && keep(key) && len(want) < n {
				want = append(want, key)
			}
		}
		if got := h.Claim(now, n, keep); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

type row struct{ key, owner string }

func scan(r sqldb.Row) (row, error) {
	var x row
	err := r.Scan(&x.key, &x.owner)
	return x, err
}

var query = due.Query{Columns: "id, owner", From: "due_things", Due: "due", Key: "id", Where: "owner <> ?", Args: []any{"paused"}}

func table(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) *sqldb.DB {
	db := sqldb.New(open(t), d)
	require.NoError(t, db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.ExecContext(t.Context(), `CREATE TABLE due_things (id TEXT PRIMARY KEY, owner TEXT NOT NULL, due BIGINT)`)
		return err
	}))
	return db
}

func insert(t *testing.T, db *sqldb.DB, id, owner string, at any) {
	t.Helper()
	require.NoError(t, db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.ExecContext(t.Context(), `INSERT INTO due_things (id, owner, due) VALUES (?, ?, ?)`, id, owner, at)
		return err
	}))
}

func TestClaim(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx := t.Context()
		db := table(t, open, d)
		// In order of time; two of each instant, every third held, the last ten paused.
		for i := range 40 {
			owner := "free"
			switch {
			case i >= 30:
				owner = "paused"
			case i%3 == 0:
				owner = "held"
			}
			insert(t, db, fmt.Sprintf("t%02d", i), owner, sqldb.Micros(start.Add(time.Duration(i/2)*time.Second)))
		}
		insert(t, db, "never", "free", nil)
		free := func(r row) bool { return r.owner != "held" }
		claim := func(seconds, n int, keep func(row) bool) (keys []string) {
			t.Helper()
			require.NoError(t, db.InTx(ctx, func(ctx context.Context) error {
				rows, err := due.Claim(ctx, db, query, start.Add(time.Duration(seconds)*time.Second), n, scan, keep)
				keys = nil
				for _, r := range rows {
					keys = append(keys, r.key)
				}
				return err
			}))
			return keys
		}
		require.Empty(t, claim(-1, 10, nil))
		require.Empty(t, claim(10, 0, nil))
		require.Equal(t, []string{"t00", "t01"}, claim(0, 10, nil), "due at the very instant")
		require.Equal(t, []string{"t00", "t01", "t02"}, claim(60, 3, nil))
		require.Equal(t, []string{"t01", "t02", "t04"}, claim(60, 3, free), "goes on behind those who are held")
		require.Len(t, claim(60, 100, free), 20, "without the paused and the held ones")
		require.Equal(t, []string{"t00", "t03"}, claim(60, 2, func(r row) bool { return r.owner == "held" }))

		broken := query
		broken.Where = "no_such_column"
		_, err := due.Claim(ctx, db, broken, start, 1, scan, nil)
		require.ErrorContains(t, err, "due: claim")
		_, err = due.Claim(ctx, db, query, start, 1, func(sqldb.Row) (row, error) { return row{}, context.Canceled }, nil)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// Workers that claim at once share the rows.
func TestWorkersShare(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx := t.Context()
		db := table(t, open, d)
		const things = 60
		for i := range things {
			insert(t, db, fmt.Sprintf("t%02d", i), "free", sqldb.Micros(start))
		}
		var mu sync.Mutex
		taken := map[string]int{}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					var keys []string
					err := db.InTx(ctx, func(ctx context.Context) error {
						rows, err := due.Claim(ctx, db, query, start, 7, scan, nil)
						if err != nil {
							return err
						}
						keys = nil
						for _, r := range rows {
							keys = append(keys, r.key)
							err := db.Write(ctx, func(tx *sqldb.Tx) error {
								_, err := tx.ExecContext(ctx, `UPDATE due_things SET due = NULL WHERE id = ?`, r.key)
								return err
							})
							if err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for _, key := range keys {
						taken[key]++
					}
					mu.Unlock()
					if len(keys) == 0 {
						return
					}
				}
			})
		}
		wg.Wait()
		require.Len(t, taken, things)
		for key, times := range taken {
			require.Equal(t, 1, times, key)
		}
	})
}

func BenchmarkHeap(b *testing.B) {
	var h due.Heap[int]
	for i := range 100_000 {
		h.Set(i, start.Add(time.Duration(i*7919%100_000)*time.Second))
	}
	b.ReportAllocs()
	for b.Loop() {
		key := h.Claim(start.AddDate(10, 0, 0), 1, nil)[0]
		h.Set(key, h.At(key).Add(100_000*time.Second))
	}
}
