package ordersql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

const columns = `id, customer, visitor, request_key, fingerprint, cart, placed_at, version, lines, body`

// Get implements order.Store.
func (s *Store) Get(ctx context.Context, id order.ID) (order.Order, error) {
	o, err := scan(s.db.Read(ctx).QueryRowContext(ctx, `SELECT `+columns+` FROM flywheel_orders WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return o, missing("order %q", id)
	}
	return o, err
}

// ByKey implements order.Store.
func (s *Store) ByKey(ctx context.Context, buyer order.Buyer, key string) (order.Order, error) {
	return byKey(ctx, s.db.Read(ctx), buyer, key)
}

func byKey(ctx context.Context, q sqldb.Queryer, buyer order.Buyer, key string) (order.Order, error) {
	o, err := scan(q.QueryRowContext(ctx, `SELECT `+columns+` FROM flywheel_orders
		WHERE customer = ? AND guest = ? AND request_key = ?`, buyer.Customer, buyer.Visitor, key))
	if errors.Is(err, sql.ErrNoRows) {
		return o, missing("order with key %q", key)
	}
	return o, err
}

// page is how many orders are read at once: a listing holds no connection while
// the caller looks at an order.
const page = 200

// List implements order.Store.
func (s *Store) List(ctx context.Context, f order.Filter) iter.Seq2[order.Order, error] {
	return func(yield func(order.Order, error) bool) {
		left := f.Limit
		for {
			limit := page
			if f.Limit > 0 && left < page {
				limit = left
			}
			orders, err := s.read(ctx, f, limit)
			if err != nil {
				yield(order.Order{}, err)
				return
			}
			for _, o := range orders {
				if err := ctx.Err(); err != nil {
					yield(order.Order{}, err)
					return
				}
				if !yield(o, nil) {
					return
				}
				f.After = o.Position()
			}
			left -= len(orders)
			if len(orders) < limit || (f.Limit > 0 && left == 0) {
				return
			}
		}
	}
}

// read returns the next orders that match f.
func (s *Store) read(ctx context.Context, f order.Filter, limit int) ([]order.Order, error) {
	var where []string
	var args []any
	and := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	if f.Customer != "" {
		and("customer <> '' AND customer = ?", f.Customer) // as the index has it
	}
	if !f.From.IsZero() {
		and("placed_at >= ?", ceiling(f.From))
	}
	if !f.To.IsZero() {
		and("placed_at < ?", ceiling(f.To))
	}
	if f.Pending {
		and("pending = 1")
	}
	if f.State != "" {
		and("state <> '' AND state = ?", f.State) // as the index has it
	}
	if f.ToShip {
		and("to_ship = 1")
	}
	if f.Number != "" {
		and("number = ?", f.Number)
	}
	terms, beginnings := f.Wanted()
	for _, t := range terms {
		and("id IN (SELECT order_id FROM flywheel_order_terms WHERE term = ?)", t)
	}
	for _, b := range beginnings {
		and("id IN (SELECT order_id FROM flywheel_order_terms WHERE term >= ? AND term < ?)", b, b+"\U0010FFFF")
	}
	if len(terms)+len(beginnings) == 0 && strings.TrimSpace(f.Text) != "" {
		return nil, nil // no order has such a word
	}
	if !f.After.IsZero() {
		and("(placed_at, id) > (?, ?)", sqldb.Micros(f.After.PlacedAt), f.After.ID)
	}
	query := `SELECT ` + columns + ` FROM flywheel_orders`
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, " AND ")
	}
	query += ` ORDER BY placed_at, id LIMIT ?`
	rows, err := s.db.Read(ctx).QueryContext(ctx, query, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("ordersql: %w", err)
	}
	defer rows.Close()
	var orders []order.Order
	for rows.Next() {
		o, err := scan(rows)
		if err != nil {
			return nil, err
		}
		orders = append(orders, o)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("ordersql: %w", err)
	}
	return orders, nil
}

// ceiling returns the first microsecond that is not before t: what is stored is
// whole microseconds, what is asked for need not be.
func ceiling(t time.Time) int64 {
	m := sqldb.Micros(t)
	if sqldb.Time(m).Before(t) {
		m++
	}
	return m
}

// scan reads one row of columns.
func scan(row interface{ Scan(...any) error }) (order.Order, error) {
	var o order.Order
	var lines, body string
	var version int64
	err := row.Scan(&o.ID, &o.Customer, &o.Visitor, &o.Key, &o.Fingerprint, (*optional)(&o.Cart), (*micros)(&o.PlacedAt),
		&version, &lines, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return o, err
	}
	if err == nil {
		err = decode(&o, lines, body)
	}
	if err != nil {
		return order.Order{}, fmt.Errorf("ordersql: order %q: %w", o.ID, err)
	}
	o.Version = version
	return o, nil
}

// micros scans microseconds since 1970.
type micros time.Time

// Scan implements sql.Scanner.
func (m *micros) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a time is %T", src)
	}
	*m = micros(sqldb.Time(n))
	return nil
}

// optional scans a text that may be NULL.
type optional string

// Scan implements sql.Scanner.
func (s *optional) Scan(src any) error {
	var n sql.NullString
	err := n.Scan(src)
	*s = optional(n.String)
	return err
}
