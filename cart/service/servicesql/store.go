package servicesql

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
	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/keyedhash"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Store is a service.Store in a SQL database. It is safe for concurrent use.
type Store struct{ db *flywheel.SQL }

var (
	_ service.Store     = (*Store)(nil)
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
	return []flywheel.Migrations{{Package: "service", Files: migrations}, effect.Migrations}
}

// Get implements service.Store.
func (s *Store) Get(ctx context.Context, id service.ID) (service.Ticket, error) {
	t, err := scan(s.db.Read(ctx).QueryRowContext(ctx, `SELECT body FROM flywheel_tickets WHERE id = ?`, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return t, fmt.Errorf("servicesql: ticket %q: %w", id, flywheel.ErrNotFound)
	}
	return t, err
}

func scan(r sqldb.Row) (t service.Ticket, err error) {
	var body string
	if err = r.Scan(&body); err == nil {
		err = json.Unmarshal([]byte(body), &t)
	}
	return t.Normal(), err
}

// Save implements service.Store.
func (s *Store) Save(ctx context.Context, t service.Ticket, entries ...service.Entry) (service.Ticket, error) {
	t = t.Normal()
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := save(ctx, tx, &t); err != nil || len(entries) == 0 {
			return err
		}
		var args []any
		for _, e := range entries {
			key := sql.NullString{String: e.Key, Valid: e.Key != ""}
			args = append(args, string(t.ID), e.N, key, string(e.Action), string(e.By), e.Text, sqldb.Micros(e.At))
		}
		res, err := tx.ExecContext(ctx, `INSERT INTO flywheel_ticket_entries (ticket, n, key, action, actor, text, at) VALUES `+
			sqldb.Values(len(entries), 7)+` ON CONFLICT (ticket, key) DO NOTHING`, args...)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n < int64(len(entries)) {
			return errors.Join(err, fmt.Errorf("servicesql: ticket %q: %w", t.ID, service.ErrRepeated))
		}
		return nil
	})
	if err != nil {
		return service.Ticket{}, err
	}
	t.Version++
	return t, nil
}

