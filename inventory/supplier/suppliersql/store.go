package suppliersql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/inventory/supplier"
)

//go:embed migrations
var migrations embed.FS

// Store is a supplier.Store in a SQL database. It is safe for concurrent use.
type Store struct{ db *flywheel.SQL }

var (
	_ supplier.Store    = (*Store)(nil)
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
	return []flywheel.Migrations{{Package: "supplier", Files: migrations}}
}

func unknown(what, id string) error {
	return &supplier.InputError{What: what, Value: id, Err: supplier.ErrUnknown}
}

// decode reads the body of a row, which has the version beside it.
func decode[V any](body string, v *V) error {
	if err := json.Unmarshal([]byte(body), v); err != nil {
		return fmt.Errorf("suppliersql: a row: %w: %w", flywheel.ErrInvalid, err)
	}
	return nil
}

// Supplier implements supplier.Store.
func (s *Store) Supplier(ctx context.Context, id string) (supplier.Supplier, error) {
	sup, err := scanSupplier(s.db.Read(ctx).QueryRowContext(ctx, `SELECT body, version FROM flywheel_supplier_suppliers WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return sup, unknown("supplier", id)
	}
	return sup, err
}

func scanSupplier(r sqldb.Row) (sup supplier.Supplier, err error) {
	var body string
	var version int64
	if err := r.Scan(&body, &version); err != nil {
		return sup, err
	}
	err = decode(body, &sup)
	sup.Version = version
	return sup, err
}

// SaveSupplier implements supplier.Store.
func (s *Store) SaveSupplier(ctx context.Context, sup supplier.Supplier) (supplier.Supplier, error) {
	before := sup.Version
	sup.Version++
	body, err := json.Marshal(sup)
	if err != nil {
		return supplier.Supplier{}, err
	}
	err = s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		return save(ctx, tx, "supplier", "flywheel_supplier_suppliers", sup.ID, before, string(body), nil, nil)
	})
	return sup, err
}

// save writes a row by its version, with more columns beside its body.
func save(ctx context.Context, tx *sqldb.Tx, what, table, id string, before int64, body string, columns []string, values []any) error {
	insert, marks, set := "", "", ""
	for _, c := range columns {
		insert, marks, set = insert+", "+c, marks+", ?", set+", "+c+" = ?"
	}
	query, args := `INSERT INTO `+table+` (id, version, body`+insert+`) VALUES (?, 1, ?`+marks+`) ON CONFLICT (id) DO NOTHING`,
		append([]any{id, body}, values...)
	if before > 0 {
		query = `UPDATE ` + table + ` SET version = version + 1, body = ?` + set + ` WHERE id = ? AND version = ?`
		args = append(append([]any{body}, values...), id, before)
	}
	changed, err := tx.Changed(ctx, query, args...)
	switch {
	case err != nil:
		return err
	case !changed:
		return &supplier.InputError{What: "version of " + what + " " + id, Value: before, Err: supplier.ErrStale}
	}
	tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		var version int64
		var same bool
		err := q.QueryRowContext(ctx, `SELECT version, body = ? FROM `+table+` WHERE id = ?`, body, id).Scan(&version, &same)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return false, nil
		case err == nil && version > before+1: // somebody went on from this version or from another
			return false, fmt.Errorf("suppliersql: %s %s went on to version %d: %w", what, id, version, flywheel.ErrUnknownOutcome)
		}
		return version == before+1 && same, err
	})
	return nil
}

// Suppliers implements supplier.Store.
func (s *Store) Suppliers(ctx context.Context) iter.Seq2[supplier.Supplier, error] {
	return sqldb.Pages(ctx, s.db, `SELECT body, version FROM flywheel_supplier_suppliers WHERE id > ? ORDER BY id LIMIT ?`,
		func(last *supplier.Supplier) []any { return []any{last.ID} }, scanSupplier)
}

// Order implements supplier.Store.
func (s *Store) Order(ctx context.Context, id string) (supplier.Order, error) {
	q := s.db.Read(ctx)
	o, err := scanOrder(q.QueryRowContext(ctx, `SELECT body, version FROM flywheel_supplier_orders WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return o, unknown("order", id)
	}
	if err != nil {
		return o, err
	}
	list := []supplier.Order{o}
	err = s.documents(ctx, q, list)
	return list[0], err
}

func scanOrder(r sqldb.Row) (o supplier.Order, err error) {
	var body string
	var version int64
	if err := r.Scan(&body, &version); err != nil {
		return o, err
	}
	err = decode(body, &o)
	o.Version = version
	return o, err
}

// documents adds their documents to orders. A document that was added after the order
// was read is left for its next version.
func (s *Store) documents(ctx context.Context, q sqldb.Queryer, orders []supplier.Order) error {
	ids, at := make([]string, len(orders)), make(map[string]int, len(orders))
	for i, o := range orders {
		ids[i], at[o.ID] = o.ID, i
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	return sqldb.Each(ctx, q, `SELECT order_id, version, body FROM flywheel_supplier_documents
		WHERE `+sqldb.In(s.db.Dialect(), "order_id")+` ORDER BY order_id, seq`, []any{string(list)}, func(r sqldb.Row) error {
		var id, body string
		var version int64
		if err := r.Scan(&id, &version, &body); err != nil {
			return err
		}
		o := &orders[at[id]]
		if version > o.Version {
			return nil
		}
		var d supplier.Document
		if err := decode(body, &d); err != nil {
			return err
		}
		o.Documents = append(o.Documents, d)
		return nil
	})
}

// SaveOrder implements supplier.Store.
func (s *Store) SaveOrder(ctx context.Context, o supplier.Order) (supplier.Order, error) {
	before := o.Version
	o.Version++
	bare := o
	bare.Documents = nil
	body, err := json.Marshal(bare)
	if err != nil {
		return supplier.Order{}, err
	}
	flag := map[bool]int{true: 1}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := save(ctx, tx, "order", "flywheel_supplier_orders", o.ID, before, string(body),
			[]string{"supplier", "placed", "is_open", "behind"},
			[]any{o.Supplier, sqldb.Micros(o.Placed), flag[o.IsOpen()], flag[o.Behind()]}); err != nil {
			return err
		}
		known := 0
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM flywheel_supplier_documents WHERE order_id = ?`, o.ID).Scan(&known); err != nil {
			return err
		}
		for i := known; i < len(o.Documents); i++ {
			document, err := json.Marshal(o.Documents[i])
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_supplier_documents (order_id, seq, version, body) VALUES (?, ?, ?, ?)`,
				o.ID, i+1, o.Version, string(document)); err != nil {
				return err
			}
		}
		return nil
	})
	return o, err
}

