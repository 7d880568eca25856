package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
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
		pragmas := url.Values{"_txlock": {"immediate"}, "_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)"}}
		return openSQL(ctx, "sqlite", "file:"+(&url.URL{Path: where}).EscapedPath()+"?"+pragmas.Encode(), inventorysql.SQLite)
	case (kind == "postgres" || kind == "postgresql") && strings.HasPrefix(where, "//"):
		return openSQL(ctx, "pgx", name, inventorysql.Postgres) // the whole name is a DSN
	case kind == "postgres" && where != "":
		return openSQL(ctx, "pgx", where, inventorysql.Postgres)
	}
	return nil, fmt.Errorf("-store: %q is not memory, sqlite:FILE or postgres:DSN: %w", name, flywheel.ErrInvalid)
}

func openSQL(ctx context.Context, driver, dsn string, dialect inventorysql.Dialect) (*stores, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, fmt.Errorf("-store: %w", err)
	}
	db.SetMaxOpenConns(4)
	stock := inventorysql.New(db, dialect)
	orders := ordersql.New(db, dialect)
	log := segmentsql.New(db, dialect)
	for _, s := range []interface{ Migrate(context.Context) error }{stock, orders, log} {
		if err := s.Migrate(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("-store: %w", err), db.Close())
		}
	}
	return &stores{stock, stock, orders, log, db}, nil
}