// save writes the row of a ticket with its next version.
func save(ctx context.Context, tx *sqldb.Tx, t *service.Ticket) error {
	next, mark := *t, newid.New()
	next.Version++
	body, err := json.Marshal(next)
	if err != nil {
		return err
	}
	due := sql.NullInt64{Int64: sqldb.Micros(t.Due), Valid: !t.Due.IsZero()}
	args := []any{string(t.Customer), t.Order, string(t.Status), string(t.Priority), t.Assignee, sqldb.Micros(t.Opened), due, next.Version, mark, string(body), string(t.ID)}
	query := `INSERT INTO flywheel_tickets (customer, order_id, status, priority, assignee, opened, due, version, mark, body, id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	if t.Version != 0 {
		args = append(args, t.Version)
		query = `UPDATE flywheel_tickets SET customer = ?, order_id = ?, status = ?, priority = ?, assignee = ?, opened = ?, due = ?, version = ?, mark = ?, body = ?
			WHERE id = ? AND version = ?`
	}
	written, err := tx.Changed(ctx, query, args...)
	if err == nil && !written {
		err = fmt.Errorf("servicesql: ticket %q is not at version %d: %w", t.ID, t.Version, service.ErrStale)
	}
	tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		var version int64
		var kept string
		err := q.QueryRowContext(ctx, `SELECT version, mark FROM flywheel_tickets WHERE id = ?`, string(next.ID)).Scan(&version, &kept)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return false, nil
		case err == nil && version > next.Version:
			return false, fmt.Errorf("servicesql: ticket %q was saved again since", next.ID)
		}
		return kept == mark, err
	})
	return err
}

// Entries implements service.Store.
func (s *Store) Entries(ctx context.Context, id service.ID) iter.Seq2[service.Entry, error] {
	return sqldb.Pages(ctx, s.db, `SELECT ticket, n, key, action, actor, text, at FROM flywheel_ticket_entries WHERE ticket = ? AND n > ? ORDER BY n LIMIT ?`,
		func(last *service.Entry) []any { return []any{string(id), last.N} },
		func(r sqldb.Row) (e service.Entry, err error) {
			var key sql.NullString
			var at int64
			err = r.Scan((*string)(&e.Ticket), &e.N, &key, (*string)(&e.Action), (*string)(&e.By), &e.Text, &at)
			e.Key, e.At = key.String, sqldb.Time(at)
			return e, err
		})
}

// Due implements service.Store.
func (s *Store) Due(ctx context.Context, at time.Time, limit int) ([]service.Ticket, error) {
	return due.Claim(ctx, s.db.DB, due.Query{Columns: "body", From: "flywheel_tickets", Due: "due", Key: "id"}, at, limit, scan, nil)
}

// Forget implements service.Store.
func (s *Store) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if customer == "" {
		return ctx.Err()
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		// What is there stays: of two processes that begin, one writes it.
		if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_ticket_secret (id, secret) VALUES (1, ?) ON CONFLICT (id) DO NOTHING`, keyedhash.NewSecret()); err != nil {
			return err
		}
		var secret []byte
		if err := tx.QueryRowContext(ctx, `SELECT secret FROM flywheel_ticket_secret WHERE id = 1`).Scan(&secret); err != nil {
			return err
		}
		hash := flywheel.CustomerID(keyedhash.Of(secret, string(customer)))
		list, err := sqldb.Select(ctx, tx, `SELECT body FROM flywheel_tickets WHERE customer <> '' AND customer = ? ORDER BY opened, id`, []any{string(customer)}, scan)
		if err != nil {
			return err
		}
		for _, t := range list {
			erased := t.Erased(hash)
			if err := save(ctx, tx, &erased); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `UPDATE flywheel_ticket_entries SET text = '' WHERE ticket = ?`, string(t.ID)); err != nil {
				return err
			}
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			there, err := sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_tickets WHERE customer <> '' AND customer = ? LIMIT 1`, string(customer))
			return !there, err
		})
		return nil
	})
}

// page is how many tickets are read at once: a listing holds no connection while the
// caller looks at one.
const page = 200

// List implements service.Store.
func (s *Store) List(ctx context.Context, f service.Filter) iter.Seq2[service.Ticket, error] {
	return func(yield func(service.Ticket, error) bool) {
		left := f.Limit
		for {
			limit := page
			if f.Limit > 0 {
				limit = min(page, left)
			}
			query, args := where(f)
			list, err := sqldb.Select(ctx, s.db.Read(ctx), query, append(args, limit), scan)
			if err != nil {
				yield(service.Ticket{}, err)
				return
			}
			for _, t := range list {
				if !yield(t, nil) {
					return
				}
				f.After = t.Position()
			}
			if left -= len(list); len(list) < limit || f.Limit > 0 && left == 0 {
				return
			}
		}
	}
}

// where returns the query of a page and its arguments but the limit.
func where(f service.Filter) (query string, args []any) {
	conditions := []string{"1 = 1"}
	for _, c := range []struct{ column, value string }{
		{"customer", string(f.Customer)}, {"order_id", f.Order}, {"status", string(f.Status)}, {"priority", string(f.Priority)}, {"assignee", f.Assignee},
	} {
		if c.value != "" {
			conditions, args = append(conditions, c.column+` <> '' AND `+c.column+` = ?`), append(args, c.value)
		}
	}
	if f.After != (service.Position{}) {
		conditions, args = append(conditions, "(opened, id) > (?, ?)"), append(args, sqldb.Micros(f.After.Opened), string(f.After.ID))
	}
	return `SELECT body FROM flywheel_tickets WHERE ` + strings.Join(conditions, " AND ") + ` ORDER BY opened, id LIMIT ?`, args
}