// page is how many orders are read at a time.
const page = 200

// Orders implements supplier.Store.
func (s *Store) Orders(ctx context.Context, f supplier.OrderFilter) iter.Seq2[supplier.Order, error] {
	query, args := `SELECT body, version FROM flywheel_supplier_orders WHERE (placed, id) > (?, ?)`, []any{}
	and := func(condition string, arg ...any) {
		query += ` AND ` + condition
		args = append(args, arg...)
	}
	if f.Supplier != "" {
		and(`supplier = ?`, f.Supplier)
	}
	if !f.Before.IsZero() {
		and(`placed < ?`, sqldb.Micros(f.Before))
	}
	if f.Open {
		and(`is_open = 1`)
	}
	if f.Behind {
		and(`behind = 1`)
	}
	query += ` ORDER BY placed, id LIMIT ?`
	args = append(args, page)
	return func(yield func(supplier.Order, error) bool) {
		placed, id := int64(math.MinInt64), ""
		if !f.Since.IsZero() {
			placed = sqldb.Micros(f.Since) // and no id is as small as ""
		}
		for {
			q := s.db.Read(ctx)
			list, err := sqldb.Select(ctx, q, query, append([]any{placed, id}, args...), scanOrder)
			if err == nil && len(list) > 0 {
				err = s.documents(ctx, q, list)
			}
			if err != nil {
				yield(supplier.Order{}, err)
				return
			}
			for _, o := range list {
				if !yield(o, nil) {
					return
				}
			}
			if len(list) < page {
				return
			}
			last := list[page-1]
			placed, id = sqldb.Micros(last.Placed.Truncate(time.Microsecond)), last.ID
		}
	}
}
