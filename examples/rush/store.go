package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
)

// shop is the stock of the sale.
type shop struct {
	*inventory.Service
	pool *sql.DB // nil in memory
	io.Closer
}

// open opens what -store names.
func (s *settings) open(ctx context.Context) (*shop, error) {
	kind, where, _ := strings.Cut(s.store, ":")
	var store inventory.Store
	opened := &shop{Closer: io.NopCloser(nil)}
	switch {
	case s.store == "memory":
		store = inventory.NewMemory(nil)
	case kind == "sqlite" && where != "":
		return s.openSQL(ctx, "sqlite", flywheel.SQLiteDSN(where), flywheel.SQLite)
	case (kind == "postgres" || kind == "postgresql") && strings.HasPrefix(where, "//"):
		return s.openSQL(ctx, "pgx", s.store, flywheel.Postgres) // the whole name is a DSN
	case kind == "postgres" && where != "":
		return s.openSQL(ctx, "pgx", where, flywheel.Postgres)
	default:
		return nil, fmt.Errorf("-store: %q is not memory, sqlite:FILE or postgres:DSN: %w", s.store, flywheel.ErrInvalid)
	}
	var err error
	opened.Service, err = inventory.New(store, &inventory.Options{Hold: time.Hour})
	return opened, err
}

func (s *settings) openSQL(ctx context.Context, driver, dsn string, dialect flywheel.Dialect) (*shop, error) {
	pool, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, fmt.Errorf("-store: %w", err)
	}
	pool.SetMaxOpenConns(s.connections)
	pool.SetMaxIdleConns(s.connections)
	store := inventorysql.New(flywheel.OpenSQL(pool, dialect))
	if s.part == 0 {
		if err := flywheel.Migrate(ctx, flywheel.OpenSQL(pool, dialect), store); err != nil {
			return nil, errors.Join(fmt.Errorf("-store: %w", err), pool.Close())
		}
	}
	stock, err := inventory.New(store, &inventory.Options{Hold: time.Hour})
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return &shop{stock, pool, pool}, nil
}
