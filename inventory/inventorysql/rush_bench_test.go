package inventorysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
)

// BenchmarkRush compares, on PostgreSQL in one run, what buyers of one SKU get done:
//
//   - update: a hand-written UPDATE of one row that takes a unit, and nothing else;
//   - row: the same with an INSERT of the reservation, in one transaction;
//   - reserve: Service.Reserve, with its reservation and its ledger.
//
// The dev server of the tests does not wait for the disk. With FLYWHEEL_RUSH_POSTGRES
// it uses another server, such as one that does.
func BenchmarkRush(b *testing.B) {
	for _, buyers := range []int{64, 256} {
		pool := rushPool(b, buyers)
		rush(b, "update", buyers, func(ctx context.Context, _ string) error {
			_, err := pool.ExecContext(ctx, "UPDATE rush_stock SET n = n - 1 WHERE sku = 'hot' AND n >= 1")
			return err
		})
		rush(b, "row", buyers, func(ctx context.Context, ref string) error {
			tx, err := pool.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			if _, err := tx.ExecContext(ctx, "UPDATE rush_stock SET n = n - 1 WHERE sku = 'hot' AND n >= 1"); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO rush_orders (ref, sku, n) VALUES ($1, 'hot', 1)", ref); err != nil {
				return err
			}
			return tx.Commit()
		})
		store := sqldbtest.Store(b, pool, flywheel.Postgres, inventorysql.New)
		stock, err := inventory.New(store, &inventory.Options{Hold: time.Hour})
		if err != nil {
			b.Fatal(err)
		}
		sku := flywheel.SKU(fmt.Sprint("hot ", time.Now().UnixNano()))
		if err := stock.Receive(b.Context(), string(sku), []flywheel.Line{{SKU: sku, Quantity: 1 << 40}}); err != nil {
			b.Fatal(err)
		}
		rush(b, "reserve", buyers, func(ctx context.Context, ref string) error {
			return stock.Reserve(ctx, ref, []flywheel.Line{{SKU: sku, Quantity: 1}})
		})
	}
}

func rushPool(b *testing.B, buyers int) *sql.DB {
	pool := sqldbtest.OpenPostgres(b)
	if dsn := os.Getenv("FLYWHEEL_RUSH_POSTGRES"); dsn != "" {
		own, err := sql.Open("pgx", dsn)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { own.Close() })
		pool = own
	}
	pool.SetMaxOpenConns(min(buyers, 80))
	pool.SetMaxIdleConns(min(buyers, 80))
	for _, statement := range []string{
		"DROP TABLE IF EXISTS rush_stock, rush_orders",
		"CREATE TABLE rush_stock (sku TEXT PRIMARY KEY, n BIGINT NOT NULL)",
		"CREATE TABLE rush_orders (ref TEXT PRIMARY KEY, sku TEXT NOT NULL, n BIGINT NOT NULL)",
		"INSERT INTO rush_stock VALUES ('hot', 1000000000000)",
	} {
		if _, err := pool.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	return pool
}

var rushRef atomic.Int64

// rush lets buyers call buy as often as the benchmark asks, each the next when it was
// answered.
func rush(b *testing.B, name string, buyers int, buy func(ctx context.Context, ref string) error) {
	b.Run(fmt.Sprintf("way=%s/buyers=%d", name, buyers), func(b *testing.B) {
		b.ReportAllocs()
		run := time.Now().UnixNano()
		var left atomic.Int64
		left.Store(int64(b.N))
		var all sync.WaitGroup
		for range buyers {
			all.Go(func() {
				for left.Add(-1) >= 0 {
					if err := buy(b.Context(), fmt.Sprint(run, " ", rushRef.Add(1))); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "units/s")
	})
}
