package ordersql

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Store is an order.Store in a SQL database. It is safe for concurrent use.
type Store struct{ db *flywheel.SQL }

var (
	_ order.Store       = (*Store)(nil)
	_ flywheel.SQLStore = (*Store)(nil)
)

// New returns the store in db. It does no I/O; call [flywheel.Migrate] before the
// first use.
func New(db *flywheel.SQL) *Store { return &Store{db: db} }

// Handle implements flywheel.Stored: the database, which is the store's Transactor.
func (s *Store) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the database's.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Migrations implements flywheel.SQLStore.
func (s *Store) Migrations() []flywheel.Migrations {
	return []flywheel.Migrations{{Package: "order", Files: migrations}, effect.Migrations}
}

// Insert implements order.Store.
func (s *Store) Insert(ctx context.Context, o order.Order) (order.Order, error) {
	o = o.Normal()
	o.Version = 1
	lines, err := encodeLines(o.Lines)
	if err != nil {
		return order.Order{}, fmt.Errorf("ordersql: order %q: %w", o.ID, err)
	}
	body, err := encodeBody(&o)
	if err != nil {
		return order.Order{}, fmt.Errorf("ordersql: order %q: %w", o.ID, err)
	}
	var stored order.Order
	err = s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO flywheel_orders
			(id, customer, visitor, guest, request_key, fingerprint, cart, placed_at, pending, version, lines, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT DO NOTHING`,
			o.ID, o.Customer, o.Visitor, o.Buyer().Visitor, o.Key, o.Fingerprint,
			sql.NullString{String: o.Cart, Valid: o.Cart != ""}, sqldb.Micros(o.PlacedAt), flag(o.Pending()), lines, body)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if n == 0 {
			stored, err = inTheWay(ctx, tx, &o)
			return err
		}
		stored = o
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			return sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_orders WHERE id = ? AND request_key = ? AND fingerprint = ? AND placed_at = ?`,
				o.ID, o.Key, o.Fingerprint, sqldb.Micros(o.PlacedAt))
		})
		return nil
	})
	if err != nil {
		return order.Order{}, wrap(err)
	}
	return stored, nil
}

// inTheWay returns the order of the same request, or tells which order keeps o
// from being inserted.
func inTheWay(ctx context.Context, q sqldb.Queryer, o *order.Order) (order.Order, error) {
	there, err := byKey(ctx, q, o.Buyer(), o.Key)
	switch {
	case err == nil && there.Fingerprint != o.Fingerprint:
		return order.Order{}, order.ErrKeyReused
	case err == nil || !errors.Is(err, flywheel.ErrNotFound):
		return there, err
	}
	for _, unique := range [...]struct{ field, where, value string }{
		{"id", "id = ?", string(o.ID)}, {"cart", "cart = ?", o.Cart},
	} {
		var id order.ID
		err := q.QueryRowContext(ctx, `SELECT id FROM flywheel_orders WHERE `+unique.where, unique.value).Scan(&id)
		if err == nil {
			return order.Order{}, &order.DuplicateError{Field: unique.field, Existing: id}
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return order.Order{}, err
		}
	}
	return order.Order{}, fmt.Errorf("ordersql: order %q was refused, but none is in its way: %w", o.ID, flywheel.ErrConflict)
}

// Save implements order.Store.
func (s *Store) Save(ctx context.Context, o order.Order) (order.Order, error) {
	o = o.Normal()
	body, err := encodeBody(&o)
	if err != nil {
		return order.Order{}, fmt.Errorf("ordersql: order %q: %w", o.ID, err)
	}
	saved := o
	err = s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		saved = o
		saved.Version++
		err := tx.QueryRowContext(ctx, `UPDATE flywheel_orders SET version = ?, pending = ?, body = ?
			WHERE id = ? AND version = ?
			RETURNING customer, visitor, request_key, fingerprint, cart, placed_at`,
			saved.Version, flag(o.Pending()), body, o.ID, o.Version,
		).Scan(&saved.Customer, &saved.Visitor, &saved.Key, &saved.Fingerprint, (*optional)(&saved.Cart), (*micros)(&saved.PlacedAt))
		if errors.Is(err, sql.ErrNoRows) {
			var version int64
			err := tx.QueryRowContext(ctx, `SELECT version FROM flywheel_orders WHERE id = ?`, o.ID).Scan(&version)
			if errors.Is(err, sql.ErrNoRows) {
				return missing("order %q", o.ID)
			} else if err != nil {
				return err
			}
			return order.ErrStale
		}
		if err != nil {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) { return isSaved(ctx, q, &saved, body) })
		return nil
	})
	if err != nil {
		return order.Order{}, wrap(err)
	}
	return saved, nil
}

// isSaved finds out whether a save that lost its answer was committed.
func isSaved(ctx context.Context, q sqldb.Queryer, o *order.Order, body string) (bool, error) {
	var version int64
	var there string
	err := q.QueryRowContext(ctx, `SELECT version, body FROM flywheel_orders WHERE id = ?`, o.ID).Scan(&version, &there)
	if err == nil && version > o.Version {
		err = errors.New("ordersql: saved again meanwhile")
	}
	return version == o.Version && there == body, err
}

// missing reports something that is not there.
func missing(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, flywheel.ErrNotFound)...)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// wrap names the package in errors of the database.
func wrap(err error) error {
	for _, known := range []error{flywheel.ErrConflict, flywheel.ErrNotFound} {
		if errors.Is(err, known) {
			return err
		}
	}
	return fmt.Errorf("ordersql: %w", err)
}
