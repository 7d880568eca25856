package livesql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/live"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Store is a live.Store in a SQL database. It is safe for concurrent use.
type Store struct{ db *flywheel.SQL }

var (
	_ live.Store        = (*Store)(nil)
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
	return []flywheel.Migrations{{Package: "live", Files: migrations}, effect.Migrations}
}

func scan(r sqldb.Row) (e live.Event, err error) {
	var body string
	if err = r.Scan(&body); err == nil {
		err = json.Unmarshal([]byte(body), &e)
	}
	return e.Normal(), err
}

// Get implements live.Store.
func (s *Store) Get(ctx context.Context, id string) (live.Event, error) {
	e, err := scan(s.db.Read(ctx).QueryRowContext(ctx, `SELECT body FROM flywheel_live_events WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return e, &live.EventError{Event: id, Err: flywheel.ErrNotFound}
	}
	return e, err
}

// Save implements live.Store.
func (s *Store) Save(ctx context.Context, e live.Event) (live.Event, error) {
	before, mark := e.Version, newid.New()
	e = e.Normal()
	e.Version++
	body, err := json.Marshal(e)
	if err != nil {
		return live.Event{}, fmt.Errorf("livesql: event %q: %w", e.ID, err)
	}
	at := e.Due()
	args := []any{sqldb.Micros(e.Starts), sqldb.Micros(e.Ends), sql.NullInt64{Int64: sqldb.Micros(at), Valid: !at.IsZero()}, e.Version, mark, string(body), e.ID}
	query := `INSERT INTO flywheel_live_events (starts, ends, due, version, mark, body, id) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	if before != 0 {
		args = append(args, before)
		query = `UPDATE flywheel_live_events SET starts = ?, ends = ?, due = ?, version = ?, mark = ?, body = ? WHERE id = ? AND version = ?`
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		changed, err := tx.Changed(ctx, query, args...)
		if err != nil {
			return err
		}
		if !changed {
			return &live.EventError{Event: e.ID, Err: live.ErrStale}
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var version int64
			var kept string
			err := q.QueryRowContext(ctx, `SELECT version, mark FROM flywheel_live_events WHERE id = ?`, e.ID).Scan(&version, &kept)
			switch {
			case errors.Is(err, sql.ErrNoRows):
				return false, nil
			case err == nil && version > e.Version:
				return false, fmt.Errorf("livesql: event %q was saved again since", e.ID)
			}
			return kept == mark, err
		})
		return nil
	})
	if err != nil {
		return live.Event{}, err
	}
	return e.Clone(), nil
}

// List implements live.Store.
func (s *Store) List(ctx context.Context, after time.Time, limit int) ([]live.Event, error) {
	// Events last a day at most, so those that end later do not start earlier than that.
	return sqldb.Select(ctx, s.db.Read(ctx), `SELECT body FROM flywheel_live_events WHERE starts > ? AND ends > ? ORDER BY starts, id LIMIT ?`,
		[]any{sqldb.Micros(after.Add(-live.MaxDuration - time.Second)), sqldb.Micros(after), limit}, scan)
}

// Due implements live.Store.
func (s *Store) Due(ctx context.Context, at time.Time, limit int) ([]live.Event, error) {
	return due.Claim(ctx, s.db.DB, due.Query{Columns: "body", From: "flywheel_live_events", Due: "due", Key: "id"}, at, limit, scan, nil)
}

const there = `SELECT 1 FROM flywheel_live_claims WHERE event = ? AND slot = ? AND ref = ? AND quantity = ?`

// Claim implements live.Store.
func (s *Store) Claim(ctx context.Context, c live.Claim, most int64) (sold int64, added bool, err error) {
	limit := most
	if limit == 0 {
		limit = math.MaxInt64
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		row := []any{c.Event, c.Slot, c.Ref, c.Quantity}
		added, err = tx.Once(ctx, `INSERT INTO flywheel_live_claims (event, slot, ref, quantity) VALUES (?, ?, ?, ?) ON CONFLICT (event, slot, ref) DO NOTHING`,
			row, there, row...)
		if err != nil {
			return err
		}
		if !added {
			same, err := sqldb.Exists(ctx, tx, there, row...)
			if err != nil {
				return err
			}
			if !same {
				return &live.EventError{Event: c.Event, Err: flywheel.ErrKeyReused}
			}
			sold, err = units(ctx, tx, c.Event, c.Slot)
			return err
		}
		if c.Quantity > limit {
			return &live.EventError{Event: c.Event, Err: live.ErrSoldOut}
		}
		fits, err := tx.Changed(ctx, `INSERT INTO flywheel_live_sold (event, slot, units) VALUES (?, ?, ?)
			ON CONFLICT (event, slot) DO UPDATE SET units = flywheel_live_sold.units + excluded.units WHERE flywheel_live_sold.units <= ?`,
			c.Event, c.Slot, c.Quantity, limit-c.Quantity)
		if err != nil {
			return err
		}
		if !fits {
			return &live.EventError{Event: c.Event, Err: live.ErrSoldOut}
		}
		sold, err = units(ctx, tx, c.Event, c.Slot)
		return err
	})
	if err != nil {
		return 0, false, err
	}
	return sold, added, nil
}

// units returns what is sold of a slot.
func units(ctx context.Context, q sqldb.Queryer, event, slot string) (n int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT units FROM flywheel_live_sold WHERE event = ? AND slot = ?`, event, slot).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// Unclaim implements live.Store.
func (s *Store) Unclaim(ctx context.Context, event, slot, ref string) (sold int64, removed live.Claim, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		removed = live.Claim{}
		var quantity int64
		err := tx.QueryRowContext(ctx, `SELECT quantity FROM flywheel_live_claims WHERE event = ? AND slot = ? AND ref = ?`, event, slot, ref).Scan(&quantity)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		gone := false
		if err == nil {
			if gone, err = tx.Changed(ctx, `DELETE FROM flywheel_live_claims WHERE event = ? AND slot = ? AND ref = ? AND quantity = ?`, event, slot, ref, quantity); err != nil {
				return err
			}
		}
		if gone {
			removed = live.Claim{Event: event, Slot: slot, Ref: ref, Quantity: quantity}
			if _, err := tx.ExecContext(ctx, `UPDATE flywheel_live_sold SET units = units - ? WHERE event = ? AND slot = ?`, quantity, event, slot); err != nil {
				return err
			}
			tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
				still, err := sqldb.Exists(ctx, q, there, event, slot, ref, quantity)
				return !still, err
			})
		}
		sold, err = units(ctx, tx, event, slot)
		return err
	})
	if err != nil {
		return 0, live.Claim{}, err
	}
	return sold, removed, nil
}

// Sold implements live.Store.
func (s *Store) Sold(ctx context.Context, event string) (map[string]int64, error) {
	all := map[string]int64{}
	err := sqldb.Each(ctx, s.db.Read(ctx), `SELECT slot, units FROM flywheel_live_sold WHERE event = ? AND units <> 0`, []any{event}, func(r sqldb.Row) error {
		var slot string
		var n int64
		err := r.Scan(&slot, &n)
		all[slot] = n
		return err
	})
	return all, err
}
