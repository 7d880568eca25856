package marketsql

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
	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Store is a market.Store in a SQL database. It is safe for concurrent use.
type Store struct{ db *flywheel.SQL }

var (
	_ market.Store      = (*Store)(nil)
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
	return []flywheel.Migrations{{Package: "market", Files: migrations}}
}

// Watch implements market.Store.
func (s *Store) Watch(ctx context.Context, id string) (market.Watched, error) {
	w, err := scanWatch(s.db.Read(ctx).QueryRowContext(ctx, `SELECT body, version FROM flywheel_market_watches WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return w, &market.InputError{What: "watch", Value: id, Err: market.ErrUnknown}
	}
	return w, err
}

func scanWatch(r sqldb.Row) (w market.Watched, err error) {
	var body string
	var version int64
	if err := r.Scan(&body, &version); err != nil {
		return w, err
	}
	if err := json.Unmarshal([]byte(body), &w); err != nil {
		return w, fmt.Errorf("marketsql: a watch: %w: %w", flywheel.ErrInvalid, err)
	}
	w.Version = version
	return w, nil
}

// SaveWatch implements market.Store.
func (s *Store) SaveWatch(ctx context.Context, w market.Watched, v *market.Violation) (market.Watched, error) {
	w = w.Stored()
	before := w.Version
	w.Version++
	body, err := json.Marshal(w)
	if err != nil {
		return w, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		query, args := `INSERT INTO flywheel_market_watches (body, id, version) VALUES (?, ?, 1) ON CONFLICT (id) DO NOTHING`, []any{string(body), w.ID}
		if before > 0 {
			query, args = `UPDATE flywheel_market_watches SET body = ?, version = version + 1 WHERE id = ? AND version = ?`, append(args, before)
		}
		changed, err := tx.Changed(ctx, query, args...)
		switch {
		case err != nil:
			return err
		case !changed:
			return &market.InputError{What: "version of watch " + w.ID, Value: before, Err: market.ErrStale}
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) { return is(ctx, q, &w, string(body)) })
		if v == nil {
			return nil
		}
		kept := market.Breach{Watch: w.ID, SKU: w.SKU, Seller: w.Seller, Violation: v.Stored()}
		row, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		open := 0
		if kept.Closed.IsZero() {
			open = 1
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO flywheel_market_breaches (watch, first_seen, opened, is_open, body) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (watch, first_seen) DO UPDATE SET opened = excluded.opened, is_open = excluded.is_open, body = excluded.body`,
			w.ID, sqldb.Micros(kept.FirstSeen), sqldb.Micros(kept.Opened), open, string(row))
		return err
	})
	return w, err
}

// is reports whether the watch is there as it was saved. A later version leaves open
// whose the one before was.
func is(ctx context.Context, q sqldb.Queryer, w *market.Watched, body string) (bool, error) {
	var version int64
	var same bool
	err := q.QueryRowContext(ctx, `SELECT version, body = ? FROM flywheel_market_watches WHERE id = ?`, body, w.ID).Scan(&version, &same)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err == nil && version > w.Version:
		return false, fmt.Errorf("marketsql: watch %s went on to version %d: %w", w.ID, version, flywheel.ErrUnknownOutcome)
	}
	return version == w.Version && same, err
}

// Watches implements market.Store.
func (s *Store) Watches(ctx context.Context) iter.Seq2[market.Watched, error] {
	return sqldb.Pages(ctx, s.db, `SELECT body, version FROM flywheel_market_watches WHERE id > ? ORDER BY id LIMIT ?`,
		func(last *market.Watched) []any { return []any{last.ID} }, scanWatch)
}

// Breaches implements market.Store.
func (s *Store) Breaches(ctx context.Context, f market.BreachFilter) iter.Seq2[market.Breach, error] {
	since := int64(math.MinInt64)
	if !f.Since.IsZero() {
		since = sqldb.Micros(f.Since.UTC().Truncate(time.Microsecond))
	}
	query := `SELECT body FROM flywheel_market_breaches WHERE (opened, watch) > (?, ?)`
	var more []any
	if f.Watch != "" {
		query += ` AND watch = ?`
		more = append(more, f.Watch)
	}
	if f.Open {
		query += ` AND is_open = 1`
	}
	return sqldb.Pages(ctx, s.db, query+` ORDER BY opened, watch LIMIT ?`, func(last *market.Breach) []any {
		if last.Watch == "" {
			return append([]any{since, ""}, more...)
		}
		return append([]any{sqldb.Micros(last.Opened), last.Watch}, more...)
	}, func(r sqldb.Row) (b market.Breach, err error) {
		var body string
		if err := r.Scan(&body); err != nil {
			return b, err
		}
		if err := json.Unmarshal([]byte(body), &b); err != nil {
			return b, fmt.Errorf("marketsql: an incident: %w: %w", flywheel.ErrInvalid, err)
		}
		return b, nil
	})
}
