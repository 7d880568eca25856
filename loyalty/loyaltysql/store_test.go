package loyaltysql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltysql"
	"github.com/flywheel-go/flywheel/loyalty/loyaltytest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		loyaltytest.Run(t, func(t *testing.T) loyalty.Store {
			return sqldbtest.Store(t, open(t), d, loyaltysql.New)
		}, loyaltytest.Features{Tx: func(s loyalty.Store) flywheel.Transactor { return suite.Tx(s) }})
	})
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// When the answer to COMMIT is lost the store finds out that it took effect, and
// when it was rolled back that it did not, whatever was there before.
func TestLostCommit(t *testing.T) {
	var before, after atomic.Bool
	pool := sqldbtest.OpenFaulty(t, flywheel.SQLite, func(op string, done bool) error {
		if op == "COMMIT" && (!done && before.Load() || done && after.Load()) {
			return errors.New("the answer was lost")
		}
		return nil
	})
	s := sqldbtest.Store(t, pool, flywheel.SQLite, loyaltysql.New)
	points, err := loyalty.New(s, &loyalty.Options{Now: func() time.Time { return noon }})
	require.NoError(t, err)
	after.Store(true)
	gift := loyalty.Operation{Member: "anna", Key: "gift", Kind: loyalty.Earn, Points: 100}
	_, err = points.Apply(t.Context(), gift)
	require.NoError(t, err)
	require.NoError(t, points.Hold(t.Context(), "anna", "order", 60))
	require.NoError(t, points.SetPrograms(t.Context(), loyalty.Program{Timezone: "Asia/Tokyo"}))
	require.NoError(t, points.Forget(t.Context(), "nobody"))
	after.Store(false)
	before.Store(true)
	require.Error(t, points.Commit(t.Context(), "anna", "order"))
	require.Error(t, points.SetPrograms(t.Context(), loyalty.Program{Timezone: "Europe/Berlin"}))
	require.Error(t, points.Forget(t.Context(), "anna"))
	before.Store(false)
	b, err := points.Balance(t.Context(), "anna")
	require.NoError(t, err)
	require.Equal(t, loyalty.Balance{At: noon, Available: 40, Held: 60}, b)
	programs, err := points.Programs(t.Context())
	require.NoError(t, err)
	require.Equal(t, []loyalty.Program{{Timezone: "Asia/Tokyo"}}, programs)
}

// Two processes on one database burn no point twice, hold no point twice, settle
// each member once, and take over each other's programs.
func TestTwoProcesses(t *testing.T) {
	ctx, dsn := t.Context(), pgtest.DSN(t)
	log := &recorder{}
	var processes [2]*loyalty.Service
	for i := range processes {
		pool, err := sql.Open("pgx", dsn)
		require.NoError(t, err)
		t.Cleanup(func() { pool.Close() })
		store := sqldbtest.Store(t, pool, flywheel.Postgres, loyaltysql.New)
		processes[i], err = loyalty.New(store, &loyalty.Options{Now: func() time.Time { return noon }, Sink: log})
		require.NoError(t, err)
	}
	gift := func(m flywheel.CustomerID, points int64, expires time.Time) {
		t.Helper()
		op := loyalty.Operation{Member: m, Key: "gift", Kind: loyalty.Earn, Points: points, At: noon, ExpiresAt: expires}
		// The same call reaches both, at once.
		require.NoError(t, errors.Join(suite.Parallel(2, func(i int) error {
			_, err := processes[i].Apply(ctx, op)
			return err
		})...))
	}
	gift("anna", 100, time.Time{})
	gift("ben", 100, time.Time{})
	const expiring = 40
	for i := range expiring {
		gift(flywheel.CustomerID(fmt.Sprint("m", i)), 7, noon.Add(time.Hour))
	}
	succeeded := func(n int, fn func(p *loyalty.Service, i int) error) (won int) {
		for _, err := range suite.Parallel(n, func(i int) error { return fn(processes[i%2], i) }) {
			if err == nil {
				won++
			} else {
				require.ErrorIs(t, err, loyalty.ErrInsufficient)
			}
		}
		return won
	}
	require.Equal(t, 1, succeeded(16, func(p *loyalty.Service, i int) error {
		_, err := p.Burn(ctx, "anna", fmt.Sprint("b", i), 60)
		return err
	}))
	require.Equal(t, 3, succeeded(12, func(p *loyalty.Service, i int) error { return p.Hold(ctx, "ben", fmt.Sprint("o", i), 30) }))
	require.NoError(t, errors.Join(suite.Parallel(6, func(i int) error {
		for {
			if more, err := processes[i%2].Advance(ctx, noon.Add(time.Hour)); err != nil || !more {
				return err
			}
		}
	})...))
	for i := range expiring {
		b, err := processes[i%2].BalanceAt(ctx, flywheel.CustomerID(fmt.Sprint("m", i)), noon.Add(time.Hour))
		require.NoError(t, err)
		require.Equal(t, loyalty.Balance{At: noon.Add(time.Hour), Expired: 7}, b)
		entries, err := suite.Collect(processes[0].Entries(ctx, flywheel.CustomerID(fmt.Sprint("m", i))))
		require.NoError(t, err)
		require.Len(t, entries, 3, "earned, activated, expired")
	}
	require.NoError(t, processes[0].SetPrograms(ctx, loyalty.Program{Timezone: "Asia/Tokyo"}))
	programs, err := processes[1].Programs(ctx)
	require.NoError(t, err)
	require.Equal(t, []loyalty.Program{{Timezone: "Asia/Tokyo"}}, programs)
	require.Equal(t, 2+expiring+1, log.distinct(), "each change is reported")
}

// recorder counts the events it gets by ID.
type recorder struct{ ids sync.Map }

