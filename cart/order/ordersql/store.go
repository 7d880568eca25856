package ordersql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

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
		n, err := s.insert(ctx, tx, &o, lines, body)
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

// insert writes the row of an order and what it is found by, and returns how many
// orders that were: none where another is in the way. PostgreSQL does it in one
// statement.
func (s *Store) insert(ctx context.Context, tx *sqldb.Tx, o *order.Order, lines, body string) (n int64, err error) {
	const row = `INSERT INTO flywheel_orders
		(id, customer, visitor, guest, request_key, fingerprint, cart, placed_at, pending, number, state, to_ship, version, lines, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT DO NOTHING`
	args := []any{
		o.ID, o.Customer, o.Visitor, o.Buyer().Visitor, o.Key, o.Fingerprint,
		sql.NullString{String: o.Cart, Valid: o.Cart != ""}, sqldb.Micros(o.PlacedAt), flag(o.Pending()),
		sql.NullString{String: o.Number, Valid: o.Number != ""}, stateOf(o), flag(o.ToShip()), lines, body,
	}
	terms := o.Terms()
	if s.db.Dialect() == sqldb.Postgres && len(terms) > 0 {
		list, err := json.Marshal(terms)
		if err != nil {
			return 0, err
		}
		err = tx.QueryRowContext(ctx, `WITH o AS (`+row+` RETURNING id), t AS (
				INSERT INTO flywheel_order_terms (term, order_id)
				SELECT x.value, o.id FROM o, json_array_elements_text(CAST(? AS json)) AS x(value))
			SELECT count(*) FROM o`, append(args, string(list))...).Scan(&n)
		return n, err
	}
	res, err := tx.ExecContext(ctx, row, args...)
	if err != nil {
		return 0, err
	}
	if n, err = res.RowsAffected(); err != nil || n == 0 {
		return n, err
	}
	return n, s.addTerms(ctx, tx, o.ID, terms)
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
		{"id", "id = ?", string(o.ID)}, {"cart", "cart = ?", o.Cart}, {"number", "number = ?", o.Number},
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
	papers := unnumbered(&o)
	write := s.db.WriteFirst
	together := s.db.Dialect() == sqldb.Postgres && once(&o, papers)
	if len(papers) > 0 && !together {
		write = s.db.Write // papers are numbered before the order is written
	}
	saved := o
	err := write(ctx, func(tx *sqldb.Tx) error {
		saved = o
		saved.Version++
		saved.Documents = slices.Clone(o.Documents)
		var err error
		if len(papers) > 0 && together {
			err = s.saveNumbering(ctx, tx, &saved, papers)
		} else {
			err = s.save(ctx, tx, &saved, len(papers) > 0)
		}
		if errors.Is(err, sql.ErrNoRows) {
			return s.refused(ctx, tx, o.ID)
		}
		if err != nil {
			return err
		}
		if last := len(o.Lines) - 1; last >= 0 && o.Lines[last].Added != "" {
			if err := s.addTerms(ctx, tx, o.ID, saved.Terms()); err != nil {
				return err
			}
		}
		body, err := encodeBody(&saved)
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

// unnumbered returns the places of documents without a number.
func unnumbered(o *order.Order) (places []int) {
	for i := range o.Documents {
		if o.Documents[i].Number == 0 {
			places = append(places, i)
		}
	}
	return places
}

// once reports whether no more than one document of each series is to be numbered, as
// it is with whatever a command does.
func once(o *order.Order, places []int) bool {
	for i, at := range places {
		for _, other := range places[:i] {
			if o.Documents[at].Series == o.Documents[other].Series {
				return false
			}
		}
	}
	return true
}

const (
	saveSet = `version = ?, pending = ?, state = ?, to_ship = ?`
	saveGet = `customer, visitor, request_key, fingerprint, cart, number, placed_at`
)

// save writes an order; the papers are numbered before in statements of their own.
func (s *Store) save(ctx context.Context, tx *sqldb.Tx, o *order.Order, papers bool) error {
	if papers {
		if err := s.claim(ctx, tx, o.ID, o.Version-1); err != nil {
			return err
		}
		if err := number(ctx, tx, o); err != nil {
			return err
		}
	}
	body, err := encodeBody(o)
	if err != nil {
		return fmt.Errorf("order %q: %w", o.ID, err)
	}
	return tx.QueryRowContext(ctx, `UPDATE flywheel_orders SET `+saveSet+`, body = ? WHERE id = ? AND version = ? RETURNING `+saveGet,
		o.Version, flag(o.Pending()), stateOf(o), flag(o.ToShip()), body, o.ID, o.Version-1,
	).Scan(&o.Customer, &o.Visitor, &o.Key, &o.Fingerprint, (*optional)(&o.Cart), (*optional)(&o.Number), (*micros)(&o.PlacedAt))
}

// saveNumbering writes an order and numbers its papers in one statement: the order is
// locked first, then the series, and a stale version changes nothing. In the body the
// new papers have numbers below zero, which the database replaces.
func (s *Store) saveNumbering(ctx context.Context, tx *sqldb.Tx, o *order.Order, papers []int) error {
	type series struct {
		Series string `json:"series"`
		First  int64  `json:"first"`
	}
	var wanted []series
	text, numbers := `CAST(? AS text)`, []any{}
	for i, at := range papers {
		d := &o.Documents[at]
		wanted = append(wanted, series{d.Series, d.First})
		d.Number, d.First = int64(-1-i), 0
		text = `replace(` + text + `, CAST(? AS text), '"number":' || (SELECT CAST(last AS text) FROM s WHERE series = ?) || ',')`
		numbers = append(numbers, fmt.Sprintf(`"number":%d,`, d.Number), d.Series)
	}
	list, err := json.Marshal(wanted)
	if err != nil {
		return err
	}
	body, err := encodeBody(o)
	if err != nil {
		return fmt.Errorf("order %q: %w", o.ID, err)
	}
	args := []any{o.ID, o.Version - 1, string(list), o.Version, flag(o.Pending()), stateOf(o), flag(o.ToShip()), body}
	args = append(append(args, numbers...), o.ID, o.Version-1, o.ID)
	var last string
	err = tx.QueryRowContext(ctx, `WITH w AS (SELECT id FROM flywheel_orders WHERE id = ? AND version = ? FOR UPDATE),
		s AS (INSERT INTO flywheel_order_series (series, last)
			SELECT n.series, n.first FROM w, json_to_recordset(CAST(? AS json)) AS n(series text, first bigint)
			ON CONFLICT (series) DO UPDATE SET last = flywheel_order_series.last + 1 RETURNING series, last),
		o AS (UPDATE flywheel_orders SET `+saveSet+`, body = `+text+` WHERE id = ? AND version = ? RETURNING `+saveGet+`),
		d AS (INSERT INTO flywheel_order_documents (series, number, order_id) SELECT series, last, ? FROM s)
		SELECT `+saveGet+`, (SELECT CAST(json_object_agg(series, last) AS text) FROM s) FROM o`, args...,
	).Scan(&o.Customer, &o.Visitor, &o.Key, &o.Fingerprint, (*optional)(&o.Cart), (*optional)(&o.Number), (*micros)(&o.PlacedAt), &last)
	if err != nil {
		return err
	}
	given := map[string]int64{}
	if err := json.Unmarshal([]byte(last), &given); err != nil {
		return err
	}
	for _, at := range papers {
		o.Documents[at].Number = given[o.Documents[at].Series]
	}
	return nil
}

// refused tells why no order was saved.
func (s *Store) refused(ctx context.Context, tx *sqldb.Tx, id order.ID) error {
	var version int64
	err := tx.QueryRowContext(ctx, `SELECT version FROM flywheel_orders WHERE id = ?`, id).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		return missing("order %q", id)
	} else if err != nil {
		return err
	}
	return order.ErrStale
}

// claim locks the order before the series of its papers, as everybody does.
func (s *Store) claim(ctx context.Context, tx *sqldb.Tx, id order.ID, version int64) error {
	res, err := tx.ExecContext(ctx, `UPDATE flywheel_orders SET version = version WHERE id = ? AND version = ?`, id, version)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return s.refused(ctx, tx, id)
}

// number gives documents without a number the next one of their series.
func number(ctx context.Context, tx *sqldb.Tx, o *order.Order) error {
	for i := range o.Documents {
		d := &o.Documents[i]
		if d.Number != 0 {
			continue
		}
		err := tx.QueryRowContext(ctx, `INSERT INTO flywheel_order_series (series, last) VALUES (?, ?)
			ON CONFLICT (series) DO UPDATE SET last = flywheel_order_series.last + 1 RETURNING last`, d.Series, d.First).Scan(&d.Number)
		if err != nil {
			return err
		}
		d.First = 0
		if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_order_documents (series, number, order_id) VALUES (?, ?, ?)`,
			d.Series, d.Number, o.ID); err != nil {
			return err
		}
	}
	return nil
}

// addTerms adds what an order is found by, in one statement however many there are.
func (s *Store) addTerms(ctx context.Context, tx *sqldb.Tx, id order.ID, terms []string) error {
	if len(terms) == 0 {
		return nil
	}
	list, err := json.Marshal(terms)
	if err != nil {
		return err
	}
	from := `json_each(?)`
	if s.db.Dialect() == sqldb.Postgres {
		from = `json_array_elements_text(CAST(? AS json)) AS x(value)`
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO flywheel_order_terms (term, order_id) SELECT value, ? FROM `+from+` WHERE true ON CONFLICT DO NOTHING`,
		id, string(list))
	return err
}

func stateOf(o *order.Order) order.State {
	if o.Mode == "" {
		return ""
	}
	return o.State()
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
