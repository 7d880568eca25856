package cartsql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Store is a cart.Store in a SQL database. It is safe for concurrent use.
type Store struct{ db *flywheel.SQL }

var (
	_ cart.Store        = (*Store)(nil)
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
	return []flywheel.Migrations{{Package: "cart", Files: migrations}, effect.Migrations}
}

// Get implements cart.Store.
func (s *Store) Get(ctx context.Context, id cart.ID) (cart.Cart, error) {
	c, err := scan(s.db.Read(ctx).QueryRowContext(ctx, `SELECT body FROM flywheel_carts WHERE id = ?`, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return c, fmt.Errorf("cart %q: %w", id, flywheel.ErrNotFound)
	}
	return c, err
}

func scan(r sqldb.Row) (c cart.Cart, err error) {
	var body string
	if err = r.Scan(&body); err == nil {
		err = json.Unmarshal([]byte(body), &c)
	}
	return c.Normal(), err
}

// Save implements cart.Store.
func (s *Store) Save(ctx context.Context, c cart.Cart) (cart.Cart, error) {
	before, mark := c.Version, newid.New()
	c = c.Normal()
	c = c.Clone()
	c.Version++
	body, err := json.Marshal(c)
	if err != nil {
		return cart.Cart{}, fmt.Errorf("cartsql: cart %q: %w", c.ID, err)
	}
	due := sql.NullInt64{Int64: sqldb.Micros(c.Due), Valid: !c.Due.IsZero()}
	args := []any{string(c.Customer), string(c.Visitor), string(c.Status), sqldb.Micros(c.UpdatedAt), due, c.Version, mark, string(body), string(c.ID)}
	query := `INSERT INTO flywheel_carts (customer, visitor, status, updated_at, due, version, mark, body, id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	if before != 0 {
		args = append(args, before)
		query = `UPDATE flywheel_carts SET customer = ?, visitor = ?, status = ?, updated_at = ?, due = ?, version = ?, mark = ?, body = ?
			WHERE id = ? AND version = ?`
	}
	err = s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, cart.ErrStale)
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var version int64
			var kept string
			err := q.QueryRowContext(ctx, `SELECT version, mark FROM flywheel_carts WHERE id = ?`, string(c.ID)).Scan(&version, &kept)
			switch {
			case errors.Is(err, sql.ErrNoRows):
				return false, nil
			case err == nil && version > c.Version:
				return false, fmt.Errorf("cartsql: cart %q was saved again since", c.ID)
			}
			return kept == mark, err
		})
		return nil
	})
	if err != nil {
		return cart.Cart{}, err
	}
	return c, nil
}

// Delete implements cart.Store.
func (s *Store) Delete(ctx context.Context, id cart.ID) error {
	return s.remove(ctx, "id", string(id))
}

// Forget implements cart.Store.
func (s *Store) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return s.remove(ctx, "customer <> '' AND customer", string(customer))
}

// remove deletes the rows of which a column has a value.
func (s *Store) remove(ctx context.Context, column, value string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_carts WHERE `+column+` = ?`, value); err != nil {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var n int
			err := q.QueryRowContext(ctx, `SELECT count(*) FROM flywheel_carts WHERE `+column+` = ?`, value).Scan(&n)
			return n == 0, err
		})
		return nil
	})
}

// Due implements cart.Store.
func (s *Store) Due(ctx context.Context, at time.Time, limit int) ([]cart.Cart, error) {
	return due.Claim(ctx, s.db.DB, due.Query{Columns: "body", From: "flywheel_carts", Due: "due", Key: "id"}, at, limit, scan, nil)
}

// page is how many carts are read at once: a listing holds no connection while the
// caller looks at a cart.
const page = 200

// List implements cart.Store.
func (s *Store) List(ctx context.Context, f cart.Filter) iter.Seq2[cart.Cart, error] {
	return func(yield func(cart.Cart, error) bool) {
		left := f.Limit
		for {
			limit := page
			if f.Limit > 0 {
				limit = min(page, left)
			}
			query, args := where(f)
			carts, err := sqldb.Select(ctx, s.db.Read(ctx), query, append(args, limit), scan)
			if err != nil {
				yield(cart.Cart{}, err)
				return
			}
			for _, c := range carts {
				if err := ctx.Err(); err != nil {
					yield(cart.Cart{}, err)
					return
				}
				if !yield(c, nil) {
					return
				}
				f.After = c.Position()
			}
			if left -= len(carts); len(carts) < limit || f.Limit > 0 && left == 0 {
				return
			}
		}
	}
}

// where returns the query of a page and its arguments but the limit.
func where(f cart.Filter) (query string, args []any) {
	conditions := []string{"1 = 1"}
	add := func(condition string, values ...any) {
		conditions, args = append(conditions, condition), append(args, values...)
	}
	if f.Customer != "" {
		add("customer <> '' AND customer = ?", string(f.Customer))
	}
	if f.Visitor != "" {
		add("visitor <> '' AND visitor = ?", string(f.Visitor))
	}
	if f.Status != "" {
		add("status = ?", string(f.Status))
	}
	if !f.UpdatedBefore.IsZero() {
		// Stored times are cut off, so what is cut off to the limit may be before it.
		before := sqldb.Micros(f.UpdatedBefore)
		if f.UpdatedBefore.Nanosecond()%1000 != 0 {
			before++
		}
		add("updated_at < ?", before)
	}
	if !f.After.IsZero() {
		add("(updated_at, id) > (?, ?)", sqldb.Micros(f.After.UpdatedAt), string(f.After.ID))
	}
	return `SELECT body FROM flywheel_carts WHERE ` + strings.Join(conditions, " AND ") + ` ORDER BY updated_at, id LIMIT ?`, args
}
