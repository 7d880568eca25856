package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/ordersql"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// stores are what outlives the process: stock, orders and the event log, in one
// database.
type stores struct {
	tx     flywheel.Transactor
	stock  inventory.Store
	orders order.Store
	log    segment.LogStore
	io.Closer
}

// openStores opens what -store names: memory, sqlite:FILE or postgres:DSN.
func openStores(ctx context.Context, name string) (*stores, error) {
	kind, where, _ := strings.Cut(name, ":")
	switch {
	case name == "memory":
		db := &flywheel.Memory{}
		return &stores{db, inventory.NewMemory(db), order.NewMemory(db), segment.NewMemoryLog(db), io.NopCloser(nil)}, nil
	case kind == "sqlite" && where != "":
		if _, err := os.Stat(filepath.Dir(where)); err != nil {
			return nil, fmt.Errorf("-store: %w", err)
		}
		return openSQL(ctx, "sqlite", flywheel.SQLiteDSN(where), flywheel.SQLite)
	case (kind == "postgres" || kind == "postgresql") && strings.HasPrefix(where, "//"):
		return openSQL(ctx, "pgx", name, flywheel.Postgres) // the whole name is a DSN
	case kind == "postgres" && where != "":
		return openSQL(ctx, "pgx", where, flywheel.Postgres)
	}
	return nil, fmt.Errorf("-store: %q is not memory, sqlite:FILE or postgres:DSN: %w", name, flywheel.ErrInvalid)
}

func openSQL(ctx context.Context, driver, dsn string, dialect flywheel.Dialect) (*stores, error) {
	pool, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, fmt.Errorf("-store: %w", err)
	}
	pool.SetMaxOpenConns(4)
	db := flywheel.OpenSQL(pool, dialect)
	stock, orders, log := inventorysql.New(db), ordersql.New(db), segmentsql.New(db)
	if err := flywheel.Migrate(ctx, db, stock, orders, log); err != nil {
		return nil, errors.Join(fmt.Errorf("-store: %w", err), pool.Close())
	}
	return &stores{db, stock, orders, log, pool}, nil
}
