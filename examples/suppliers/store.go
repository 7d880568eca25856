package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/progress"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/inventory/supplier/suppliersql"
)

// open opens what -store names; end closes it.
func (s *settings) open(ctx context.Context) (purchasing *supplier.Service, end func() error, err error) {
	end = func() error { return nil }
	var store supplier.Store
	driver, dialect := "", flywheel.SQLite
	kind, where, _ := strings.Cut(s.store, ":")
	switch {
	case s.store == "memory":
	case kind == "sqlite" && where != "":
		driver, where = "sqlite", flywheel.SQLiteDSN(where)
	case kind == "postgres" && where != "":
		driver, dialect = "pgx", flywheel.Postgres
		if strings.HasPrefix(where, "//") {
			where = s.store // the whole name is a DSN
		}
	default:
		return nil, nil, fmt.Errorf("-store: %q is not memory, sqlite:FILE or postgres:DSN: %w", s.store, flywheel.ErrInvalid)
	}
	if driver != "" {
		pool, err := sql.Open(driver, where)
		if err != nil {
			return nil, nil, fmt.Errorf("-store: %w", err)
		}
		end = pool.Close
		db := flywheel.OpenSQL(pool, dialect)
		kept := suppliersql.New(db)
		if err := flywheel.Migrate(ctx, db, kept); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("-store: %w", err), end())
		}
		store = kept
	}
	if purchasing, err = supplier.New(store, &supplier.Options{Strength: s.strength}); err != nil {
		return nil, nil, errors.Join(err, end())
	}
	return purchasing, end, nil
}

// batch is how many orders are kept in one transaction.
const batch = 200

// keep adds orders to those that are kept. The same again changes nothing.
func keep(ctx context.Context, purchasing *supplier.Service, orders []supplier.Order, messages io.Writer) error {
	bar := progress.New(messages, len(orders), "orders")
	defer bar.Clear()
	for part := range slices.Chunk(orders, batch) {
		if err := purchasing.Add(ctx, part...); err != nil {
			return err
		}
		bar.Add(len(part))
	}
	return nil
}
