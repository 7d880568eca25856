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

// told is the writer's clock of all made events.
var told = time.Date(2011, 12, 9, 12, 50, 0, 0, time.UTC)

// read numbers what waits and returns a page.
func read(s segment.LogStore, ctx context.Context, after flywheel.Position, limit int) ([]flywheel.Entry, error) {
	for {
		n, err := s.Number(ctx, segment.Numbering{Now: told, Identity: segment.FirstLinked})
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return s.Read(ctx, segment.Query{After: after, Limit: limit})
		}
	}
}

func open(t testing.TB, opener sqldbtest.Opener, d sqldb.Dialect) (*segmentsql.Store, *sql.DB) {
	db := opener(t)
	s := sqldbtest.Store(t, db, d, segmentsql.New)
	return s, db
}

func ids(entries []flywheel.Entry) []string {
	var list []string
	for _, e := range entries {
		if e.Event.Name == segment.EventErased {
			e.Event.ID = "erased"
		}
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

	require.NoError(t, s.Append(slowCtx, told, "", event("slow-1"))) // arrival 1
	require.NoError(t, s.Append(fastCtx, told, "", event("fast-1"))) // arrival 2, does not wait
	require.NoError(t, s.Append(slowCtx, told, "", event("slow-2")))
	require.NoError(t, fast.Commit())

	page, err := read(s, t.Context(), 0, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"fast-1"}, ids(page))
	last := page[0].Position
	require.NoError(t, s.Append(t.Context(), told, "", event("later"))) // arrival 4
	require.NoError(t, slow.Commit())

	page, err = read(s, t.Context(), last, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"slow-1", "slow-2", "later"}, ids(page))
	require.Equal(t, last+1, page[0].Position)
	all, err := read(s, t.Context(), 0, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"fast-1", "slow-1", "slow-2", "later"}, ids(all))
}

// TestRolledBackAppend leaves no gap, although the sequence has one.
func TestRolledBackAppend(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, opener sqldbtest.Opener, d sqldb.Dialect) {
		s, _ := open(t, opener, d)
		boom := errors.New("boom")
		for i := range 3 {
			require.ErrorIs(t, s.InTx(t.Context(), func(ctx context.Context) error {
				require.NoError(t, s.Append(ctx, told, "", event("lost")))
				return boom
			}), boom)
			require.NoError(t, s.Append(t.Context(), told, "", event(fmt.Sprint(i))))
		}
		page, err := read(s, t.Context(), 0, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"0", "1", "2"}, ids(page))
		require.Equal(t, flywheel.Position(3), page[2].Position)
	})
}

// TestReaderInsideTransaction numbers its own events and gives the numbers back
// when it rolls back.
func TestReaderInsideTransaction(t *testing.T) {
	s, db := open(t, sqldbtest.OpenPostgres, flywheel.Postgres)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	ctx := sqldbtest.Join(t, db, flywheel.Postgres, tx)
	require.NoError(t, s.Append(ctx, told, "", event("mine")))
	page, err := read(s, ctx, 0, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"mine"}, ids(page))
	require.NoError(t, s.Append(t.Context(), told, "", event("other")), "writers do not wait for readers")
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = read(s, short, 0, 10)
	require.ErrorIs(t, err, context.DeadlineExceeded, "another reader waits for the numbers")
	require.NoError(t, tx.Rollback())
	page, err = read(s, t.Context(), 0, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"other"}, ids(page))
	require.Equal(t, flywheel.Position(1), page[0].Position)
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
				s.InTx(t.Context(), func(ctx context.Context) error {
					if err := s.Append(ctx, told, "", event(fmt.Sprintf("%d-%d-a", w, i))); err != nil {
						t.Error(err)
						return err
					}
					if (w+i)%5 == 0 {
						return errors.New("rolled back")
					}
					err := s.Append(ctx, told, "", event(fmt.Sprintf("%d-%d-b", w, i)))
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
			var last flywheel.Position
			for {
				over := false
				select {
				case <-done:
					over = true
				default:
				}
				page, err := read(s, t.Context(), last, 7)
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
			for _, table := range []string{"events", "event_numbers", "event_links"} {
				_, err := db.Exec("DELETE FROM flywheel_" + table)
				require.NoError(t, err)
			}
			_, err := db.Exec("UPDATE flywheel_event_head SET position = 0, received = 0, settled = 0")
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
				e.Customer = flywheel.CustomerID(rapid.SampledFrom([]string{"", "c", "d"}).Draw(t, "customer"))
				e.Visitor = flywheel.VisitorID(rapid.SampledFrom([]string{"", "v", "w"}).Draw(t, "visitor"))
				e.Ref = rapid.SampledFrom([]string{"", "r"}).Draw(t, "ref")
				return e
			})
			t.Repeat(map[string]func(*rapid.T){
				"append": func(t *rapid.T) {
					batch := rapid.SliceOfN(draw, 0, 5).Draw(t, "events")
					same(s.Append(ctx, told, "", batch...), m.Append(ctx, told, "", batch...))
				},
				"roll back": func(t *rapid.T) {
					batch := rapid.SliceOfN(draw, 1, 5).Draw(t, "events")
					for _, store := range []segment.LogStore{s, m} {
						suite.Tx(store).InTx(ctx, func(ctx context.Context) error {
							store.Append(ctx, told, "", batch...)
							read(store, ctx, 0, 3)
							return errors.New("roll back")
						})
					}
				},
				"erase": func(t *rapid.T) {
					at := flywheel.Position(rapid.IntRange(1, 4).Draw(t, "position"))
					same(s.Erase(ctx, "c", at), m.Erase(ctx, "c", at))
				},
				"": func(t *rapid.T) {
					got, err := read(s, ctx, 0, 100)
					require.NoError(t, err)
					want, err := read(m, ctx, 0, 100)
					require.NoError(t, err)
					require.Equal(t, ids(want), ids(got))
					for i := range want {
						w, g := want[i], got[i]
						w.Event.ID, g.Event.ID = "", "" // of an erased one it is hashed with a secret
						require.True(t, segment.SameEvent(&w.Event, &g.Event))
						require.Equal(t, []any{w.Position, w.Received, w.Person}, []any{g.Position, g.Received, g.Person})
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
					if err := s.Append(b.Context(), told, "", batch...); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

// BenchmarkFollow numbers and reads events of a dozen lines.
func BenchmarkFollow(b *testing.B) {
	for _, c := range []struct {
		name string
		open sqldbtest.Opener
		d    flywheel.Dialect
	}{{"sqlite", sqldbtest.OpenSQLite, flywheel.SQLite}, {"postgres", sqldbtest.OpenPostgres, flywheel.Postgres}} {
		b.Run("db="+c.name, func(b *testing.B) {
			s, _ := open(b, c.open, c.d)
			const events = 512
			batch := make([]flywheel.Event, events)
			n := 0
			var last flywheel.Position
			b.ReportAllocs()
			for b.Loop() {
				for i := range batch {
					batch[i] = event(fmt.Sprint("e", n))
					n++
					for range 11 {
						batch[i].Lines = append(batch[i].Lines, batch[i].Lines[0])
					}
				}
				if err := s.Append(b.Context(), told, "", batch...); err != nil {
					b.Fatal(err)
				}
				page, err := read(s, b.Context(), last, events)
				if err != nil || len(page) != events {
					b.Fatal(len(page), err)
				}
				last = page[events-1].Position
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
