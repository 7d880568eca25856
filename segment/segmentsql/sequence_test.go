package segmentsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

func event(id string) flywheel.Event {
	return flywheel.Event{ID: id, Name: flywheel.EventPurchase, Customer: "c",
		Time:  time.Date(2011, 12, 9, 12, 50, 0, 0, time.UTC),
		Lines: []flywheel.Line{{SKU: "85123A", Quantity: 6, Amount: money.New(1530, money.GBP)}}}
}

func open(t testing.TB, opener sqldbtest.Opener, d sqldb.Dialect) (*segmentsql.Store, *sql.DB) {
	db := opener(t)
	s := sqldbtest.Store(t, db, d, segmentsql.New)
	return s, db
}

func ids(entries []segment.Entry) []string {
	var list []string
	for _, e := range entries {
		list = append(list, e.Event.ID)
	}
	return list
}

// TestInterleavedTransactions is the classic trap: the transaction that drew the
// smaller number of a sequence commits last, after a reader has gone past it.
func TestInterleavedTransactions(t *testing.T) {
	s, db := open(t, sqldbtest.OpenPostgres, flywheel.Postgres)
	slow, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer slow.Rollback()
	slowCtx := sqldbtest.Join(t, db, flywheel.Postgres, slow)
	fast, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer fast.Rollback()
	fastCtx := sqldbtest.Join(t, db, flywheel.Postgres, fast)

	require.NoError(t, s.Append(slowCtx, event("slow-1"))) // arrival 1
	require.NoError(t, s.Append(fastCtx, event("fast-1"))) // arrival 2, does not wait
	require.NoError(t, s.Append(slowCtx, event("slow-2")))
	require.NoError(t, fast.Commit())

	page, err := s.Read(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"fast-1"}, ids(page))
	last := page[0].Position
	require.NoError(t, s.Append(t.Context(), event("later"))) // arrival 4
	require.NoError(t, slow.Commit())

	page, err = s.Read(t.Context(), last, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"slow-1", "slow-2", "later"}, ids(page))
	require.Equal(t, last+1, page[0].Position)
	all, err := s.Read(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"fast-1", "slow-1", "slow-2", "later"}, ids(all))
}

// TestRolledBackAppend leaves no gap, although the sequence has one.
func TestRolledBackAppend(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, opener sqldbtest.Opener, d sqldb.Dialect) {
		s, _ := open(t, opener, d)
		boom := errors.New("boom")
		for i := range 3 {
			require.ErrorIs(t, s.Handle().InTx(t.Context(), func(ctx context.Context) error {
				require.NoError(t, s.Append(ctx, event("lost")))
				return boom
			}), boom)
			require.NoError(t, s.Append(t.Context(), event(fmt.Sprint(i))))
		}
		page, err := s.Read(t.Context(), 0, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"0", "1", "2"}, ids(page))
		require.Equal(t, segment.Position(3), page[2].Position)
	})
}

// TestReaderInsideTransaction numbers its own events and gives the numbers back
// when it rolls back.
func TestReaderInsideTransaction(t *testing.T) {
	s, db := open(t, sqldbtest.OpenPostgres, flywheel.Postgres)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	ctx := sqldbtest.Join(t, db, flywheel.Postgres, tx)
	require.NoError(t, s.Append(ctx, event("mine")))
	page, err := s.Read(ctx, 0, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"mine"}, ids(page))
	require.NoError(t, s.Append(t.Context(), event("other")), "writers do not wait for readers")
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = s.Read(short, 0, 10)
	require.ErrorIs(t, err, context.DeadlineExceeded, "another reader waits for the numbers")
	require.NoError(t, tx.Rollback())
	page, err = s.Read(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"other"}, ids(page))
	require.Equal(t, segment.Position(1), page[0].Position)
}

// TestManyReadersAndWriters follows with several readers while transactions of
// several events commit and roll back in any order.
func TestManyReadersAndWriters(t *testing.T) {
	s, _ := open(t, sqldbtest.OpenPostgres, flywheel.Postgres)
	const writers, each, readers = 4, 20, 3
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				s.Handle().InTx(t.Context(), func(ctx context.Context) error {
					if err := s.Append(ctx, event(fmt.Sprintf("%d-%d-a", w, i))); err != nil {
						t.Error(err)
						return err
					}
					if (w+i)%5 == 0 {
						return errors.New("rolled back")
					}
					err := s.Append(ctx, event(fmt.Sprintf("%d-%d-b", w, i)))
					if err != nil {
						t.Error(err)
					}
					return err
				})
			}
		})
	}
	seen := make([][]string, readers)
	for r := range readers {
		reading.Go(func() {
			var last segment.Position
			for {
				over := false
				select {
				case <-done:
					over = true
				default:
				}
				page, err := s.Read(t.Context(), last, 7)
				if err != nil {
					t.Error(err)
					return
				}
				for _, e := range page {
					if e.Position != last+1 {
						t.Errorf("reader %d: position %d after %d", r, e.Position, last)
						return
					}
					last = e.Position
					seen[r] = append(seen[r], e.Event.ID)
				}
				if over && len(page) == 0 {
					return
				}
			}
		})
	}
	writing.Wait()
	close(done)
	reading.Wait()
	want := 0
	for w := range writers {
		for i := range each {
			if (w+i)%5 != 0 {
				want += 2
				a := slices.Index(seen[0], fmt.Sprintf("%d-%d-a", w, i))
				b := slices.Index(seen[0], fmt.Sprintf("%d-%d-b", w, i))
				require.True(t, 0 <= a && a < b, "a transaction's events keep their order")
			}
		}
	}
	require.Len(t, seen[0], want)
	for r := range readers {
		require.Equal(t, seen[0], seen[r], "all readers see one order")
	}
}