func (r *recorder) Publish(_ context.Context, events ...flywheel.Event) error {
	for _, e := range events {
		r.ids.Store(e.ID, true)
	}
	return nil
}

func (r *recorder) distinct() (n int) {
	r.ids.Range(func(any, any) bool { n++; return true })
	return n
}

// The row of a member and those that a change loads do not grow with what the
// member has done.
func TestGrowth(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		pool := open(t)
		s, err := loyalty.New(sqldbtest.Store(t, pool, d, loyaltysql.New), nil)
		require.NoError(t, err)
		const events = 600
		var list []flywheel.Entry
		for i := range events {
			at := noon.Add(time.Duration(i) * time.Minute)
			list = append(list, flywheel.Entry{
				Position: flywheel.Position(i + 1), Received: at, Effective: at, Person: flywheel.PersonOf("anna", ""),
				Event: flywheel.Event{ID: fmt.Sprint("e", i), Name: flywheel.EventPurchase, Customer: "anna", Time: at, Value: money.New(4_200, money.EUR)},
			})
		}
		require.NoError(t, s.Consume(t.Context(), list))
		_, err = s.Apply(t.Context(), loyalty.Operation{Member: "anna", Key: "b", Kind: loyalty.Burn, Points: 4_300, At: noon.AddDate(0, 0, 1)})
		require.NoError(t, err)
		var largest int
		for _, query := range []string{
			`SELECT coalesce(max(length(body)), 0) FROM flywheel_loyalty_orders`, `SELECT max(length(tier || mark)) FROM flywheel_loyalty_accounts`,
			`SELECT max(length(body)) FROM flywheel_loyalty_receipts`,
		} {
			var n int
			require.NoError(t, pool.QueryRowContext(t.Context(), query).Scan(&n))
			largest = max(largest, n)
		}
		require.Less(t, largest, 16<<10)
		b, err := s.BalanceAt(t.Context(), "anna", noon.AddDate(0, 0, 1))
		require.NoError(t, err)
		require.EqualValues(t, events*42-4_300, b.Available)
	})
}

func BenchmarkConsume(b *testing.B) {
	for name, open := range map[string]sqldbtest.Opener{"sqlite": sqldbtest.OpenSQLite, "postgres": sqldbtest.OpenPostgres} {
		b.Run("store="+name, func(b *testing.B) {
			d := flywheel.SQLite
			if name == "postgres" {
				d = flywheel.Postgres
			}
			s, err := loyalty.New(sqldbtest.Store(b, open(b), d, loyaltysql.New), nil)
			require.NoError(b, err)
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				list := make([]flywheel.Entry, 256)
				for i := range list {
					n++
					at, c := noon.Add(time.Duration(n)*time.Second), flywheel.CustomerID(fmt.Sprint("c", n*7919%1000))
					list[i] = flywheel.Entry{
						Position: flywheel.Position(n), Received: at, Effective: at, Person: flywheel.PersonOf(c, ""),
						Event: flywheel.Event{ID: fmt.Sprint("e", n), Name: flywheel.EventPurchase, Customer: c, Time: at, Value: money.New(4_200, money.EUR)},
					}
				}
				if err := s.Consume(b.Context(), list); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(256*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkLot states how much a lot of points takes with all that belongs to it: the
// order that it is of, the receipt, the bookings, the activity and their indexes. Each of
// the members has a hundred.
func BenchmarkLot(b *testing.B) {
	const members, each = 50, 100
	fill := func(b *testing.B, store loyalty.Store) *loyalty.Service {
		s, err := loyalty.New(store, &loyalty.Options{Programs: []loyalty.Program{{Expiry: loyalty.Expiry{After: "P12M"}}}})
		require.NoError(b, err)
		list := make([]flywheel.Entry, members*each)
		for i := range list {
			at, c := noon.Add(time.Duration(i)*time.Minute), flywheel.CustomerID(fmt.Sprint("customer-", i%members))
			list[i] = flywheel.Entry{
				Position: flywheel.Position(i + 1), Received: at, Effective: at, Person: flywheel.PersonOf(c, ""),
				Event: flywheel.Event{ID: fmt.Sprint("e", i), Name: flywheel.EventPurchase, Customer: c, Time: at, Ref: fmt.Sprint("order-", i), Value: money.New(4_200, money.EUR)},
			}
		}
		for part := range slices.Chunk(list, 256) {
			require.NoError(b, s.Consume(b.Context(), part))
		}
		return s
	}
	b.Run("store=memory", func(b *testing.B) {
		heap := func() uint64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		for b.Loop() {
			before := heap()
			s := fill(b, loyalty.NewMemory(nil))
			b.ReportMetric(float64(heap()-before)/(members*each), "B/lot")
			runtime.KeepAlive(s)
		}
	})
	for _, c := range []struct {
		d    flywheel.Dialect
		open sqldbtest.Opener
	}{{flywheel.SQLite, sqldbtest.OpenSQLite}, {flywheel.Postgres, sqldbtest.OpenPostgres}} {
		b.Run("store="+c.d.String(), func(b *testing.B) {
			for b.Loop() {
				pool := c.open(b)
				store := sqldbtest.Store(b, pool, c.d, loyaltysql.New)
				before := sqldbtest.Size(b, pool, c.d)
				fill(b, store)
				size := sqldbtest.Size(b, pool, c.d) - before
				b.ReportMetric(float64(size)/(members*each), "B/lot")
				var lots int64
				require.NoError(b, pool.QueryRowContext(b.Context(), `SELECT count(*) FROM flywheel_loyalty_lots WHERE remaining > 0`).Scan(&lots))
				require.EqualValues(b, members*each, lots)
			}
		})
	}
}
