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
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/ordersql"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/experimentsql"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltysql"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// stores are what outlives the process, in one database: stock, orders and the
// event log, and what was learned if it is durable. Nil is memory.
type stores struct {
	tx     flywheel.Transactor
	stock  inventory.Store
	orders order.Store
	log    segment.LogStore
	learned
	io.Closer
}

// learned are the stores of the learners that have one.
type learned struct {
	profiles segment.ProfileStore
	points   loyalty.Store
	journeys campaign.Store
	tests    experiment.Store
}

// openStores opens what -store names: memory, sqlite:FILE or postgres:DSN.
func openStores(ctx context.Context, name string, durable bool) (*stores, error) {
	kind, where, _ := strings.Cut(name, ":")
	switch {
	case name == "memory" && durable:
		return nil, fmt.Errorf("-durable: the memory of -store %s ends with the process: %w", name, flywheel.ErrInvalid)
	case name == "memory":
		db := &flywheel.Memory{}
		return &stores{tx: db, stock: inventory.NewMemory(db), orders: order.NewMemory(db), log: segment.NewMemoryLog(db), Closer: io.NopCloser(nil)}, nil
	case kind == "sqlite" && where != "":
		if _, err := os.Stat(filepath.Dir(where)); err != nil {
			return nil, fmt.Errorf("-store: %w", err)
		}
		return openSQL(ctx, "sqlite", flywheel.SQLiteDSN(where), flywheel.SQLite, durable)
	case (kind == "postgres" || kind == "postgresql") && strings.HasPrefix(where, "//"):
		return openSQL(ctx, "pgx", name, flywheel.Postgres, durable) // the whole name is a DSN
	case kind == "postgres" && where != "":
		return openSQL(ctx, "pgx", where, flywheel.Postgres, durable)
	}
	return nil, fmt.Errorf("-store: %q is not memory, sqlite:FILE or postgres:DSN: %w", name, flywheel.ErrInvalid)
}

func openSQL(ctx context.Context, driver, dsn string, dialect flywheel.Dialect, durable bool) (*stores, error) {
	pool, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, fmt.Errorf("-store: %w", err)
	}
	pool.SetMaxOpenConns(4)
	db := flywheel.OpenSQL(pool, dialect)
	stock, orders, log := inventorysql.New(db), ordersql.New(db), segmentsql.New(db)
	s := &stores{tx: db, stock: stock, orders: orders, log: log, Closer: pool}
	all := []flywheel.SQLStore{stock, orders, log}
	if durable {
		profiles, points, journeys, tests := segmentsql.NewProfiles(db), loyaltysql.New(db), campaignsql.New(db), experimentsql.New(db)
		s.learned = learned{profiles, points, journeys, tests}
		all = append(all, profiles, points, journeys, tests)
	}
	if err := flywheel.Migrate(ctx, db, all...); err != nil {
		return nil, errors.Join(fmt.Errorf("-store: %w", err), pool.Close())
	}
	return s, nil
}