// TestAgainstMemory compares each store with the memory store under the same
// random calls.
func TestAgainstMemory(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, opener sqldbtest.Opener, d sqldb.Dialect) {
		s, db := open(t, opener, d)
		testkit.Checks(t, 100, 20)
		rapid.Check(t, func(t *rapid.T) {
			for _, table := range []string{"events", "event_cursors"} {
				_, err := db.Exec("DELETE FROM flywheel_" + table)
				require.NoError(t, err)
			}
			_, err := db.Exec("UPDATE flywheel_event_head SET position = 0")
			require.NoError(t, err)
			m := segment.NewMemoryLog(nil)
			ctx := context.Background()
			same := func(got, want error) {
				if (got == nil) != (want == nil) || errors.Is(got, flywheel.ErrConflict) != errors.Is(want, flywheel.ErrConflict) {
					t.Fatalf("%v: got %v, memory has %v", d, got, want)
				}
			}
			draw := rapid.Custom(func(t *rapid.T) flywheel.Event {
				e := event(rapid.StringMatching(`[a-e]`).Draw(t, "id"))
				e.Ref = rapid.SampledFrom([]string{"", "r"}).Draw(t, "ref")
				return e
			})
			t.Repeat(map[string]func(*rapid.T){
				"append": func(t *rapid.T) {
					batch := rapid.SliceOfN(draw, 0, 5).Draw(t, "events")
					same(s.Append(ctx, batch...), m.Append(ctx, batch...))
				},
				"roll back": func(t *rapid.T) {
					batch := rapid.SliceOfN(draw, 1, 5).Draw(t, "events")
					for _, store := range []segment.LogStore{s, m} {
						suite.Tx(store).InTx(ctx, func(ctx context.Context) error {
							store.Append(ctx, batch...)
							store.Read(ctx, 0, 3)
							return errors.New("roll back")
						})
					}
				},
				"advance": func(t *rapid.T) {
					consumer := rapid.SampledFrom([]string{"x", "y"}).Draw(t, "consumer")
					from := segment.Position(rapid.IntRange(0, 3).Draw(t, "from"))
					to := segment.Position(rapid.IntRange(0, 3).Draw(t, "to"))
					same(s.Advance(ctx, consumer, from, to), m.Advance(ctx, consumer, from, to))
				},
				"": func(t *rapid.T) {
					got, err := s.Read(ctx, 0, 100)
					require.NoError(t, err)
					want, err := m.Read(ctx, 0, 100)
					require.NoError(t, err)
					require.Equal(t, ids(want), ids(got))
					for i := range want {
						require.True(t, segment.SameEvent(&want[i].Event, &got[i].Event))
						require.Equal(t, want[i].Position, got[i].Position)
					}
				},
			})
		})
	})
}

func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct {
		name string
		open sqldbtest.Opener
		d    flywheel.Dialect
	}{{"sqlite", sqldbtest.OpenSQLite, flywheel.SQLite}, {"postgres", sqldbtest.OpenPostgres, flywheel.Postgres}} {
		for _, size := range []int{1, 256} {
			b.Run(fmt.Sprintf("db=%s/events=%d", c.name, size), func(b *testing.B) {
				s, _ := open(b, c.open, c.d)
				n := 0
				batch := make([]flywheel.Event, size)
				b.ReportAllocs()
				for b.Loop() {
					for i := range batch {
						n++
						batch[i] = event(fmt.Sprint("e", n))
					}
					if err := s.Append(b.Context(), batch...); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

func BenchmarkDrain(b *testing.B) {
	for _, c := range []struct {
		name string
		open sqldbtest.Opener
		d    flywheel.Dialect
	}{{"sqlite", sqldbtest.OpenSQLite, flywheel.SQLite}, {"postgres", sqldbtest.OpenPostgres, flywheel.Postgres}} {
		b.Run("db="+c.name, func(b *testing.B) {
			s, _ := open(b, c.open, c.d)
			log, err := segment.NewLog(s, nil)
			require.NoError(b, err)
			const events = 2048
			batch := make([]flywheel.Event, events)
			for i := range batch {
				batch[i] = event(fmt.Sprint("e", i))
				for range 11 {
					batch[i].Lines = append(batch[i].Lines, batch[i].Lines[0])
				}
			}
			require.NoError(b, log.Publish(b.Context(), batch...))
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				n++
				got, err := log.Drain(b.Context(), fmt.Sprint("c", n), flywheel.Discard)
				if err != nil || got != events {
					b.Fatal(got, err)
				}
			}
			b.ReportMetric(float64(n*events)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
